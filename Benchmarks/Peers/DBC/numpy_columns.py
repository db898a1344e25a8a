"""A bus grouped by identifier, then one vectorised shift, mask and scale a signal: numpy_columns.py FOLDER BUS ORDER."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))

import logging

import cantools
import numpy
import peer

logging.disable(logging.CRITICAL)
folder, bus, order = sys.argv[1:]
database = cantools.database.load_file(
    f"{folder}/{bus}.dbc", database_format="dbc", encoding="cp1252", strict=False)
raw = numpy.fromfile(f"{folder}/{bus}.{order}.bin", numpy.uint8)
stride = int(raw[4:8].view("<u4")[0])
frames = raw[16:].reshape(-1, stride)


def bits(payload, signal, words):
    is_big = signal.byte_order == "big_endian"
    first = signal.start // 8 * 8 + 7 - signal.start % 8 if is_big else signal.start
    offset = 0 if first + signal.length <= 64 else first // 8
    place = first - 8 * offset
    if (offset, is_big) not in words:
        window = payload[:, offset:offset + 8]
        if window.shape[1] < 8:
            window = numpy.pad(window, ((0, 0), (0, 8 - window.shape[1])))
        words[offset, is_big] = numpy.ascontiguousarray(window).view(">u8" if is_big else "<u8").ravel().astype(numpy.uint64)
    left = place if is_big else 64 - place - signal.length
    word = words[offset, is_big] << numpy.uint64(left)
    right = 64 - signal.length
    return word.view(numpy.int64) >> numpy.int64(right) if signal.is_signed else word >> numpy.uint64(right)


def decode():
    count = 0
    identifiers = frames[:, 8:12].copy().view("<u4").ravel()
    by = numpy.argsort(identifiers, kind="stable")
    ordered = identifiers[by]
    for message in database.messages:
        key = message.frame_id | (0x80000000 if message.is_extended_frame else 0)
        low, high = numpy.searchsorted(ordered, key), numpy.searchsorted(ordered, key, "right")
        if low == high or not 1 <= message.length <= 64:
            continue
        payload = frames[by[low:high], 16:]
        words = {}
        signals = {signal.name: signal for signal in message.signals}
        for signal in message.signals:
            numbers = bits(payload, signal, words)
            at = signal
            while at.multiplexer_signal is not None and at.multiplexer_ids is not None:
                selector = bits(payload, signals[at.multiplexer_signal], words)
                numbers = numbers[numpy.isin(selector, at.multiplexer_ids)]
                at = signals[at.multiplexer_signal]
            count += len(numbers.astype(numpy.float64) * signal.scale + signal.offset)
    return count


peer.main(f"numpy {numpy.__version__}", lambda iterations: sum(decode() for _ in range(iterations)))
