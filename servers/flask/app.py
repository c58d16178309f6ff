"""Flask, with its own router, parsers and responses; gunicorn serves it."""

import gzip
import time

from flask import Flask, Response, abort, request, send_file

import answers

app = Flask(__name__, static_folder=None)
# The bodies of the rows are byte for byte: no spaces, no newline, no sorting.
app.json.compact = True
app.json.sort_keys = False


def text(body):
    return Response(body, mimetype="text/plain")


def json(value):
    return Response(app.json.dumps(value, separators=(",", ":")), mimetype="application/json")


def compressed(value):
    """JSON, gzipped where the client takes it."""
    response = json(value)
    response.vary.add("Accept-Encoding")
    if "gzip" in request.accept_encodings:
        response.data = gzip.compress(response.data)
        response.content_encoding = "gzip"
    return response


def whole(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        abort(400)


def pieces():
    """The pieces of the body as they come."""
    total = 0
    while piece := request.stream.read(answers.PIECE):
        total += len(piece)
        yield piece
    if total < (request.content_length or 0):
        abort(400)  # gunicorn ends the stream where the client ended it


@app.get("/")
def alive():
    return text(answers.ALIVE)


for path in answers.ITEM_PATHS:
    app.add_url_rule(path, view_func=alive)


@app.get("/json")
def status_object():
    return json(answers.status_object(whole(request.args.get("id", 1))))


@app.post("/echo")
def echo():
    return Response(request.get_data(cache=False), mimetype="application/octet-stream")


@app.get("/large")
def large():
    return text(answers.LARGE)


@app.get("/cookies")
def cookies():
    return text(str(len(request.cookies)))


@app.post("/upload")
@app.post("/upload_manual")
def upload():
    return text(str(sum(len(piece) for piece in pieces())))


@app.post("/upload_auto")
def upload_whole():
    return text(str(len(request.get_data())))


@app.post("/form")
def form():
    return text(str(len(list(request.form.items(multi=True)))))


@app.post("/drain")
def drain():
    for _ in pieces():
        pass
    return text("ok")


@app.get("/gzip")
def table():
    return compressed(answers.table(whole(request.args.get("seed", 1))))


@app.get("/qs")
def query():
    return text(str(len(list(request.args.items(multi=True)))))


@app.get("/etag")
def etag():
    response = text(answers.ALIVE)
    response.set_etag(answers.ETAG.strip('"'))
    return response.make_conditional(request)


@app.get("/redirect")
def redirect():
    return Response(status=302, headers={"Location": "/target"})


@app.route("/api", methods=["OPTIONS"])
def preflight():
    return "", 204, answers.CORS


@app.get("/sse")
def events():
    headers = {"Cache-Control": "no-cache"}
    return Response(iter(answers.EVENTS), mimetype="text/event-stream", headers=headers)


@app.route("/baseline11", methods=["GET", "POST"])
def baseline():
    total = whole(request.args.get("a")) + whole(request.args.get("b"))
    if request.method == "POST":
        total += whole(request.get_data())
    return text(str(total))


@app.get("/json/<int:count>")
def compressed_items(count):
    return compressed(answers.first_items(count, whole(request.args.get("m", 1))))


@app.get("/httparena_json/<int:count>")
def items(count):
    return json(answers.first_items(count, whole(request.args.get("m", 1))))


@app.get("/pipeline")
def ok():
    return text("ok")


@app.get("/delay/<int:milliseconds>")
def delay(milliseconds):
    time.sleep(milliseconds / 1000)
    return text("ok")


@app.get("/static/<name>")
def static(name):
    file = answers.STATIC_FILES.get(name)
    if file is None:
        abort(404)
    path, headers = file.best(request.headers.get("Accept-Encoding", ""))
    response = send_file(path, mimetype=file.media_type)
    response.headers.update(headers)
    return response
