"""Python's own http.server, one thread a connection, no framework."""

import json
import signal
import socketserver
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

ALIVE = b"alive\r\n"
PATTERN = b"0123456789abcdefghijklmnopqrstuvwxyz"
LARGE = (PATTERN * (65536 // len(PATTERN) + 1))[:65536]
PIECE = 64 * 1024  # bytes of an upload read at a time


class Truncated(ConnectionError):
    """The client ended its body early; there is nobody left to answer."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one write: by default every piece is a packet of
    # its own, and Nagle's algorithm with a delayed ACK makes each answer take
    # 40 ms. http.server flushes after each request.
    wbufsize = 128 * 1024
    disable_nagle_algorithm = True

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path == "/":
            self.answer(200, "text/plain", ALIVE)
        elif path == "/json":
            self.json(query)
        elif path == "/large":
            self.answer(200, "text/plain", LARGE)
        else:
            self.refuse(404, "not found")

    def do_HEAD(self):
        if self.path == "/large":
            self.answer(200, "text/plain", LARGE)
        else:
            self.refuse(404, "not found")

    def do_POST(self):
        length = self.body_length()
        if length is None:
            return
        if self.path == "/echo":
            self.answer(200, "application/octet-stream", self.read_body(length))
        elif self.path == "/upload":
            self.answer(200, "text/plain", b"%d" % self.count_body(length))
        else:
            self.count_body(length)  # so that the next request is found
            self.refuse(404, "not found")

    def json(self, query):
        number = 1
        if query:
            try:
                number = int(parse_qs(query).get("id", ["1"])[0])
            except ValueError:
                self.refuse(400, "the query parameter id must be a whole number")
                return
        body = {
            "id": number,
            "status": "ok",
            "data": {
                "name": "joust",
                "version": "1.0.0",
                "flags": ["fast", "correct", "measured", "repeatable"],
            },
        }
        encoded = json.dumps(body, separators=(",", ":")).encode()
        self.answer(200, "application/json", encoded)

    def body_length(self):
        """The announced length; None after a refusal. http.server reads no
        chunked bodies."""
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self.refuse(501, "chunked bodies are not read here")
            return None
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            self.close_connection = True
            self.refuse(400, "Content-Length must be a number")
            return None
        return int(length)

    def read_body(self, length):
        body = self.rfile.read(length)
        if len(body) < length:
            raise Truncated
        return body

    def count_body(self, length):
        piece = memoryview(bytearray(min(PIECE, length)))
        total = 0
        while total < length:
            n = self.rfile.readinto1(piece[: length - total])
            if n == 0:
                raise Truncated
            total += n
        return total

    def answer(self, status, content_type, body):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, message):
        self.answer(status, "text/plain", message.encode() + b"\n")

    def handle_expect_100(self):
        go_on = super().handle_expect_100()
        self.wfile.flush()  # the client waits for it before it sends the body
        return go_on

    def log_message(self, format, *args):
        """No log: it would be measured too."""


class Server(ThreadingHTTPServer):
    # The default backlog is 5: of 256 clients that connect at once most are
    # turned away by the kernel and try again a second later.
    request_queue_size = 1024

    def server_bind(self):
        # HTTPServer asks the name service for its own name here, which can
        # take seconds; nothing needs the name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        # A client that goes away is no error of the server's.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def listen_address(args):
    """The value of --addr host:port, the only flag."""
    if len(args) == 2 and args[0] == "--addr":
        host, _, port = args[1].rpartition(":")
        if port.isascii() and port.isdigit():
            return host, int(port)
    sys.exit("usage: server.py --addr host:port")


def stop(signum, frame):
    sys.exit(0)  # leaves serve_forever; the threads of connections are daemons


def main():
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with Server(listen_address(sys.argv[1:]), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
