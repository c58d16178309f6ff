"""A WSGI application without a framework.

A new row is a new entry of ROUTES or PREFIXES. A handler returns status, headers
and body.
"""

import gzip
import time
from http.cookies import SimpleCookie
from urllib.parse import parse_qs, parse_qsl

import answers


class BadRequest(Exception):
    """The client's mistake, which is answered with 400."""


def number(text):
    try:
        return int(text)
    except ValueError:
        raise BadRequest("a whole number is expected") from None


def query_number(environ, name, default=None):
    values = parse_qs(environ["QUERY_STRING"]).get(name)
    if values is None and default is None:
        raise BadRequest(f"the query parameter {name} is missing")
    return number(values[0]) if values else default


def pieces(environ):
    """The pieces of the body as they come."""
    read, total = environ["wsgi.input"].read, 0
    while piece := read(answers.PIECE):
        total += len(piece)
        yield piece
    if total < int(environ.get("CONTENT_LENGTH") or 0):
        raise BadRequest("the body ended early")


def read_body(environ):
    return b"".join(pieces(environ))


def answer(body, media_type="text/plain", status="200 OK", headers=()):
    fields = [("Content-Type", media_type), ("Content-Length", str(len(body)))]
    return status, [*fields, *headers], [body]


def json(value):
    return answer(answers.encode(value), "application/json")


def compressed(environ, value):
    """JSON, gzipped where the client takes it."""
    body, headers = answers.encode(value), [("Vary", "Accept-Encoding")]
    if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        body = gzip.compress(body)
        headers.append(("Content-Encoding", "gzip"))
    return answer(body, "application/json", headers=headers)


def alive(environ):
    return answer(answers.ALIVE)


def status_object(environ):
    return json(answers.status_object(query_number(environ, "id", 1)))


def echo(environ):
    return answer(read_body(environ), "application/octet-stream")


def large(environ):
    return answer(answers.LARGE)


def cookies(environ):
    return answer(b"%d" % len(SimpleCookie(environ.get("HTTP_COOKIE", ""))))


def upload(environ):
    return answer(b"%d" % sum(len(piece) for piece in pieces(environ)))


def upload_whole(environ):
    return answer(b"%d" % len(read_body(environ)))


def form(environ):
    pairs = parse_qsl(read_body(environ).decode(), keep_blank_values=True)
    return answer(b"%d" % len(pairs))


def drain(environ):
    for _ in pieces(environ):
        pass
    return answer(b"ok")


def table(environ):
    return compressed(environ, answers.table(query_number(environ, "seed", 1)))


def query(environ):
    pairs = parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
    return answer(b"%d" % len(pairs))


def etag(environ):
    tag = ("ETag", answers.ETAG)
    if environ.get("HTTP_IF_NONE_MATCH") == answers.ETAG:
        return "304 Not Modified", [tag], []
    return answer(answers.ALIVE, headers=[tag])


def redirect(environ):
    return "302 Found", [("Location", "/target"), ("Content-Length", "0")], []


def preflight(environ):
    return "204 No Content", list(answers.CORS.items()), []


def events(environ):
    headers = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache")]
    return "200 OK", headers, iter(answers.EVENTS)  # each is sent by itself


def baseline(environ):
    total = query_number(environ, "a") + query_number(environ, "b")
    if environ["REQUEST_METHOD"] == "POST":
        total += number(read_body(environ))
    return answer(b"%d" % total)


def items(environ, tail):
    return json(answers.first_items(number(tail), query_number(environ, "m", 1)))


def compressed_items(environ, tail):
    value = answers.first_items(number(tail), query_number(environ, "m", 1))
    return compressed(environ, value)


def ok(environ):
    return answer(b"ok")


def delay(environ, tail):
    time.sleep(number(tail) / 1000)
    return answer(b"ok")


def static(environ, tail):
    file = answers.STATIC_FILES.get(tail)
    if file is None:
        return not_found()
    path, headers = file.best(environ.get("HTTP_ACCEPT_ENCODING", ""))
    headers["Content-Type"] = file.media_type
    content = open(path, "rb")  # the server sends and closes it
    return "200 OK", list(headers.items()), environ["wsgi.file_wrapper"](content)


def not_found():
    return answer(b"not found\n", status="404 Not Found")


# Exact paths. A GET route answers HEAD too: app leaves the body out.
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


def respond(environ):
    method = environ["REQUEST_METHOD"].replace("HEAD", "GET")
    path = environ["PATH_INFO"]
    if route := ROUTES.get((method, path)):
        return route(environ)
    folder, slash, tail = path.rpartition("/")
    if route := PREFIXES.get((method, folder + slash)):
        return route(environ, tail)
    return not_found()


def app(environ, start_response):
    try:
        status, headers, body = respond(environ)
    except BadRequest as err:
        status, headers, body = answer(f"{err}\n".encode(), status="400 Bad Request")
    start_response(status, headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else body
