"""Replies in CouchDB's form: JSON with a newline at its end, ETags in quotes, long ones in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson
from flask import Response, request

from server.errors import log_unforeseen
from server.services import services
from sync.documents import Json

PIECE_BYTES = 64 * 1024


def reply(
    value: Json, status: int = 200, *, etag: str | None = None, location: str | None = None
) -> Response:
    """A JSON reply."""
    return raw(orjson.dumps(value), status, etag=etag, location=location)


def raw(text: bytes, status: int = 200, *, etag: str | None = None, location: str | None = None) -> Response:
    """A reply whose JSON text is there already; 304 without it if the client has that ETag."""
    response = Response(text + b"\n", status, mimetype="application/json")
    response.headers["Cache-Control"] = "must-revalidate"
    if location is not None:
        response.headers["Location"] = location
    if etag is not None:
        response.set_etag(etag)
        if request.method in ("GET", "HEAD"):
            response.make_conditional(conditions())
    return response


def conditions() -> dict[str, Any]:
    """What a reply may be conditional on; a GET's If-Match is not, as in CouchDB: it names a revision to write on."""
    return {name: value for name, value in request.environ.items() if name != "HTTP_IF_MATCH"}


class BrokenOff(Exception):
    """A reply that had begun could not be finished; the log has the rest under this reference."""


def stream(pieces: Iterator[bytes], content_type: str = "application/json") -> Response:
    """A reply whose pieces are sent as they come. What goes wrong before the first one is still an error reply."""
    first = next(pieces, b"")
    response = Response(_guarded(first, pieces, services().new_id()), content_type=content_type)
    response.headers["Cache-Control"] = "must-revalidate"
    return response


def _guarded(first: bytes, rest: Iterator[bytes], reference: str) -> Iterator[bytes]:
    """The pieces; an error among them is logged as all are, and ends the connection without its words."""
    yield first
    try:
        yield from rest
    except Exception as error:
        log_unforeseen(error, reference)
        raise BrokenOff(reference) from None


def gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in fewer pieces: an empty piece means send what there is now."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= PIECE_BYTES or not piece:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def listed(head: bytes, rows: Iterable[bytes], tail: bytes = b"\n]}\n") -> Iterator[bytes]:
    """A JSON object whose last member is a list, row by row; `head` ends with the opening bracket."""
    yield head
    before = b"\n"
    for row in rows:
        yield before + row
        before = b",\n"
    yield tail
