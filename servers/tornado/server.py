"""Tornado, with its own router, parsers and responses: one process a worker."""

import argparse
import asyncio
import gzip
import os
import signal

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler, stream_request_body

import answers


class Handler(RequestHandler):
    """Answers of the kinds that the rows need. HEAD is answered like GET."""

    def compute_etag(self):
        return None  # no other server computes an entity tag of every answer

    def head(self, *args):
        return self.get(*args)

    def text(self, body):
        self.set_header("Content-Type", "text/plain")
        self.finish(body)

    def json(self, value):
        self.set_header("Content-Type", "application/json")
        self.finish(answers.encode(value))

    def compressed(self, value):
        """JSON, gzipped where the client takes it."""
        body = answers.encode(value)
        self.set_header("Vary", "Accept-Encoding")
        if "gzip" in self.request.headers.get("Accept-Encoding", ""):
            self.set_header("Content-Encoding", "gzip")
            body = gzip.compress(body)
        self.set_header("Content-Type", "application/json")
        self.finish(body)

    def number(self, name, default=None):
        """A whole number of the query."""
        return whole(self.get_query_argument(name, default))


def whole(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        raise HTTPError(400) from None


class Alive(Handler):
    def get(self):
        self.text(answers.ALIVE)


class StatusObject(Handler):
    def get(self):
        self.json(answers.status_object(self.number("id", "1")))


class Echo(Handler):
    def post(self):
        self.set_header("Content-Type", "application/octet-stream")
        self.finish(self.request.body)


class Large(Handler):
    def get(self):
        self.text(answers.LARGE)


class Cookies(Handler):
    def get(self):
        self.text(str(len(self.cookies)))


class Streamed(Handler):
    """Counts the bytes of a body, which comes in pieces and is not kept."""

    def prepare(self):
        self.bytes = 0
        self.request.connection.set_max_body_size(answers.LARGEST_BODY)

    def data_received(self, chunk):
        self.bytes += len(chunk)


@stream_request_body
class Upload(Streamed):
    def post(self):
        self.text(str(self.bytes))


@stream_request_body
class Drain(Streamed):
    def post(self):
        self.text("ok")


class UploadWhole(Handler):
    def post(self):
        self.text(str(len(self.request.body)))


class Form(Handler):
    def post(self):
        self.text(str(sum(map(len, self.request.body_arguments.values()))))


class Table(Handler):
    def get(self):
        self.compressed(answers.table(self.number("seed", "1")))


class Query(Handler):
    def get(self):
        self.text(str(sum(map(len, self.request.query_arguments.values()))))


class Etag(Handler):
    def compute_etag(self):
        return answers.ETAG  # finish compares it with If-None-Match

    def get(self):
        self.text(answers.ALIVE)


class Redirect(Handler):
    def get(self):
        self.redirect("/target", status=302)


class Preflight(Handler):
    def options(self):
        self.set_status(204)
        for name, value in answers.CORS.items():
            self.set_header(name, value)
        self.finish()


class Events(Handler):
    async def get(self):
        self.set_header("Content-Type", "text/event-stream")
        self.set_header("Cache-Control", "no-cache")
        for event in answers.EVENTS:
            self.write(event)
            await self.flush()


class Baseline(Handler):
    def get(self):
        self.text(str(self.number("a") + self.number("b")))

    def post(self):
        self.text(str(self.number("a") + self.number("b") + whole(self.request.body)))


class CompressedItems(Handler):
    def get(self, count):
        self.compressed(answers.first_items(int(count), self.number("m", "1")))


class Items(Handler):
    def get(self, count):
        self.json(answers.first_items(int(count), self.number("m", "1")))


class Ok(Handler):
    def get(self):
        self.text(b"ok")


class Delay(Handler):
    async def get(self, milliseconds):
        await asyncio.sleep(int(milliseconds) / 1000)
        self.text(b"ok")


class Static(Handler):
    def get(self, name):
        file = answers.STATIC_FILES.get(name)
        if file is None:
            raise HTTPError(404)
        path, headers = file.best(self.request.headers.get("Accept-Encoding", ""))
        self.set_header("Content-Type", file.media_type)
        for key, value in headers.items():
            self.set_header(key, value)
        with open(path, "rb") as content:
            self.finish(content.read())


ROUTES = [
    (r"/", Alive),
    (r"/json", StatusObject),
    (r"/echo", Echo),
    (r"/large", Large),
    (r"/cookies", Cookies),
    (r"/upload", Upload),
    (r"/upload_auto", UploadWhole),
    (r"/upload_manual", Upload),
    (r"/form", Form),
    (r"/drain", Drain),
    (r"/gzip", Table),
    (r"/qs", Query),
    (r"/etag", Etag),
    (r"/redirect", Redirect),
    (r"/api", Preflight),
    (r"/sse", Events),
    (r"/baseline11", Baseline),
    (r"/json/(\d+)", CompressedItems),
    (r"/httparena_json/(\d+)", Items),
    (r"/pipeline", Ok),
    (r"/delay/(\d+)", Delay),
    (r"/static/([^/]+)", Static),
    *[(path, Alive) for path in answers.ITEM_PATHS],
]


async def serve(sockets):
    """Answers until SIGTERM, then lets requests in flight finish."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    application = Application(ROUTES, log_function=lambda handler: None)
    server = HTTPServer(application, idle_connection_timeout=75)
    server.add_sockets(sockets)
    await stop.wait()
    server.stop()
    await server.close_all_connections()


def supervise(workers, sockets):
    """Runs the workers on the same sockets, and passes SIGTERM on to them."""
    children = []
    for _ in range(workers):
        child = os.fork()
        if child == 0:
            asyncio.run(serve(sockets))
            return
        children.append(child)

    def stop(signum, frame):
        for child in children:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for child in children:
        os.waitpid(child, 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    sockets = bind_sockets(options.port, options.host, backlog=4096)
    if options.workers > 1:
        supervise(options.workers, sockets)
    else:
        asyncio.run(serve(sockets))


if __name__ == "__main__":
    main()
