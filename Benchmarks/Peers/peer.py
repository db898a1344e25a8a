"""What every peer written in Python shares: the conversation with the harness.

    import sys, pathlib; sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
    import peer
    peer.main("foo 1.2", work)      # work(iterations) returns a number made of the results
"""

import json
import sys
import time


def main(version, work):
    print(json.dumps({"version": version}), flush=True)
    for line in sys.stdin:
        start = time.perf_counter()
        check = work(int(line))
        seconds = time.perf_counter() - start
        print(json.dumps({"seconds": seconds, "check": check & (1 << 64) - 1}), flush=True)
