"""cantools on a bus: cantools_bus.py FOLDER BUS decode|encode|parse."""

import logging
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import buses
import cantools
import peer

logging.disable(logging.CRITICAL)
folder, bus, what = sys.argv[1:]
TEXT = pathlib.Path(f"{folder}/{bus}.dbc").read_bytes().decode("cp1252", "replace")


def load():
    return cantools.database.load_string(TEXT, database_format="dbc", strict=False)


DATABASE = load()
FRAMES = [
    (identifier & 0x1FFFFFFF, data)
    for identifier, data in buses.read_frames(f"{folder}/{bus}.random.bin", 10_000)]


def decode():
    return sum(
        len(DATABASE.decode_message(identifier, data, decode_choices=False))
        for identifier, data in FRAMES)


# The last of each message.
VALUES = {
    identifier: DATABASE.decode_message(identifier, data, decode_choices=False)
    for identifier, data in FRAMES} if what == "encode" else {}


def encode():
    return sum(
        len(DATABASE.encode_message(identifier, values, strict=False)) for identifier, values in VALUES.items())


def parse():
    return sum(len(message.signals) for message in load().messages)


once = {"decode": decode, "encode": encode, "parse": parse}[what]
peer.main(
    f"cantools {cantools.__version__}", lambda iterations: sum(once() for _ in range(iterations)))
