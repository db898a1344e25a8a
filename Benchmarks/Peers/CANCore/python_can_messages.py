"""1000 classic frames an iteration as python-can messages."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import can
import peer

MASK = (1 << 64) - 1
FRAMES = [
    (index * 500e-6, index & 0x7FF, (index * 0x9E3779B97F4A7C15 & MASK).to_bytes(8, "little"))
    for index in range(1000)
]


def work(iterations):
    check = 0
    for _ in range(iterations):
        batch = [
            can.Message(timestamp=time, arbitration_id=identifier, is_extended_id=False, data=data)
            for time, identifier, data in FRAMES
        ]
        for message in batch:
            check += int.from_bytes(message.data, "little")
    return check


peer.main(f"python-can {can.__version__}", work)
