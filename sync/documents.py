"""A document as a value: an id, the path of one revision, and its body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

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


@dataclass(frozen=True)
class Attachment:
    """One attachment of a revision. `data` is None for a stub, whose bytes the store already holds."""

    content_type: str
    digest: str
    """`md5-` and the base64 of the md5 of the stored bytes, as CouchDB writes it."""
    length_bytes: int
    revpos: int
    data: bytes | None = None


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
