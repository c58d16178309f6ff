"""aiohttp, with its own router, parsers, responses and compression; gunicorn runs its
processes."""

import asyncio

from aiohttp import web

import answers

routes = web.RouteTableDef()


def text(body):
    return web.Response(body=body, content_type="text/plain")


def json(value):
    return web.Response(body=answers.encode(value), content_type="application/json")


def compressed(request, value):
    """JSON, gzipped where the client takes it."""
    response = json(value)
    response.headers["Vary"] = "Accept-Encoding"
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.enable_compression(web.ContentCoding.gzip)
    return response


def number(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        raise web.HTTPBadRequest(text="a whole number is expected") from None


def count_of(request):
    return number(request.match_info["count"]), number(request.query.get("m", 1))


@routes.get("/")
async def alive(request):
    return text(answers.ALIVE)


for path in answers.ITEM_PATHS:
    routes.get(path)(alive)


@routes.get("/json")
async def status_object(request):
    return json(answers.status_object(number(request.query.get("id", 1))))


@routes.post("/echo")
async def echo(request):
    return web.Response(body=await request.read(), content_type="application/octet-stream")


@routes.get("/large")
async def large(request):
    return text(answers.LARGE)


@routes.get("/cookies")
async def cookies(request):
    return text(str(len(request.cookies)))


@routes.post("/upload")
@routes.post("/upload_manual")
async def upload(request):
    pieces = request.content.iter_chunked(answers.PIECE)
    return text(str(sum([len(piece) async for piece in pieces])))


@routes.post("/upload_auto")
async def upload_whole(request):
    return text(str(len(await request.read())))


@routes.post("/form")
async def form(request):
    return text(str(len(await request.post())))


@routes.post("/drain")
async def drain(request):
    async for _ in request.content.iter_chunked(answers.PIECE):
        pass
    return text("ok")


@routes.get("/gzip")
async def table(request):
    return compressed(request, answers.table(number(request.query.get("seed", 1))))


@routes.get("/qs")
async def query(request):
    return text(str(len(request.query)))


@routes.get("/etag")
async def etag(request):
    headers = {"ETag": answers.ETAG}
    if any(f'"{tag.value}"' == answers.ETAG for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    return web.Response(body=answers.ALIVE, content_type="text/plain", headers=headers)


@routes.get("/redirect")
async def redirect(request):
    return web.Response(status=302, headers={"Location": "/target"})


@routes.options("/api")
async def preflight(request):
    return web.Response(status=204, headers=answers.CORS)


@routes.get("/sse")
async def events(request):
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    for event in answers.EVENTS:
        await response.write(event)
    return response


@routes.get("/baseline11")
@routes.post("/baseline11")
async def baseline(request):
    total = number(request.query.get("a")) + number(request.query.get("b"))
    if request.method == "POST":
        total += number(await request.text())
    return text(str(total))


@routes.get("/json/{count}")
async def compressed_items(request):
    return compressed(request, answers.first_items(*count_of(request)))


@routes.get("/httparena_json/{count}")
async def items(request):
    return json(answers.first_items(*count_of(request)))


@routes.get("/pipeline")
async def ok(request):
    return text("ok")


@routes.get("/delay/{milliseconds}")
async def delay(request):
    await asyncio.sleep(number(request.match_info["milliseconds"]) / 1000)
    return text("ok")


@routes.get("/static/{name}")
async def static(request):
    file = answers.STATIC_FILES.get(request.match_info["name"])
    if file is None:
        raise web.HTTPNotFound
    path, headers = file.best(request.headers.get("Accept-Encoding", ""))
    headers["Content-Type"] = file.media_type
    return web.FileResponse(path, headers=headers)


app = web.Application(client_max_size=answers.LARGEST_BODY)
app.add_routes(routes)


async def runner():
    """The application and the settings of its server, for gunicorn's worker."""
    return web.AppRunner(
        app,
        auto_decompress=False,  # an echo returns the bytes that came
        keepalive_timeout=75,
        access_log=None,
    )
