"""What cantools makes of the DBC files beside this script; written to answers.jsonl for the tests of DBC.

    python3 -m venv v && v/bin/pip install cantools==45.1.0 && v/bin/python Tests/Fixtures/dbc/answers.py

A line a file (counts of what it holds), then a line a frame: the payload, physical and raw values of the signals that are
active in it, labels, and the payload that encoding the raw values gives (unused bits 0).
"""
import json
import math
import pathlib
import random

import cantools

HERE = pathlib.Path(__file__).parent


def number(value):
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else str(value)
    return repr(float(value))


def put(payload, signal, raw):
    bit = signal.start
    for place in range(signal.length):
        motorola = signal.byte_order == "big_endian"
        one = raw >> (signal.length - 1 - place if motorola else place) & 1
        payload[bit // 8] = payload[bit // 8] & ~(1 << bit % 8) | one << bit % 8
        bit += 1 if not motorola else 15 if bit % 8 == 0 else -1


def selectors(choose, message, payload, tree=None):
    """Gives each multiplexor on the way a value that some signal is active under."""
    for node in message.signal_tree if tree is None else tree:
        if isinstance(node, dict):
            for name, branches in node.items():
                value = choose.choice(sorted(branches))
                put(payload, message.get_signal_by_name(name), value)
                selectors(choose, message, payload, branches[value])


def summary(name, database, strict):
    messages = database.messages
    signals = [s for m in messages for s in m.signals]
    special = database.dbc

    def attributes(thing):
        return len(thing.dbc.attributes or {}) if thing.dbc else 0

    return {
        "kind": "file", "file": name, "status": "ok", "strict_ok": strict, "version": database.version,
        "messages": len(messages), "signals": len(signals), "nodes": [n.name for n in database.nodes],
        "attribute_definitions": len(special.attribute_definitions),
        "attributes": len(special.attributes or {}) + sum(map(attributes, [*database.nodes, *messages, *signals])),
        "value_tables": len(special.value_tables or {}),
        "environment_variables": len(special.environment_variables or {}),
        "signals_with_choices": sum(bool(s.choices) for s in signals),
        "choices": sum(len(s.choices) for s in signals if s.choices),
        "message_comments": sum(m.comment is not None for m in messages),
        "signal_comments": sum(s.comment is not None for s in signals),
        "units": sorted({s.unit for s in signals if s.unit}),
        "multiplexed": sum(m.is_multiplexed() for m in messages), "fd": sum(m.is_fd for m in messages),
        "extended": sum(m.is_extended_frame for m in messages),
        "big_endian": sum(s.byte_order == "big_endian" for s in signals),
        "signed": sum(s.is_signed for s in signals), "floats": sum(s.conversion.is_float for s in signals),
    }


def frames(name, message):
    choose = random.Random(f"{name}/{message.frame_id}")
    payloads = [bytearray(message.length), bytearray(b"\xff" * message.length)]
    for _ in range(24 if message.is_multiplexed() else 6):
        payloads.append(bytearray(choose.randbytes(message.length)))
        if message.is_multiplexed():
            selectors(choose, message, payloads[-1])
    for payload in map(bytes, payloads):
        line = {"kind": "frame", "file": name, "id": message.frame_id, "ext": message.is_extended_frame,
                "name": message.name, "len": message.length, "hex": payload.hex()}
        try:
            raw = message.decode(payload, decode_choices=False, scaling=False)
        except cantools.database.errors.DecodeError:
            continue  # a selector that opens nothing; to us that is no error
        line["values"] = {k: number(v) for k, v in message.decode(payload, decode_choices=False).items()}
        line["raw"] = {k: number(v) if isinstance(v, float) else v for k, v in raw.items()}
        labels = message.decode(payload, decode_choices=True)
        line["choices"] = {k: str(v) for k, v in labels.items() if not isinstance(v, (int, float))}
        try:
            line["enc"] = message.encode(raw, scaling=False, padding=False, strict=False).hex()
        except (cantools.database.errors.EncodeError, OverflowError):
            pass
        yield line
    for count in range(message.length if not message.is_multiplexed() else 0):
        payload = choose.randbytes(count)
        values = message.decode(payload, decode_choices=False, allow_truncated=True)
        yield {"kind": "short", "file": name, "id": message.frame_id, "ext": message.is_extended_frame,
               "name": message.name, "len": message.length, "hex": payload.hex(),
               "values": {k: number(v) for k, v in values.items()}}


def main():
    with open(HERE / "answers.jsonl", "w", encoding="utf-8") as out:
        for path in sorted(HERE.glob("*.dbc")):
            try:
                database, strict = cantools.database.load_file(path, encoding="cp1252"), True
            except cantools.database.Error:
                database, strict = cantools.database.load_file(path, encoding="cp1252", strict=False), False
            print(json.dumps(summary(path.name, database, strict), ensure_ascii=False), file=out)
            for message in database.messages:
                for line in frames(path.name, message):
                    print(json.dumps(line, ensure_ascii=False), file=out)


main()
