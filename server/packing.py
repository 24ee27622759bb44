"""Replies gzipped for who asks, streams too: each piece is flushed, so a heartbeat still leaves at once."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from flask import Response, request

from server.native import offload

_KINDS = ("application/json", "text/html", "application/x-ndjson")
_LEVEL = 3
_SMALL_BYTES = 1024
_LARGE_BYTES = 64 * 1024


def pack(response: Response) -> Response:
    """The reply, gzipped where the client takes it and it is worth it."""
    if response.mimetype not in _KINDS or "Content-Encoding" in response.headers:
        return response
    response.vary.add("Accept-Encoding")
    if request.method == "HEAD" or (response.status_code != 200 and response.status_code != 201):
        return response
    if request.accept_encodings["gzip"] <= 0 or response.direct_passthrough:
        return response
    if response.is_streamed:
        response.response = _packed(response.iter_encoded())
        response.headers.pop("Content-Length", None)
    else:
        body = response.get_data()
        if len(body) < _SMALL_BYTES:
            return response
        response.set_data(offload(_whole, body) if len(body) > _LARGE_BYTES else _whole(body))
    response.headers["Content-Encoding"] = "gzip"
    return response


def _whole(body: bytes) -> bytes:
    packer = zlib.compressobj(_LEVEL, wbits=31)
    return packer.compress(body) + packer.flush()


def _packed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(_LEVEL, wbits=31)
    for piece in pieces:
        yield packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()
