"""Three buses in the manner of real ones, and their traffic, by arithmetic alone: the same on every machine.

body    standard identifiers, 8 bytes, all Intel, about ten signals a message, two multiplexed messages
drive   standard identifiers, CAN FD up to 64 bytes, all Motorola, value tables: a text of most of a megabyte
truck   extended identifiers, 8 bytes, both byte orders, about two signals a message
"""

import heapq
import random
import struct

NAMES = ["body", "drive", "truck"]
FACTORS = ["1", "0.5", "0.25", "0.1", "0.01", "2", "0.0625", "0.001"]
OFFSETS = ["0", "0", "0", "-40", "-100", "0", "1000", "0"]
UNITS = ["", "km/h", "V", "A", "%", "degC", "Nm", "1/min"]
HEADER = 16
RECORD = 16


def signal(rng, name, start, length, order, mark=""):
    sign = "-" if rng.random() < 0.25 else "+"
    scale = rng.randrange(8) if length > 1 else 0
    if mark == " M":
        sign, scale = "+", 0
    return (
        f" SG_ {name}{mark} : {start}|{length}@{order}{sign} ({FACTORS[scale]},{OFFSETS[scale]})"
        f' [0|0] "{UNITS[rng.randrange(8)]}" Display,Gateway\n')


def motorola(position):
    """The start bit of the format, from a position counted from the first byte's highest bit."""
    return position // 8 * 8 + 7 - position % 8


def message(rng, number, identifier, length, mean, order, choices):
    """BO_ and SG_ lines; VAL_ lines go to `choices`."""
    name = f"Message{number:03}"
    lines = [f"BO_ {identifier} {name}: {length} Gateway\n"]
    bits = 8 * length
    position = rng.randrange(4)
    index = 0
    width = bits / mean
    while True:
        size = max(1, min(32, round(rng.uniform(0.3, 1.5) * width)))
        if order == "mixed":
            size = rng.choice([8, 8, 12, 16, 16, 32, 4, 2])
        if position + size > bits:
            break
        which = {"intel": 1, "motorola": 0}.get(order, number % 2)
        start = position if which == 1 else motorola(position)
        signal_name = f"{name}Signal{index:02}"
        lines.append(signal(rng, signal_name, start, size, which))
        if choices is not None and rng.random() < 0.77:
            labels = " ".join(
                f'{value} "{signal_name} state {value}"' for value in range(min(1 << (size - 1), 10)))
            choices.append(f"VAL_ {identifier} {signal_name} {labels} ;\n")
        index += 1
        gap = 0 if order == "intel" else rng.randrange(3)
        if order == "mixed":
            gap = rng.randrange(24)
        position += size + gap
    return lines


def multiplexed(rng, number, identifier):
    name = f"Message{number:03}"
    lines = [f"BO_ {identifier} {name}: 8 Gateway\n"]
    lines.append(signal(rng, f"{name}Page", 0, 2, 1, " M"))
    lines.append(signal(rng, f"{name}Always", 2, 6, 1))
    for page in range(4):
        for part in range(4):
            lines.append(
                signal(rng, f"{name}Page{page}Part{part}", 8 + 14 * part, 14, 1, f" m{page}"))
    return lines


def text(name):
    rng = random.Random(f"bus {name}")
    lines = ['VERSION ""\n', "NS_ :\n", "BS_:\n", "BU_: Gateway Display\n"]
    choices = []
    if name == "body":
        for number in range(113):
            identifier = 0x100 + 13 * number
            if number % 57 == 3:
                lines += multiplexed(rng, number, identifier)
            else:
                lines += message(rng, number, identifier, 8, 11, "intel", None)
    elif name == "drive":
        for number in range(331):
            length = rng.choice([16, 32, 64]) if number % 12 == 5 else 8
            mean = 6.5 if length == 8 else 10
            lines += message(rng, number, 0x40 + 5 * number, length, mean, "motorola", choices)
    else:
        for number in range(217):
            identifier = 0x80000000 | 0x0CF00000 + 0x1357 * number
            lines += message(rng, number, identifier, 8, 2, "mixed", None)
    comments = [
        f'CM_ BO_ {line.split()[1]} "What {line.split()[2][:-1]} is for, and who needs it.";\n'
        for line in lines if line.startswith("BO_ ")]
    return "".join(lines + comments + choices)


def traffic(messages, count):
    """Every message in a cycle of its own: (time, identifier with bit 31, data)."""
    rng = random.Random("traffic")
    cycles = [10] * 25 + [20] * 25 + [50] * 10 + [100] * 25 + [200] * 5 + [500] * 5 + [1000] * 5
    heap = []
    for identifier, length in sorted(messages):
        cycle = rng.choice(cycles) * 1_000_000
        heap.append((rng.randrange(cycle // 1000) * 1000, identifier, cycle, length))
    heapq.heapify(heap)
    for _ in range(count):
        time, identifier, cycle, length = heap[0]
        heapq.heapreplace(heap, (time + cycle, identifier, cycle, length))
        yield 1_700_000_000_000_000_000 + time, identifier, rng.randbytes(length)


def write_frames(path, frames):
    """4 bytes "CANB", size of a record, number of records; then time, identifier, length, 3 bytes, data with zeros behind."""
    width = 64 if any(len(data) > 8 for _, _, data in frames) else 8
    with open(path, "wb") as file:
        file.write(struct.pack("<4sIQ", b"CANB", RECORD + width, len(frames)))
        for time, identifier, data in frames:
            file.write(struct.pack("<QIBxxx", time, identifier, len(data)) + data.ljust(width, b"\0"))


def read_frames(path, most):
    """The first frames of a file: (identifier, data)."""
    with open(path, "rb") as file:
        _, stride, count = struct.unpack("<4sIQ", file.read(HEADER))
        for _ in range(min(count, most)):
            record = file.read(stride)
            _, identifier, length = struct.unpack_from("<QIB", record)
            yield identifier, record[RECORD:RECORD + length]


def shuffled(frames):
    frames = list(frames)
    random.Random("order").shuffle(frames)
    return frames
