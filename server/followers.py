"""What a follower of the change feed is, and the ledger of how far each has come.

Effect first, checkpoint after: a follower may see a change twice, never miss one, so each is idempotent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sync.documents import Change
from sync.store import DocStore

PARKED_AFTER = 5
"""Failures of one change after which it is left alone until somebody says otherwise."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS checkpoint (
    follower TEXT, database TEXT, uuid TEXT NOT NULL, epoch INTEGER NOT NULL, seq TEXT NOT NULL, head TEXT NOT NULL,
    PRIMARY KEY (follower, database)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trouble (
    follower TEXT, database TEXT, doc_id TEXT, rev TEXT NOT NULL, error TEXT NOT NULL, failures INTEGER NOT NULL,
    retry_at_s REAL NOT NULL, PRIMARY KEY (follower, database, doc_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS beat (only INTEGER PRIMARY KEY CHECK (only = 1), at_s REAL NOT NULL);
"""


class Follower(Protocol):
    """Somebody who does something about every change of the databases he handles."""

    @property
    def name(self) -> str: ...

    def handles(self, database: str) -> bool: ...

    def handle(self, store: DocStore, changes: list[Change]) -> None:
        """Bring the effect of these changes about, as the documents stand now. Repeating it changes nothing."""
        ...

    def sweep(self, store: DocStore) -> None:
        """Let go of what is kept of documents that are not in this database: purged, no change ever names them."""
        ...


@dataclass(frozen=True)
class Checkpoint:
    """How far a follower has come in one incarnation of a database."""

    uuid: str
    epoch: int
    seq: str
    head: str = ""
    """The store's update sequence when there was nothing left to follow; empty while there is."""
    purge_seq: str = ""
    """The store's purge sequence when the follower last swept; empty before the first time."""


@dataclass(frozen=True)
class Trouble:
    """A change that a follower could not handle. It never holds answers."""

    follower: str
    database: str
    doc_id: str
    rev: str
    error: str
    """The class of the error."""
    failures: int

    @property
    def parked(self) -> bool:
        return self.failures >= PARKED_AFTER


class Ledger:
    """Checkpoints and troubles in one SQLite file, written by the worker process only. One thread uses it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, timeout=10, isolation_level=None)
        if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'beat'").fetchone():
            self._db.execute("PRAGMA journal_mode=WAL").fetchall()
            self._db.executescript(_SCHEMA)
        if not self._db.execute(
            "SELECT 1 FROM pragma_table_info('checkpoint') WHERE name = 'purge_seq'"
        ).fetchone():
            self._db.execute("ALTER TABLE checkpoint ADD COLUMN purge_seq TEXT NOT NULL DEFAULT ''")
        self._db.execute("PRAGMA synchronous=NORMAL").fetchall()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def checkpoint(self, follower: str, database: str) -> Checkpoint | None:
        """Where the follower is, or None if it has never been here."""
        row = self._db.execute(
            "SELECT uuid, epoch, seq, head, purge_seq FROM checkpoint WHERE follower = ? AND database = ?",
            (follower, database),
        ).fetchone()
        return Checkpoint(*row) if row else None

    def advance(self, follower: str, database: str, to: Checkpoint) -> None:
        """Note that everything up to this checkpoint has had its effect."""
        row = (follower, database, to.uuid, to.epoch, to.seq, to.head, to.purge_seq)
        self._db.execute("REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def heads(self) -> dict[tuple[str, str], str]:
        """By follower and database, the update sequence up to which nothing is left to do."""
        return {
            (f, d): head for f, d, head in self._db.execute("SELECT follower, database, head FROM checkpoint")
        }

    def fail(self, follower: str, database: str, change: Change, error: str, now_s: float) -> Trouble:
        """Note a failure; the next attempt is due after 2, 4, 8, 16 seconds, then the change is parked."""
        key = (follower, database, change.doc_id)
        before = self._db.execute(
            "SELECT failures FROM trouble WHERE follower = ? AND database = ? AND doc_id = ?", key
        ).fetchone()
        failures = min(before[0] if before else 0, PARKED_AFTER) + 1
        rev = change.leaves[0].rev
        row = (*key, rev, error, failures, now_s + 2.0**failures)
        self._db.execute("REPLACE INTO trouble VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        return Trouble(*key, rev, error, failures)

    def recovered(self, follower: str, database: str, doc_ids: Iterable[str]) -> None:
        """Forget the troubles of these documents: they have been handled."""
        sql = "DELETE FROM trouble WHERE follower = ? AND database = ? AND doc_id = ?"
        self._db.executemany(sql, [(follower, database, doc_id) for doc_id in doc_ids])

    def troubles(self) -> list[Trouble]:
        """Every change that is waiting for another attempt or parked."""
        sql = "SELECT follower, database, doc_id, rev, error, failures FROM trouble ORDER BY 1, 2, 3"
        return [Trouble(*row) for row in self._db.execute(sql)]

    def due(self, now_s: float) -> Sequence[Trouble]:
        """The changes whose next attempt is due."""
        sql = """SELECT follower, database, doc_id, rev, error, failures FROM trouble
                 WHERE failures < ? AND retry_at_s <= ? ORDER BY retry_at_s"""
        return [Trouble(*row) for row in self._db.execute(sql, (PARKED_AFTER, now_s))]

    def forgive(self) -> int:
        """Have every parked change tried again; how many there were."""
        sql = "UPDATE trouble SET failures = 0, retry_at_s = 0 WHERE failures >= ?"
        return self._db.execute(sql, (PARKED_AFTER,)).rowcount

    def beat(self, now_s: float) -> None:
        """Say that the worker is alive."""
        self._db.execute("REPLACE INTO beat VALUES (1, ?)", (now_s,))

    def last_beat_s(self) -> float | None:
        """When the worker was last alive, in seconds of its clock; None if it never was."""
        row = self._db.execute("SELECT at_s FROM beat").fetchone()
        return row[0] if row else None
