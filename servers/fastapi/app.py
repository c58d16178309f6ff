"""FastAPI: typed parameters, values that it serialises, and Starlette's requests
and responses where its documentation uses them."""

import asyncio

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import (
    FileResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.requests import ClientDisconnect

import answers


async def invalid(request, err):
    return PlainTextResponse(f"{err}\n", status_code=400)


async def client_gone(request, err):
    return Response(status_code=400)  # nobody is left to read it


def application():
    """An application without pages of documentation, as in production."""
    made = FastAPI(openapi_url=None)
    made.add_exception_handler(RequestValidationError, invalid)
    made.add_exception_handler(ClientDisconnect, client_gone)
    return made


app = application()
# The routes with compressed answers are an application of their own, so that the
# middleware stands before no other route.
compressed = application()
compressed.add_middleware(GZipMiddleware, minimum_size=0)


@app.api_route("/", methods=["GET", "HEAD"])
async def alive():
    return PlainTextResponse(answers.ALIVE)


for path in answers.ITEM_PATHS:
    app.get(path)(alive)


@app.get("/json")
async def status_object(id: int = 1):
    return answers.status_object(id)


@app.post("/echo")
async def echo(request: Request):
    return Response(await request.body(), media_type="application/octet-stream")


@app.api_route("/large", methods=["GET", "HEAD"])
async def large():
    return PlainTextResponse(answers.LARGE)


@app.get("/cookies")
async def cookies(request: Request):
    return PlainTextResponse(str(len(request.cookies)))


@app.post("/upload")
@app.post("/upload_manual")
async def upload(request: Request):
    return PlainTextResponse(str(sum([len(piece) async for piece in request.stream()])))


@app.post("/upload_auto")
async def upload_whole(request: Request):
    return PlainTextResponse(str(len(await request.body())))


@app.post("/form")
async def form(request: Request):
    return PlainTextResponse(str(len((await request.form()).multi_items())))


@app.post("/drain")
async def drain(request: Request):
    async for _ in request.stream():
        pass
    return PlainTextResponse("ok")


@compressed.get("/gzip")
async def table(seed: int = 1):
    return answers.table(seed)


@app.get("/qs")
async def query(request: Request):
    return PlainTextResponse(str(len(request.query_params.multi_items())))


@app.get("/etag")
async def etag(request: Request):
    headers = {"ETag": answers.ETAG}
    if request.headers.get("if-none-match") == answers.ETAG:
        return Response(status_code=304, headers=headers)
    return PlainTextResponse(answers.ALIVE, headers=headers)


@app.get("/redirect")
async def redirect():
    return RedirectResponse("/target", status_code=302)


@app.options("/api")
async def preflight():
    return Response(status_code=204, headers=answers.CORS)


@app.get("/sse")
async def events():
    async def each():
        for event in answers.EVENTS:
            yield event

    headers = {"Cache-Control": "no-cache"}
    return StreamingResponse(each(), media_type="text/event-stream", headers=headers)


@app.get("/baseline11")
async def baseline(a: int, b: int):
    return PlainTextResponse(str(a + b))


@app.post("/baseline11")
async def baseline_body(request: Request, a: int, b: int):
    try:
        number = int(await request.body())
    except ValueError:
        raise HTTPException(400, "the body must be a whole number") from None
    return PlainTextResponse(str(a + b + number))


@compressed.get("/json/{count}")
@app.get("/httparena_json/{count}")
async def items(count: int, m: int = 1):
    return answers.first_items(count, m)


@app.get("/pipeline")
async def ok():
    return PlainTextResponse("ok")


@app.get("/delay/{milliseconds}")
async def delay(milliseconds: int):
    await asyncio.sleep(milliseconds / 1000)
    return PlainTextResponse("ok")


@app.get("/static/{name}")
async def static(request: Request, name: str):
    file = answers.STATIC_FILES.get(name)
    if file is None:
        raise HTTPException(404)
    path, headers = file.best(request.headers.get("accept-encoding", ""))
    return FileResponse(path, media_type=file.media_type, headers=headers)


app.mount("", compressed)  # the last: it takes every path
