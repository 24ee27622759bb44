"""Verification: does a database file say one thing everywhere? Trees, sequences, bodies, digests, counters."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

import apsw
import orjson

from sync import revtree
from sync.errors import SyncError
from sync.sqlite import rows


def problems(db: apsw.Connection) -> Iterator[str]:
    """Sentences about what is wrong, with ids and numbers but never a body; none for a sound file."""
    broken = [line for (line,) in db.execute("PRAGMA integrity_check") if line != "ok"]
    if broken:
        yield from (f"SQLite: {line}" for line in broken)
        return
    db.execute("CREATE TEMP TABLE marks (mark INTEGER PRIMARY KEY, leaf INTEGER)")
    try:
        yield from _documents(db)
        yield from _bodies(db)
        yield from _blobs(db)
        yield from _counters(db)
    finally:
        db.execute("DROP TABLE temp.marks")


def _documents(db: apsw.Connection) -> Iterator[str]:
    for seq, doc_id, rev, deleted, others, text in db.execute("SELECT * FROM docs"):
        try:
            tree = revtree.decode(text)
            sound = revtree.encode(tree) == text
        except (ValueError, KeyError, SyncError):
            sound = False
        if not sound:
            yield f"{doc_id}: its revision tree cannot be read"
            continue
        if rows.leaves(rev, deleted, others) != tree.leaves:
            yield f"{doc_id}: its row names other leaves than its tree"
        leaves = {leaf.rev for leaf in tree.leaves}
        for found, node in tree.nodes.items():
            if node.mark > seq:
                yield f"{doc_id}: revision {found} is younger than the document's sequence"
            if node.mark:
                try:
                    db.execute("INSERT INTO temp.marks VALUES (?, ?)", (node.mark, found in leaves))
                except apsw.ConstraintError:
                    yield f"{doc_id}: revision {found} has the mark of another one"
            elif found in leaves:
                yield f"{doc_id}: leaf {found} was never stored"


def _bodies(db: apsw.Connection) -> Iterator[str]:
    unstored = "SELECT mark FROM temp.marks WHERE leaf AND mark NOT IN (SELECT seq FROM bodies)"
    for (mark,) in db.execute(unstored):
        yield f"sequence {mark}: a leaf without a body"
    for (mark,) in db.execute("SELECT seq FROM bodies WHERE seq NOT IN (SELECT mark FROM temp.marks)"):
        yield f"sequence {mark}: a body of no revision"
    for mark, body, attached in db.execute("SELECT * FROM bodies"):
        try:
            is_object = isinstance(orjson.loads(body), dict)
            kept = rows.attachments(attached)
        except ValueError:
            is_object, kept = False, {}
        if not is_object:
            yield f"sequence {mark}: the body is no JSON object"
        for _, key in kept.values():
            if db.execute("SELECT 1 FROM blobs WHERE key = ?", (key,)).get is None:
                yield f"sequence {mark}: the bytes of an attachment are not there"


def _blobs(db: apsw.Connection) -> Iterator[str]:
    for key, data in db.execute("SELECT * FROM blobs"):
        if sha256(data).digest() != key:
            yield f"attachment {key.hex()}: its bytes are not what their digest says"


def _counters(db: apsw.Connection) -> Iterator[str]:
    stated = db.execute("SELECT update_seq, live, dead FROM state").get
    last, live, dead = db.execute(
        "SELECT coalesce(max(seq), 0), count(*) - coalesce(sum(deleted), 0), coalesce(sum(deleted), 0) FROM docs"
    ).get
    if stated != (last, live, dead):
        yield f"counters: stated {stated}, counted {(last, live, dead)}"
