"""Compaction: bodies of revisions that are no leaves go, and attachments that no kept revision names. Ids stay."""

from __future__ import annotations

from typing import Any

import apsw

from sync.sqlite import rows
from sync.sqlite.files import DatabaseFile

_PIECE = 500

_UNNAMED = """
    DELETE FROM blobs WHERE hex(key) NOT IN (
        SELECT upper(json_extract(attachment.value, '$[4]'))
        FROM bodies, json_each(bodies.attachments) AS attachment WHERE bodies.attachments IS NOT NULL)
"""


def compact(file: DatabaseFile) -> None:
    """See `DocStore.compact`. Works in small transactions, so that writers get their turn in between."""
    low: int | None = 0
    while low is not None:
        with file.writing() as (db, _):
            piece: list[Any] = db.execute(
                "SELECT seq, id, tree, sum FROM docs WHERE seq > ? AND instr(tree, ',') ORDER BY seq LIMIT ?",
                (low, _PIECE),
            ).fetchall()
            inner = [(mark,) for row in piece for mark in _inner_marks(rows.checked(*row))]
            db.executemany("DELETE FROM bodies WHERE seq = ?", inner)
        low = piece[-1][0] if piece else None
    with file.writing() as (db, _):
        forget_unnamed(db)
    with file.outside() as db:
        db.execute("PRAGMA incremental_vacuum").fetchall()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def forget_unnamed(db: apsw.Connection) -> None:
    """Forget the attachments that no kept revision names."""
    db.execute(_UNNAMED)


def _inner_marks(text: str) -> list[int]:
    tree = rows.decoded(text)
    leaves = {leaf.rev for leaf in tree.leaves}
    return [node.mark for rev, node in tree.nodes.items() if node.mark and rev not in leaves]
