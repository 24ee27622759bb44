"""Copies of SQLite files that are in use, and what a copy needs before it may be used in their place."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw

from sync.errors import Damaged
from sync.sqlite import schema, verification
from sync.sqlite.files import translated
from sync.sqlite.making import remove, sync_to_disk

_BUSY_TIMEOUT_MS = 10_000


def copy(source: Path, target: Path) -> None:
    """Copy a SQLite file while others write it: one state of it, whole, durable; compact as well.

    The target must not be there. `NoRoom`, `Damaged` for a page that cannot be read, `StoreUnavailable`.
    """
    with translated(source.name):
        try:
            with closing(apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READWRITE)) as db:
                db.set_busy_timeout(_BUSY_TIMEOUT_MS)
                db.execute("VACUUM INTO ?", (str(target),)).fetchall()
            sync_to_disk(target)
        except BaseException:
            remove(target)
            raise


def check(path: Path) -> None:
    """Look at everything in a database file that nobody writes; `Damaged` with the first thing that is wrong."""
    with translated(path.name), closing(apsw.Connection(str(path))) as db:
        schema.migrate(db)
        for problem in verification.problems(db):
            raise Damaged(f"{path.stem}: {problem}")


def raise_epoch(path: Path, least: int) -> int:
    """Give a database file that nobody has open a higher epoch, of at least `least`; the new one.

    Phones and followers that knew the database before check everything again.
    """
    with translated(path.name), closing(apsw.Connection(str(path))) as db:
        db.execute("PRAGMA journal_mode=WAL").fetchall()
        schema.settle_in(db)
        schema.migrate(db)
        sql = "UPDATE state SET epoch = max(epoch + 1, ?) RETURNING epoch"
        return int(db.execute(sql, (least,)).get)


def epoch_of(path: Path) -> int:
    """The epoch of a database file; 0 where there is none that can be read."""
    if not path.exists():
        return 0
    try:
        with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as db:
            return int(db.execute("SELECT epoch FROM state").get)
    except apsw.Error:
        return 0


def is_in_use(path: Path) -> bool:
    """Whether another connection has a file in WAL mode open, of this process or another."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as db:
        db.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
        try:
            db.execute("BEGIN EXCLUSIVE").fetchall()
            db.execute("ROLLBACK").fetchall()
        except (apsw.BusyError, apsw.LockedError):
            return True
        except apsw.Error:
            return False
    return False


def structure_problems(path: Path) -> list[str]:
    """What SQLite finds wrong with any SQLite file; an empty list for a sound one."""
    try:
        with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as db:
            lines = [line for (line,) in db.execute("PRAGMA integrity_check")]
    except apsw.Error as error:
        return [f"SQLite: {error}"]
    return [f"SQLite: {line}" for line in lines if line != "ok"]
