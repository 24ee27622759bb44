"""A document as a value: an id, the path of one revision, and its body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import orjson

from sync.errors import Malformed

Json = Any
"""A parsed JSON value: dict, list, str, int, float, bool or None."""


def written(fields: Mapping[str, Json]) -> bytes:
    """A body as JSON text; `Malformed` for what JSON cannot say (a lone surrogate, an integer beyond 64 bits)."""
    try:
        return orjson.dumps(dict(fields))
    except TypeError as error:
        raise Malformed(f"not to be written as JSON: {error}") from None


PIECE_BYTES = 256 * 1024
"""The most that is read, sent or stored of an attachment at once."""


class Content(Protocol):
    """Bytes that are somewhere else (a file, a database, a server) and are never in memory whole."""

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Those from `start` to before `stop`; each call reads anew, so a second pass is possible.

        Between two pieces nothing is held: no transaction, no connection, no thread.
        """
        ...


@dataclass(frozen=True)
class Attachment:
    """One attachment of a revision."""

    content_type: str
    digest: str
    """`md5-` and the base64 of the md5 of the stored bytes, as CouchDB writes it."""
    length_bytes: int
    revpos: int
    data: bytes | Content | None = None
    """The bytes, where they are few or came inside a JSON text; where they are; or None for a stub, whose bytes the
    store already holds."""

    @property
    def is_long(self) -> bool:
        """Whether the bytes are not in memory, and to be read in pieces."""
        return self.data is not None and not isinstance(self.data, bytes)

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to before `stop` (None: to the end), wherever they are."""
        end = self.length_bytes if stop is None else stop
        if self.data is None:
            raise ValueError("a stub has no bytes of its own")
        if isinstance(self.data, bytes):
            yield self.data[start:end]
        else:
            yield from self.data.pieces(start, end)

    def whole(self) -> bytes:
        """All bytes at once, for who needs them in memory."""
        return b"".join(self.pieces())


@dataclass(frozen=True)
class Document:
    """One revision of a document with its known ancestry.

    `path` holds revision ids (`"3-9f…"`), this one first, its ancestors after it, newest to oldest
    (CouchDB's `_revisions` unrolled); never empty.
    `body` is the JSON text of the object without the members that CouchDB understands itself (`_id`, `_rev`, …).
    """

    doc_id: str
    path: tuple[str, ...]
    body: bytes = b"{}"
    deleted: bool = False
    attachments: Mapping[str, Attachment] = field(default_factory=dict)

    @property
    def rev(self) -> str:
        return self.path[0]

    @property
    def parent(self) -> str | None:
        """The revision this one was made from, or None for a first revision (or one whose parent was stemmed)."""
        return self.path[1] if len(self.path) > 1 else None

    @property
    def is_long(self) -> bool:
        """Whether it carries attachments that are to be read in pieces."""
        return any(part.is_long for part in self.attachments.values())

    @cached_property
    def fields(self) -> dict[str, Json]:
        """The parsed body. Treat it as read-only: it is shared."""
        parsed: dict[str, Json] = orjson.loads(self.body)
        return parsed

    def knowing(self, fields: dict[str, Json]) -> Document:
        """This document, told what its body says: who has just parsed it spares others doing so again."""
        self.__dict__["fields"] = fields
        return self

    @classmethod
    def of(
        cls, doc_id: str, path: Sequence[str], fields: Mapping[str, Json], *, deleted: bool = False
    ) -> Document:
        """A document from a parsed body without attachments."""
        return cls(doc_id, tuple(path), written(fields), deleted)


@dataclass(frozen=True)
class Leaf:
    """A leaf of a revision tree, without its body."""

    rev: str
    deleted: bool


@dataclass(frozen=True)
class Change:
    """One row of a change feed: a document at its latest sequence, with all its leaves, winner first."""

    seq: str
    """Opaque, and ordered only by the store that gave it."""
    doc_id: str
    leaves: tuple[Leaf, ...]

    @property
    def deleted(self) -> bool:
        return self.leaves[0].deleted
