"""A Modbus TCP server on one wire: it answers reads of holding registers with zeros, one request after the other, and never
those of dead units. Prints its port, then the unit of each request as it comes, and a + for each connection, a line each.

usage: counting_server.py DEAD-UNIT...
"""

import socketserver
import struct
import sys

dead = {int(word) for word in sys.argv[1:]}


class Wire(socketserver.StreamRequestHandler):
    def handle(self):
        print("+", flush=True)
        while len(head := self.rfile.read(7)) == 7:
            transaction, _, length, unit = struct.unpack(">HHHB", head)
            function, _, count = struct.unpack(">BHH", self.rfile.read(length - 1)[:5])
            print(unit, flush=True)
            if unit in dead:
                continue
            if function == 3:
                answer = bytes([3, 2 * count]) + bytes(2 * count)
            else:
                answer = bytes([function | 0x80, 1])
            self.wfile.write(struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer)


socketserver.ThreadingTCPServer.daemon_threads = True
server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Wire)
print(server.server_address[1], flush=True)
server.serve_forever()
