"""Feeds: changes in order of sequence and ids in byte order, read in pieces so that no feed is ever in memory.

Between two pieces no transaction and no connection is held: a slow reader stops nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

from sync.documents import Change
from sync.errors import Malformed
from sync.sqlite import rows
from sync.sqlite.files import DatabaseFile

PIECE = 1000
_LARGEST = 2**63 - 1
_Open = Callable[[], DatabaseFile]


def sequence(text: str) -> int:
    """The number in a sequence of ours; `Malformed` for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST):
        raise Malformed("not a sequence of this database")
    return int(text)


def changes(file: _Open, since: str, limit: int | None, descending: bool) -> Iterator[Change]:
    """See `DocStore.changes`. What is written while the feed is read belongs to the next call."""
    return islice(_changes(file, sequence(since), limit, descending), limit)


def _changes(file: _Open, low: int, limit: int | None, descending: bool) -> Iterator[Change]:
    size = PIECE if limit is None else min(limit, PIECE)
    direction = "DESC" if descending else "ASC"
    sql = (
        "SELECT seq, id, rev, deleted, others FROM docs"
        f" WHERE seq > ? AND seq <= ? ORDER BY seq {direction} LIMIT ?"
    )
    high = None
    while True:
        with file().reading() as db:
            if high is None:
                high = db.execute("SELECT update_seq FROM state").get
            piece: list[Any] = db.execute(sql, (low, high, size)).fetchall()
        for seq, doc_id, rev, deleted, others in piece:
            yield Change(str(seq), doc_id, rows.leaves(rev, deleted, others))
        if len(piece) < size:
            return
        low, high = (low, piece[-1][0] - 1) if descending else (piece[-1][0], high)


def changes_of(file: _Open, doc_ids: Sequence[str], since: str) -> list[Change]:
    """See `FindsChanges.changes_of`."""
    low = sequence(since)
    sql = "SELECT seq, id, rev, deleted, others FROM docs WHERE id IN"
    with file().reading() as db:
        found = sorted(rows.look_up(db, sql, list(dict.fromkeys(doc_ids))))
    return [Change(str(seq), doc_id, rows.leaves(*leaves)) for seq, doc_id, *leaves in found if seq > low]


def all_ids(
    file: _Open, start: str | None, end: str | None, limit: int | None, skip: int, descending: bool
) -> Iterator[tuple[str, str]]:
    """See `DocStore.all_ids`."""
    stop = None if limit is None else skip + limit
    return islice(_ids(file, start, end, stop, descending), skip, stop)


def _ids(
    file: _Open, start: str | None, end: str | None, limit: int | None, descending: bool
) -> Iterator[tuple[str, str]]:
    size = PIECE if limit is None else min(limit, PIECE)
    after, until, direction = ("<", ">=", "DESC") if descending else (">", "<=", "ASC")
    first = f"{after}="
    while True:
        conditions, values = ["deleted = 0"], []
        for comparison, bound in ((first, start), (until, end)):
            if bound is not None:
                conditions.append(f"id {comparison} ?")
                values.append(bound)
        sql = (
            f"SELECT id, rev FROM docs WHERE {' AND '.join(conditions)} ORDER BY id {direction} LIMIT {size}"
        )
        with file().reading() as db:
            piece: list[Any] = db.execute(sql, values).fetchall()
        yield from piece
        if len(piece) < size:
            return
        start, first = piece[-1][0], after
