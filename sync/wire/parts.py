"""Multipart bodies in: a document, then its attachments as parts of their own, read as they come (RFC 2046, 2387).

CouchDB's replicator pushes a revision with attachments like this; the document comes first, and the parts follow in
the order of its `_attachments`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message

from sync.digests import Digesting
from sync.documents import Json
from sync.errors import Malformed
from sync.wire.batches import load
from sync.wire.errors import BadDocument
from sync.wire.pieces import inflated, joined
from sync.wire.spool import Received, Spool

_HEADER_BYTES_MAX = 8 * 1024
_HEADERS_MAX = 32
_BOUNDARY_BYTES_MAX = 200


@dataclass(frozen=True)
class Part:
    """One part of a multipart body. Header names are in lower case; the body is read as it comes, once."""

    headers: Mapping[str, str]
    body: Iterator[bytes]


def read_related(chunks: Iterator[bytes], boundary: str, spool: Spool, *, bytes_max: int) -> Json:
    """The document of a `multipart/related` body as parsed JSON; `data` of an attachment is what the spool `Received`.

    `Malformed` for a body that is not what it promises, `DocumentTooLarge` for a document beyond the limit,
    `AttachmentTooLarge` for attachments beyond the spool's.
    """
    found = parts(chunks, boundary)
    first = next(found, None)
    if first is None:
        raise Malformed("a multipart body begins with the document")
    member = load(joined(first.body, bytes_max))
    awaited = _awaited(member)
    for part in found:
        name = _name(part, awaited)
        given = awaited.pop(name)
        given.pop("follows")
        given["data"] = _sound(name, part, given, spool)
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


def _sound(name: str, part: Part, given: Mapping[str, Json], spool: Spool) -> Received:
    """The bytes of an attachment, unpacked; refused where neither form has the digest that was named."""
    as_sent = Digesting()
    body = _noted(part.body, as_sent)
    encoding = part.headers.get("content-encoding", "identity").lower()
    if encoding == "gzip":
        body = inflated(body)
    elif encoding != "identity":
        raise Malformed(f"Content-Encoding {encoding} is not understood")
    received = spool.keep(body)
    digest = given.get("digest")
    either = (as_sent.digest, received.digest)
    if isinstance(digest, str) and digest.startswith("md5-") and digest not in either:
        raise BadDocument("content_md5_mismatch", f"the attachment {name} is not what its digest says")
    return received


def _noted(pieces: Iterable[bytes], digesting: Digesting) -> Iterator[bytes]:
    for piece in pieces:
        digesting.update(piece)
        yield piece


def parts(chunks: Iterator[bytes], boundary: str) -> Iterator[Part]:
    """The parts of a multipart body, each to be read before the next; `Malformed` where it ends too early."""
    mark = b"\r\n--" + boundary.encode("utf-8", "replace")
    if not 0 < len(boundary) <= _BOUNDARY_BYTES_MAX:
        raise Malformed("a multipart body needs a boundary")
    source = _Source(chunks)
    joined(source.until(mark), _HEADER_BYTES_MAX)
    while True:
        after = source.take(2)
        if after == b"--":
            return
        if after != b"\r\n" and (after + source.line()).strip():
            raise Malformed("invalid multipart body")
        headers = _headers(source)
        body = source.until(mark)
        yield Part(headers, body)
        for _ in body:  # what was not read of it
            pass


def _headers(source: _Source) -> dict[str, str]:
    headers: dict[str, str] = {}
    while line := source.line():
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

    def until(self, mark: bytes) -> Iterator[bytes]:
        """What comes before a mark, in pieces as they come; the mark is taken too."""
        while (at := self._held.find(mark)) < 0:
            ready = len(self._held) - len(mark) + 1
            if ready > 0:
                yield self.take(ready)
            self._more()
        yield self.take(at)
        del self._held[: len(mark)]

    def line(self) -> bytes:
        """What comes before the next line feed."""
        return joined(self.until(b"\r\n"), _HEADER_BYTES_MAX)

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
