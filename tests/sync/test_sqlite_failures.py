"""What the disk and other processes can do to a store: it says so, keeps what it had, and the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import apsw
import pytest

from sync.digests import digest_of
from sync.documents import Attachment, Document
from sync.errors import Malformed, StoreUnavailable
from sync.sqlite import SqliteStore, SqliteStores

Verb = Callable[[SqliteStore], object]

READS: dict[str, Verb] = {
    "info": lambda store: store.info(),
    "get": lambda store: store.get("a"),
    "leaves": lambda store: store.leaves("a"),
    "leaves_many": lambda store: store.leaves_many(["a"]),
    "missing": lambda store: store.missing({"a": ["1-f"]}),
    "changes": lambda store: list(store.changes()),
    "all_ids": lambda store: list(store.all_ids()),
    "attachment": lambda store: store.attachment("a", "photo"),
    "get_local": lambda store: store.get_local("c"),
    "verify": lambda store: store.verify(),
}
WRITES: dict[str, Verb] = {
    "put": lambda store: store.put("new", {"pad": "x" * 50_000}),
    "graft": lambda store: store.graft(documents(100)),
    "put_local": lambda store: store.put_local("c", {"pad": "x" * 50_000}),
    "delete_local": lambda store: store.delete_local("kept"),
    "compact": lambda store: store.compact(),
}


def documents(number: int) -> list[Document]:
    return [Document.of(f"b:{n}", [f"1-{n:032x}"], {"pad": "x" * 500}) for n in range(number)]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[SqliteStores]:
    with closing(SqliteStores(tmp_path)) as stores:
        yield stores


@pytest.fixture
def store(stores: SqliteStores) -> SqliteStore:
    store = stores.create("grid-a")
    store.put("a", {"floor": 3})
    store.put_local("kept", {"n": 1})
    stores.create("grid-b").put("a", {"other": True})
    return store


@pytest.mark.parametrize("verb", ["put", "graft", "put_local"])
def test_a_full_disk_takes_nothing_and_keeps_what_was_there(
    stores: SqliteStores, store: SqliteStore, verb: str
) -> None:
    before = [store.info(), list(store.changes()), store.leaves("a")]
    with store._file().outside() as db:
        db.execute(f"PRAGMA max_page_count={db.pragma('page_count')}").fetchall()

    with pytest.raises(StoreUnavailable):
        WRITES[verb](store)
    assert [store.info(), list(store.changes()), store.leaves("a")] == before
    assert store.get_local("kept") == ("0-1", {"n": 1})
    assert store.verify() == []
    assert stores.update_seqs() == {"grid-a": "1", "grid-b": "1"}


def test_there_is_room_again_and_the_same_batch_is_stored(store: SqliteStore) -> None:
    with store._file().outside() as db:
        db.execute(f"PRAGMA max_page_count={db.pragma('page_count')}").fetchall()
    with pytest.raises(StoreUnavailable):
        store.graft(documents(100))

    assert store.graft(documents(100)) == ["stored"] * 100
    assert store.verify() == []


@pytest.mark.parametrize("verb", WRITES)
def test_a_file_that_another_process_holds_is_unavailable_for_writing_only(
    tmp_path: Path, store: SqliteStore, verb: str
) -> None:
    with store._file().outside() as db:
        db.set_busy_timeout(1)
    with closing(apsw.Connection(str(tmp_path / "grid-a.sqlite"))) as holder:
        holder.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreUnavailable):
            WRITES[verb](store)
    assert store.get("a").fields == {"floor": 3}
    assert store.verify() == []


@pytest.mark.parametrize("verb", [*READS, *WRITES])
def test_a_file_that_is_no_database_is_unavailable_and_the_others_go_on(
    tmp_path: Path, stores: SqliteStores, store: SqliteStore, verb: str
) -> None:
    stores.close()
    (tmp_path / "grid-a.sqlite").write_bytes(b"\xff" * 20_000)

    with pytest.raises(StoreUnavailable):
        {**READS, **WRITES}[verb](store)
    assert stores.open("grid-b").put("b", {})
    assert stores.update_seqs() == {"grid-b": "2"}


def test_a_read_only_file_can_be_read(stores: SqliteStores, store: SqliteStore) -> None:
    with store._file().outside() as db:
        db.execute("PRAGMA query_only=ON").fetchall()

    with pytest.raises(StoreUnavailable):
        store.put("b", {})
    assert store.get("a").fields == {"floor": 3}


@pytest.mark.parametrize(
    "verb",
    [
        lambda store: store.get("\ud800"),
        lambda store: store.put("\ud800", {}),
        lambda store: store.graft([Document.of("\ud800", ["1-" + "a" * 32], {})]),
        lambda store: store.missing({"\ud800": ["1-" + "a" * 32]}),
        lambda store: store.put_local("\ud800", {}),
        lambda store: list(store.all_ids("\ud800")),
    ],
)
def test_an_id_that_is_no_text_is_malformed(store: SqliteStore, verb: Verb) -> None:
    with pytest.raises(Malformed):
        verb(store)
    assert store.info().doc_count == 1


@pytest.mark.parametrize("fields", [{"n": 2**70}, {"text": "\ud800"}, {"\udfff": 1}])
def test_a_body_that_is_no_json_is_malformed(store: SqliteStore, fields: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        store.put("b", fields)
    with pytest.raises(Malformed):
        store.put_local("b", fields)
    assert store.leaves("b") == []


HARM = {
    "DELETE FROM bodies WHERE seq = 1": "a: sequence 1: a leaf without a body",
    "INSERT INTO bodies VALUES (99, x'7b7d', NULL, 0)": "sequence 99: a body of no revision",
    "UPDATE bodies SET body = x'5b5d', sum = 223132457 WHERE seq = 2": "b:0: sequence 2: the body is no JSON object",
    "UPDATE bodies SET body = x'7b7d' WHERE seq = 2": "b:0: sequence 2: the body is not what was written",
    "UPDATE docs SET tree = 'nonsense' WHERE seq = 3": "b:1: its revision tree cannot be read",
    "UPDATE docs SET tree = replace(tree, '0', '1') WHERE seq = 3": "b:1: its row is not what was written",
    "UPDATE docs SET deleted = 1 WHERE seq = 4": "b:2: its row names other leaves than its tree",
    "INSERT INTO blobs VALUES (x'00', x'01')": "attachment 00: its bytes are not what their digest says",
    "DELETE FROM blobs": f"photo: sequence 5: the bytes of attachment {sha256(b'jpg').hexdigest()} are not there",
    "UPDATE state SET live = 9": "counters: stated (5, 9, 0), counted (5, 5, 0)",
}


@pytest.mark.parametrize("sql", HARM)
def test_verify_names_what_is_wrong_and_where(store: SqliteStore, sql: str) -> None:
    store.graft(documents(3))
    stub = Attachment("image/jpeg", digest_of(b"jpg"), 3, 1, b"jpg")
    store.put("photo", {}, attachments={"photo": stub})
    assert store.verify() == []
    with store._file().writing() as (db, _):
        db.execute(sql)
    assert HARM[sql] in store.verify()


def test_a_file_of_a_newer_version_is_left_alone(
    tmp_path: Path, stores: SqliteStores, store: SqliteStore
) -> None:
    stores.close()
    with closing(apsw.Connection(str(tmp_path / "grid-a.sqlite"))) as db:
        db.execute("PRAGMA user_version=1000").fetchall()

    with pytest.raises(StoreUnavailable, match="newer version"):
        store.get("a")
