"""Python's own http.server, one thread a connection, no framework.

A new row is a new entry of ROUTES or PREFIXES.
"""

import argparse
import gzip
import signal
import socketserver
import sys
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl

import answers


class Truncated(ConnectionError):
    """The client ended its body early; there is nobody left to answer."""


class BadRequest(Exception):
    """The client's mistake, which is answered with 400."""


def number(text):
    try:
        return int(text)
    except ValueError:
        raise BadRequest("a whole number is expected") from None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one write: by default every piece is a packet of
    # its own, and Nagle's algorithm with a delayed ACK makes each answer take
    # 40 ms. http.server flushes after each request.
    wbufsize = 128 * 1024
    disable_nagle_algorithm = True
    keepalive_requests = 0  # 0: no limit
    requests = 0  # on this connection

    def do_GET(self):
        method = "GET" if self.command == "HEAD" else self.command
        path, _, self.query = self.path.partition("?")
        self.requests += 1
        if self.requests == self.keepalive_requests:
            self.close_connection = True
        self.unread = self.body_length()
        if self.unread is None:
            return
        try:
            self.dispatch(method, path)
        except BadRequest as err:
            self.refuse(400, str(err))

    do_HEAD = do_POST = do_OPTIONS = do_GET

    def dispatch(self, method, path):
        if route := ROUTES.get((method, path)):
            route(self)
            return
        folder, slash, tail = path.rpartition("/")
        if route := PREFIXES.get((method, folder + slash)):
            route(self, tail)
            return
        for _ in self.pieces():
            pass  # so that the next request is found
        self.refuse(404, "not found")

    def body_length(self):
        """The announced length; None after a refusal. http.server reads no
        chunked bodies."""
        if "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self.refuse(501, "chunked bodies are not read here")
            return None
        lengths = self.headers.get_all("Content-Length", ["0"])
        if len(lengths) > 1 or not (lengths[0].isascii() and lengths[0].isdigit()):
            self.close_connection = True
            self.refuse(400, "Content-Length must be one number")
            return None
        return int(lengths[0])

    def pieces(self):
        """The pieces of the body as they come."""
        while self.unread > 0:
            piece = self.rfile.read1(min(answers.PIECE, self.unread))
            if not piece:
                raise Truncated
            self.unread -= len(piece)
            yield piece

    def read_body(self):
        return b"".join(self.pieces())

    def query_number(self, name, default=None):
        values = parse_qs(self.query).get(name)
        if values is None and default is None:
            raise BadRequest(f"the query parameter {name} is missing")
        return number(values[0]) if values else default

    def head(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def answer(self, body, content_type="text/plain", status=200, headers={}):
        length = str(len(body))
        fields = {"Content-Type": content_type, "Content-Length": length, **headers}
        self.head(status, fields)
        if self.command != "HEAD":
            self.wfile.write(body)

    def json(self, value):
        self.answer(answers.encode(value), "application/json")

    def compressed(self, value):
        """JSON, gzipped where the client takes it."""
        body, headers = answers.encode(value), {"Vary": "Accept-Encoding"}
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
        self.answer(body, "application/json", headers=headers)

    def refuse(self, status, message):
        self.answer(message.encode() + b"\n", status=status)

    def alive(self):
        self.answer(answers.ALIVE)

    def status_object(self):
        self.json(answers.status_object(self.query_number("id", 1)))

    def echo(self):
        self.answer(self.read_body(), "application/octet-stream")

    def large(self):
        self.answer(answers.LARGE)

    def cookies(self):
        self.answer(b"%d" % len(SimpleCookie(self.headers.get("Cookie", ""))))

    def upload(self):
        self.answer(b"%d" % sum(len(piece) for piece in self.pieces()))

    def upload_whole(self):
        self.answer(b"%d" % len(self.read_body()))

    def form(self):
        pairs = parse_qsl(self.read_body().decode(), keep_blank_values=True)
        self.answer(b"%d" % len(pairs))

    def drain(self):
        for _ in self.pieces():
            pass
        self.answer(b"ok")

    def table(self):
        self.compressed(answers.table(self.query_number("seed", 1)))

    def pairs(self):
        self.answer(b"%d" % len(parse_qsl(self.query, keep_blank_values=True)))

    def etag(self):
        tag = {"ETag": answers.ETAG}
        if self.headers.get("If-None-Match") == answers.ETAG:
            self.head(304, tag)
        else:
            self.answer(answers.ALIVE, headers=tag)

    def redirect(self):
        self.head(302, {"Location": "/target", "Content-Length": "0"})

    def preflight(self):
        self.head(204, answers.CORS)

    def events(self):
        # http.server writes no chunks: the end of the connection ends the answer.
        self.close_connection = True
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        self.head(200, headers)
        for event in answers.EVENTS:
            self.wfile.write(event)
            self.wfile.flush()

    def baseline(self):
        total = self.query_number("a") + self.query_number("b")
        if self.command == "POST":
            total += number(self.read_body())
        self.answer(b"%d" % total)

    def items(self, tail):
        self.json(answers.first_items(number(tail), self.query_number("m", 1)))

    def compressed_items(self, tail):
        self.compressed(answers.first_items(number(tail), self.query_number("m", 1)))

    def ok(self):
        self.answer(b"ok")

    def delay(self, tail):
        time.sleep(number(tail) / 1000)
        self.answer(b"ok")

    def static(self, tail):
        file = answers.STATIC_FILES.get(tail)
        if file is None:
            self.refuse(404, "not found")
            return
        path, headers = file.best(self.headers.get("Accept-Encoding", ""))
        self.answer(Path(path).read_bytes(), file.media_type, headers=headers)

    def handle_expect_100(self):
        go_on = super().handle_expect_100()
        self.wfile.flush()  # the client waits for it before it sends the body
        return go_on

    def log_message(self, format, *args):
        """No log: it would be measured too."""


# Exact paths. A GET route answers HEAD too: answer leaves the body out.
ROUTES = {
    ("GET", "/"): Handler.alive,
    ("GET", "/json"): Handler.status_object,
    ("POST", "/echo"): Handler.echo,
    ("GET", "/large"): Handler.large,
    ("GET", "/cookies"): Handler.cookies,
    ("POST", "/upload"): Handler.upload,
    ("POST", "/upload_auto"): Handler.upload_whole,
    ("POST", "/upload_manual"): Handler.upload,
    ("POST", "/form"): Handler.form,
    ("POST", "/drain"): Handler.drain,
    ("GET", "/gzip"): Handler.table,
    ("GET", "/qs"): Handler.pairs,
    ("GET", "/etag"): Handler.etag,
    ("GET", "/redirect"): Handler.redirect,
    ("OPTIONS", "/api"): Handler.preflight,
    ("GET", "/sse"): Handler.events,
    ("GET", "/baseline11"): Handler.baseline,
    ("POST", "/baseline11"): Handler.baseline,
    ("GET", "/pipeline"): Handler.ok,
    **{("GET", path): Handler.alive for path in answers.ITEM_PATHS},
}

# Paths with one variable segment at the end, which the handler gets.
PREFIXES = {
    ("GET", "/json/"): Handler.compressed_items,
    ("GET", "/httparena_json/"): Handler.items,
    ("GET", "/delay/"): Handler.delay,
    ("GET", "/static/"): Handler.static,
}


class Server(ThreadingHTTPServer):
    # The default backlog is 5: of 256 clients that connect at once most are
    # turned away by the kernel and try again a second later.
    request_queue_size = 4096

    def server_bind(self):
        # HTTPServer asks the name service for its own name here, which can
        # take seconds; nothing needs the name.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        # A client that goes away is no error of the server's.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def stop(signum, frame):
    sys.exit(0)  # leaves serve_forever; the threads of connections are daemons


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keepalive-requests", type=int, default=0)
    options = parser.parse_args()
    Handler.keepalive_requests = options.keepalive_requests
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with Server((options.host, options.port), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
