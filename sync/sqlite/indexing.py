"""The indexes of one database, brought up to date by whoever reads them.

An index follows the change feed, as CouchDB's views do: a reader first has it learn what was written since it was last
read. So a write never waits for an index, and a database without one pays nothing. It learns in small transactions,
from documents read before, so that what goes wrong with either file is told apart; and what it has learnt it keeps,
also when the reader's time is over.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import suppress
from typing import NamedTuple

import apsw

from sync.capabilities import Keyed, Span
from sync.documents import Document
from sync.errors import Unindexed
from sync.sqlite import rows
from sync.sqlite.copying import structure_problems
from sync.sqlite.files import DatabaseFile
from sync.sqlite.index_file import IndexFile, IndexFiles, Known, Source, known, source_of

ROOM_BYTES = 64 * 2**20
"""An index leaves so much of the disk to the documents."""
_PATIENCE_S = 10.0
PIECE = 500
_PIECE_BYTES = 4 * 2**20

_LeftS = Callable[[], float]


class _Learnt(NamedTuple):
    """What the documents of a part of the feed say: of each its id and key, and up to where that is known."""

    source: Source
    keys: list[tuple[str, bytes | None]]
    seq: int


class Indexes:
    """The indexes of one database. See `KeepsIndexes`."""

    def __init__(self, database: str, documents: Callable[[], DatabaseFile], files: IndexFiles) -> None:
        self._database = database
        self._documents = documents
        self._files = files

    def entries(
        self, index: Keyed, span: Span, *, fresh: bool, left_s: _LeftS
    ) -> Generator[tuple[bytes, str]]:
        """See `KeepsIndexes.entries`. The file is read in one transaction: what is written meanwhile is not seen."""
        while True:
            source, head = self._head()
            while fresh and not self._advance(index, head, left_s):
                pass
            file = self._files.file(self._database)
            with file.reading() as db:
                at = known(db, index.identity) if source_of(db) == source else None
                if at is not None and (at.seq >= head or not fresh):
                    yield from _read(db, at.number, span)
                    return
            if not fresh:
                return
            left_s()

    def keep(self, identities: Collection[str]) -> None:
        """Drop all other indexes and give their room back; where that cannot be now, another time."""
        with suppress(Unindexed):
            if not identities:
                self.discard()
            elif (file := self._files.held(self._database)) is not None:
                self._drop_others(file, identities)

    def _drop_others(self, file: IndexFile, identities: Collection[str]) -> None:
        source, _ = self._head()
        with file.changing(source, _PATIENCE_S) as db:
            for number, identity in db.execute("SELECT number, identity FROM indexes").fetchall():
                if identity not in identities:
                    db.execute("DELETE FROM entries WHERE number = ?", (number,))
                    db.execute("DELETE FROM indexes WHERE number = ?", (number,))
        with file.outside() as db:
            db.execute("PRAGMA incremental_vacuum").fetchall()
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def problems(self) -> list[str]:
        """What is wrong with the file, a sentence each; an empty list for a sound one, or none."""
        path = self._files.path(self._database)
        found = structure_problems(path) if path.exists() else []
        return [f"{path.name}: {line}; it may be deleted, queries make it anew" for line in found]

    def discard(self) -> None:
        """Forget everything at once: the documents say it all again."""
        self._files.discard(self._database)

    def _head(self) -> tuple[Source, int]:
        with self._documents().reading() as db:
            return _head_in(db)

    def _advance(self, index: Keyed, head: int, left_s: _LeftS) -> bool:
        """Have an index learn of some documents; whether it knows them all, up to a sequence."""
        file = self._files.file(self._database)
        with file.turn(left_s()):
            source, now = self._head()
            with file.reading() as db:
                at = known(db, index.identity) if source_of(db) == source else None
            if at is not None and at.seq >= min(head, now):
                return True
            with self._documents().reading() as db:
                learnt = _learn(db, index, at.seq if at else 0, left_s)
            self._check_room(file)
            with file.changing(learnt.source, left_s()) as db:
                _keep(db, index.identity, at, learnt)
            return learnt.seq >= head

    def _check_room(self, file: IndexFile) -> None:
        if shutil.disk_usage(file.path.parent).free < ROOM_BYTES:
            raise Unindexed(f"{file.path.name}: the room on the disk is left to the documents")


def _head_in(db: apsw.Connection) -> tuple[Source, int]:
    seq, *source = db.execute("SELECT update_seq, uuid, epoch, purge_seq FROM state").get
    return Source(*source), seq


def _learn(db: apsw.Connection, index: Keyed, since: int, left_s: _LeftS) -> _Learnt:
    """Read on in the feed: some documents, and fewer where their keys are long."""
    source, head = _head_in(db)
    keys: list[tuple[str, bytes | None]] = []
    length_bytes = 0
    sql = "SELECT seq, id, rev, deleted, others, tree, sum FROM docs WHERE seq > ? ORDER BY seq LIMIT ?"
    for seq, doc_id, *row in db.execute(sql, (since, PIECE)):
        left_s()
        key = _key(db, index, seq, doc_id, *row)
        keys.append((doc_id, key))
        length_bytes += len(key or b"")
        since = seq
        if length_bytes > _PIECE_BYTES:
            return _Learnt(source, keys, since)
    return _Learnt(source, keys, since if len(keys) == PIECE else head)


def _key(
    db: apsw.Connection,
    index: Keyed,
    seq: int,
    doc_id: str,
    rev: str,
    deleted: int,
    others: str | None,
    tree: str,
    summed: int,
) -> bytes | None:
    if deleted or doc_id.startswith("_design/"):
        return None
    mark = rows.decoded(rows.checked(seq, doc_id, tree, summed)).nodes[rev].mark
    body = rows.body(db, mark)
    stubs = {name: kept.stub for name, kept in rows.attachments(body.attachments).items()}
    conflicts = [leaf.rev for leaf in rows.leaves(rev, deleted, others)[1:] if not leaf.deleted]
    return index.key(Document(doc_id, (rev,), body.body, attachments=stubs), conflicts)


def _keep(db: apsw.Connection, identity: str, at: Known | None, learnt: _Learnt) -> None:
    """Write down what was learnt, unless somebody else has learnt it meanwhile."""
    if known(db, identity) != at:
        return
    if at is None:
        db.execute("INSERT INTO indexes (identity, seq) VALUES (?, 0)", (identity,))
        at = Known(db.last_insert_rowid(), 0)
    if at.seq:
        db.executemany(
            "DELETE FROM entries WHERE number = ? AND id = ?",
            ((at.number, doc_id) for doc_id, _ in learnt.keys),
        )
    entries = sorted((at.number, key, doc_id) for doc_id, key in learnt.keys if key is not None)
    db.executemany("INSERT INTO entries VALUES (?, ?, ?)", entries)
    db.execute("UPDATE indexes SET seq = ? WHERE number = ?", (learnt.seq, at.number))


def _read(db: apsw.Connection, number: int, span: Span) -> Iterator[tuple[bytes, str]]:
    if span.descending:
        after = span.after or (span.stop, "")
        sql = "(key, id) < (?, ?) AND key >= ? ORDER BY key DESC, id DESC"
        bounds = (*min(after, (span.stop, "")), span.start)
    else:
        after = span.after or (span.start, "")
        sql = "(key, id) > (?, ?) AND key < ? ORDER BY key, id"
        bounds = (*max(after, (span.start, "")), span.stop)
    yield from db.execute(f"SELECT key, id FROM entries WHERE number = ? AND {sql}", (number, *bounds))
