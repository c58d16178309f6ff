"""What every Python server answers: values, texts and files, no HTTP."""

import json
import os
from pathlib import Path

ALIVE = b"alive\r\n"
PATTERN = b"0123456789abcdefghijklmnopqrstuvwxyz"
LARGE = (PATTERN * (65536 // len(PATTERN) + 1))[:65536]
PIECE = 64 * 1024  # bytes of a body that are read at a time
LARGEST_BODY = 1 << 30  # bytes; for servers that have a limit
ETAG = '"v1"'
EVENTS = [b"data: %d\n\n" % number for number in range(1, 101)]

# The paths of 100 routes, which every server registers one by one.
ITEM_PATHS = [f"/api/v1/items/{number:04}" for number in range(1, 101)]

CORS = {
    "Access-Control-Allow-Origin": "https://example.com",
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "Content-Type, X-Requested-With",
    "Access-Control-Max-Age": "86400",
}

DATA = Path(os.environ["JOUST_DATA"])  # the folder of the data set
ITEMS = json.loads((DATA / "items.json").read_bytes())


def encode(value):
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def status_object(number):
    """The answer to /json."""
    return {
        "id": number,
        "status": "ok",
        "data": {
            "name": "joust",
            "version": "1.0.0",
            "flags": ["fast", "correct", "measured", "repeatable"],
        },
    }


def table(seed):
    """The answer to /gzip: about 16 KB of JSON."""
    rows = [
        {"id": i, "value": (i * seed * 7919 + i * i) % 1000003, "name": f"row-{i}"}
        for i in range(384)
    ]
    return {"seed": seed, "rows": rows}


def first_items(count, multiplier):
    """The answer to /json/{count}?m={multiplier}."""
    items = [
        {**item, "total": item["price"] * item["quantity"] * multiplier}
        for item in ITEMS[:count]
    ]
    return {"items": items, "count": len(items)}


MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".html": "text/html",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".woff2": "font/woff2",
    ".webp": "image/webp",
}


class StaticFile:
    """A file of the data set with its compressed forms."""

    def __init__(self, path):
        self.media_type = MEDIA_TYPES[path.suffix]
        self.path = str(path)
        self.compressed = [
            (encoding, self.path + ending)
            for encoding, ending in (("br", ".br"), ("gzip", ".gz"))
            if os.path.exists(self.path + ending)
        ]

    def best(self, accept_encoding):
        """The path and the headers of the best form for an Accept-Encoding."""
        for encoding, path in self.compressed:
            if encoding in accept_encoding:
                return path, {"Content-Encoding": encoding, "Vary": "Accept-Encoding"}
        return self.path, {"Vary": "Accept-Encoding"}


STATIC_FILES = {
    path.name: StaticFile(path)
    for path in (DATA / "static").iterdir()
    if path.suffix in MEDIA_TYPES
}
