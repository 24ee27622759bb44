"""Writing documents: one transaction for a batch, one look-up, then one statement for each table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import apsw

from sync import revtree
from sync.digests import digest_of
from sync.documents import Attachment, Content, Document
from sync.errors import Malformed, MissingStub
from sync.revtree import Tree
from sync.sqlite import blobs, rows, sums
from sync.sqlite.files import State
from sync.sqlite.rows import Kept
from sync.sqlite.staging import Staging, Unstaged
from sync.store import Outcome

_UPSERT = """
    INSERT INTO docs (seq, id, rev, deleted, others, tree, sum) VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
        seq = excluded.seq, rev = excluded.rev, deleted = excluded.deleted,
        others = excluded.others, tree = excluded.tree, sum = excluded.sum
"""
_NOT_AS_SAID = "an attachment is not what its digest says"


class Batch:
    """Documents on their way into a database, inside its write transaction.

    `_before` holds tree and deletedness of the documents that were here, `_fresh` the finished rows of those that were
    not and have one revision in this batch: for them, by far the most, no tree is ever built.
    """

    def __init__(self, db: apsw.Connection, state: State, doc_ids: Sequence[str], staging: Staging) -> None:
        self._db = db
        self._staging = staging
        self._state = state
        self._seq = state.update_seq
        found = rows.look_up(db, "SELECT id, tree, deleted, seq, sum FROM docs WHERE id IN", doc_ids)
        self._before: dict[str, tuple[str, int]] = {
            doc_id: (rows.checked(seq, doc_id, tree, summed), deleted)
            for doc_id, tree, deleted, seq, summed in found
        }
        self._fresh: dict[str, _Row] = {}
        self._trees: dict[str, Tree] = {}
        self._moved: dict[str, int] = {}
        self._bodies: list[tuple[int, bytes, str | None, int]] = []
        self._attachments: dict[int, str] = {}
        self._stemmed: list[tuple[int]] = []
        self._unstaged: dict[Content, Attachment] = {}

    @property
    def held(self) -> dict[str, str]:
        """The written trees of those of the documents that were here before."""
        return {doc_id: tree for doc_id, (tree, _) in self._before.items()}

    def tree(self, doc_id: str) -> Tree | None:
        """The tree of a document as it is now, this batch included; None if there is none."""
        if doc_id not in self._trees:
            if doc_id in self._fresh:
                self._moved[doc_id], *_, text, _ = self._fresh.pop(doc_id)
            elif doc_id in self._before:
                text, _ = self._before[doc_id]
            else:
                return None
            self._trees[doc_id] = rows.decoded(text)
        return self._trees[doc_id]

    def add(self, document: Document) -> Outcome:
        """Graft one document."""
        doc_id = document.doc_id
        mark = self._seq + 1
        tree = self.tree(doc_id)
        if tree is None:
            self._store(mark, document, None)
            text = revtree.encode_path(document.path, mark, document.deleted, self._state.revs_limit)
            self._fresh[doc_id] = _line(mark, doc_id, document.path[0], document.deleted, None, text)
            return "stored"
        limit = self._state.revs_limit
        grafted = revtree.graft(tree, document.path, mark, deleted=document.deleted, limit=limit)
        if grafted.outcome == "known":
            return "known"
        if grafted.is_new:
            self._store(mark, document, tree)
        self._seq = self._moved[doc_id] = mark
        self._trees[doc_id] = grafted.tree
        self._stemmed += [(dropped,) for dropped in grafted.stemmed]
        return "stored" if grafted.is_new else "known"

    def _store(self, mark: int, document: Document, tree: Tree | None) -> None:
        """Keep a new revision; `tree` is that of its document before it."""
        text = self._keep(document, tree) if document.attachments else None
        if text is not None:
            self._attachments[mark] = text
        self._bodies.append((mark, document.body, text, sums.of_body(document.body, text)))
        self._seq = mark

    def _keep(self, document: Document, tree: Tree | None) -> str | None:
        """Store attachment bytes that came, find those that did not; the text for the row of the revision."""
        kept = {}
        for name, attachment in document.attachments.items():
            if attachment.data is None:
                kept[name] = self._inherited(document, tree, name, attachment)
            else:
                kept[name] = Kept(replace(attachment, data=None), self._key(attachment, attachment.data))
        return rows.attachments_text(kept)

    def _key(self, attachment: Attachment, data: bytes | Content) -> bytes:
        """Store the bytes; their key."""
        said = attachment.digest, attachment.length_bytes
        if isinstance(data, bytes):
            if said != (digest_of(data), len(data)):
                raise Malformed(_NOT_AS_SAID)
            return blobs.put(self._db, data)
        staged = self._staging.find(data)
        if staged is None or not blobs.join(self._db, staged.cut):
            self._unstaged[data] = attachment
            return b""
        if said != (staged.digest, staged.length_bytes):
            raise Malformed(_NOT_AS_SAID)
        return staged.cut.key

    def _inherited(self, document: Document, tree: Tree | None, name: str, stub: Attachment) -> Kept:
        """The attachment of the nearest stored ancestor that has it under this name, and digest or generation.

        A CouchDB gzips text, and its digest is of that; but one revision of a path has one attachment of a name.
        """
        nodes = tree.nodes if tree else {}
        nearest = next((rev for rev in document.path[1:] if rev in nodes), None)
        path = tree.path(nearest) if tree and nearest else ()
        for mark in filter(None, (nodes[rev].mark for rev in path)):
            text = (
                self._attachments.get(mark)
                or self._db.execute("SELECT attachments FROM bodies WHERE seq = ?", (mark,)).get
            )
            found = rows.attachments(text).get(name)
            if found and (found.stub.digest == stub.digest or found.stub.revpos == stub.revpos):
                return found
        raise MissingStub(document.doc_id, name)

    def finish(self) -> int | None:
        """Write everything; the new update sequence, or None if there was nothing to write. `Unstaged`."""
        if self._unstaged:
            raise Unstaged(self._unstaged)
        if self._seq == self._state.update_seq:
            return None
        lines = [*self._fresh.values(), *map(self._row, self._moved)]
        gone = sum(line[3] for line in lines)
        was_gone = [self._before[doc_id][1] for doc_id in self._moved if doc_id in self._before]
        live = self._state.live + len(lines) - gone - (len(was_gone) - sum(was_gone))
        dead = self._state.dead + gone - sum(was_gone)
        db = self._db
        db.executemany("INSERT INTO bodies VALUES (?, ?, ?, ?)", self._bodies)
        db.executemany(_UPSERT, lines)
        db.executemany("DELETE FROM bodies WHERE seq = ?", self._stemmed)
        db.execute("UPDATE state SET update_seq = ?, live = ?, dead = ?", (self._seq, live, dead))
        return self._seq

    def _row(self, doc_id: str) -> _Row:
        return _row_of(self._moved[doc_id], doc_id, self._trees[doc_id])


def keep(db: apsw.Connection, seq: int, doc_id: str, tree: Tree) -> None:
    """Write one document as it is from this sequence on."""
    db.execute(_UPSERT, _row_of(seq, doc_id, tree))


_Row = tuple[int, str, str, bool, str | None, str, int]
"""A row of `docs`."""


def _row_of(seq: int, doc_id: str, tree: Tree) -> _Row:
    rev, deleted = tree.winner.rev, tree.winner.deleted
    return _line(seq, doc_id, rev, deleted, rows.others_text(tree.leaves), revtree.encode(tree))


def _line(seq: int, doc_id: str, rev: str, deleted: bool, others: str | None, tree: str) -> _Row:
    return seq, doc_id, rev, deleted, others, tree, sums.of_document(seq, doc_id, tree)
