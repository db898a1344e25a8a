"""1024 requests an iteration, of 125 holding registers each, with pymodbus's asyncio client.

Arguments: the port, and how many callers there are.
"""
import asyncio
import pathlib
import sys

import pymodbus
from pymodbus.client import AsyncModbusTcpClient

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import peer

port, callers = int(sys.argv[1]), int(sys.argv[2])
loop = asyncio.new_event_loop()
client = None


async def connect():
    global client
    client = AsyncModbusTcpClient("127.0.0.1", port=port)
    await client.connect()


async def read(first, iterations):
    check = 0
    for _ in range(iterations):
        for i in range(first, 1024, callers):
            answer = await client.read_holding_registers(i * 4, count=125)
            check += answer.registers[124]
    return check


async def work(iterations):
    return sum(await asyncio.gather(*(read(i, iterations) for i in range(callers))))


loop.run_until_complete(connect())
peer.main("pymodbus " + pymodbus.__version__, lambda n: loop.run_until_complete(work(n)))
