"""Nothing of what was purged is left in the file, however its pages were written before, and whatever comes between."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from sync.digests import digest_of
from sync.documents import Attachment, Document
from sync.errors import StoreUnavailable
from sync.sqlite import SqliteStore, SqliteStores, schema

NAME = "grid-a"
Words = dict[str, bytes]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[SqliteStores]:
    with closing(SqliteStores(tmp_path)) as stores:
        yield stores


@pytest.fixture
def store(stores: SqliteStores) -> SqliteStore:
    return stores.create(NAME)


def left_on(folder: Path) -> bytes:
    """Every byte of every file in the folder."""
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def photo(word: str) -> dict[str, Attachment]:
    data = f"{word} ".encode() * 900
    return {"photo": Attachment("image/jpeg", digest_of(data), len(data), 1, data)}


def lived_in(store: SqliteStore, chance: random.Random) -> dict[str, list[str]]:
    """A database with a past: documents of all sizes, edited, deleted, compacted, and their words by id."""
    words: dict[str, list[str]] = {}
    revs: dict[str, str] = {}
    for number in range(400):
        doc_id = (
            chance.choice(list(revs)) if revs and chance.random() < 0.5 else f"{chance.randbytes(9).hex()}"
        )
        word = f"word{number:06}{chance.randbytes(4).hex()}"
        words.setdefault(doc_id, [doc_id]).append(word)
        fields = {"said": [word] * chance.choice([1, 20, 400])}
        attached = photo(f"photo-{word}") if chance.random() < 0.2 else {}
        revs[doc_id] = store.put(doc_id, fields, revs.get(doc_id), attachments=attached)
        if number % 150 == 149:
            store.compact()
    return words


@pytest.mark.parametrize("seed", range(4))
def test_no_word_of_a_purged_document_is_left_in_any_file(
    tmp_path: Path, store: SqliteStore, seed: int
) -> None:
    chance = random.Random(seed)
    words = lived_in(store, chance)
    gone = chance.sample(sorted(words), len(words) // 3)
    before = left_on(tmp_path)
    assert all(words[doc_id][-1].encode() in before for doc_id in gone)
    purged = store.purge({doc_id: [leaf.rev for leaf in store.leaves(doc_id)] for doc_id in gone})

    assert all(purged.values())
    after = left_on(tmp_path)
    assert [word for doc_id in gone for word in words[doc_id] if word.encode() in after] == []
    for doc_id in words.keys() - set(gone):
        assert store.get(doc_id).fields["said"][0] == words[doc_id][-1]
    assert store.verify() == []
    assert (store.info().doc_count, store.info().doc_del_count) == (len(words) - len(gone), 0)


def test_a_leaf_leaves_no_word_and_the_other_leaf_all_of_its_own(tmp_path: Path, store: SqliteStore) -> None:
    root = store.put("a", {"said": "in the beginning"})
    mine = Document.of("a", [f"2-{'a' * 32}", root], {"said": "mine"})
    theirs = Document.of("a", [f"3-{'b' * 32}", f"2-{'c' * 32}", root], {"said": "theirs"})
    store.graft([mine, theirs])
    store.purge({"a": [theirs.rev]})

    assert b"theirs" not in left_on(tmp_path)
    assert b"cccccc" not in left_on(tmp_path)
    assert (store.get("a").fields, store.get("a", root).fields) == (
        {"said": "mine"},
        {"said": "in the beginning"},
    )
    assert store.verify() == []


def test_who_reads_meanwhile_makes_the_purge_wait_and_then_it_can_be_completed(
    tmp_path: Path, store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader of another process keeps the old state in the log: the purge has not returned, so nobody believes it."""
    monkeypatch.setattr(schema, "_BUSY_TIMEOUT_MS", 1)
    rev = store.put("a", {"said": "the word"})
    store.put("b", {})
    with closing(apsw.Connection(str(tmp_path / f"{NAME}.sqlite"))) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM bodies").get == 2
        with pytest.raises(StoreUnavailable):
            store.purge({"a": [rev]})
        assert store.leaves("a") == []
        reader.execute("COMMIT")
        assert store.purge({"a": [rev]}) == {"a": ()}
        assert b"the word" not in left_on(tmp_path)


def test_another_process_that_has_the_database_open_sees_what_is_left(
    tmp_path: Path, stores: SqliteStores, store: SqliteStore
) -> None:
    revs = [store.put(doc_id, {"said": "x" * 9_000}) for doc_id in "abc"]
    with closing(SqliteStores(tmp_path)) as others:
        other = others.open(NAME)
        assert others.update_seqs() == {NAME: "3"}
        feed = other.changes()
        assert next(feed).doc_id == "a"
        store.purge({"a": [revs[0]], "c": [revs[2]]})

        assert [change.doc_id for change in other.changes()] == ["b"]
        assert others.update_seqs() == stores.update_seqs() == {NAME: "5"}
        assert other.put("d", {}).startswith("1-")
        assert store.info() == other.info()
        assert (store.info().update_seq, store.info().purge_seq) == ("6", "5")
        assert other.verify() == []
