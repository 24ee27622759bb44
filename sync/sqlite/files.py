"""Open database files: a bounded number of them, each with its idle connections and its turn to write.

A connection is used by one native thread at a time. Readers never wait for each other or for the writer; the writers
of one process take turns by a native lock, those of several processes by SQLite's own, with a busy timeout.
"""

from __future__ import annotations

import os
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import apsw

from sync.errors import Damaged, Malformed, NoRoom, NotFound, StoreUnavailable
from sync.sqlite import schema
from sync.sqlite.native import NativeLock, OneProcess

OPEN_FILES = 64
_TURN_TIMEOUT_S = 20.0

_UNAVAILABLE = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.IOError,
    apsw.ReadOnlyError,
    apsw.CantOpenError,
    apsw.PermissionsError,
    apsw.ProtocolError,
    apsw.NoMemError,
    apsw.InterruptError,
)
"""What the disk, the operating system or another process can do to us; any other error of SQLite is a bug of ours."""

_LOST_NAMES = ("no such table", "no such column", "duplicate column", "malformed")
"""What SQLite says of our own statements where the names of the tables or the version are not what we wrote."""


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise what the outside did to a database as `StoreUnavailable`, and an id that is no text as `Malformed`."""
    try:
        yield
    except apsw.FullError as error:
        raise NoRoom(f"{name}: no room on the disk") from error
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise Damaged(f"{name}: the file is damaged") from error
    except apsw.SQLError as error:
        if not str(error).startswith(_LOST_NAMES):
            raise
        raise Damaged(f"{name}: the file is damaged") from error
    except _UNAVAILABLE as error:
        raise StoreUnavailable(f"{name}: {str(error) or type(error).__name__}") from error
    except (TimeoutError, OSError) as error:
        if error.errno in (ENOSPC, EDQUOT):
            raise NoRoom(f"{name}: no room on the disk") from error
        raise StoreUnavailable(f"{name}: {error.strerror or 'busy'}") from error
    except UnicodeEncodeError:
        raise Malformed("a lone surrogate is no text") from None
    except UnicodeDecodeError:
        raise Damaged(f"{name}: the file is damaged") from None


class State(NamedTuple):
    """The one row of the table `state`, as a writer found it."""

    update_seq: int
    live: int
    dead: int
    revs_limit: int


class OpenFile:
    """One open file, with connections that are used one after the other."""

    idle_connections = 4

    def __init__(self, name: str, path: Path, inode: int) -> None:
        self.name = name
        self.inode = inode
        self.path = path
        self._idle: deque[apsw.Connection] = deque()
        self._turn = NativeLock()
        self._retired = False

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """A connection inside a read transaction: all its statements see one state."""
        with self._translated(), self._connection() as db:
            db.execute("BEGIN")
            yield db
            db.execute("COMMIT")

    @contextmanager
    def outside(self) -> Iterator[apsw.Connection]:
        """A connection without a transaction, for what must not run in one."""
        with self._translated(), self._connection() as db:
            yield db

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise what the outside did to the file as an error of ours."""
        with translated(self.name):
            yield

    @contextmanager
    def _connection(self) -> Iterator[apsw.Connection]:
        db = self._take()
        try:
            yield db
        except BaseException as error:
            _roll_back(db)
            if isinstance(error, apsw.Error):
                _close(db)
            else:
                self._give_back(db)
            raise
        self._give_back(db)

    def _take(self) -> apsw.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._connect()

    def _connect(self) -> apsw.Connection:
        try:
            db = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READWRITE)
        except apsw.CantOpenError:
            if self.path.exists():
                raise
            raise NotFound(self.name) from None
        try:
            self._prepare(db)
            self._check_it_is_ours()
        except BaseException:
            _close(db)
            raise
        return db

    def _prepare(self, db: apsw.Connection) -> None:
        """Make a new connection ready for use."""

    def _check_it_is_ours(self) -> None:
        """A file may have been removed, and made again, while we were opening it."""
        try:
            if os.stat(self.path).st_ino == self.inode:
                return
        except FileNotFoundError:
            pass
        raise NotFound(self.name)

    def _give_back(self, db: apsw.Connection) -> None:
        if len(self._idle) >= self.idle_connections:
            _close(db)
            return
        self._idle.append(db)
        if self._retired:
            self.retire()

    def retire(self) -> None:
        """Close what is idle now, and what is in use as soon as it comes back."""
        self._retired = True
        with suppress(IndexError):
            while True:
                _close(self._idle.pop())


class DatabaseFile(OpenFile):
    """One open database file."""

    @contextmanager
    def writing(self) -> Iterator[tuple[apsw.Connection, State]]:
        """A connection inside the one write transaction; what is done in it is durable when this block is left.

        An exception leaves the file as it was. Nothing inside may switch greenlets or wait for anything but the disk.
        """
        with translated(self.name), self._turn.held(_TURN_TIMEOUT_S), self._connection() as db:
            db.execute("BEGIN IMMEDIATE")
            gone, *numbers = db.execute("SELECT gone, update_seq, live, dead, revs_limit FROM state").get
            if gone:
                raise NotFound(self.name)
            yield db, State(*numbers)
            db.execute("COMMIT")

    @contextmanager
    def alone(self) -> Iterator[apsw.Connection]:
        """A connection without a transaction while no other thread of this process writes."""
        with translated(self.name), self._turn.held(_TURN_TIMEOUT_S), self._connection() as db:
            yield db

    def _prepare(self, db: apsw.Connection) -> None:
        schema.settle_in(db)
        schema.migrate(db)


def _roll_back(db: apsw.Connection) -> None:
    with suppress(apsw.Error):
        if db.in_transaction:
            db.execute("ROLLBACK")


def _close(db: apsw.Connection) -> None:
    with suppress(apsw.Error):
        db.close()


F = TypeVar("F", bound=OpenFile)


class OpenFiles(Generic[F]):
    """The files of one kind in use, least recently used ones closed, whatever the number of databases."""

    def __init__(self, kind: type[F], folder: Path, limit: int) -> None:
        self._kind = kind
        self._folder = folder
        self._limit = limit
        self._files: OrderedDict[str, F] = OrderedDict()
        self._lock = NativeLock()
        self._process = OneProcess()

    def file(self, name: str, file_name: str) -> F:
        """The open file of a database; `NotFound` if it is not there (any more, or: another is in its place)."""
        self._process.check()
        path = self._folder / file_name
        try:
            inode = os.stat(path).st_ino
        except FileNotFoundError:
            self.forget(name)
            raise NotFound(name) from None
        retired = []
        with self._lock.held():
            found = self._files.get(name)
            if found is not None and found.inode != inode:
                retired.append(self._files.pop(name))
                found = None
            if found is None:
                found = self._files[name] = self._kind(name, path, inode)
            self._files.move_to_end(name)
            while len(self._files) > self._limit:
                retired.append(self._files.popitem(last=False)[1])
        for file in retired:
            file.retire()
        return found

    def forget(self, name: str) -> None:
        """Close one database's file."""
        with self._lock.held():
            found = self._files.pop(name, None)
        if found is not None:
            found.retire()

    def close(self) -> None:
        """Close all files."""
        with self._lock.held():
            files = list(self._files.values())
            self._files.clear()
        for file in files:
            file.retire()
