"""A Modbus RTU slave on a serial line, with unit 7 alone, written after "Modbus over serial line 1.02".

usage: rtu_slave.py DEVICE

Register N holds 8 * N - 82, as 16 bits in two's complement. It answers function 3; anything else with exception 1.
"""

import os
import struct
import sys


def check(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0xA001 if value & 1 else 0)
    return struct.pack("<H", value)


line = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
while True:
    request = b""
    while len(request) < 8:
        request += os.read(line, 8 - len(request))
    unit, function, first, count = struct.unpack(">BBHH", request[:6])
    if request[6:] != check(request[:6]) or unit != 7:
        continue
    if function == 3:
        values = [(8 * n - 82) & 0xFFFF for n in range(first, first + count)]
        answer = struct.pack(f">BBB{count}H", unit, function, 2 * count, *values)
    else:
        answer = bytes([unit, function | 0x80, 1])
    os.write(line, answer + check(answer))
