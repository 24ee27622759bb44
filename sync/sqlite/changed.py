"""Which databases have changed: one small table beside them, so that a thousand can be polled for the price of one.

A writer *claims* here the sequence it is about to commit, inside its database's write transaction, before the commit;
nobody has to be told afterwards. So a claim may be early (the commit is still on its way, or was lost with its
process) but never missing or late, whatever is killed at whatever moment. A poller takes a claim as a hint only: it
reads the database itself, reports what it finds there, and looks again at every poll until what it finds has reached
the claim. While nothing is claimed anywhere, a poll is one `PRAGMA data_version`: some microseconds.

The table needs no durability of its own (`synchronous=NORMAL`): the first poll of a process reads every database.
A damaged one is thrown away by whoever meets it; his call fails, the next one makes a new table.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from sync.errors import NotFound, StoreUnavailable
from sync.sqlite.files import translated
from sync.sqlite.making import make, remove
from sync.sqlite.native import NativeLock, OneProcess

_FILE = "_changed.sqlite"
"""No database name begins with an underscore."""

GONE = -1
"""The claim of a database that is being deleted."""

_BUSY_TIMEOUT_MS = 10_000


class Changed:
    """The table of claims: one connection writes them, another polls them (`data_version` shows others' commits)."""

    def __init__(self, folder: Path) -> None:
        self._claiming = _Line(folder / _FILE)
        self._polling = _Line(folder / _FILE)
        self._version = -1
        self._tick = 0
        self._claims: dict[str, int] = {}
        self._actual: dict[str, int] = {}
        self._unsettled: set[str] = set()

    def claim(self, name: str, seq: int) -> None:
        """Say that a database will be at this sequence if the transaction under way succeeds."""
        with translated(name), self._claiming.held() as (db, _):
            db.execute("REPLACE INTO changed (name, seq) VALUES (?, ?)", (name, seq))

    def seqs(self, names: Callable[[], Iterable[str]], read: Callable[[str], int]) -> dict[str, int]:
        """The sequence of every database; `names` lists the folder once, `read` looks into one database."""
        with translated("changed databases"), self._polling.held() as (db, is_new):
            if is_new or self._version < 0:
                self._version, self._tick = -1, 0
                self._unsettled.update(names())
            version = db.pragma("data_version")
            if version != self._version:
                self._hear(db)
                self._version = version
            for name in list(self._unsettled):
                self._look(name, read)
            return dict(self._actual)

    def _hear(self, db: apsw.Connection) -> None:
        """Take note of the claims since the last time."""
        rows = db.execute("SELECT tick, name, seq FROM changed WHERE tick > ? ORDER BY tick", (self._tick,))
        for tick, name, seq in rows:
            self._tick = tick
            self._claims[name] = seq
            self._unsettled.add(name)

    def _look(self, name: str, read: Callable[[str], int]) -> None:
        """Read one database, and be done with it when it has reached its claim."""
        claimed = self._claims.get(name, 0)
        try:
            actual = read(name)
        except NotFound:
            self._actual.pop(name, None)
            if claimed == GONE:
                self._unsettled.discard(name)
            return
        except StoreUnavailable:
            return
        self._actual[name] = actual
        if actual >= claimed != GONE:
            self._unsettled.discard(name)

    def close(self) -> None:
        """Close both connections."""
        self._claiming.close()
        self._polling.close()


class _Line:
    """One connection to the table, for one thread at a time; made anew when the file is another one than before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = NativeLock()
        self._process = OneProcess()
        self._db: apsw.Connection | None = None
        self._inode = 0

    @contextmanager
    def held(self) -> Iterator[tuple[apsw.Connection, bool]]:
        """The connection, and whether it was made just now."""
        self._process.check()
        with self._lock.held():
            try:
                inode = os.stat(self._path).st_ino
            except FileNotFoundError:
                inode = 0
            db = self._db
            is_new = db is None or not inode or inode != self._inode
            try:
                if db is None or is_new:
                    db = self._connect()
                yield db, is_new
            except (apsw.CorruptError, apsw.NotADBError):
                self.close()
                remove(self._path)
                raise

    def _connect(self) -> apsw.Connection:
        self.close()
        make(self._path, _build)
        db = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
        db.set_busy_timeout(_BUSY_TIMEOUT_MS)
        db.execute("PRAGMA synchronous=NORMAL").fetchall()
        self._inode = os.stat(self._path).st_ino
        self._db = db
        return db

    def close(self) -> None:
        if self._db is not None:
            with suppress(apsw.Error):
                self._db.close()
            self._db = None


def _build(path: str) -> None:
    db = apsw.Connection(path)
    try:
        db.execute("PRAGMA synchronous=OFF").fetchall()
        db.execute("PRAGMA journal_mode=WAL").fetchall()
        db.execute(
            "CREATE TABLE changed (tick INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, seq INTEGER NOT NULL)"
        )
    finally:
        db.close()
