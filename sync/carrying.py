"""A document with the bytes of its attachments, on its way from one store to another or within one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sync.documents import Attachment, Document
from sync.store import DocStore

HELD_BYTES_MAX = 4 * 2**20
"""What a document has in memory of attachments that are short; more of them are looked up when it is their turn."""


@dataclass(frozen=True)
class _Looked:
    """An attachment where it is, looked up each time that it is read (`Content`)."""

    store: DocStore
    doc_id: str
    name: str
    rev: str

    def look(self) -> Attachment:
        return self.store.attachment(self.doc_id, self.name, self.rev)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        yield from self.look().pieces(start, stop)


def with_bytes(store: DocStore, document: Document, beyond: int = 0) -> Document:
    """The same revision, with the bytes of those attachments that came after generation `beyond`."""
    left = HELD_BYTES_MAX
    filled: dict[str, Attachment] = {}
    for name, stub in document.attachments.items():
        if stub.revpos <= beyond:
            filled[name] = stub
            continue
        where = _Looked(store, document.doc_id, name, document.rev)
        part = replace(where.look(), revpos=stub.revpos)
        if isinstance(part.data, bytes):
            left -= len(part.data)
            part = part if left >= 0 else replace(part, data=where)
        filled[name] = part
    return replace(document, attachments=filled) if filled else document
