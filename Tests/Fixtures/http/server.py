"""A web server that keeps what is posted, and answers as it is told.

usage: server.py FOLDER [STATUS[:RETRY-AFTER]...] [--refuse WORD] [--longest BYTES]

Prints its port. The body of request N is FOLDER/N.body, its header fields FOLDER/N.fields. The statuses are those of the first
requests; later ones get 204. A body that holds WORD gets 422, one that is longer than BYTES gets 413.
"""

import argparse
import http.server
import itertools
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("statuses", nargs="*")
parser.add_argument("--refuse")
parser.add_argument("--longest", type=int)
options = parser.parse_args()
numbers = itertools.count()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        number = next(numbers)
        (options.folder / f"{number}.body").write_bytes(body)
        (options.folder / f"{number}.fields").write_text(f"{self.path}\n{self.headers}Method: {self.command}\n")
        status, _, wait = (options.statuses[number] if number < len(options.statuses) else "204").partition(":")
        text = b""
        if options.refuse and options.refuse.encode() in body:
            status, text = "422", b'{"error":"a word that I do not like"}'
        elif options.longest is not None and len(body) > options.longest:
            status = "413"
        self.send_response(int(status))
        if wait:
            self.send_header("Retry-After", wait)
        if status != "204":
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if status != "204":
            self.wfile.write(text)

    do_PUT = do_PATCH = do_POST

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
