"""Ordinary edits (`new_edits=true`) on top of `graft`: an edit is a graft that is only made if its parent is a leaf.

The judge asks that inside the write transaction, so two edits of one parent never both succeed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import orjson
import rfc8785

from sync.documents import Attachment, Document, Json
from sync.errors import Conflict, MissingStub
from sync.revisions import generation, next_rev
from sync.store import DocStore, Judge


@dataclass(frozen=True)
class Edit:
    """An edit as it is asked for: the revision it was made from (None: none is known) and the new body."""

    doc_id: str
    parent: str | None
    body: bytes
    deleted: bool = False
    attachments: Mapping[str, Attachment] = field(default_factory=dict)


def revise(edit: Edit, leaves: Sequence[Document]) -> Document:
    """The revision an edit makes, given all leaves of its document, winner first.

    `Conflict` if its parent is no leaf, or it names none while the winner is live. Without a parent, an edit
    of a deleted document extends the tombstone. `MissingStub` for a stub of what the parent does not have.
    """
    parent = _parent(edit, leaves)
    attachments = {name: _kept(edit.doc_id, name, part, parent) for name, part in edit.attachments.items()}
    rev = _rev(parent.rev if parent else None, edit, attachments)
    path = (rev, *(parent.path if parent else ()))
    return Document(edit.doc_id, path, edit.body, edit.deleted, attachments)


def _parent(edit: Edit, leaves: Sequence[Document]) -> Document | None:
    if edit.parent is not None:
        for leaf in leaves:
            if leaf.rev == edit.parent:
                return leaf
        raise Conflict(edit.doc_id)
    if not leaves:
        return None
    if not leaves[0].deleted:
        raise Conflict(edit.doc_id)
    return leaves[0]


def _kept(doc_id: str, name: str, part: Attachment, parent: Document | None) -> Attachment:
    if part.data is not None:
        return replace(part, revpos=generation(parent.rev) + 1 if parent else 1)
    held = parent.attachments.get(name) if parent else None
    if held is None:
        raise MissingStub(doc_id, name)
    return held


def _rev(parent: str | None, edit: Edit, attachments: Mapping[str, Attachment]) -> str:
    fields: dict[str, Json] = dict(orjson.loads(edit.body))
    if attachments:
        fields["_attachments"] = {name: part.digest for name, part in attachments.items()}
    try:
        return next_rev(parent, fields, deleted=edit.deleted)
    except rfc8785.CanonicalizationError:  # an integer beyond 2^53: legal for CouchDB, not for RFC 8785
        text = orjson.dumps([parent, edit.deleted, fields], option=orjson.OPT_SORT_KEYS)
        return f"{generation(parent) + 1 if parent else 1}-{hashlib.sha256(text).hexdigest()[:32]}"


def revise_all(store: DocStore, edits: Sequence[Edit]) -> list[Document | Conflict | MissingStub]:
    """What each edit of a batch makes of the document as it stands, without storing anything yet."""
    held = store.leaves_many([edit.doc_id for edit in edits])
    return [_attempt(edit, held.get(edit.doc_id, ())) for edit in edits]


def _attempt(edit: Edit, leaves: Sequence[Document]) -> Document | Conflict | MissingStub:
    try:
        return revise(edit, leaves)
    except (Conflict, MissingStub) as error:
        return error


def still_extends(document: Document, leaves: Sequence[Document]) -> bool:
    """Whether an edit's parent is still a leaf, or there is still no document for its first revision."""
    if document.parent is None:
        return not leaves
    return any(leaf.rev == document.parent for leaf in leaves)


def once_per_document(judge: Judge) -> Judge:
    """A judge that lets one revision of each document through, as two edits of one parent conflict."""
    taken: dict[str, str] = {}

    def judged(document: Document, leaves: Sequence[Document]) -> bool:
        if taken.get(document.doc_id, document.rev) != document.rev or not judge(document, leaves):
            return False
        taken[document.doc_id] = document.rev
        return True

    return judged
