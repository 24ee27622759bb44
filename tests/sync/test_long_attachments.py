"""Long attachments in the embedded store: in pieces on the way in and out, checked, and nothing held meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sync.digests import digest_of
from sync.documents import PIECE_BYTES, Attachment, Document
from sync.errors import Damaged, Malformed, MissingStub, NotFound, StoreUnavailable
from sync.sqlite import SqliteStore, SqliteStores
from tests.support.lengthy import MIB, Lengthy

FILM = Lengthy(seed=1, length_mib=3)
REV = "1-" + "a" * 32


@dataclass(frozen=True, eq=False)
class Meanwhile:
    """A film, while the reading of which something is done before each MiB (`Content`)."""

    act: Callable[[], object]
    film: Lengthy = FILM

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        for piece in self.film.pieces(start, stop):
            self.act()
            yield piece

    def document(self) -> Document:
        return Document("film", (REV,), attachments={"f": replace(self.film.attached(), data=self)})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStores(tmp_path)) as stores:
        yield stores.create("grid-a")


def small(data: bytes) -> Attachment:
    return Attachment("a/b", digest_of(data), len(data), 1, data)


def count(store: SqliteStore, table: str) -> int:
    with store._file().reading() as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").get)


def graft_film(store: SqliteStore) -> None:
    store.graft([Document("film", (REV,), attachments={"f": FILM.attached()})])


def test_any_range_is_what_was_stored(store: SqliteStore) -> None:
    graft_film(store)
    part, whole = store.attachment("film", "f"), FILM.attached().whole()
    for start in (0, 1, PIECE_BYTES - 1, PIECE_BYTES, MIB + 7, 3 * MIB - 1, 3 * MIB):
        for stop in (0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * MIB - 1, 3 * MIB):
            pieces = list(part.pieces(start, stop))
            assert b"".join(pieces) == whole[start:stop]
            assert all(0 < len(piece) <= PIECE_BYTES for piece in pieces)


def test_bytes_in_memory_and_bytes_elsewhere_are_stored_once(store: SqliteStore) -> None:
    graft_film(store)
    pieces = count(store, "blobs")
    assert pieces == 3 * MIB / PIECE_BYTES
    store.put("same", {}, attachments={"f": replace(FILM.attached(), data=FILM.attached().whole())})
    store.put("again", {}, attachments={"f": store.attachment("film", "f")})
    assert (count(store, "blobs"), count(store, "pieces")) == (pieces, pieces)
    assert store.attachment("same", "f").whole() == store.attachment("again", "f").whole()
    assert store.verify() == []


def test_a_source_is_read_outside_of_any_transaction(store: SqliteStore) -> None:
    """Others write while it is read, and see nothing of it before it is whole."""
    seen: list[int] = []

    def write() -> None:
        store.put(f"other:{len(seen)}", {})
        seen.append(len(store.leaves("film")))

    assert store.graft([Meanwhile(write).document()]) == ["stored"]
    assert seen == [0, 0, 0]
    assert store.info().doc_count == 4
    assert store.attachment("film", "f").whole() == FILM.attached().whole()


@pytest.mark.parametrize("times", [2, 1000])
def test_what_is_compacted_away_before_it_is_named_is_stored_again_or_not_at_all(
    store: SqliteStore, times: int
) -> None:
    film, compactions = Lengthy(2, 9), list(range(times))

    class Swept(Meanwhile):
        def pieces(self, start: int, stop: int) -> Iterator[bytes]:
            yield from self.film.pieces(start, stop)
            if compactions:
                compactions.pop()
                store.compact()

    document = Swept(lambda: None, film).document()
    if times > 2:
        with pytest.raises(StoreUnavailable, match="again and again"):
            store.graft([document])
        assert (store.leaves("film"), count(store, "blobs")) == ([], 0)
    else:
        assert store.graft([document]) == ["stored"]
        assert store.attachment("film", "f").whole() == film.attached().whole()
    assert store.verify() == []


def test_a_source_that_breaks_off_leaves_nothing(store: SqliteStore) -> None:
    asked: list[int] = []

    def break_off() -> None:
        asked.append(count(store, "blobs"))
        if len(asked) == 18:
            raise StoreUnavailable("the other server is away")

    store.put("small", {}, attachments={"s": small(b"s")})
    with pytest.raises(StoreUnavailable, match="away"):
        store.graft([Meanwhile(break_off, Lengthy(2, 20)).document()])
    assert (len(asked), max(asked) > 60) == (18, True)
    assert (store.leaves("film"), count(store, "blobs"), count(store, "pieces")) == ([], 1, 0)


def test_bytes_that_are_not_what_their_digest_says_leave_nothing(store: SqliteStore) -> None:
    wrong = replace(FILM.attached(), digest=digest_of(b"another"))
    with pytest.raises(Malformed):
        store.put("film", {}, attachments={"f": wrong})
    assert (store.leaves("film"), count(store, "blobs")) == ([], 0)


def test_what_is_refused_is_not_even_read(store: SqliteStore) -> None:
    asked: list[int] = []
    document = Meanwhile(lambda: asked.append(1)).document()
    assert store.graft([document], lambda *_: False) == ["refused"]
    stub = Document("other", (REV,), attachments={"s": replace(FILM.attached(), data=None)})
    with pytest.raises(MissingStub):
        store.graft([document, stub])
    assert (asked, count(store, "blobs")) == ([], 0)
    assert store.graft([document]) == ["stored"]
    assert len(asked) == 3


def test_the_log_stays_short(store: SqliteStore, tmp_path: Path) -> None:
    log = tmp_path / "grid-a.sqlite-wal"
    sizes: list[int] = []
    long = Meanwhile(lambda: sizes.append(log.stat().st_size), Lengthy(3, 64))
    assert store.graft([long.document()]) == ["stored"]
    assert max(sizes) < 32 * MIB
    assert store.attachment("film", "f").digest == long.film.digest


def test_a_reader_holds_nothing_between_two_pieces(store: SqliteStore, tmp_path: Path) -> None:
    graft_film(store)
    pieces = store.attachment("film", "f").pieces()
    read = [next(pieces)]
    for piece in pieces:
        read.append(piece)
        store.put(f"n:{len(read)}", {})
        with store._file().outside() as db:
            busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").get
        assert (busy, (tmp_path / "grid-a.sqlite-wal").stat().st_size) == (0, 0)
    assert b"".join(read) == FILM.attached().whole()


def test_what_is_compacted_away_while_it_is_read_ends_the_reading(store: SqliteStore) -> None:
    graft_film(store)
    pieces = store.attachment("film", "f").pieces()
    next(pieces)
    store.put("film", {}, REV)
    store.compact()
    with pytest.raises(NotFound):
        next(pieces)


HARM = {
    "another byte": "UPDATE blobs SET data = CAST(X'00' || substr(data, 2) AS BLOB) WHERE key = {key}",
    "a piece is gone": "DELETE FROM blobs WHERE key = {key}",
    "a piece is another": "UPDATE pieces SET piece = (SELECT piece FROM pieces WHERE start = 0) WHERE piece = {key}",
    "a piece is moved": "UPDATE pieces SET start = start + 1 WHERE piece = {key}",
}


@pytest.mark.parametrize("harm", HARM)
def test_a_damaged_piece_is_never_given_out(store: SqliteStore, harm: str) -> None:
    graft_film(store)
    part = store.attachment("film", "f")
    with store._file().writing() as (db, _):
        key = db.execute("SELECT quote(piece) FROM pieces WHERE start = ?", (5 * PIECE_BYTES,)).get
        db.execute(HARM[harm].format(key=key))
    read: list[bytes] = []
    with pytest.raises(Damaged):
        read.extend(part.pieces())
    with pytest.raises(Damaged):
        next(part.pieces(5 * PIECE_BYTES + 10))
    whole = FILM.attached().whole()
    with suppress(Damaged):
        for piece in part.pieces():
            assert whole.startswith(piece)
            whole = whole[len(piece) :]
    assert len(whole) == 3 * MIB - 5 * PIECE_BYTES
    assert any(line.startswith("film: sequence 1: the bytes of attachment") for line in store.verify())


def test_an_attachment_whose_end_is_gone_is_damaged_at_once(store: SqliteStore) -> None:
    graft_film(store)
    with store._file().writing() as (db, _):
        db.execute("DELETE FROM pieces WHERE start = (SELECT max(start) FROM pieces)")
    with pytest.raises(Damaged):
        store.attachment("film", "f")


def test_a_long_attachment_in_one_blob_as_older_versions_wrote_it_is_read(store: SqliteStore) -> None:
    graft_film(store)
    whole = FILM.attached().whole()
    with store._file().writing() as (db, _):
        key = db.execute("SELECT whole FROM pieces LIMIT 1").get
        db.execute("DELETE FROM blobs")
        db.execute("DELETE FROM pieces")
        db.execute("INSERT INTO blobs VALUES (?, ?)", (key, whole))
    assert store.attachment("film", "f") == replace(FILM.attached(), data=whole)
    assert store.verify() == []


def test_compaction_lets_go_of_what_no_leaf_names_and_of_nothing_else(store: SqliteStore) -> None:
    shared = FILM.attached().whole()[:PIECE_BYTES]
    graft_film(store)
    store.put("piece", {}, attachments={"p": small(shared)})
    store.compact()
    assert store.attachment("film", "f").whole() == FILM.attached().whole()
    store.put("film", {}, REV)
    store.compact()
    assert (count(store, "blobs"), count(store, "pieces")) == (1, 0)
    assert store.attachment("piece", "p").data == shared
    assert store.verify() == []
