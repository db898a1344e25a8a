"""Writes the C that cantools generates from Suites/DBCGenerated/Bus.dbc, and a decoder of any frame around it.

    prepare.py FOLDER      bus.h, bus.c by cantools; bus_decode.h by us: what to call for which identifier
"""

import pathlib
import sys

import cantools
from cantools.database.can import c_source

folder = pathlib.Path(sys.argv[1])
path = pathlib.Path(__file__).parents[2] / "Suites/DBCGenerated/Bus.dbc"
database = cantools.database.load_file(path, sort_signals=None)
header, source, _, _ = c_source.generate(database, "bus", "bus.h", "bus.c", "fuzz.c")
(folder / "bus.h").write_text(header)
(folder / "bus.c").write_text(source)


def identifier(message):
    return message.frame_id | (0x80000000 if message.is_extended_frame else 0)


messages = sorted(database.messages, key=identifier)
lines = [
    f"#define BUS_MESSAGES {len(messages)}",
    f'#define BUS_VERSION "cantools {cantools.__version__} generate_c_source"',
    "static const struct { uint32_t identifier; uint32_t length; } bus_messages[] = {",
    *[f"  {{{identifier(m)}u, {m.length}}}," for m in messages],
    "};",
    "static double values[BUS_MESSAGES][64];",
    "static int counts[BUS_MESSAGES];",
    "static inline int bus_decode(uint32_t id, const uint8_t *data, size_t length) {",
    "  switch (id) {",
]
for number, message in enumerate(messages):
    name = c_source.CodeGenMessage(message).snake_name
    lines += [
        f"  case {identifier(message)}u: {{",
        f"    struct bus_{name}_t m;",
        f"    if (bus_{name}_unpack(&m, data, length) < 0) return 0;",
        f"    double *out = values[{number}];",
        "    int n = 0;",
    ]
    for signal in message.signals:
        field = c_source.CodeGenSignal(signal).snake_name
        store = f"out[n++] = bus_{name}_{field}_decode(m.{field});"
        if signal.multiplexer_signal:
            selector = c_source.camel_to_snake_case(signal.multiplexer_signal)
            store = f"if (m.{selector} == {signal.multiplexer_ids[0]}) {store}"
        lines.append("    " + store)
    lines += [f"    counts[{number}] = n;", "    return 1;", "  }"]
lines += ["  default: return 0;", "  }", "}"]
(folder / "bus_decode.h").write_text("\n".join(lines) + "\n")
