"""What `cantools decode --single-line` does with each line of a recording, an iteration; gives the number of values. Its own
start, the loading of the database and of Python are not in it."""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import cantools
from cantools import logreader
from cantools.subparsers.__utils__ import format_message_by_frame_id
import peer

DATABASE = cantools.database.load_file(sys.argv[1])
NOWHERE = open(os.devnull, "w")


def work(iterations):
    count = 0
    for _ in range(iterations):
        with open(sys.argv[2]) as log:
            for line, frame in logreader.Parser(log).iterlines(keep_unknowns=True):
                if frame is not None:
                    text = format_message_by_frame_id(DATABASE, frame.frame_id, frame.data, True, True, True)
                    count += text.count("Value")
                    line += " ::" + text
                print(line, file=NOWHERE)
    return count


peer.main(f"cantools {cantools.__version__}", work)
