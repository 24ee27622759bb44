"""Multipart bodies in: a document, then its attachments as parts of their own, read as they come (RFC 2046, 2387).

CouchDB's replicator pushes a revision with attachments like this; the document comes first, and the parts follow in
the order of its `_attachments`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message

from sync.documents import Json
from sync.errors import Malformed
from sync.wire.attachments import digest_of
from sync.wire.batches import load
from sync.wire.errors import BadDocument, DocumentTooLarge

_HEADER_BYTES_MAX = 8 * 1024
_HEADERS_MAX = 32
_BOUNDARY_BYTES_MAX = 200


@dataclass(frozen=True)
class Part:
    """One part of a multipart body. Header names are in lower case."""

    headers: Mapping[str, str]
    body: bytes


def read_related(chunks: Iterator[bytes], boundary: str, *, bytes_max: int) -> Json:
    """The document of a `multipart/related` body as parsed JSON, the bytes of its attachments as their `data`.

    `Malformed` for a body that is not what it promises, `DocumentTooLarge` for a part beyond the limit, unpacked.
    """
    found = parts(chunks, boundary, bytes_max=bytes_max)
    first = next(found, None)
    if first is None:
        raise Malformed("a multipart body begins with the document")
    member = load(first.body)
    awaited = _awaited(member)
    for part in found:
        name = _name(part, awaited)
        given = awaited.pop(name)
        given.pop("follows")
        given["data"] = _sound(name, part, given, bytes_max)
    if awaited:
        raise Malformed("an attachment that follows did not come")
    return member


def _awaited(member: Json) -> dict[str, dict[str, Json]]:
    """The attachments of a document whose bytes are to follow, in order."""
    stubs = member.get("_attachments") if isinstance(member, dict) else None
    if not isinstance(stubs, dict):
        return {}
    return {
        n: given for n, given in stubs.items() if isinstance(given, dict) and given.get("follows") is True
    }


def _name(part: Part, awaited: Mapping[str, object]) -> str:
    """Which attachment a part is: the one its file name names, else the next in order."""
    header = Message()
    header["Content-Disposition"] = part.headers.get("content-disposition", "")
    named = header.get_filename()
    if named is not None and named in awaited:
        return named
    if not awaited:
        raise Malformed("a multipart body has more parts than the document names")
    return next(iter(awaited))


def _sound(name: str, part: Part, given: Mapping[str, Json], bytes_max: int) -> bytes:
    """The bytes of an attachment, unpacked; refused where neither form has the digest that was named."""
    body = part.body
    encoding = part.headers.get("content-encoding", "identity").lower()
    if encoding == "gzip":
        body = gunzip(part.body, bytes_max)
    elif encoding != "identity":
        raise Malformed(f"Content-Encoding {encoding} is not understood")
    digest = given.get("digest")
    either = (digest_of(part.body), digest_of(body))
    if isinstance(digest, str) and digest.startswith("md5-") and digest not in either:
        raise BadDocument("content_md5_mismatch", f"the attachment {name} is not what its digest says")
    return body


def gunzip(packed: bytes, bytes_max: int) -> bytes:
    """The bytes of a gzip file; `DocumentTooLarge` beyond the limit, `Malformed` for anything else."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        text = inflater.decompress(packed, bytes_max)
    except zlib.error as error:
        raise Malformed("invalid gzip body") from error
    if inflater.unconsumed_tail:
        raise DocumentTooLarge(bytes_max)
    if not inflater.eof:
        raise Malformed("invalid gzip body")
    return text


def parts(chunks: Iterator[bytes], boundary: str, *, bytes_max: int) -> Iterator[Part]:
    """The parts of a multipart body, one in memory at a time; `Malformed` where it ends too early."""
    mark = b"\r\n--" + boundary.encode("utf-8", "replace")
    if not 0 < len(boundary) <= _BOUNDARY_BYTES_MAX:
        raise Malformed("a multipart body needs a boundary")
    source = _Source(chunks)
    source.until(mark, _HEADER_BYTES_MAX)
    while True:
        after = source.take(2)
        if after == b"--":
            return
        if after != b"\r\n" and (after + source.until(b"\r\n", _HEADER_BYTES_MAX)).strip():
            raise Malformed("invalid multipart body")
        headers = _headers(source)
        yield Part(headers, source.until(mark, bytes_max))


def _headers(source: _Source) -> dict[str, str]:
    headers: dict[str, str] = {}
    while line := source.until(b"\r\n", _HEADER_BYTES_MAX):
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if not colon or len(headers) == _HEADERS_MAX:
            raise Malformed("invalid multipart headers")
        headers[name.strip().lower()] = value.strip()
    return headers


class _Source:
    """Bytes as they come, looked through for marks. It begins as if after a line feed, as a first boundary does."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._held = bytearray(b"\r\n")

    def until(self, mark: bytes, bytes_max: int) -> bytes:
        """What comes before a mark, which is taken too."""
        start = 0
        while (at := self._held.find(mark, start)) < 0:
            start = max(0, len(self._held) - len(mark) + 1)
            if start > bytes_max:
                raise DocumentTooLarge(bytes_max)
            self._more()
        taken = bytes(self._held[:at])
        del self._held[: at + len(mark)]
        return taken

    def take(self, count: int) -> bytes:
        """The next bytes, exactly so many."""
        while len(self._held) < count:
            self._more()
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken

    def _more(self) -> None:
        piece = next(self._chunks, b"")
        if not piece:
            raise Malformed("the multipart body ends in the middle")
        self._held += piece
