"""Purging: leaves that were never here any more, and a file that holds no word of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import apsw

from sync import revtree
from sync.sqlite import blobs, rows
from sync.sqlite.files import DatabaseFile, State
from sync.sqlite.writing import keep


def purge(
    file: DatabaseFile, revs: Mapping[str, Sequence[str]], claim: Callable[[int], None]
) -> dict[str, tuple[str, ...]]:
    """See `DocStore.purge`.

    The file is written anew even where there was nothing to purge: an earlier call may have been interrupted after its
    transaction.
    """
    with file.writing() as (db, state):
        found = _cut(db, state, revs, claim)
    scrub(file)
    return {doc_id: found.get(doc_id, ()) for doc_id in revs}


def _cut(
    db: apsw.Connection, state: State, revs: Mapping[str, Sequence[str]], claim: Callable[[int], None]
) -> dict[str, tuple[str, ...]]:
    """Take the leaves out of their trees; those that were there, by document."""
    seq, live, dead = state.update_seq, state.live, state.dead
    found = {}
    columns = "SELECT seq, id, tree, sum, deleted FROM docs WHERE id IN"
    for at, doc_id, text, summed, deleted in list(rows.look_up(db, columns, list(revs))):
        tree = rows.decoded(rows.checked(at, doc_id, text, summed))
        purged = revtree.purge(tree, revs[doc_id])
        if not purged.revs:
            continue
        found[doc_id] = purged.revs
        seq += 1
        live, dead = live - (not deleted), dead - deleted
        db.execute("DELETE FROM docs WHERE seq = ?", (at,))
        db.executemany("DELETE FROM bodies WHERE seq = ?", [(mark,) for mark in purged.marks])
        if purged.tree.nodes:
            keep(db, seq, doc_id, purged.tree)
            live, dead = live + (not purged.tree.winner.deleted), dead + purged.tree.winner.deleted
    if found:
        blobs.forget_unnamed(db)
        sql = "UPDATE state SET update_seq = ?, purge_seq = ?, live = ?, dead = ?"
        db.execute(sql, (seq, seq, live, dead))
        claim(seq)
    return found


def scrub(file: DatabaseFile) -> None:
    """Write the file anew from what is in it, and empty its log: words of deleted rows stand in free space until then.

    `secure_delete` is not enough: a page that was once rebalanced keeps copies of rows that moved away.
    """
    with file.alone() as db:
        db.execute("VACUUM").fetchall()
        db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
