"""A recording to line protocol in a file by cantools, with a derived value a frame; nothing is stored in between.

An iteration is the whole recording; gives the number of lines.
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import cantools
import peer

DATABASE = cantools.database.load_file(sys.argv[1])
NAMES = {message.frame_id: message.name for message in DATABASE.messages}


def work(iterations):
    lines = 0
    for _ in range(iterations):
        with open(sys.argv[2]) as log, open(sys.argv[3], "w") as out:
            for line in log:
                stamp, _, frame = line.split(" ")[:3]
                identifier, data = frame.split("#")
                time = int(stamp[1:-1].replace(".", "")) * 1000
                identifier = int(identifier, 16)
                name = NAMES[identifier]
                signals = DATABASE.decode_message(identifier, bytes.fromhex(data), decode_choices=False)
                for signal, value in signals.items():
                    out.write(f"bus/{name}.{signal} value={value} {time}\n")
                    lines += 1
                if name == "Unit0":
                    out.write(f"bus/power value={signals['Value0'] * signals['Value1'] / 1000} {time}\n")
            out.flush()
            os.fsync(out.fileno())
    return lines


peer.main(f"cantools {cantools.__version__}", work)
