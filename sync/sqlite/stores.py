"""A folder of databases."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sync.errors import DatabaseExists, NotFound, Unindexed
from sync.sqlite import schema
from sync.sqlite.changed import GONE, Changed
from sync.sqlite.files import OPEN_FILES, DatabaseFile, OpenFiles, translated
from sync.sqlite.index_file import IndexFiles
from sync.sqlite.indexing import Indexes
from sync.sqlite.making import alone_in, make, remove, sync_to_disk
from sync.sqlite.names import check_name, file_of, is_name, name_of
from sync.sqlite.store import SqliteStore


class SqliteStores:
    """All databases of one server, one file each in one folder (`StoreSet`).

    Any number of threads and processes use the same folder at once, each process with a `SqliteStores` of its own: one
    that was used before a fork refuses to work in the child. `open_files` bounds the files one process keeps open.
    """

    def __init__(self, folder: Path, *, open_files: int = OPEN_FILES) -> None:
        self._folder = folder
        with translated(str(folder)):
            folder.mkdir(parents=True, exist_ok=True)
        self._files = OpenFiles(DatabaseFile, folder, open_files)
        self._indexes = IndexFiles(folder)
        self._changed = Changed(folder)

    def names(self) -> list[str]:
        """Database names, sorted."""
        with translated("databases"):
            return sorted(name for file in os.listdir(self._folder) if (name := name_of(file)))

    def open(self, name: str) -> SqliteStore:
        """The database of that name; `NotFound` if there is none. No file is opened before a verb needs it."""
        if not is_name(name) or not self._path(name).exists():
            raise NotFound(name)
        return self._store(name)

    def create(self, name: str) -> SqliteStore:
        """A new database, durable; `DatabaseExists` if there is one, `Malformed` for a name CouchDB would not take."""
        path = self._path(check_name(name))
        with translated(name), alone_in(self._folder):
            if path.exists() and not self._is_gone(name):
                raise DatabaseExists(name)
            self._files.forget(name)
            self._forget_indexes(name)
            remove(path)
            self._changed.claim(name, 0)
            make(path, schema.create)
        return self._store(name)

    def delete(self, name: str) -> None:
        """Remove a database and all it holds; `NotFound` if there is none. Nobody's later write is lost silently:

        the file says that it is gone before it goes, and a writer that still has it open gets `NotFound`.
        """
        self.open(name)
        with translated(name), alone_in(self._folder):
            with self._file(name).writing() as (db, _):
                db.execute("UPDATE state SET gone = 1")
            self._changed.claim(name, GONE)
            self._files.forget(name)
            remove(self._path(name))
            self._forget_indexes(name)
            sync_to_disk(self._folder)

    def update_seqs(self, names: Iterable[str] | None = None) -> dict[str, str]:
        """The update sequence of each database (all, or those named); some microseconds while nothing changes."""
        seqs = self._changed.seqs(self.names, self._update_seq)
        wanted = seqs if names is None else [name for name in names if name in seqs]
        return {name: str(seqs[name]) for name in wanted}

    def close(self) -> None:
        """Close all files. The set may be used again; it opens what it needs."""
        self._files.close()
        self._indexes.close()
        self._changed.close()

    def _store(self, name: str) -> SqliteStore:
        indexes = Indexes(name, lambda: self._file(name), self._indexes)
        return SqliteStore(
            name, lambda: self._file(name), lambda seq: self._changed.claim(name, seq), indexes
        )

    def _forget_indexes(self, name: str) -> None:
        with suppress(Unindexed):  # what is left knows which database it is of
            self._indexes.discard(name)

    def _path(self, name: str) -> Path:
        return self._folder / file_of(name)

    def _file(self, name: str) -> DatabaseFile:
        with translated(name):
            return self._files.file(name, file_of(name))

    def _is_gone(self, name: str) -> bool:
        """Whether a deletion was interrupted after its point of no return."""
        try:
            self._update_seq(name)
        except NotFound:
            return True
        return False

    def _update_seq(self, name: str) -> int:
        with self._file(name).reading() as db:
            gone, seq = db.execute("SELECT gone, update_seq FROM state").get
        if gone:
            raise NotFound(name)
        return int(seq)
