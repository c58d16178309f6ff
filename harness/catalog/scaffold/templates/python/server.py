"""@NAME@ answers the rows hello, json and echo."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024  # the default of 5 refuses clients


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one write

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path == "/":
            self.answer("text/plain", b"alive\r\n")
        elif url.path == "/json":
            number = int(parse_qs(url.query).get("id", ["1"])[0])
            document = {
                "id": number,
                "status": "ok",
                "data": {
                    "name": "joust",
                    "version": "1.0.0",
                    "flags": ["fast", "correct", "measured", "repeatable"],
                },
            }
            self.answer("application/json", json.dumps(document, separators=(",", ":")).encode())
        else:
            self.send_error(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/echo":
            self.answer("application/octet-stream", body)
        else:
            self.send_error(404)

    def answer(self, content_type, body):
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass  # an access log would be measured too


Server((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
