"""Documents on their way into a database behind HTTP: in batches, long attachments in parts of their own."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from sync import wire
from sync.couch import attachments
from sync.couch.answers import durable, json_of, reading
from sync.documents import Attachment, Document, Json
from sync.errors import AccessRefused, Malformed, MissingStub
from sync.peer import Line, reason_of
from sync.revtree import check_path

_QUICKLY = 1
"""Compression level: bodies shrink to a quarter at ten times the pace of the client's own."""


@dataclass(frozen=True)
class Refusal:
    """A revision that the peer would not take, and its word for why."""

    doc_id: str
    rev: str
    reason: str


@dataclass(frozen=True)
class Pushing:
    """What writes batches into one database."""

    name: str
    line: Line

    def push(self, documents: Sequence[Document]) -> list[Refusal]:
        """Graft without asking what is known already; the documents that the peer would not take.

        `MissingStub` for an attachment without bytes that the peer lacks; other documents may have been stored then.
        """
        runs = attachments.in_turn([sound(document) for document in documents])
        return [refusal for run in runs for refusal in self._push(run)]

    def _push(self, documents: Sequence[Document]) -> list[Refusal]:
        if attachments.following(documents[0]):
            return self._push_long(documents[0])
        texts = [wire.write_document(document, wire.Extras(revisions=True)) for document in documents]
        rows = self.bulk(b'{"new_edits":false,"docs":[' + b",".join(texts) + b"]}")
        errors = {(row.get("id"), row.get("rev")): row for row in rows if row.get("error")}
        refusals: list[Refusal] = []
        for document in documents:
            row = errors.get((document.doc_id, document.rev)) or errors.get((document.doc_id, None))
            if row:
                refusals.append(
                    Refusal(document.doc_id, document.rev, str(row.get("reason") or row["error"]))
                )
                if "missing_stub" in (row["error"], refusals[-1].reason.partition(":")[0]):
                    raise MissingStub(document.doc_id, "")
        return refusals

    def _push_long(self, document: Document) -> list[Refusal]:
        extras = wire.Extras(revisions=True, following=attachments.following(document))
        text = wire.write_document(document, extras)
        try:
            with reading(document.doc_id):
                answer = attachments.send(self.line, self.name, document, text, new_edits="false")
                json_of(durable(answer))  # pouchdb-server names no revision here
        except AccessRefused as error:
            self.bulk({"new_edits": False, "docs": []})  # raises where we may write nothing at all
            return [Refusal(document.doc_id, document.rev, reason_of(error))]
        return []

    def bulk(self, batch: bytes | Mapping[str, Json]) -> list[dict[str, Json]]:
        """The rows of a `_bulk_docs`."""
        text = batch if isinstance(batch, bytes) else orjson.dumps(batch)
        with reading(self.name):
            packed = gzip.compress(text, _QUICKLY)  # bytes, not a stream: a retry could not rewind it
            answer = self.line.service.post_bulk_docs(self.name, packed, headers={"content-encoding": "gzip"})
            return [dict(row) for row in json_of(durable(answer)) or []]


def sound(document: Document) -> Document:
    """The document, if its path and the digests of its attachments are what they say; `Malformed` otherwise."""
    check_path(document.path)
    check_digests(document.attachments)
    return document


def check_digests(attachments: Mapping[str, Attachment]) -> None:
    """Raises `Malformed` where bytes are not what their digest says; long ones are looked at as they are sent."""
    for name, part in attachments.items():
        if isinstance(part.data, bytes) and wire.digest_of(part.data) != part.digest:
            raise Malformed(f"the attachment {name} is not what its digest says")
