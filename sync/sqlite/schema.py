"""What is in a database file, and how an older file becomes a newer one.

`docs`: one row for each document. Its row id is its latest sequence, so that the table itself is the change feed, in
order; an edit moves the row to the end. `rev` and `deleted` are the winner's, `others` the other leaves (`<rev>` or
`!<rev>` when deleted, space between; null for none), `tree` is `sync.revtree.encode`d.
`bodies`: one row for each stored revision, under the sequence it was stored at, which is its mark in the tree.
`attachments` is JSON: name → [content type, digest, length, revpos, key of the blob].
`docs.sum`, `bodies.sum`, `pieces.sum`: `sync.sqlite.sums`.
`blobs`: attachment bytes, once, under their SHA-256. The md5 digest is CouchDB's word for them, never an address:
two files can be made to share an md5.
`pieces`: attachment bytes beyond `PIECE_BYTES`: for the SHA-256 of the whole, where each piece begins and its key in
`blobs`. A piece is read, checked and written alone, so nothing here is ever longer than one.
`locals`: local documents. `state`: one row; `purge_seq` is the sequence of the last purge.
"""

from __future__ import annotations

from typing import Any, cast

import apsw

from sync.errors import StoreUnavailable
from sync.sqlite import sums

_MIGRATIONS = (
    """
    CREATE TABLE docs (
        seq INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        rev TEXT NOT NULL,
        deleted INTEGER NOT NULL,
        others TEXT,
        tree TEXT NOT NULL
    ) STRICT;
    CREATE TABLE bodies (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, attachments TEXT) STRICT;
    CREATE INDEX bodies_attached ON bodies (seq) WHERE attachments IS NOT NULL;
    CREATE TABLE blobs (key BLOB PRIMARY KEY, data BLOB NOT NULL) STRICT;
    CREATE TABLE locals (id TEXT PRIMARY KEY, number INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
    CREATE TABLE state (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        uuid TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        update_seq INTEGER NOT NULL,
        live INTEGER NOT NULL,
        dead INTEGER NOT NULL,
        gone INTEGER NOT NULL
    ) STRICT;
    INSERT INTO state VALUES (1, lower(hex(randomblob(16))), 0, 0, 0, 0, 0);
    """,
    """
    ALTER TABLE docs ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE bodies ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
    UPDATE docs SET sum = sum_of_document(seq, id, tree);
    UPDATE bodies SET sum = sum_of_body(body, attachments);
    """,
    """
    ALTER TABLE state ADD COLUMN revs_limit INTEGER NOT NULL DEFAULT 1000;
    ALTER TABLE state ADD COLUMN purge_seq INTEGER NOT NULL DEFAULT 0;
    """,
    """
    CREATE TABLE pieces (
        whole BLOB NOT NULL,
        start INTEGER NOT NULL,
        piece BLOB NOT NULL,
        sum INTEGER NOT NULL,
        PRIMARY KEY (whole, start)
    ) STRICT, WITHOUT ROWID;
    """,
)
"""Script n takes a file from version n to n + 1 (`PRAGMA user_version`). Never edit one that was released.

They may call `sum_of_document` and `sum_of_body` of `sync.sqlite.sums`.
"""

VERSION = len(_MIGRATIONS)

_BUSY_TIMEOUT_MS = 10_000
_CACHE_KIB = 1_024
_CHECKPOINT_PAGES = 4_000
_WAL_KEPT_BYTES = 16 * 2**20


def settle_in(db: apsw.Connection) -> None:
    """Give a new connection our manners, durability first."""
    db.set_busy_timeout(_BUSY_TIMEOUT_MS)
    db.execute("PRAGMA synchronous=FULL").fetchall()
    db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}").fetchall()
    db.execute(f"PRAGMA journal_size_limit={_WAL_KEPT_BYTES}").fetchall()
    db.wal_autocheckpoint(_CHECKPOINT_PAGES)


def create(path: str) -> None:
    """Make an empty database file; it is `making.make` that brings it to the disk, at once and only then."""
    db = apsw.Connection(path)
    try:
        db.execute("PRAGMA synchronous=OFF").fetchall()
        db.execute("PRAGMA auto_vacuum=INCREMENTAL").fetchall()
        db.execute("PRAGMA journal_mode=WAL").fetchall()
        migrate(db)
    finally:
        db.close()


def migrate(db: apsw.Connection) -> None:
    """Bring the file behind this connection to the newest version; `StoreUnavailable` for one that is newer yet."""
    version = db.pragma("user_version")
    if version == VERSION:
        return
    if version > VERSION:
        raise StoreUnavailable("a newer version of this program made the database file")
    db.create_scalar_function("sum_of_document", cast(Any, sums.of_document), 3, deterministic=True)
    db.create_scalar_function("sum_of_body", cast(Any, sums.of_body), 2, deterministic=True)
    db.execute("BEGIN IMMEDIATE")
    try:
        for script in _MIGRATIONS[db.pragma("user_version") :]:
            db.execute(script).fetchall()
        db.execute(f"PRAGMA user_version={VERSION}").fetchall()
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
