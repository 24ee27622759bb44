"""What `kill -9` cannot show: the power fails, the disk is full, read-only, or gives back another byte."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NoReturn

import apsw
import pytest

from sync.digests import digest_of
from sync.documents import Attachment, Document
from sync.errors import NoRoom, StoreUnavailable, SyncError
from sync.sqlite import SqliteStore, SqliteStores, blobs, schema
from tests.support.disk import Disk
from tests.support.lengthy import Elsewhere

POWER_CUTS = 500
FULL_POINTS = 200
NAME = "grid-a"


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


@pytest.fixture
def disk(chance: random.Random, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    monkeypatch.setattr(
        schema, "_CHECKPOINT_PAGES", 12
    )  # the log goes into the file often, so that it is cut there
    monkeypatch.setattr(blobs, "PIECE_BYTES", 1_000)  # most photos are long ones, in pieces
    with Disk(chance).in_use() as disk:
        yield disk


def batch(chance: random.Random, number: int) -> list[Document]:
    """New documents, one with a photo that is here or elsewhere, and an edit of a document that every batch edits."""
    size = chance.choice([10, 500, 6_000])
    fresh = [
        Document.of(f"record:{number}:{n}", [f"1-{number:032x}"], {"n": n, "pad": "x" * size})
        for n in range(chance.randrange(1, 5))
    ]
    data = chance.randbytes(size)
    where = chance.choice([data, Elsewhere(data)])
    photo = Attachment("image/jpeg", digest_of(data), size, 1, where)
    with_photo = Document(f"photo:{number}", (f"1-{number:032x}",), b"{}", attachments={"photo": photo})
    edit = Document.of("shared", [f"2-{number:032x}", f"1-{0:032x}"], {"pad": "y" * size})
    return [*fresh, with_photo, edit]


class Writer:
    """Somebody who writes what comes to mind, and keeps what was acknowledged."""

    def __init__(self, chance: random.Random, store: SqliteStore) -> None:
        self.chance = chance
        self.store = store
        self.acknowledged: dict[tuple[str, str], Document] = {}
        self.local = 0
        self.purging: Document | None = None
        self.in_doubt: list[Document] = []
        self.number = 0

    def act_on(self) -> NoReturn:
        """Write until the store cannot."""
        while True:
            self.act()

    def act(self) -> None:
        what = self.chance.random()
        if what < 0.1:
            self.store.compact()
        elif what < 0.3 and (own := [d for d in self.acknowledged.values() if d.doc_id != "shared"]):
            self.purging = self.chance.choice(own)
            purged = self.store.purge({self.purging.doc_id: [self.purging.rev]})
            assert purged == {self.purging.doc_id: (self.purging.rev,)}
            del self.acknowledged[self.purging.doc_id, self.purging.rev]
            self.purging = None
        elif what < 0.4:
            self.store.put_local("checkpoint", {"n": self.local + 1})
            self.local += 1
        else:
            self.number += 1
            self.in_doubt = batch(self.chance, self.number)
            self.store.graft(self.in_doubt)
            self.acknowledged |= {(document.doc_id, document.rev): document for document in self.in_doubt}
            self.in_doubt = []


def check(writer: Writer, store: SqliteStore, where: str) -> None:
    """Nothing acknowledged is lost, nothing is half there, and the file is sound."""
    assert store.verify() == [], where
    if writer.purging and store.missing({writer.purging.doc_id: [writer.purging.rev]}):
        del writer.acknowledged[writer.purging.doc_id, writer.purging.rev]
    for (doc_id, rev), document in writer.acknowledged.items():
        found = store.get(doc_id, rev)
        assert found.body == document.body, where
        for name, photo in document.attachments.items():
            assert store.attachment(doc_id, name, rev).whole() == photo.whole(), where
    lacking = store.missing({document.doc_id: [document.rev] for document in writer.in_doubt})
    assert len(lacking) in (0, len(writer.in_doubt)), where
    if writer.in_doubt and not lacking:
        writer.acknowledged |= {(document.doc_id, document.rev): document for document in writer.in_doubt}
    if writer.local:
        number = store.get_local("checkpoint")[1]["n"]
        assert number in (writer.local, writer.local + 1), where
        writer.local = number


def test_a_power_failure_loses_nothing_acknowledged(
    tmp_path: Path, disk: Disk, chance: random.Random
) -> None:
    stores = SqliteStores(tmp_path)
    writer = Writer(chance, stores.create(NAME))
    cuts = cut_in_a_purge = 0
    for round_number in range(POWER_CUTS):
        if round_number % 25 == 0:
            with closing(stores):
                if NAME in stores.names():
                    stores.delete(NAME)
            writer = Writer(chance, stores.create(NAME))
            writer.store.graft([Document.of("shared", [f"1-{0:032x}"], {})])
        disk.cut_after(chance.choice([0, 1, 2, 5, 20, 80]) + chance.randrange(30))
        with pytest.raises(StoreUnavailable):
            writer.act_on()
        assert disk.is_off
        stores.close()
        disk.mend()
        cuts += 1
        cut_in_a_purge += writer.purging is not None
        stores = SqliteStores(tmp_path)
        writer.store = stores.open(NAME)
        check(writer, writer.store, f"round {round_number}")
        assert stores.update_seqs()[NAME] == writer.store.info().update_seq
        writer.in_doubt, writer.purging = [], None
    stores.close()
    assert (cuts, disk.syncs > POWER_CUTS) == (POWER_CUTS, True)
    assert cut_in_a_purge > POWER_CUTS // 50


def test_the_disk_of_the_tests_does_lose_what_was_not_synced(
    tmp_path: Path, disk: Disk, chance: random.Random
) -> None:
    """The judge is awake: without syncs, the same power failures lose what was acknowledged."""
    lost = 0
    for round_number in range(20):
        folder = tmp_path / str(round_number)
        with closing(SqliteStores(folder)) as stores:
            store = stores.create(NAME)
            with store._file().outside() as db:
                db.execute("PRAGMA synchronous=OFF").fetchall()
            for number in range(5):
                store.graft(batch(chance, number))
            disk.cut_after(0)
        disk.mend()
        with closing(SqliteStores(folder)) as stores:
            try:
                lost += stores.open(NAME).info().doc_count not in range(
                    5, 100
                )  # a torn row may hold anything
            except SyncError:
                lost += 1
    assert lost > 0


def test_a_full_disk_takes_nothing_halfway_and_goes_on_when_there_is_room(
    tmp_path: Path, disk: Disk, chance: random.Random
) -> None:
    refused = 0
    with closing(SqliteStores(tmp_path)) as stores:
        writer = Writer(chance, stores.create(NAME))
        writer.store.graft([Document.of("shared", [f"1-{0:032x}"], {})])
        for point in range(FULL_POINTS):
            disk.fill_after(point % 40)
            with pytest.raises(NoRoom):
                writer.act_on()
            refused += 1
            assert len(writer.store.leaves("shared")) >= 1, f"point {point}: a full disk can be read"
            disk.make_room()
            check(writer, writer.store, f"point {point}")
            writer.in_doubt, writer.purging = [], None
            writer.store.graft(batch(chance, 10_000 + point))
    assert refused == FULL_POINTS


def test_a_read_only_disk_is_read_and_not_written(tmp_path: Path, disk: Disk, chance: random.Random) -> None:
    with closing(SqliteStores(tmp_path)) as stores:
        store = stores.create(NAME)
        before = len(store.graft(batch(chance, 1)))
        disk.is_read_only = True
        with pytest.raises(StoreUnavailable):
            store.graft(batch(chance, 2))
        assert store.get("record:1:0").fields["n"] == 0
        with pytest.raises(StoreUnavailable):
            stores.delete(NAME)
        with pytest.raises(StoreUnavailable):
            store.purge({"record:1:0": [f"1-{1:032x}"]})
        disk.is_read_only = False
        assert store.info().update_seq == str(before)
        again = batch(chance, 2)
        assert store.graft(again) == ["stored"] * len(again)
        assert store.verify() == []


def test_every_flipped_byte_is_found_out_or_harmless(
    tmp_path: Path, chance: random.Random, disk: Disk
) -> None:
    """300 flips, one at a time: what is read is right, or the store says that it is damaged, and verify says where."""
    with closing(SqliteStores(tmp_path)) as stores:
        store = stores.create(NAME)
        documents = [document for number in range(8) for document in batch(chance, number)]
        store.graft(documents)
    path = tmp_path / f"{NAME}.sqlite"
    whole = path.read_bytes()
    told = 0
    for _ in range(300):
        at = chance.randrange(len(whole))
        harmed = bytearray(whole)
        harmed[at] ^= 1 << chance.randrange(8)
        path.write_bytes(harmed)
        with closing(SqliteStores(tmp_path)) as stores:
            told += _reads_rightly_or_says_so(stores, documents, f"byte {at}")
    assert told > 0


def _reads_rightly_or_says_so(stores: SqliteStores, documents: list[Document], where: str) -> bool:
    store = stores.open(NAME)
    try:
        problems = store.verify()
    except StoreUnavailable:
        problems = ["it cannot be opened"]
    wrong = 0
    for document in documents:
        try:
            found = store.get(document.doc_id, document.rev)
            right = found.body == document.body
            for name, photo in document.attachments.items():
                right = (
                    right and store.attachment(document.doc_id, name, document.rev).whole() == photo.whole()
                )
        except SyncError:
            right = False
        wrong += not right
    assert not wrong or problems, where
    return bool(problems)


def test_a_second_process_that_holds_the_lock_stops_one_database_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_BUSY_TIMEOUT_MS", 1)
    with closing(SqliteStores(tmp_path)) as stores:
        stores.create(NAME)
        stores.create("grid-b")
        with closing(apsw.Connection(str(tmp_path / f"{NAME}.sqlite"))) as holder:
            holder.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailable):
                stores.open(NAME).put("a", {})
            assert stores.open("grid-b").put("a", {})
        assert stores.open(NAME).put("a", {})


def test_a_table_of_claims_that_is_damaged_is_made_anew(tmp_path: Path) -> None:
    """It is a hint: a bad sector under it must not stop every database."""
    with closing(SqliteStores(tmp_path)) as stores:
        store = stores.create(NAME)
        store.put("a", {})
        stores.close()
        (tmp_path / "_changed.sqlite").write_bytes(b"\xff" * 9_000)
        with pytest.raises(StoreUnavailable):
            store.put("b", {})
        assert store.put("b", {})
        assert stores.update_seqs() == {NAME: "2"}
        assert store.put("c", {})
        assert stores.update_seqs() == {NAME: "3"}


def test_a_new_database_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Making one goes past the disk of these tests: its order is looked at instead."""
    happened: list[str] = []
    fsync, link = os.fsync, os.link

    def fsync_noted(descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        happened.append("folder" if path == str(tmp_path) else "file")
        fsync(descriptor)

    def link_noted(source: Path, target: Path) -> None:
        happened.append("named")
        link(source, target)

    with closing(SqliteStores(tmp_path)) as stores:
        stores.create("grid-first")
        monkeypatch.setattr(os, "fsync", fsync_noted)
        monkeypatch.setattr(os, "link", link_noted)
        stores.create(NAME)
        assert happened == ["file", "named", "folder"]
        happened.clear()
        stores.delete(NAME)
        assert happened == ["folder"]
