"""All frames of the workload an iteration, decoded by cantools; gives the number of signals."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import cantools
import peer
import workload

DATABASE = cantools.database.load_string(workload.text(), database_format="dbc")
FRAMES = workload.frames()


def work(iterations):
    signals = 0
    for _ in range(iterations):
        for identifier, data in FRAMES:
            signals += len(DATABASE.decode_message(identifier, data, decode_choices=False))
    return signals


peer.main(f"cantools {cantools.__version__}", work)
