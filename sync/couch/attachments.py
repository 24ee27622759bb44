"""Long attachments to and from a server, never whole in memory.

They come in ranges, each a request of its own, so whoever reads slowly holds no connection. A server that gives no
ranges (CouchDB of what it has gzipped) is asked once, and what it sends is spooled. They go as `multipart/related`,
read anew whenever the request is repeated; what turns out not to be what its digest says breaks the request off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import groupby
from pathlib import Path

from ibm_cloud_sdk_core import DetailedResponse

from sync import wire
from sync.couch.answers import ANY_SIZE, reading
from sync.digests import Digesting
from sync.documents import PIECE_BYTES, Attachment, Document
from sync.errors import Malformed, NotACouch
from sync.peer import Line
from sync.wire.related import related_bytes, related_type, write_related

RANGE_BYTES = 4 * PIECE_BYTES
"""What one request asks for; an attachment up to here comes in one."""


@dataclass(frozen=True)
class Place:
    """Where the bytes of an attachment are on a server (`Content`)."""

    line: Line
    path: str
    rev: str

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        for at in range(start, stop, RANGE_BYTES):
            end = min(at + RANGE_BYTES, stop)
            piece = self.read({"Range": f"bytes={at}-{end - 1}"})
            if len(piece) != end - at:
                raise NotACouch("the server sends other bytes than it was asked for")
            yield piece

    def read(self, headers: Mapping[str, str]) -> bytes:
        """What a request gives, whole."""
        with reading(self.path):
            data: bytes = self._ask("GET", headers).get_result().content
        return data

    def gives_ranges(self) -> bool:
        """Whether parts of it can be asked for."""
        with reading(self.path):
            return bool(self._ask("HEAD", {}).get_headers().get("Accept-Ranges") == "bytes")

    def poured(self, length_bytes: int) -> Iterator[bytes]:
        """All of it in one answer, for who does nothing else in this thread until its end."""
        if length_bytes <= RANGE_BYTES:
            yield self.read({})
            return
        with reading(self.path):
            with self.line.flowing():
                answer = self._ask("GET", {}).get_result()
            with closing(answer):
                yield from answer.iter_content(PIECE_BYTES)

    def _ask(self, method: str, headers: Mapping[str, str]) -> DetailedResponse:
        service = self.line.service
        asked = service.prepare_request(method, self.path, headers=headers, params={"rev": self.rev})
        return service.send(asked, stream=True)  # else the client parses what calls itself JSON


def fetch(place: Place, told: Attachment, folder: Path | None) -> Attachment:
    """The attachment at a place, with its bytes; `told` is what the server says of it."""
    if told.length_bytes <= RANGE_BYTES:
        received = wire.Received.of(place.read({}))
    elif place.gives_ranges():
        return replace(told, data=place)
    else:
        received = wire.Spool(folder, ANY_SIZE).keep(place.poured(told.length_bytes))
    if received.length_bytes != told.length_bytes:
        raise NotACouch("the server sends other bytes than it has told of")
    return replace(told, data=received.data, digest=received.digest)


def following(document: Document) -> dict[str, Attachment]:
    """The attachments that go as parts after a document: none where it is not long, or no URL can spell its id."""
    if not document.is_long or document.doc_id in (".", ".."):
        return {}
    return {name: part for name, part in document.attachments.items() if part.data is not None}


def in_turn(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """The documents in order, cut so that each one that is long is alone."""
    for is_long, run in groupby(documents, lambda document: bool(following(document))):
        some = list(run)
        yield from ([document] for document in some) if is_long else [some]


def send(line: Line, database: str, document: Document, text: bytes, **params: str) -> DetailedResponse:
    """Put a long document; its text says of what is `following` that it follows."""
    body = _Body(text, following(document))
    service = line.service
    path = "/{}/{}".format(*service.encode_path_vars(database, document.doc_id))
    headers = {**related_type(body.boundary), "Content-Encoding": "identity"}  # else the client would pack it
    asked = service.prepare_request("PUT", path, headers=headers, params=params, data=body)
    return service.send(asked, stream=True)


class _Body:
    """What is sent, of a known length, and from the beginning each time that it is sent."""

    def __init__(self, text: bytes, following: Mapping[str, Attachment]) -> None:
        self._text = text
        self._following = following
        self.boundary = sha256(text).hexdigest()
        """Names every byte that follows by its digest, so that none of them can be made to contain it."""

    def __len__(self) -> int:
        return related_bytes(self._text, self._following.items(), self.boundary)

    def __iter__(self) -> Iterator[bytes]:
        following = ((name, replace(part, data=_Checked(part))) for name, part in self._following.items())
        return write_related(self._text, following, self.boundary)


@dataclass(frozen=True)
class _Checked:
    """The bytes of an attachment, whose reading fails at the end if they are not what it says (`Content`)."""

    part: Attachment

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        digesting = Digesting()
        for piece in self.part.pieces(start, stop):
            digesting.update(piece)
            yield piece
        if (digesting.digest, digesting.length_bytes) != (self.part.digest, self.part.length_bytes):
            raise Malformed("an attachment is not what its digest says")
