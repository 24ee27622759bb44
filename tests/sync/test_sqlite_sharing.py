"""One folder of databases, shared by threads, greenlets and processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from sync.documents import Document
from sync.errors import DatabaseExists
from sync.sqlite import SqliteStores
from tests.sync.store_writer import BATCH, DATABASE

ROOT = Path(__file__).parents[2]


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[SqliteStores]:
    with closing(SqliteStores(tmp_path, open_files=3)) as stores:
        yield stores


def test_native_threads_of_a_process_that_gevent_patched_share_a_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.sync.store_greenlets", str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("ok\n", "", 0)


def test_processes_write_one_database_and_a_follower_misses_nothing(
    tmp_path: Path, stores: SqliteStores
) -> None:
    store = stores.create(DATABASE)
    store.graft([Document.of("shared", [f"1-{'0' * 32}"], {})])
    command = [sys.executable, "-m", "tests.sync.store_writer", "graft", str(tmp_path), "15"]
    writers = [
        subprocess.Popen([*command, letter], cwd=ROOT, stdout=subprocess.DEVNULL)
        for letter in ("aa", "bb", "cc")
    ]
    since, followed = "0", set[str]()
    while True:
        are_done = all(writer.poll() is not None for writer in writers)
        if stores.update_seqs()[DATABASE] != since:
            for change in store.changes(since):
                since = change.seq
                followed.add(change.doc_id)
        elif are_done:
            break
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(followed) == 3 * 15 * BATCH + 1
    assert len(store.leaves("shared")) == 3 * 15
    assert store.verify() == []


def test_only_one_of_many_makes_a_database(tmp_path: Path) -> None:
    def make(_: int) -> bool:
        with closing(SqliteStores(tmp_path)) as stores:
            try:
                stores.create("grid-a")
            except DatabaseExists:
                return False
            return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(make, range(12))) == [False] * 11 + [True]


def test_the_number_of_open_files_does_not_grow_with_the_number_of_databases(stores: SqliteStores) -> None:
    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    def use(name: str) -> None:
        stores.open(name).put("a", {"in": name})

    for number in range(40):
        stores.create(f"grid-{number}")
    before = open_files()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(use, stores.names()))
    at_most = 3 * (
        4 * 2 + 1
    )  # three databases: four connections with a file and a log each, and one index of the log
    assert open_files() - before <= at_most
    for name in stores.names():
        assert stores.open(name).get("a").fields == {"in": name}
    assert open_files() - before <= at_most


def test_a_set_that_was_closed_can_be_used_again(stores: SqliteStores) -> None:
    store = stores.create("grid-a")
    stores.close()

    store.put("a", {})
    assert stores.update_seqs() == {"grid-a": "1"}


def test_a_set_that_was_used_before_a_fork_refuses_to_work_in_the_child(
    stores: SqliteStores, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = stores.create("grid-a")
    stores.update_seqs()
    child = os.getpid() + 1
    monkeypatch.setattr("sync.sqlite.native.os.getpid", lambda: child)

    for verb in (store.info, stores.update_seqs, lambda: store.put("a", {})):
        with pytest.raises(RuntimeError, match="fork"):
            verb()
    monkeypatch.undo()
    assert store.info().doc_count == 0


def test_a_lost_table_of_changes_is_made_again(tmp_path: Path, stores: SqliteStores) -> None:
    store = stores.create("grid-a")
    store.put("a", {})
    stores.update_seqs()
    for path in tmp_path.glob("_changed.sqlite*"):
        path.unlink()

    assert stores.update_seqs() == {"grid-a": "1"}
    store.put("b", {})
    assert stores.update_seqs() == {"grid-a": "2"}


def test_a_claim_that_never_came_true_costs_a_look_and_nothing_else(stores: SqliteStores) -> None:
    store = stores.create("grid-a")
    store.put("a", {})
    stores._changed.claim("grid-a", 2)  # as by a process that was killed between its claim and its commit
    assert stores.update_seqs() == {"grid-a": "1"}

    store.put("b", {})
    assert stores.update_seqs() == {"grid-a": "2"}


def test_a_commit_that_comes_long_after_its_claim_is_seen(stores: SqliteStores) -> None:
    store = stores.create("grid-a")
    with store._file().writing() as (db, _):
        stores._changed.claim("grid-a", 7)
        assert stores.update_seqs() == {"grid-a": "0"}
        db.execute("UPDATE state SET update_seq = 7")
    assert stores.update_seqs() == {"grid-a": "7"}


def test_a_deletion_that_was_interrupted_is_a_deletion(tmp_path: Path, stores: SqliteStores) -> None:
    store = stores.create("grid-a")
    store.put("a", {})
    with store._file().writing() as (db, _):
        db.execute("UPDATE state SET gone = 1")

    assert "grid-a" not in stores.update_seqs()
    assert stores.create("grid-a").info().doc_count == 0
