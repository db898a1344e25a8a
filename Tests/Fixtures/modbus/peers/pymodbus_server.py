"""A device by pymodbus: pymodbus_server.py tcp PORT | rtutcp PORT | rtu TTY

Unit 1; the first 200 places of all tables hold 17 + address, or address % 2."""
import asyncio
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext

try:  # since 3.9
    from pymodbus.datastore import ModbusDeviceContext as Context
    units = "devices"
except ImportError:
    from pymodbus.datastore import ModbusSlaveContext as Context
    units = "slaves"
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer

try:  # since 3.7
    from pymodbus import FramerType, ModbusDeviceIdentification
    framers = {"tcp": FramerType.SOCKET, "rtutcp": FramerType.RTU, "rtu": FramerType.RTU}
except ImportError:
    from pymodbus.device import ModbusDeviceIdentification
    from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer
    framers = {"tcp": ModbusSocketFramer, "rtutcp": ModbusRtuFramer, "rtu": ModbusRtuFramer}


def bits():
    return ModbusSequentialDataBlock(1, [i % 2 for i in range(200)])


def registers():
    return ModbusSequentialDataBlock(1, [17 + i for i in range(200)])


async def main(kind, where):
    # Places count from 1 in pymodbus's blocks, whatever comes over the wire.
    unit = Context(di=bits(), co=bits(), hr=registers(), ir=registers())
    context = ModbusServerContext(**{units: {1: unit}}, single=False)
    identity = ModbusDeviceIdentification(
        info_name={"VendorName": "ACME", "ProductCode": "P1", "MajorMinorRevision": "2.11"})
    if kind == "rtu":
        await StartAsyncSerialServer(
            context, identity=identity, framer=framers[kind], port=where, baudrate=115200, parity="N")
    else:
        await StartAsyncTcpServer(
            context, identity=identity, framer=framers[kind], address=("127.0.0.1", int(where)))


asyncio.run(main(*sys.argv[1:3]))
