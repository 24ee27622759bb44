"""Asking a judge about documents inside the transaction that would store them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import apsw

from sync.documents import Document
from sync.sqlite import reading, rows
from sync.store import Judge


def fairly(
    db: apsw.Connection, written: Mapping[str, str], judge: Judge | None
) -> Callable[[Document], bool]:
    """Whether a document of a batch may be grafted: yes where it is known already, else as the judge says.

    `written` are the trees of the documents that were here before the batch.
    """
    if judge is None:
        return lambda document: True
    known = {doc_id: rows.decoded(text).nodes for doc_id, text in written.items()}
    held = reading.leaves_in(db, written)

    def may(document: Document) -> bool:
        if document.doc_id not in known:
            return judge(document, ())
        return document.rev in known[document.doc_id] or judge(document, held[document.doc_id])

    return may
