"""The file of a database's indexes: derived from its documents, beside its own file, and never needed (ADR 18).

`state`: which database it is of, and which order its keys are in; where either is another one, all of it is forgotten.
`indexes`: one row for each index, with the sequence up to which it knows the documents.
`entries`: the key of each document in each index.

Losing the last commits loses nothing (`synchronous=NORMAL`): the index knows how far it knows the documents. A damaged
file is thrown away by whoever meets it. A file is made, removed and connected to by one thread of one process at a
time, so that nobody meets half of an old one and half of a new one: SQLite finds its log by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import apsw

from sync import collation
from sync.errors import Damaged, NotFound, StoreUnavailable, Unindexed
from sync.sqlite.files import OpenFile, OpenFiles, translated
from sync.sqlite.making import alone_in, make, remove
from sync.sqlite.names import index_file_of

OPEN_FILES = 16
_LOCK = "_indexes.lock"
_VERSION = 1
_CACHE_KIB = 4_096
_BUSY_TIMEOUT_MS = 10_000

_SCHEMA = f"""
    CREATE TABLE state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        uuid TEXT NOT NULL, epoch INTEGER NOT NULL, purge_seq INTEGER NOT NULL, collation TEXT NOT NULL
    ) STRICT;
    INSERT INTO state VALUES (1, '', 0, 0, '');
    CREATE TABLE indexes (number INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL) STRICT;
    CREATE TABLE entries (
        number INTEGER NOT NULL, key BLOB NOT NULL, id TEXT NOT NULL, PRIMARY KEY (number, key, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX entries_of ON entries (number, id);
    PRAGMA user_version={_VERSION};
"""


class Source(NamedTuple):
    """What entries are made from: a database since it was last restored or purged, and the order of keys."""

    uuid: str
    epoch: int
    purge_seq: int
    collation: str = collation.VERSION


class Known(NamedTuple):
    """An index in the file, and the sequence up to which it knows the documents."""

    number: int
    seq: int


class IndexFile(OpenFile):
    """One open file of indexes. Whatever is wrong with it is `Unindexed`."""

    idle_connections = 2

    @contextmanager
    def changing(self, source: Source, patience_s: float) -> Iterator[apsw.Connection]:
        """A connection inside the one write transaction, to a file that is of this source."""
        with self._translated(), self._connection() as db:
            db.set_busy_timeout(int(patience_s * 1000))
            db.execute("BEGIN IMMEDIATE")
            if source_of(db) != source:
                for table in ("entries", "indexes"):
                    db.execute(f"DELETE FROM {table}")
                db.execute("UPDATE state SET uuid = ?, epoch = ?, purge_seq = ?, collation = ?", source)
            yield db
            db.execute("COMMIT")

    @contextmanager
    def turn(self, patience_s: float) -> Iterator[None]:
        """One thread of this process at a time."""
        with unindexed(self.path), self._turn.held(patience_s):
            yield

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with unindexed(self.path):
                yield
        except Unindexed as error:
            if isinstance(error.__cause__, Damaged):
                self._throw_away()
            raise

    def _throw_away(self) -> None:
        with alone_in(self.path.parent, _LOCK), suppress(FileNotFoundError):
            if self.path.stat().st_ino == self.inode:
                remove(self.path)

    def _connect(self) -> apsw.Connection:
        with alone_in(self.path.parent, _LOCK):
            return super()._connect()

    def _prepare(self, db: apsw.Connection) -> None:
        db.set_busy_timeout(_BUSY_TIMEOUT_MS)
        db.execute("PRAGMA synchronous=NORMAL").fetchall()
        db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}").fetchall()
        if db.pragma("user_version") != _VERSION:
            raise Damaged("another version of this program made it")


@contextmanager
def unindexed(path: Path) -> Iterator[None]:
    """Raise what happens to a file of indexes as `Unindexed`."""
    try:
        with translated(path.name):
            yield
    except (NotFound, StoreUnavailable) as error:
        raise Unindexed(str(error)) from error


def source_of(db: apsw.Connection) -> Source:
    """What the entries in the file are made from."""
    return Source(*db.execute("SELECT uuid, epoch, purge_seq, collation FROM state").get)


def known(db: apsw.Connection, identity: str) -> Known | None:
    """An index as the file has it."""
    row = db.execute("SELECT number, seq FROM indexes WHERE identity = ?", (identity,)).get
    return Known(*row) if row else None


class IndexFiles:
    """The files of indexes in a folder of databases."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = OpenFiles(IndexFile, folder, OPEN_FILES)

    def file(self, database: str) -> IndexFile:
        """The file of one database, made where there is none; `Unindexed`."""
        path = self.path(database)
        with unindexed(path):
            try:
                return self._files.file(database, path.name)
            except NotFound:
                with alone_in(self._folder, _LOCK):
                    make(path, _build)
            return self._files.file(database, path.name)

    def held(self, database: str) -> IndexFile | None:
        """The file of one database, if there is one; `Unindexed`."""
        return self.file(database) if self.path(database).exists() else None

    def discard(self, database: str) -> None:
        """Throw the file of one database away; `Unindexed` where that cannot be. What reads it reads on."""
        path = self.path(database)
        with unindexed(path), alone_in(self._folder, _LOCK):
            self._files.forget(database)
            remove(path)

    def close(self) -> None:
        """Close all files."""
        self._files.close()

    def path(self, database: str) -> Path:
        """Where the file of one database is."""
        return self._folder / index_file_of(database)


def _build(path: str) -> None:
    db = apsw.Connection(path)
    try:
        db.execute("PRAGMA synchronous=OFF").fetchall()
        db.execute("PRAGMA auto_vacuum=INCREMENTAL").fetchall()
        db.execute("PRAGMA journal_mode=WAL").fetchall()
        db.execute(_SCHEMA).fetchall()
    finally:
        db.close()
