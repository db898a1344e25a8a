"""A recording an iteration with python-can's reader. Argument: the file."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import can
import peer


def work(iterations):
    return sum(sum(1 for _ in can.LogReader(sys.argv[1])) for _ in range(iterations))


peer.main(f"python-can {can.__version__}", work)
