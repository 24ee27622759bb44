"""Bytes in pieces: joined within a limit, and unpacked as they come."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from sync.documents import PIECE_BYTES
from sync.errors import Malformed
from sync.wire.errors import DocumentTooLarge

_BROKEN = "invalid gzip body"


def joined(pieces: Iterable[bytes], bytes_max: int) -> bytes:
    """All of them; `DocumentTooLarge` beyond the limit."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) > bytes_max:
            raise DocumentTooLarge(bytes_max)
    return bytes(held)


def gunzip(packed: bytes, bytes_max: int) -> bytes:
    """The bytes of a gzip file; `DocumentTooLarge` beyond the limit, `Malformed` for anything else.

    For batches of documents: in one go it takes less than half the time that it takes in pieces.
    """
    inflater = zlib.decompressobj(wbits=31)
    try:
        text = inflater.decompress(packed, bytes_max)
    except zlib.error as error:
        raise Malformed(_BROKEN) from error
    if inflater.unconsumed_tail:
        raise DocumentTooLarge(bytes_max)
    if not inflater.eof:
        raise Malformed(_BROKEN)
    return text


def inflated(packed: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a gzip file as it comes, in small pieces whatever it says; `Malformed` for anything else."""
    inflater = zlib.decompressobj(wbits=31)
    for piece in packed:
        rest = piece
        while rest and not inflater.eof:
            try:
                yield inflater.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                raise Malformed(_BROKEN) from error
            rest = inflater.unconsumed_tail
    if not inflater.eof:
        raise Malformed(_BROKEN)
