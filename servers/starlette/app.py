"""Starlette, with its own router, parsers, responses and gzip middleware."""

import asyncio

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import (
    FileResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route, request_response

import answers


def number(text):
    try:
        return int(text)
    except (TypeError, ValueError):
        raise HTTPException(400, "a whole number is expected") from None


async def alive(request):
    return PlainTextResponse(answers.ALIVE)


async def status_object(request):
    return JSONResponse(answers.status_object(number(request.query_params.get("id", 1))))


async def echo(request):
    return Response(await request.body(), media_type="application/octet-stream")


async def large(request):
    return PlainTextResponse(answers.LARGE)


async def cookies(request):
    return PlainTextResponse(str(len(request.cookies)))


async def upload(request):
    return PlainTextResponse(str(sum([len(piece) async for piece in request.stream()])))


async def upload_whole(request):
    return PlainTextResponse(str(len(await request.body())))


async def form(request):
    return PlainTextResponse(str(len((await request.form()).multi_items())))


async def drain(request):
    async for _ in request.stream():
        pass
    return PlainTextResponse("ok")


async def table(request):
    return JSONResponse(answers.table(number(request.query_params.get("seed", 1))))


async def query(request):
    return PlainTextResponse(str(len(request.query_params.multi_items())))


async def etag(request):
    headers = {"ETag": answers.ETAG}
    if request.headers.get("if-none-match") == answers.ETAG:
        return Response(status_code=304, headers=headers)
    return PlainTextResponse(answers.ALIVE, headers=headers)


async def redirect(request):
    return RedirectResponse("/target", status_code=302)


async def preflight(request):
    return Response(status_code=204, headers=answers.CORS)


async def events(request):
    async def each():
        for event in answers.EVENTS:
            yield event

    headers = {"Cache-Control": "no-cache"}
    return StreamingResponse(each(), media_type="text/event-stream", headers=headers)


async def baseline(request):
    total = number(request.query_params.get("a")) + number(request.query_params.get("b"))
    if request.method == "POST":
        total += number(await request.body())
    return PlainTextResponse(str(total))


async def items(request):
    multiplier = number(request.query_params.get("m", 1))
    return JSONResponse(answers.first_items(request.path_params["count"], multiplier))


async def ok(request):
    return PlainTextResponse("ok")


async def delay(request):
    await asyncio.sleep(request.path_params["milliseconds"] / 1000)
    return PlainTextResponse("ok")


async def static(request):
    file = answers.STATIC_FILES.get(request.path_params["name"])
    if file is None:
        raise HTTPException(404)
    path, headers = file.best(request.headers.get("accept-encoding", ""))
    return FileResponse(path, media_type=file.media_type, headers=headers)


def post(path, endpoint):
    return Route(path, endpoint, methods=["POST"])


def gzipped(path, endpoint):
    """A route whose answers of any size are compressed for who takes it."""
    app = GZipMiddleware(request_response(endpoint), minimum_size=0)
    return Route(path, app, methods=["GET"])


def client_gone(request, err):
    return Response(status_code=400)  # nobody is left to read it


# A GET route answers HEAD too.
routes = [
    Route("/", alive),
    Route("/json", status_object),
    post("/echo", echo),
    Route("/large", large),
    Route("/cookies", cookies),
    post("/upload", upload),
    post("/upload_auto", upload_whole),
    post("/upload_manual", upload),
    post("/form", form),
    post("/drain", drain),
    gzipped("/gzip", table),
    Route("/qs", query),
    Route("/etag", etag),
    Route("/redirect", redirect),
    Route("/api", preflight, methods=["OPTIONS"]),
    Route("/sse", events),
    Route("/baseline11", baseline, methods=["GET", "POST"]),
    gzipped("/json/{count:int}", items),
    Route("/httparena_json/{count:int}", items),
    Route("/pipeline", ok),
    Route("/delay/{milliseconds:int}", delay),
    Route("/static/{name}", static),
    *[Route(path, alive) for path in answers.ITEM_PATHS],
]

app = Starlette(routes=routes, exception_handlers={ClientDisconnect: client_gone})
