"""All frames of a recording an iteration, as (time, tag, value) triples by cantools; gives their number."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import cantools
import peer

DATABASE = cantools.database.load_file(sys.argv[1])
FRAMES = []
for line in pathlib.Path(sys.argv[2]).read_text().splitlines():
    stamp, _, frame = line.split(" ")[:3]
    identifier, data = frame.split("#")
    FRAMES.append((int(stamp[1:-1].replace(".", "")) * 1000, int(identifier, 16), bytes.fromhex(data)))
NAMES = {
    message.frame_id: {signal.name: f"bus/{message.name}.{signal.name}" for signal in message.signals}
    for message in DATABASE.messages
}


def work(iterations):
    count = 0
    for _ in range(iterations):
        samples = []
        for time, identifier, data in FRAMES:
            names = NAMES[identifier]
            for name, value in DATABASE.decode_message(identifier, data, decode_choices=False).items():
                samples.append((time, names[name], value))
        count += len(samples)
    return count


peer.main(f"cantools {cantools.__version__}", work)
