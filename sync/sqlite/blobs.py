"""Attachment bytes: once, under their SHA-256, and beyond `PIECE_BYTES` in pieces that are blobs of their own.

What is read is checked against its key: a piece that is given out is right, and one that is not ends the reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import apsw
import orjson

from sync.documents import PIECE_BYTES, Content
from sync.errors import DamagedDocument, NotFound
from sync.sqlite import sums
from sync.sqlite.files import DatabaseFile
from sync.sqlite.rows import Kept

_BLOB = "INSERT INTO blobs VALUES (?, ?) ON CONFLICT DO NOTHING"
_PIECE = "INSERT INTO pieces VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
_NAMED = """
    SELECT unhex(json_extract(attachment.value, '$[4]'))
    FROM bodies, json_each(bodies.attachments) AS attachment WHERE bodies.attachments IS NOT NULL
"""
_UNNAMED = f"DELETE FROM blobs WHERE key NOT IN ({_NAMED}) AND key NOT IN (SELECT piece FROM pieces)"


@dataclass(frozen=True)
class Cut:
    """Long bytes in pieces: the key of the whole, and of each piece by where it begins."""

    key: bytes
    pieces: Sequence[tuple[int, bytes]]


def put(db: apsw.Connection, data: bytes) -> bytes:
    """Store bytes that are in memory; their key."""
    key = sha256(data).digest()
    if len(data) <= PIECE_BYTES:
        db.execute(_BLOB, (key, data))
        return key
    starts = range(0, len(data), PIECE_BYTES)
    keys = put_pieces(db, [data[at : at + PIECE_BYTES] for at in starts])
    join(db, Cut(key, list(zip(starts, keys, strict=True))))
    return key


def put_pieces(db: apsw.Connection, pieces: Iterable[bytes]) -> list[bytes]:
    """Store pieces, each once whoever else has it; their keys. Nothing names them yet, so compaction may take them."""
    rows = [(sha256(piece).digest(), piece) for piece in pieces]
    db.executemany(_BLOB, rows)
    return [key for key, _ in rows]


def join(db: apsw.Connection, cut: Cut) -> bool:
    """Make one of pieces that are stored; False where some are not (any more)."""
    is_there = "SELECT 1 FROM blobs WHERE key = ?"
    if any(db.execute(is_there, (key,)).get is None for _, key in cut.pieces):
        return False
    if len(cut.pieces) > 1:
        db.executemany(
            _PIECE, [(cut.key, at, key, sums.of_piece(cut.key, at, key)) for at, key in cut.pieces]
        )
    return True


def evenly(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of `PIECE_BYTES`; only the last is shorter, and one is empty where there are none."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) > PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    yield bytes(held)


def opened(db: apsw.Connection, file: Callable[[], DatabaseFile], kept: Kept) -> bytes | Content:
    """The bytes of an attachment: themselves, or where their pieces are. `Damaged` if they are not what was written."""
    data = db.execute("SELECT data FROM blobs WHERE key = ?", (kept.key,)).get
    if data is not None:
        return _checked(kept.key, data)
    last = db.execute(
        "SELECT start + length(data) FROM pieces JOIN blobs ON blobs.key = piece WHERE whole = ?"
        " ORDER BY start DESC LIMIT 1",
        (kept.key,),
    ).get
    if last != kept.stub.length_bytes:
        raise DamagedDocument("the bytes of an attachment are not there")
    return _InPieces(file, kept.key)


@dataclass(frozen=True)
class _InPieces:
    """Bytes in pieces, each read in a transaction of its own (`Content`)."""

    file: Callable[[], DatabaseFile]
    key: bytes

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """`NotFound` where they are compacted away meanwhile."""
        at = start
        while at < stop:
            with self.file().reading() as db:
                first, data = piece_at(db, self.key, at)
            yield data[at - first : stop - first]
            at = first + len(data)


def piece_at(db: apsw.Connection, whole: bytes, at: int) -> tuple[int, bytes]:
    """The piece that has the byte at this place, and where it begins; `Damaged` if it is not what was written."""
    row = db.execute(
        "SELECT start, piece, sum, data FROM pieces LEFT JOIN blobs ON blobs.key = piece"
        " WHERE whole = ? AND start <= ? ORDER BY start DESC LIMIT 1",
        (whole, at),
    ).get
    if row is None:
        raise NotFound("the bytes of an attachment that nothing names any more")
    start, key, summed, data = row
    if sums.of_piece(whole, start, key) != summed or start + len(_checked(key, data)) <= at:
        raise DamagedDocument("a piece of an attachment is not what was written")
    return start, data


def _checked(key: bytes, data: object) -> bytes:
    if not isinstance(data, bytes) or sha256(data).digest() != key:  # a damaged page may give a text
        raise DamagedDocument("the bytes of an attachment are not what was written")
    return data


def stored(db: apsw.Connection, key: bytes) -> Iterator[bytes]:
    """The bytes under a key, within the transaction of who reads; none where nothing is there. `Damaged`."""
    data = db.execute("SELECT data FROM blobs WHERE key = ?", (key,)).get
    if data is not None:
        yield _checked(key, data)
        return
    last = db.execute("SELECT max(start) FROM pieces WHERE whole = ?", (key,)).get
    at = 0
    while isinstance(last, int) and at <= last:
        first, piece = piece_at(db, key, at)
        yield piece
        at = first + len(piece)


def forget_unnamed(db: apsw.Connection) -> None:
    """Let go of the bytes that no stored revision names."""
    db.execute(f"DELETE FROM pieces WHERE whole NOT IN ({_NAMED})")
    db.execute(_UNNAMED)


def take_back(db: apsw.Connection, keys: Iterable[bytes]) -> None:
    """Let go of these pieces, unless something names them."""
    listed = orjson.dumps([key.hex() for key in keys]).decode()
    db.execute(f"{_UNNAMED} AND key IN (SELECT unhex(value) FROM json_each(?))", (listed,))
