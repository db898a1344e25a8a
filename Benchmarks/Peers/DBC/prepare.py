"""Writes the buses that decoders are compared on, and what the peers in C need of them.

    prepare.py FOLDER      NAME.dbc, NAME.schedule.bin, NAME.random.bin, NAME.plan; NAME.c and NAME.h by cantools, buses.h

The buses are those of buses.py, or all NAME.dbc of the folder that IIOT_BENCH_DBC names; frames beside them, as
NAME.bin and NAME.shuf.bin, are taken if they are there.
"""

import logging
import os
import pathlib
import re
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import buses
import cantools
from cantools.database.can import c_source

logging.disable(logging.CRITICAL)
COUNT = 1_000_000
folder = pathlib.Path(sys.argv[1])
given = os.environ.get("IIOT_BENCH_DBC")
stamp = f"{given or 'own'} {cantools.__version__} 1\n"
if (folder / "stamp").exists() and (folder / "stamp").read_text() == stamp:
    sys.exit()


def key(message):
    return message.frame_id | (0x80000000 if message.is_extended_frame else 0)


def decodable(database):
    return [message for message in database.messages if 1 <= message.length <= 64]


def conditions(message, signal):
    """The selectors that a signal depends on, from the inside out: (signal, values)."""
    names = {other.name: other for other in message.signals}
    found = []
    while signal.multiplexer_signal is not None and signal.multiplexer_ids is not None:
        found.append((names[signal.multiplexer_signal], signal.multiplexer_ids))
        signal = names[signal.multiplexer_signal]
    return found


def window(signal):
    """Offset of a 64-bit load and the shift to the right that brings the signal down."""
    if signal.byte_order == "little_endian":
        offset = 0 if signal.start + signal.length <= 64 else signal.start // 8
        shift = signal.start - 8 * offset
    else:
        first = signal.start // 8 * 8 + 7 - signal.start % 8
        offset = 0 if first + signal.length <= 64 else first // 8
        shift = 64 - (first - 8 * offset) - signal.length
    assert shift >= 0 and shift + signal.length <= 64, "a signal of nine bytes"
    return offset, shift


def plan(database):
    """What an interpreter in C works from: see table.c."""
    messages, signals = b"", b""
    count = 0
    for message in decodable(database):
        places = {signal.name: place for place, signal in enumerate(message.signals)}
        messages += struct.pack(
            "<IIHHI", key(message), count, len(message.signals), message.length,
            message.is_multiplexed())
        for signal in message.signals:
            offset, shift = window(signal)
            found = conditions(message, signal)
            assert len(found) <= 1 and all(len(values) == 1 for _, values in found)
            selector, value = (places[found[0][0].name], found[0][1][0]) if found else (-1, 0)
            signals += struct.pack(
                "<BBBBBbxxIxxxxdd", offset, 64 - shift - signal.length, 64 - signal.length,
                signal.byte_order == "big_endian", signal.is_signed, selector, value,
                float(signal.scale), float(signal.offset))
            count += 1
    return struct.pack("<II", len(decodable(database)), count) + messages + signals


def decoder(name, database):
    """A function in C that decodes any frame with the functions that cantools generates."""
    lines = [
        f'#include "{name}.h"', f'#include "{name}.c"',
        f"static inline int {name}_decode(uint32_t id, const uint8_t *d, size_t n, double **at) {{",
        "  switch (id) {"]
    base = 0
    for message in decodable(database):
        symbol = c_source.CodeGenMessage(message).snake_name
        lines += [
            f"  case {key(message)}u: {{", f"    struct {name}_{symbol}_t m;",
            f"    if ({name}_{symbol}_unpack(&m, d, n) < 0) return 0;",
            f"    double *out = *at = values + {base};", "    int k = 0;"]
        for signal in message.signals:
            field = c_source.CodeGenSignal(signal).snake_name
            store = f"out[k++] = {name}_{symbol}_{field}_decode(m.{field});"
            for selector, ids in conditions(message, signal):
                test = " || ".join(
                    f"m.{c_source.CodeGenSignal(selector).snake_name} == {value}" for value in ids)
                store = f"if ({test}) {store}"
            lines.append("    " + store)
        lines += ["    return k;", "  }"]
        base += len(message.signals)
    lines += ["  default: return 0;", "  }", "}"]
    assert base <= 65536
    return "\n".join(lines) + "\n"


def main():
    for old in list(folder.glob("*")):
        old.unlink()
    sources = sorted(pathlib.Path(given).glob("*.dbc")) if given else []
    names = [source.stem for source in sources] or buses.NAMES
    header = ["static double values[65536] __attribute__((aligned(64)));"]
    for number, name in enumerate(names):
        path = folder / f"{name}.dbc"
        path.write_bytes(sources[number].read_bytes() if given else buses.text(name).encode())
        database = cantools.database.load_file(
            path, database_format="dbc", encoding="cp1252", strict=False, sort_signals=None)
        own = pathlib.Path(given) / f"{name}.bin" if given else None
        if own and own.exists():
            for order, suffix in (("schedule", ".bin"), ("random", ".shuf.bin")):
                (folder / f"{name}.{order}.bin").symlink_to(own.with_suffix(suffix).absolute())
        else:
            messages = [(key(m), m.length) for m in decodable(database)]
            frames = list(buses.traffic(messages, COUNT))
            buses.write_frames(folder / f"{name}.schedule.bin", frames)
            buses.write_frames(folder / f"{name}.random.bin", buses.shuffled(frames))
        (folder / f"{name}.plan").write_bytes(plan(database))
        symbol = name.replace("-", "_")
        c_header, source, _, _ = c_source.generate(
            database, symbol, f"{symbol}.h", f"{symbol}.c", "fuzz.c")
        (folder / f"{symbol}.h").write_text(c_header)
        # All buses are compiled as one file; the helpers have the same names in each.
        source = re.sub(r"\b((un)?pack_(left|right)_shift_u|cantools_\w+_from_)", rf"{symbol}_\1", source)
        (folder / f"{symbol}.c").write_text(source)
        header.append(decoder(symbol, database))
    header.append(f'#define VERSION "cantools {cantools.__version__} generate_c_source"')
    header.append("static uint64_t run(const char *name, uint64_t iterations) {")
    for name in names:
        symbol = name.replace("-", "_")
        header.append(f'  if (!strcmp(name, "{name}")) RUN({symbol}_decode)')
    header += ["  return 0;", "}"]
    (folder / "buses.h").write_text("\n".join(header) + "\n")
    (folder / "names").write_text("\n".join(names) + "\n")
    (folder / "stamp").write_text(stamp)


main()
