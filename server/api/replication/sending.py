"""A revision with its attachments on the way out, as JSON or as parts, in pieces where they are long.

The reading is done in native threads, and between two pieces the store is left alone, however slow the client is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from server.api.replication.replies import Text, gathered
from server.native import offload_each
from sync.documents import Document
from sync.store import DocStore
from sync.wire import Extras, write_document, write_inline
from sync.wire.related import write_related


def as_json(document: Document, extras: Extras) -> Text:
    """The JSON of a revision, with the bytes that it carries."""
    return in_pieces(write_inline(document, extras)) if document.is_long else write_document(document, extras)


def related(
    store: DocStore, document: Document, extras: Extras, following: Collection[str], boundary: str
) -> Iterator[bytes]:
    """The JSON of a revision, and these attachments as parts after it, each looked up when it is its turn."""
    text = write_document(document, replace(extras, following=following))
    parts = ((name, store.attachment(document.doc_id, name, document.rev)) for name in following)
    yield from in_pieces(write_related(text, parts, boundary))


def in_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pieces that wait for the store while they are made."""
    return offload_each(gathered(pieces), 1)
