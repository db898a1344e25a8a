"""1000 samples an iteration as one msgpack document: msgpack_block.py encode|decode."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import msgpack
import peer

SAMPLES = [
    (index % 50, index * 0.1, 0, 1_767_225_600_000_000_000 + index * 1_000_000, index + 1)
    for index in range(1000)
]
BLOCK = msgpack.packb(SAMPLES)


def encode(iterations):
    return sum(len(msgpack.packb(SAMPLES)) for _ in range(iterations))


def decode(iterations):
    return sum(len(msgpack.unpackb(BLOCK)) for _ in range(iterations))


version = ".".join(map(str, msgpack.version))
peer.main(f"msgpack {version}", {"encode": encode, "decode": decode}[sys.argv[1]])
