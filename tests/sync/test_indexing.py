"""Indexes of the embedded store: brought up to date by whoever asks, and never in the way of a document."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from sync import mango
from sync.capabilities import KeepsIndexes, Span
from sync.collation import AFTER, key
from sync.documents import Document, Json
from sync.errors import NoRoom, StoreUnavailable, SyncError, Unindexed
from sync.mango.search import Search
from sync.sqlite import SqliteStore, SqliteStores, index_file, indexing
from sync.sqlite.copying import copy, raise_epoch
from sync.sqlite.index_file import Source
from tests.support.disk import Disk
from tests.sync.store_writer import BATCH, DATABASE

ROOT = Path(__file__).parents[2]
EVERYTHING = Span(b"", AFTER)


def by(*fields: str, partial: Json = None) -> mango.Index:
    name = "-".join(fields)
    return mango.Index(f"_design/{name}", name, tuple((field, "asc") for field in fields), partial)


BY_N = by("n")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[SqliteStores]:
    with closing(SqliteStores(tmp_path)) as stores:
        yield stores


@pytest.fixture
def store(stores: SqliteStores) -> SqliteStore:
    store = stores.create("grid-a")
    for number in (3, 1, 2):
        store.put(f"d{number}", {"n": number})
    store.put("other", {"m": 1})
    return store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "grid-a.index"


def found(
    store: SqliteStore, span: Span = EVERYTHING, index: mango.Index = BY_N, *, fresh: bool = True
) -> list[str]:
    return [doc_id for _, doc_id in store.entries(index, span, fresh=fresh, left_s=lambda: 10.0)]


def define(store: SqliteStore, index: mango.Index) -> str:
    return store.put(index.ddoc, {"language": "query", "views": {index.name: index.view()}})


def ask(store: SqliteStore, selector: Json, **options: Json) -> mango.Found:
    return Search(store, mango.read_query({"selector": selector, **options})).run()


def test_documents_come_in_order_of_key_and_id(store: SqliteStore) -> None:
    assert isinstance(store, KeepsIndexes)
    store.put("a1", {"n": 1})
    store.put("b0", {"n": None})
    ordered = ["b0", "a1", "d1", "d2", "d3"]
    assert found(store) == ordered
    assert found(store, Span(b"", AFTER, descending=True)) == ordered[::-1]
    for place, doc_id in enumerate(ordered):
        after = (key(store.get(doc_id).fields["n"]), doc_id)
        assert found(store, Span(b"", AFTER, after)) == ordered[place + 1 :]
        assert found(store, Span(b"", AFTER, after, descending=True)) == ordered[:place][::-1]
    assert found(store, Span(key(1), key(2))) == ["a1", "d1"]
    assert found(store, Span(key(1) + AFTER, key(2) + AFTER)) == ["d2"]
    assert found(store, Span(key(2), AFTER, (key(1), "a1"))) == ["d2", "d3"]
    assert found(store, Span(b"", key(2), (key(3), "z"), descending=True)) == ["d1", "a1", "b0"]


def test_a_database_that_nobody_asks_has_no_file_of_indexes(store: SqliteStore, file: Path) -> None:
    define(store, BY_N)
    store.put("more", {"n": 1})
    store.compact()
    assert store.verify() == []
    assert not file.exists()
    assert ask(store, {"m": 1}).ids == ["other"]
    assert not file.exists()
    assert ask(store, {"n": 1}).ids == ["d1", "more"]
    assert file.exists()


def test_edits_deletions_and_conflicts_are_followed(store: SqliteStore) -> None:
    found(store)
    rev = store.put("d1", {"n": 9}, store.get("d1").rev)
    store.put("d2", {}, store.get("d2").rev, deleted=True)
    store.put("d3", {"m": 1}, store.get("d3").rev)
    store.put("other", {"n": 0}, store.get("other").rev)
    assert found(store) == ["other", "d1"]
    store.graft([Document.of("d1", [f"3-{'f' * 32}"], {"n": -1})])
    assert found(store) == ["d1", "other"]
    assert found(store, index=by("_conflicts")) == ["d1"]
    store.put("d1", {}, f"3-{'f' * 32}", deleted=True)
    assert found(store) == ["other", "d1"]
    assert found(store, index=by("_conflicts")) == []
    store.put("d2", {"n": 5})
    store.put("d1", {}, rev, deleted=True)
    assert found(store) == ["other", "d2"]


def test_an_index_that_need_not_be_fresh_is_read_as_it_stands(store: SqliteStore) -> None:
    assert found(store, fresh=False) == []
    found(store)
    store.put("d0", {"n": 0})
    assert found(store, fresh=False) == ["d1", "d2", "d3"]
    assert found(store) == ["d0", "d1", "d2", "d3"]


def test_what_another_process_writes_is_found(store: SqliteStore, tmp_path: Path) -> None:
    with closing(SqliteStores(tmp_path)) as others:
        other = others.open("grid-a")
        assert found(other) == ["d1", "d2", "d3"]
        store.put("d0", {"n": 0})
        assert found(other) == ["d0", "d1", "d2", "d3"]
        other.put("d4", {"n": 4})
        assert found(store) == ["d0", "d1", "d2", "d3", "d4"]


class Counted:
    """An index that counts the documents it is shown."""

    def __init__(self) -> None:
        self.identity = BY_N.identity
        self.shown = 0

    def key(self, winner: Document, conflicts: Sequence[str]) -> bytes | None:
        self.shown += 1
        return BY_N.key(winner, conflicts)


class TimeIsUp(Exception):
    """What a reader says who waits no longer."""


def test_what_was_learnt_is_kept_when_the_time_is_up(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "PIECE", 10)
    store.graft([Document.of(f"e{n:03}", [f"1-{n:032x}"], {"n": n}) for n in range(100)])
    index, patience = Counted(), iter(range(60))

    def left_s() -> float:
        if next(patience, None) is None:
            raise TimeIsUp
        return 10.0

    with pytest.raises(TimeIsUp):
        list(store.entries(index, EVERYTHING, fresh=True, left_s=left_s))
    assert 40 <= index.shown < 60
    kept = index.shown // 10 * 10
    assert len(list(store.entries(index, EVERYTHING, fresh=True, left_s=lambda: 10.0))) == 103
    assert index.shown <= 104 + 10
    assert kept > 30


def test_long_keys_are_learnt_a_few_at_a_time(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_PIECE_BYTES", 1_000)
    pieces: list[int] = []
    keep = indexing._keep

    def counted(db: Any, identity: str, at: Any, learnt: Any) -> None:
        pieces.append(len(learnt.keys))
        keep(db, identity, at, learnt)

    monkeypatch.setattr(indexing, "_keep", counted)
    store.graft([Document.of(f"e{n}", [f"1-{n:032x}"], {"n": "x" * 400}) for n in range(10)])
    assert len(found(store)) == 13
    assert max(pieces) < 8
    assert sum(pieces) == 14


def test_a_database_made_again_is_asked_anew(stores: SqliteStores, store: SqliteStore, file: Path) -> None:
    found(store)
    stores.delete("grid-a")
    assert not file.exists()
    again = stores.create("grid-a")
    again.put("new", {"n": 1})
    assert found(again) == ["new"]


def test_an_index_left_behind_by_another_database_is_forgotten(
    stores: SqliteStores, store: SqliteStore, tmp_path: Path, file: Path
) -> None:
    found(store)
    kept = file.read_bytes()
    stores.create("grid-b").graft([Document.of(f"b{n}", [f"1-{n:032x}"], {"n": n}) for n in range(5)])
    stores.close()
    (tmp_path / "grid-b.index").write_bytes(kept)
    assert found(stores.open("grid-b")) == ["b0", "b1", "b2", "b3", "b4"]


def test_a_restored_database_is_asked_anew(stores: SqliteStores, store: SqliteStore, tmp_path: Path) -> None:
    copy(tmp_path / "grid-a.sqlite", tmp_path / "backup")
    store.put("d0", {"n": 0})
    assert found(store) == ["d0", "d1", "d2", "d3"]
    stores.close()
    for ending in ("", "-wal", "-shm"):
        (tmp_path / f"grid-a.sqlite{ending}").unlink(missing_ok=True)
    (tmp_path / "backup").rename(tmp_path / "grid-a.sqlite")
    raise_epoch(tmp_path / "grid-a.sqlite", 0)
    store = stores.open("grid-a")
    store.put("after", {"n": 7})
    assert found(store) == ["d1", "d2", "d3", "after"]


def test_a_purge_leaves_no_word_in_an_index(store: SqliteStore, tmp_path: Path, file: Path) -> None:
    by_name = by("name")
    rev = store.put("purged", {"name": "somebody"})
    kept = store.put("both", {"name": "one"})
    store.graft([Document.of("both", [f"1-{'f' * 32}"], {"name": "two"})])
    assert found(store, index=by_name) == ["purged", "both"]
    with closing(SqliteStores(tmp_path)) as others:
        assert others.open("grid-a").purge({"purged": [rev], "both": [f"1-{'f' * 32}"]}) != {}
    assert not file.exists()
    assert found(store, index=by_name) == ["both"]
    assert b"purged" not in file.read_bytes()
    assert store.get("both").rev == kept


def test_an_index_that_outlives_a_purge_is_forgotten(store: SqliteStore, file: Path) -> None:
    found(store)
    held = file.read_bytes()
    store.purge({"d1": [store.get("d1").rev]})
    file.write_bytes(held)
    assert found(store, fresh=False) == []
    assert found(store) == ["d2", "d3"]


def test_keys_of_another_order_are_forgotten(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    found(store)
    monkeypatch.setattr(
        Source, "__new__", lambda cls, *of: tuple.__new__(cls, of if len(of) == 4 else (*of, "2/99"))
    )
    index = Counted()
    assert len(list(store.entries(index, EVERYTHING, fresh=True, left_s=lambda: 10.0))) == 3
    assert index.shown == 4


def test_an_index_may_be_thrown_away_at_any_time(store: SqliteStore, file: Path) -> None:
    define(store, BY_N)
    assert ask(store, {"n": {"$gt": 0}}).ids == ["d1", "d2", "d3"]
    reader = store.entries(BY_N, EVERYTHING, fresh=True, left_s=lambda: 10.0)
    next(reader)
    file.unlink()
    assert [doc_id for _, doc_id in reader] == ["d2", "d3"]
    assert ask(store, {"n": {"$gt": 0}}).ids == ["d1", "d2", "d3"]
    assert file.exists()


SPOILS: dict[str, Callable[[bytes], bytes]] = {
    "no file of SQLite": lambda content: b"x" * 8192,
    "empty": lambda content: b"",
    "cut": lambda content: content[:4096],
    "of a newer version": lambda content: content[:60] + (99).to_bytes(4) + content[64:],
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_damaged_index_is_thrown_away_and_the_question_is_answered(
    stores: SqliteStores, store: SqliteStore, file: Path, spoil: str
) -> None:
    define(store, BY_N)
    found(store)
    stores.close()
    file.write_bytes(SPOILS[spoil](file.read_bytes()))
    answer = ask(store, {"n": {"$gt": 1}})
    assert (answer.ids, answer.keys_examined) == (["d2", "d3"], 5)
    assert "No matching index" in (answer.warning or "")
    again = ask(store, {"n": {"$gt": 1}})
    assert (again.ids, again.keys_examined, again.warning) == (["d2", "d3"], 2, None)
    assert store.verify() == []


def test_a_named_filter_holds_when_its_index_cannot_be_read(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = by("n", partial={"n": {"$gt": 1}})
    define(store, some)
    assert ask(store, {"n": {"$gt": 0}}, use_index="n").ids == ["d2", "d3"]
    monkeypatch.setattr(indexing, "ROOM_BYTES", 2**62)
    store.put("d4", {"n": 4})
    assert ask(store, {"n": {"$gt": 0}}, use_index="n").ids == ["d2", "d3", "d4"]


def test_the_room_on_a_disk_is_left_to_the_documents(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    define(store, BY_N)
    monkeypatch.setattr(indexing, "ROOM_BYTES", 2**62)
    with pytest.raises(Unindexed, match="room"):
        found(store)
    assert ask(store, {"n": {"$gt": 1}}).ids == ["d2", "d3"]
    store.put("d4", {"n": 4})


def test_a_full_disk_stops_an_index_and_no_question(tmp_path: Path) -> None:
    with Disk(random.Random(1)).in_use() as disk, closing(SqliteStores(tmp_path)) as stores:
        store = stores.create("grid-a")
        define(store, BY_N)
        store.graft([Document.of(f"e{n:04}", [f"1-{n:032x}"], {"n": n}) for n in range(2_000)])
        bookmark = ask(store, {"n": {"$gt": 10}}, limit=1).bookmark
        for steps in range(0, 40, 4):
            store.graft([Document.of(f"f{steps}-{n}", [f"1-{n:032x}"], {"n": -n}) for n in range(300)])
            disk.fill_after(steps)
            answer = ask(store, {"n": {"$gte": 1_990}}, limit=100)
            assert answer.ids == [f"e{n:04}" for n in range(1_990, 2_000)]
            with pytest.raises(NoRoom):
                store.graft([Document.of(f"g{n}", [f"1-{n:032x}"], {"pad": "x" * 500}) for n in range(100)])
            disk.make_room()
        assert ask(store, {"n": {"$gt": 10}}, limit=1, bookmark=bookmark).ids == ["e0012"]
        assert store.verify() == []


def test_an_index_that_lost_its_power_is_right_or_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(random.randrange(2**32))
    monkeypatch.setattr(indexing, "PIECE", 20)
    with Disk(chance).in_use() as disk:
        with closing(SqliteStores(tmp_path)) as stores:
            store = stores.create("grid-a")
            define(store, BY_N)
        kept = 0
        for round_number in range(80):
            with closing(SqliteStores(tmp_path)) as stores:
                store = stores.open("grid-a")
                documents = [
                    Document.of(
                        f"e{chance.randrange(200)}",
                        [f"1-{chance.getrandbits(128):032x}"],
                        {"n": n, "pad": "x" * 300},
                    )
                    for n in range(chance.choice((5, 100)))
                ]
                store.graft(documents)
                disk.cut_after(chance.randrange(60))
                with suppress(SyncError):
                    while True:
                        ask(store, {"n": {"$gt": 10}})
                        store.put(
                            "often", {"n": round_number}, next((d.rev for d in store.leaves("often")), None)
                        )
            disk.mend()
            with closing(SqliteStores(tmp_path)) as stores:
                store = stores.open("grid-a")
                kept += len(found(store, fresh=False)) > 0
                winners = {
                    d: store.leaves(d)[0].fields["n"] for d, _ in store.all_ids("a", "z") if d != BY_N.ddoc
                }
                assert found(store) == sorted(winners, key=lambda d: (key(winners[d]), d))
                assert store.verify() == []
        assert kept > 40


def test_a_page_of_an_index_that_cannot_be_read_is_asked_for_again(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    define(store, BY_N)
    page = ask(store, {"n": {"$gt": 0}}, limit=1)
    store.put("d4", {"n": 4})
    with monkeypatch.context() as patched:
        patched.setattr(indexing, "ROOM_BYTES", 2**62)
        with pytest.raises(StoreUnavailable):
            ask(store, {"n": {"$gt": 0}}, bookmark=page.bookmark)
    assert ask(store, {"n": {"$gt": 0}}, bookmark=page.bookmark).ids == ["d2", "d3", "d4"]


def test_a_document_is_written_while_an_index_is(store: SqliteStore) -> None:
    found(store)
    source, _ = store._indexes._head()
    with store._indexes._files.file("grid-a").changing(source, 1.0):
        store.put("d0", {"n": 0})
        with pytest.raises(Unindexed):
            list(store.entries(BY_N, EVERYTHING, fresh=True, left_s=lambda: 0.01))
        assert found(store, fresh=False) == ["d1", "d2", "d3"]
    assert found(store) == ["d0", "d1", "d2", "d3"]


def test_many_who_build_an_index_at_once_build_one(store: SqliteStore, tmp_path: Path) -> None:
    store.graft([Document.of(f"e{n:04}", [f"1-{n:032x}"], {"n": n}) for n in range(2_000)])
    expected = sorted((key(n), f"e{n:04}") for n in range(2_000)) + [(key(n), f"d{n}") for n in (1, 2, 3)]

    def build(number: int) -> list[tuple[bytes, str]]:
        with closing(SqliteStores(tmp_path)) as own:
            asked = store if number % 2 else own.open("grid-a")
            return list(asked.entries(BY_N, EVERYTHING, fresh=True, left_s=lambda: 30.0))

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(build, range(6)))
    assert all(answer == sorted(expected) for answer in answers)
    assert store.verify() == []


def test_an_index_that_is_thrown_away_while_many_ask_gives_no_wrong_answer(
    store: SqliteStore, tmp_path: Path, file: Path
) -> None:
    define(store, BY_N)
    store.graft([Document.of(f"e{n:03}", [f"1-{n:032x}"], {"n": n}) for n in range(300)])
    expected = ask(store, {"n": {"$gte": 250}}, limit=100).ids

    def asker(number: int) -> list[list[str]]:
        with closing(SqliteStores(tmp_path)) as own:
            return [ask(own.open("grid-a"), {"n": {"$gte": 250}}, limit=100).ids for _ in range(60)]

    def spoiler() -> int:
        spoilt = 0
        with closing(SqliteStores(tmp_path)) as own:
            while not done:
                with suppress(FileNotFoundError):
                    if spoilt % 3 == 0:
                        os.truncate(file, 4096)
                    elif spoilt % 3 == 1:
                        file.unlink()
                    else:
                        own.open("grid-a")._indexes.discard()
                    spoilt += 1
        return spoilt

    done: list[bool] = []
    with ThreadPoolExecutor(5) as pool:
        spoiling = pool.submit(spoiler)
        answers = [answer for each in pool.map(asker, range(4)) for answer in each]
        done.append(True)
        assert spoiling.result() > 20
    assert all(sorted(answer) == expected for answer in answers)
    assert len(answers) == 240
    assert ask(store, {"n": {"$gte": 250}}, limit=100).ids == expected
    assert store.verify() == []


def test_whoever_asks_while_others_write_misses_nothing_that_was_there(
    stores: SqliteStores, tmp_path: Path
) -> None:
    store = stores.create(DATABASE)
    define(store, by("batch"))
    store.graft([Document.of("shared", [f"1-{'0' * 32}"], {})])
    command = [sys.executable, "-m", "tests.sync.store_writer", "graft", str(tmp_path), "15"]
    writers = [subprocess.Popen([*command, letter], cwd=ROOT, stdout=subprocess.DEVNULL) for letter in "xy"]
    seen: set[str] = set()
    while any(writer.poll() is None for writer in writers):
        live = {doc_id for doc_id, _ in store.all_ids("a", "z")}
        ids = ask(store, {"batch": {"$gte": 0}, "pad": {"$exists": True}}, limit=10_000).ids
        assert len(ids) == len(set(ids))
        assert seen | (live - {"shared"}) <= set(ids)
        seen = set(ids)
    assert [writer.wait() for writer in writers] == [0, 0]
    assert len(ask(store, {"batch": {"$gte": 0}}, limit=10_000).ids) == 2 * 15 * BATCH + 1


def test_compaction_drops_indexes_that_are_defined_no_more(store: SqliteStore, file: Path) -> None:
    by_m = by("m")
    revs = {index: define(store, index) for index in (BY_N, by_m)}
    for index in revs:
        found(store, index=index)
    store.put(BY_N.ddoc, {}, revs[BY_N], deleted=True)
    store.compact()
    assert found(store, fresh=False) == []
    assert found(store, index=by_m, fresh=False) == ["other"]
    store.put(by_m.ddoc, {}, revs[by_m], deleted=True)
    store.compact()
    assert not file.exists()


def test_a_damaged_index_is_told_of(stores: SqliteStores, store: SqliteStore, file: Path) -> None:
    found(store)
    stores.close()
    content = file.read_bytes()
    file.write_bytes(content.replace(key(2), key(9)[:-1] + b"\x01", 1))
    told = store.verify()
    assert told != []
    assert all(line.startswith("grid-a.index: SQLite: ") for line in told)
    file.write_bytes(b"x" * 8192)
    (told,) = store.verify()
    assert "may be deleted" in told


def test_the_number_of_open_files_of_indexes_is_bounded(stores: SqliteStores) -> None:
    open_now = Path("/proc/self/fd")
    most = 0
    for number in range(index_file.OPEN_FILES + 20):
        asked = stores.create(f"grid-{number}")
        asked.put("a", {"n": 1})
        assert found(asked) == ["a"]
        files = [str(link.readlink()) for link in open_now.iterdir() if link.is_symlink()]
        most = max(most, len({name for name in files if name.endswith(".index")}))
    assert most == index_file.OPEN_FILES
