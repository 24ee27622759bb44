"""Compaction: bodies of revisions that are no leaves go, and attachments that no kept revision names. Ids stay."""

from __future__ import annotations

from typing import Any

from sync.sqlite import blobs, rows
from sync.sqlite.files import DatabaseFile

_PIECE = 500


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
        blobs.forget_unnamed(db)
    with file.outside() as db:
        db.execute("PRAGMA incremental_vacuum").fetchall()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _inner_marks(text: str) -> list[int]:
    tree = rows.decoded(text)
    leaves = {leaf.rev for leaf in tree.leaves}
    return [node.mark for rev, node in tree.nodes.items() if node.mark and rev not in leaves]
