"""An ASGI application without a framework.

A new row is a new entry of ROUTES or PREFIXES.
"""

import asyncio
import gzip
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl

import answers


class BadRequest(Exception):
    """The client's mistake, which is answered with 400."""


class Disconnected(Exception):
    """The client has gone before the end of its body."""


def number(text):
    try:
        return int(text)
    except ValueError:
        raise BadRequest("a whole number is expected") from None


def query_number(scope, name, default=None):
    values = parse_qs(scope["query_string"].decode()).get(name)
    if values is None and default is None:
        raise BadRequest(f"the query parameter {name} is missing")
    return number(values[0]) if values else default


def header(scope, name):
    """The value of a header, whose name is in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return ""


async def pieces(receive):
    """The pieces of the body as they come."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


async def read_body(receive):
    return b"".join([piece async for piece in pieces(receive)])


async def count_body(receive):
    return sum([len(piece) async for piece in pieces(receive)])


async def answer(send, body, media_type="text/plain", status=200, headers=()):
    fields = [
        (b"content-type", media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        *headers,
    ]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})


async def bare(send, status, headers):
    """An answer without a body."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body"})


def raw(headers):
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


async def json(send, value):
    await answer(send, answers.encode(value), "application/json")


async def compressed(scope, send, value):
    """JSON, gzipped where the client takes it."""
    body, headers = answers.encode(value), {"Vary": "Accept-Encoding"}
    if "gzip" in header(scope, b"accept-encoding"):
        body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
    await answer(send, body, "application/json", headers=raw(headers))


async def alive(scope, receive, send):
    await answer(send, answers.ALIVE)


async def status_object(scope, receive, send):
    await json(send, answers.status_object(query_number(scope, "id", 1)))


async def echo(scope, receive, send):
    await answer(send, await read_body(receive), "application/octet-stream")


async def large(scope, receive, send):
    await answer(send, answers.LARGE)


async def cookies(scope, receive, send):
    await answer(send, b"%d" % len(SimpleCookie(header(scope, b"cookie"))))


async def upload(scope, receive, send):
    await answer(send, b"%d" % await count_body(receive))


async def upload_whole(scope, receive, send):
    await answer(send, b"%d" % len(await read_body(receive)))


async def form(scope, receive, send):
    pairs = parse_qsl((await read_body(receive)).decode(), keep_blank_values=True)
    await answer(send, b"%d" % len(pairs))


async def drain(scope, receive, send):
    async for _ in pieces(receive):
        pass
    await answer(send, b"ok")


async def table(scope, receive, send):
    await compressed(scope, send, answers.table(query_number(scope, "seed", 1)))


async def query(scope, receive, send):
    pairs = parse_qsl(scope["query_string"].decode(), keep_blank_values=True)
    await answer(send, b"%d" % len(pairs))


async def etag(scope, receive, send):
    tag = [(b"etag", answers.ETAG.encode())]
    if header(scope, b"if-none-match") == answers.ETAG:
        await bare(send, 304, tag)
    else:
        await answer(send, answers.ALIVE, headers=tag)


async def redirect(scope, receive, send):
    await bare(send, 302, [(b"location", b"/target"), (b"content-length", b"0")])


async def preflight(scope, receive, send):
    await bare(send, 204, raw(answers.CORS))


async def events(scope, receive, send):
    headers = raw({"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for event in answers.EVENTS:
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body"})


async def baseline(scope, receive, send):
    total = query_number(scope, "a") + query_number(scope, "b")
    if scope["method"] == "POST":
        total += number(await read_body(receive))
    await answer(send, b"%d" % total)


async def items(scope, receive, send, tail):
    await json(send, answers.first_items(number(tail), query_number(scope, "m", 1)))


async def compressed_items(scope, receive, send, tail):
    value = answers.first_items(number(tail), query_number(scope, "m", 1))
    await compressed(scope, send, value)


async def ok(scope, receive, send):
    await answer(send, b"ok")


async def delay(scope, receive, send, tail):
    await asyncio.sleep(number(tail) / 1000)
    await answer(send, b"ok")


async def static(scope, receive, send, tail):
    file = answers.STATIC_FILES.get(tail)
    if file is None:
        await not_found(send)
        return
    path, headers = file.best(header(scope, b"accept-encoding"))
    await answer(send, Path(path).read_bytes(), file.media_type, headers=raw(headers))


async def not_found(send):
    await answer(send, b"not found\n", status=404)


# Exact paths. A GET route answers HEAD too: uvicorn leaves the body out.
ROUTES = {
    ("GET", "/"): alive,
    ("GET", "/json"): status_object,
    ("POST", "/echo"): echo,
    ("GET", "/large"): large,
    ("GET", "/cookies"): cookies,
    ("POST", "/upload"): upload,
    ("POST", "/upload_auto"): upload_whole,
    ("POST", "/upload_manual"): upload,
    ("POST", "/form"): form,
    ("POST", "/drain"): drain,
    ("GET", "/gzip"): table,
    ("GET", "/qs"): query,
    ("GET", "/etag"): etag,
    ("GET", "/redirect"): redirect,
    ("OPTIONS", "/api"): preflight,
    ("GET", "/sse"): events,
    ("GET", "/baseline11"): baseline,
    ("POST", "/baseline11"): baseline,
    ("GET", "/pipeline"): ok,
    **{("GET", path): alive for path in answers.ITEM_PATHS},
}

# Paths with one variable segment at the end, which the handler gets.
PREFIXES = {
    ("GET", "/json/"): compressed_items,
    ("GET", "/httparena_json/"): items,
    ("GET", "/delay/"): delay,
    ("GET", "/static/"): static,
}


async def app(scope, receive, send):
    if scope["type"] != "http":  # the lifespan protocol: nothing to start or stop
        return
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    path = scope["path"]
    try:
        if route := ROUTES.get((method, path)):
            await route(scope, receive, send)
            return
        folder, slash, tail = path.rpartition("/")
        if route := PREFIXES.get((method, folder + slash)):
            await route(scope, receive, send, tail)
        else:
            await not_found(send)
    except BadRequest as err:
        await answer(send, f"{err}\n".encode(), status=400)
    except Disconnected:
        pass  # nobody is left to answer
