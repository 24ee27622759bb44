"""Replies in CouchDB's form: JSON with a newline at its end, ETags in quotes, long ones in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import orjson
from flask import Response, request

from server.errors import guarded
from server.services import services
from sync.documents import Json

PIECE_BYTES = 64 * 1024

Text = bytes | Iterator[bytes]
"""A text, or its pieces where it is too long to be in memory."""


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


def header_text(text: str) -> str:
    """A text as it may be a header's value: in UTF-8, without what would end the line."""
    return re.sub(r"[\x00-\x1f\x7f]", " ", text).encode().decode("latin-1")


def stream(
    pieces: Iterator[bytes], content_type: str = "application/json", *, etag: str | None = None
) -> Response:
    """A reply whose pieces are sent as they come. What goes wrong before the first one is still an error reply."""
    response = streamed(begun(pieces), content_type)
    if etag is not None:
        response.automatically_set_content_length = False  # it would read everything to count it
        response.set_etag(etag)
        response.make_conditional(conditions())
    return response


def begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, the first of them already made; an error among the others is no longer that of a request."""
    first = next(pieces, b"")
    return chain((first,), guarded(pieces, services().new_id()))


def streamed(pieces: Iterable[bytes], content_type: str = "application/json") -> Response:
    """A reply made of these pieces, whose errors are no longer those of a request."""
    response = Response(pieces, content_type=content_type)
    response.headers["Cache-Control"] = "must-revalidate"
    return response


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


def listed(head: bytes, rows: Iterable[Text], tail: bytes = b"\n]}\n") -> Iterator[bytes]:
    """A JSON object whose last member is a list, row by row; `head` ends with the opening bracket."""
    yield head
    before = b"\n"
    for row in rows:
        yield from pieces(spliced(before, row))
        before = b",\n"
    yield tail


def spliced(*texts: Text) -> Text:
    """Texts one after the other."""
    short = [text for text in texts if isinstance(text, bytes)]
    return b"".join(short) if len(short) == len(texts) else chain.from_iterable(map(pieces, texts))


def pieces(text: Text) -> Iterable[bytes]:
    """A text in pieces."""
    return (text,) if isinstance(text, bytes) else text
