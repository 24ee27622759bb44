"""Is a database file sound? What SQLite cannot know of it: trees, bodies, attachments, counters, checksums.

A damaged page hides rows. What stands on it is found by reading document by document, so that it can be named.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from hashlib import sha256
from typing import Any

import apsw
import orjson

from sync import revtree
from sync.errors import SyncError
from sync.sqlite import blobs, rows, sums

_MARKS = "CREATE TEMP TABLE marks (mark INTEGER PRIMARY KEY, leaf INTEGER, id TEXT)"
_TABLES = {
    "docs": "seq, id, rev, deleted, others, tree, sum",
    "bodies": "seq, body, attachments, sum",
    "blobs": "key, data",
    "pieces": "whole, start, piece, sum",
    "locals": "id, number, body",
    "state": "uuid, epoch, update_seq, live, dead, gone, revs_limit, purge_seq",
}
_UNREADABLE = (apsw.CorruptError, apsw.IOError, apsw.FormatError, UnicodeDecodeError)


def problems(db: apsw.Connection) -> Iterator[str]:
    """Sentences about what is wrong, with ids and numbers but never a body; none for a sound file.

    Where it can be known the sentence begins with the id of the document.
    """
    broken = False
    for line in _structure(db):
        broken = True
        yield f"SQLite: {line}"
    if lost := list(_schema(db)):
        yield from lost
        return
    db.execute(_MARKS)
    try:
        trees_are_whole = yield from _documents(db)
        yield from _bodies(db, trees_are_whole)
        yield from _blobs(db)
        if not broken and trees_are_whole:
            yield from _counters(db)
    finally:
        db.execute("DROP TABLE temp.marks")


def _structure(db: apsw.Connection) -> Iterator[str]:
    try:
        for (text,) in db.execute("PRAGMA integrity_check"):
            yield from (line for line in text.split("\n") if line != "ok")
    except _UNREADABLE as error:
        yield str(error)


def _schema(db: apsw.Connection) -> Iterator[str]:
    """Whether the tables are those that we made."""
    for table, columns in _TABLES.items():
        try:
            db.execute(f"SELECT {columns} FROM {table} LIMIT 0").fetchall()
        except apsw.Error:
            yield f"table {table}: it is not what was made"


def _documents(db: apsw.Connection) -> Generator[str, None, bool]:
    """Checks every document and fills `marks`; gives whether all documents could be read."""
    whole = True
    for doc_id, row in _rows(db, "docs"):
        if row is None:
            whole = False
            yield f"{doc_id}: it cannot be read"
            continue
        found = list(_document(db, *row))
        whole = whole and not found
        yield from found
    return whole


def _document(
    db: apsw.Connection,
    seq: int,
    doc_id: str,
    rev: str,
    deleted: int,
    others: str | None,
    text: str,
    summed: int,
) -> Iterator[str]:
    if sums.of_document(seq, doc_id, text) != summed:
        yield f"{doc_id}: its row is not what was written"
    try:
        tree = revtree.decode(text)
        sound = revtree.encode(tree) == text
        named = rows.leaves(rev, deleted, others)
    except (ValueError, KeyError, AttributeError, SyncError):
        sound = False
    if not sound:
        yield f"{doc_id}: its revision tree cannot be read"
        return
    if named != tree.leaves:
        yield f"{doc_id}: its row names other leaves than its tree"
    leaves = {leaf.rev for leaf in tree.leaves}
    for found, node in tree.nodes.items():
        if node.mark > seq:
            yield f"{doc_id}: revision {found} is younger than the document's sequence"
        if node.mark:
            try:
                db.execute("INSERT INTO temp.marks VALUES (?, ?, ?)", (node.mark, found in leaves, doc_id))
            except apsw.ConstraintError:
                yield f"{doc_id}: revision {found} has the mark of another one"
        elif found in leaves:
            yield f"{doc_id}: leaf {found} was never stored"


def _bodies(db: apsw.Connection, trees_are_whole: bool) -> Iterator[str]:
    """Checks every body; one of no revision is only told where every revision is known."""
    seen: set[int] = set()
    names: dict[int, str] = dict(db.execute("SELECT mark, id FROM temp.marks"))
    for mark, row in _rows(db, "bodies"):
        seen.add(mark)
        of = names.get(mark, "?")
        if row is None:
            yield f"{of}: sequence {mark}: the body cannot be read"
        elif mark in names:
            yield from (f"{of}: sequence {mark}: {text}" for text in _body(db, *row[1:]))
        elif trees_are_whole:
            yield f"sequence {mark}: a body of no revision"
    for mark, doc_id in db.execute("SELECT mark, id FROM temp.marks WHERE leaf ORDER BY mark"):
        if mark not in seen:
            yield f"{doc_id}: sequence {mark}: a leaf without a body"


def _body(db: apsw.Connection, body: bytes, attached: str | None, summed: int) -> Iterator[str]:
    if sums.of_body(body, attached) != summed:
        yield "the body is not what was written"
        return
    try:
        is_object = isinstance(orjson.loads(body), dict)
        kept = rows.attachments(attached)
    except ValueError:
        is_object, kept = False, {}
    if not is_object:
        yield "the body is no JSON object"
    for _, key in kept.values():
        problem = _attached(db, key)
        if problem:
            yield f"the bytes of attachment {key.hex()} {problem}"


def _attached(db: apsw.Connection, key: bytes) -> str:
    """What is wrong with the bytes of an attachment, read in pieces; nothing for sound ones."""
    whole, is_there = sha256(), False
    try:
        for piece in blobs.stored(db, key):
            whole.update(piece)
            is_there = True
    except _UNREADABLE:
        return "cannot be read"
    except SyncError:
        return "are not what their digest says"
    if not is_there:
        return "are not there"
    return "" if whole.digest() == key else "are not what their digest says"


def _blobs(db: apsw.Connection) -> Iterator[str]:
    try:
        for key, shown, data in db.execute("SELECT key, lower(hex(key)), data FROM blobs"):
            if not isinstance(data, bytes) or sha256(data).digest() != key:
                yield f"attachment {shown}: its bytes are not what their digest says"
        rows_of_pieces = "SELECT whole, lower(hex(whole)), start, piece, sum FROM pieces"
        for whole, shown, start, piece, summed in db.execute(rows_of_pieces):
            if sums.of_piece(whole, start, piece) != summed:
                yield f"attachment {shown}: its piece at {start} is not what was written"
    except _UNREADABLE:
        yield "attachments: not all can be read"


def _counters(db: apsw.Connection) -> Iterator[str]:
    gone, purge_seq, *stated = db.execute("SELECT gone, purge_seq, update_seq, live, dead FROM state").get
    if gone:
        yield "state: the database says that it was deleted"
    last, live, dead = db.execute(
        "SELECT coalesce(max(seq), 0), count(*) - coalesce(sum(deleted), 0), coalesce(sum(deleted), 0) FROM docs"
    ).get
    counted = (
        max(last, purge_seq),
        live,
        dead,
    )  # a purge is a sequence of its own, maybe with no document left at it
    if tuple(stated) != counted:
        yield f"counters: stated {tuple(stated)}, counted {counted}"


def _rows(db: apsw.Connection, table: str) -> Iterator[tuple[Any, tuple[Any, ...] | None]]:
    """(id or sequence, row) of a table; None for a row that cannot be read.

    One scan; where a page stops it, the keys are taken from elsewhere and looked up one by one.
    """
    columns = _TABLES[table]
    name = 1 if table == "docs" else 0
    last = -1
    try:
        for row in db.execute(f"SELECT {columns} FROM {table} ORDER BY seq"):
            last = row[0]
            yield row[name], row
        return
    except _UNREADABLE:
        pass
    source = (
        "SELECT seq, id FROM docs INDEXED BY sqlite_autoindex_docs_1"
        if table == "docs"
        else "SELECT mark, mark FROM temp.marks WHERE leaf"
    )
    try:
        keys = [(seq, key) for seq, key in db.execute(source) if seq > last]
    except _UNREADABLE:
        yield f"{table}, after sequence {last}", None
        return
    for seq, key in sorted(keys):
        try:
            found = db.execute(f"SELECT {columns} FROM {table} WHERE seq = ?", (seq,)).get
        except _UNREADABLE:
            found = None
        yield key, found
