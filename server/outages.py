"""What the machine does to us, whichever library says so: a full disk, a locked, read-only or damaged file."""

from __future__ import annotations

import sqlite3
from errno import EDQUOT, EIO, ENOSPC, EROFS

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from sync.errors import Damaged, NoRoom, StoreUnavailable

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_UNAVAILABLE = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_PROTOCOL,
)  # fmt: skip


def outage(error: Exception) -> StoreUnavailable | None:
    """The outage that an error of accounts, ledgers, the index or the file system stands for; None for a bug."""
    origin = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(origin, sqlite3.Error):
        code = getattr(origin, "sqlite_errorcode", None)
        return None if code is None else _of_sqlite(code & 0xFF)
    if isinstance(error, (OperationalError, InterfaceError)):
        return StoreUnavailable("the review index does not answer")
    if isinstance(origin, OSError) and origin.errno in (ENOSPC, EDQUOT):
        return NoRoom("no room on the disk")
    if isinstance(origin, OSError) and origin.errno in (EROFS, EIO):
        return StoreUnavailable("the disk cannot be written")
    return None


def _of_sqlite(code: int) -> StoreUnavailable | None:
    if code == sqlite3.SQLITE_FULL:
        return NoRoom("no room on the disk")
    if code in _DAMAGED:
        return Damaged("a file of this server is damaged")
    return StoreUnavailable("a file of this server cannot be used now") if code in _UNAVAILABLE else None
