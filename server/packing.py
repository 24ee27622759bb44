"""Replies gzipped for who asks, streams too: each piece is flushed, so a heartbeat still leaves at once."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator

from flask import Response, request

from server.native import offload

_KINDS = ("application/json", "text/html", "application/x-ndjson")
_LEVEL = 3
_SMALL_BYTES = 1024
_LARGE_BYTES = 64 * 1024
_HEADER = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
_EMPTY_LAST_BLOCK = b"\x03\x00"


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
    packer = _Packer()
    yield _HEADER
    for piece in pieces:
        if piece:
            yield packer.packed(piece)
    yield packer.end()


class _Packer:
    """What follows the header of a gzip stream (RFC 1951, 1952).

    A compressor takes 256 KiB, far more than all else that a phone costs which waits for a change. So small pieces at
    the beginning go into stored blocks, and there is a compressor from the first piece on that is worth it.
    """

    def __init__(self) -> None:
        self._deflating: zlib._Compress | None = None
        self._crc = 0
        self._bytes = 0

    def packed(self, piece: bytes) -> bytes:
        """A piece, to be sent at once."""
        self._crc = zlib.crc32(piece, self._crc)
        self._bytes += len(piece)
        if self._deflating is None:
            if len(piece) < _SMALL_BYTES:
                return struct.pack("<BHH", 0, len(piece), len(piece) ^ 0xFFFF) + piece
            self._deflating = zlib.compressobj(_LEVEL, wbits=-15)
        return self._deflating.compress(piece) + self._deflating.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        """The last block, and the check of the whole."""
        last = self._deflating.flush() if self._deflating else _EMPTY_LAST_BLOCK
        return last + struct.pack("<II", self._crc, self._bytes & 0xFFFFFFFF)
