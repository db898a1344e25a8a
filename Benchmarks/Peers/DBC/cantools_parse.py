"""The text of the workload an iteration, parsed by cantools; gives the number of signals."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).parent))

import cantools
import peer
import workload

TEXT = workload.text()


def work(iterations):
    signals = 0
    for _ in range(iterations):
        database = cantools.database.load_string(TEXT, database_format="dbc")
        signals += sum(len(message.signals) for message in database.messages)
    return signals


peer.main(f"cantools {cantools.__version__}", work)
