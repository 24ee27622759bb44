"""Attachments without bytes. A CouchDB takes some that no ancestor explains, so they are looked up before; it looks for
them in what it has stored and not in the batch, so those of the batch are given their bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from sync.documents import Attachment, Document
from sync.errors import MissingStub

_NEAR = 20
"""Ancestors whose attachments are looked up at once; the whole path only where these do not explain a stub."""

Revisions = Callable[[Mapping[str, Sequence[str]]], Iterable[Document]]


def explained(documents: Sequence[Document], stored: Revisions) -> None:
    """Raises `MissingStub` for an attachment that came without bytes and that neither a stored ancestor nor one of the
    batch has under this name, with its digest or generation.
    """
    batch = {(document.doc_id, document.rev): document for document in documents}
    for document in documents:
        lacking = {name for name, part in document.attachments.items() if part.data is None}
        for near in (document.path[1 : 1 + _NEAR], document.path[1 + _NEAR :]):
            lacking -= _found(
                document, lacking, _ancestors(document.doc_id, near, batch, stored) if lacking else []
            )
        if lacking:
            raise MissingStub(document.doc_id, min(lacking))


def filled(documents: Sequence[Document]) -> list[Document]:
    """The batch, with the bytes of those attachments that an ancestor in it brings."""
    batch = {(document.doc_id, document.rev): document for document in documents}
    return [_filled(document, batch) for document in documents]


def _filled(document: Document, batch: Mapping[tuple[str, str], Document]) -> Document:
    if all(part.data is not None for part in document.attachments.values()):
        return document
    ancestors = [batch[document.doc_id, rev] for rev in document.path[1:] if (document.doc_id, rev) in batch]
    parts = {name: _brought(name, part, ancestors) for name, part in document.attachments.items()}
    return replace(document, attachments=parts)


def _brought(name: str, part: Attachment, ancestors: Iterable[Document]) -> Attachment:
    held = (ancestor.attachments[name] for ancestor in ancestors if name in ancestor.attachments)
    brought = (one for one in held if part.data is None and one.data is not None and _same(one, part))
    return next((replace(one, revpos=part.revpos) for one in brought), part)


def _ancestors(
    doc_id: str, revs: Sequence[str], batch: Mapping[tuple[str, str], Document], stored: Revisions
) -> list[Document]:
    here = [batch[doc_id, rev] for rev in revs if (doc_id, rev) in batch]
    return here + (list(stored({doc_id: revs})) if revs else [])


def _found(document: Document, lacking: set[str], ancestors: Sequence[Document]) -> set[str]:
    return {
        name
        for name in lacking
        for ancestor in ancestors
        if name in ancestor.attachments and _same(ancestor.attachments[name], document.attachments[name])
    }


def _same(held: Attachment, stub: Attachment) -> bool:
    """One digest, or one generation: the digest that a CouchDB tells of text is that of its gzipped form."""
    return held.digest == stub.digest or held.revpos == stub.revpos
