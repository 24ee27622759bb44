"""Asking a judge about documents inside the transaction that would store them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import apsw

from sync import revtree
from sync.documents import Document
from sync.sqlite import reading, rows
from sync.store import Judge


def fairly(
    db: apsw.Connection, documents: Sequence[Document], judge: Judge | None
) -> Callable[[Document], bool]:
    """Whether a document of the batch may be grafted: yes where it is known already, else as the judge says."""
    if judge is None:
        return lambda document: True
    doc_ids = list({document.doc_id: None for document in documents})
    known = {doc_id: revtree.decode(text).nodes for doc_id, text in rows.trees(db, doc_ids).items()}
    held = reading.leaves_many(db, list(known))

    def may(document: Document) -> bool:
        if document.doc_id not in known:
            return judge(document, ())
        return document.rev in known[document.doc_id] or judge(document, held[document.doc_id])

    return may
