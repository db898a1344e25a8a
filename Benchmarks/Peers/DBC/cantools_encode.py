"""Each message of the workload once an iteration, encoded by cantools; gives the number of bytes."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import cantools
import peer
import workload

DATABASE = cantools.database.load_string(workload.text(), database_format="dbc")
VALUES = {}
for identifier, data in workload.frames():
    VALUES.setdefault(
        identifier, DATABASE.decode_message(identifier, data, decode_choices=False))


def work(iterations):
    total = 0
    for _ in range(iterations):
        for identifier, values in VALUES.items():
            total += len(DATABASE.encode_message(identifier, values))
    return total


peer.main(f"cantools {cantools.__version__}", work)
