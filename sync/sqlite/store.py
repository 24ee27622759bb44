"""One database: the verbs of `DocStore`, each a transaction on the file."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace

import orjson

from sync.capabilities import Keyed, Span
from sync.documents import Attachment, Change, Document, Json, written
from sync.edits import Edit, revise
from sync.errors import NotFound
from sync.mango import indexes_of
from sync.revtree import check_limit
from sync.sqlite import blobs, compaction, feeds, purging, reading, verification
from sync.sqlite.files import DatabaseFile
from sync.sqlite.indexing import Indexes
from sync.sqlite.judging import fairly
from sync.sqlite.staging import Staging
from sync.sqlite.writing import Batch
from sync.store import Info, Judge, Missing, Outcome


class SqliteStore:
    """A database in a SQLite file (`DocStore`). Got from `SqliteStores`; costs nothing to hold.

    `file` gives the open file for the length of one verb; `claim` announces the sequence that is about to be committed.
    """

    def __init__(
        self, name: str, file: Callable[[], DatabaseFile], claim: Callable[[int], None], indexes: Indexes
    ) -> None:
        self._name = name
        self._file = file
        self._claim = claim
        self._indexes = indexes

    @property
    def name(self) -> str:
        return self._name

    def info(self) -> Info:
        with self._file().reading() as db:
            uuid, epoch, seq, purge_seq, live, dead = db.execute(
                "SELECT uuid, epoch, update_seq, purge_seq, live, dead FROM state"
            ).get
            size_bytes = db.pragma("page_count") * db.pragma("page_size")
        return Info(self._name, uuid, str(seq), live, dead, size_bytes, epoch, str(purge_seq))

    def get(self, doc_id: str, rev: str | None = None) -> Document:
        with self._file().reading() as db:
            return reading.get(db, doc_id, rev)

    def leaves(self, doc_id: str) -> list[Document]:
        return self.leaves_many([doc_id]).get(doc_id, [])

    def leaves_many(self, doc_ids: Sequence[str]) -> dict[str, list[Document]]:
        with self._file().reading() as db:
            return reading.leaves_many(db, doc_ids)

    def missing(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Missing]:
        with self._file().reading() as db:
            return reading.missing(db, revs)

    def attachment(self, doc_id: str, name: str, rev: str | None = None) -> Attachment:
        with self._file().reading() as db:
            kept = reading.kept(db, doc_id, name, rev)
            return replace(kept.stub, data=blobs.opened(db, self._file, kept))

    def graft(self, documents: Sequence[Document], judge: Judge | None = None) -> list[Outcome]:
        if not documents:
            return []
        staging = Staging(self._file)
        return staging.write(lambda: self._graft(documents, judge, staging))

    def _graft(self, documents: Sequence[Document], judge: Judge | None, staging: Staging) -> list[Outcome]:
        with self._file().writing() as (db, state):
            batch = Batch(db, state, list({document.doc_id: None for document in documents}), staging)
            may = fairly(db, batch.held, judge)
            outcomes = [batch.add(document) if may(document) else "refused" for document in documents]
            self._finish(batch)
        return outcomes

    def put(
        self,
        doc_id: str,
        fields: Mapping[str, Json],
        parent: str | None = None,
        *,
        deleted: bool = False,
        attachments: Mapping[str, Attachment] | None = None,
    ) -> str:
        edit = Edit(doc_id, parent, written(fields), deleted, attachments or {})
        staging = Staging(self._file)
        return staging.write(lambda: self._put(edit, staging))

    def _put(self, edit: Edit, staging: Staging) -> str:
        with self._file().writing() as (db, state):
            batch = Batch(db, state, [edit.doc_id], staging)
            document = revise(edit, reading.leaves_in(db, batch.held).get(edit.doc_id, ()))
            batch.add(document)
            self._finish(batch)
        return document.rev

    def _finish(self, batch: Batch) -> None:
        seq = batch.finish()
        if seq is not None:
            self._claim(seq)

    def changes(
        self, since: str = "0", *, limit: int | None = None, descending: bool = False
    ) -> Iterator[Change]:
        return feeds.changes(self._file, since, limit, descending)

    def changes_of(self, doc_ids: Sequence[str], since: str = "0") -> list[Change]:
        return feeds.changes_of(self._file, doc_ids, since)

    def pending(self, since: str) -> int:
        with self._file().reading() as db:
            return int(db.execute("SELECT count(*) FROM docs WHERE seq > ?", (feeds.sequence(since),)).get)

    def all_ids(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        limit: int | None = None,
        skip: int = 0,
        descending: bool = False,
    ) -> Iterator[tuple[str, str]]:
        return feeds.all_ids(self._file, start, end, limit, skip, descending)

    def get_local(self, local_id: str) -> tuple[str, dict[str, Json]]:
        with self._file().reading() as db:
            row = db.execute("SELECT number, body FROM locals WHERE id = ?", (local_id,)).get
        if row is None:
            raise NotFound(f"_local/{local_id}")
        return f"0-{row[0]}", orjson.loads(row[1])

    def put_local(self, local_id: str, fields: Mapping[str, Json]) -> str:
        sql = """
            INSERT INTO locals VALUES (?, 1, ?)
            ON CONFLICT (id) DO UPDATE SET number = number + 1, body = excluded.body RETURNING number
        """
        with self._file().writing() as (db, _):
            return f"0-{db.execute(sql, (local_id, written(fields))).get}"

    def delete_local(self, local_id: str) -> None:
        with self._file().writing() as (db, _):
            if db.execute("DELETE FROM locals WHERE id = ? RETURNING 1", (local_id,)).get is None:
                raise NotFound(f"_local/{local_id}")

    def purge(self, revs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
        try:
            return purging.purge(self._file(), revs, self._claim)
        finally:
            self._indexes.discard()

    def revs_limit(self) -> int:
        with self._file().reading() as db:
            return int(db.execute("SELECT revs_limit FROM state").get)

    def set_revs_limit(self, limit: int) -> None:
        check_limit(limit)
        with self._file().writing() as (db, _):
            db.execute("UPDATE state SET revs_limit = ?", (limit,))

    def entries(
        self, index: Keyed, span: Span, *, fresh: bool, left_s: Callable[[], float]
    ) -> Generator[tuple[bytes, str]]:
        return self._indexes.entries(index, span, fresh=fresh, left_s=left_s)

    def compact(self) -> None:
        compaction.compact(self._file())
        self._indexes.keep({index.identity for index in indexes_of(self)})

    def verify(self) -> list[str]:
        """What is wrong with the file, a sentence each; an empty list for a sound one. No answers are ever named."""
        with self._file().reading() as db:
            found = list(verification.problems(db))
        return [*found, *self._indexes.problems()]
