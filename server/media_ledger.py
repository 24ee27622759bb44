"""What is known of originals: who sent them, which documents name them, how much a device sent today."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS originals (
    database TEXT, sha256 TEXT, type TEXT NOT NULL, bytes INTEGER NOT NULL, uploader TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (database, sha256)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejected (
    database TEXT, sha256 TEXT, PRIMARY KEY (database, sha256)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mentions (
    database TEXT, sha256 TEXT, doc_id TEXT, PRIMARY KEY (database, sha256, doc_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS mentions_by_document ON mentions (database, doc_id);
CREATE TABLE IF NOT EXISTS quota (
    holder TEXT, day TEXT, bytes INTEGER NOT NULL, PRIMARY KEY (holder, day)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Original:
    """An original that is kept."""

    database: str
    sha256: str
    content_type: str
    bytes: int
    uploader: str


class Ledger:
    """One SQLite file beside the originals. Every method blocks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as db:
            db.execute("PRAGMA journal_mode=WAL").fetchall()
            db.executescript(_SCHEMA)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection in a write transaction."""
        db = sqlite3.connect(self._path, timeout=20, isolation_level=None)
        try:
            db.execute("PRAGMA synchronous=FULL")
            yield db
        finally:
            db.close()

    def find(self, database: str, sha256: str) -> Original | None:
        """The original, if all of it is here."""
        with self._open() as db:
            row = db.execute(
                "SELECT type, bytes, uploader FROM originals WHERE database = ? AND sha256 = ?",
                (database, sha256),
            ).fetchone()
        return Original(database, sha256, *row) if row else None

    def which_are_kept(self, database: str, wanted: Iterable[str]) -> set[str]:
        """Of these originals, those that are here."""
        with self._open() as db:
            sql = "SELECT 1 FROM originals WHERE database = ? AND sha256 = ?"
            return {sha for sha in wanted if db.execute(sql, (database, sha)).fetchone()}

    def keep(self, original: Original, at: str) -> None:
        """Note an original whose file is durable."""
        row = (
            original.database,
            original.sha256,
            original.content_type,
            original.bytes,
            original.uploader,
            at,
        )
        with self._open() as db:
            db.execute("INSERT OR IGNORE INTO originals VALUES (?, ?, ?, ?, ?, ?)", row)

    def reject(self, database: str, sha256: str) -> None:
        """Note bytes that are no picture, so that they are not sent again and again."""
        with self._open() as db:
            db.execute("INSERT OR IGNORE INTO rejected VALUES (?, ?)", (database, sha256))

    def is_rejected(self, database: str, sha256: str) -> bool:
        """Whether bytes of this address were looked at and are no picture."""
        with self._open() as db:
            sql = "SELECT 1 FROM rejected WHERE database = ? AND sha256 = ?"
            return db.execute(sql, (database, sha256)).fetchone() is not None

    def mention(self, database: str, named: Mapping[str, Iterable[str]]) -> None:
        """Note which originals these documents name now, in place of what was noted of them before."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            for doc_id, addresses in named.items():
                db.execute("DELETE FROM mentions WHERE database = ? AND doc_id = ?", (database, doc_id))
                rows = [(database, sha, doc_id) for sha in addresses]
                db.executemany("INSERT OR IGNORE INTO mentions VALUES (?, ?, ?)", rows)
            db.execute("COMMIT")

    def documents(self, database: str) -> set[str]:
        """The documents of the database that name originals."""
        with self._open() as db:
            sql = "SELECT DISTINCT doc_id FROM mentions WHERE database = ?"
            return {doc_id for (doc_id,) in db.execute(sql, (database,))}

    def is_mentioned(self, database: str, sha256: str) -> bool:
        """Whether a document of the database names this original."""
        with self._open() as db:
            sql = "SELECT 1 FROM mentions WHERE database = ? AND sha256 = ? LIMIT 1"
            return db.execute(sql, (database, sha256)).fetchone() is not None

    def spend(self, holder: str, day: str, count: int, quota: int) -> bool:
        """Count bytes against the day's quota of a device; False, and nothing counted, where they are too many."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("DELETE FROM quota WHERE day < ?", (day,))
            row = db.execute("SELECT bytes FROM quota WHERE holder = ? AND day = ?", (holder, day)).fetchone()
            spent = (row[0] if row else 0) + count
            if spent <= quota:
                db.execute("REPLACE INTO quota VALUES (?, ?, ?)", (holder, day, spent))
            db.execute("COMMIT")
        return spent <= quota
