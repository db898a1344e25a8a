"""1000 numbers an iteration as text: text_lines.py influx|jsonl|csv. The result is the number of bytes."""

import csv
import io
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import peer

START = 1_767_225_600_000_000_000
SAMPLES = [
    (START + index * 1_000_000, f"pump{index % 50}", index * 0.1 + 0.05, index + 1)
    for index in range(1000)
]


def rfc3339(nanoseconds):
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09}Z"


def influx():
    import influxdb_client
    from influxdb_client import Point, WritePrecision

    def once():
        return sum(
            len(Point("plant").field(field, value).time(at, WritePrecision.NS).to_line_protocol()) + 1
            for at, field, value, _ in SAMPLES
        )

    return f"influxdb-client {influxdb_client.__version__}", once


def jsonl():
    import orjson

    def once():
        return sum(
            len(
                orjson.dumps(
                    {
                        "time": rfc3339(at), "tag": "plant/" + field, "value": value,
                        "quality": "good", "status": "0x00000000", "class": "telemetry",
                        "seq": sequence,
                    }
                )
            )
            + 1
            for at, field, value, sequence in SAMPLES
        )

    return f"orjson {orjson.__version__}", once


def as_csv():
    def once():
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for at, field, value, sequence in SAMPLES:
            writer.writerow(
                [rfc3339(at), "plant/" + field, value, "good", "0x00000000", "telemetry", sequence, "", ""]
            )
        return len(text.getvalue())

    return f"Python {sys.version.split()[0]}", once


version, once = {"influx": influx, "jsonl": jsonl, "csv": as_csv}[sys.argv[1]]()
peer.main(version, lambda iterations: sum(once() for _ in range(iterations)))
