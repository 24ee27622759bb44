"""A server's data is copied while it writes, put back whole, and whatever is damaged is named."""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import apsw
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from server import backup as backups
from server import manifest
from server.app import create_app
from server.cli import main
from server.media import MediaStore
from server.settings import load
from sync import mango
from sync.documents import Document
from sync.errors import NoRoom
from sync.sqlite import SqliteStores
from tests.support.disk import Disk
from tests.support.site import Site, close_site
from tests.support.town import GRID_1, GRID_2, settle_town

AT = datetime(2026, 11, 22, tzinfo=UTC)


def serving(data: Path) -> Site:
    """The app on a folder that has been settled."""
    return Site(create_app(load({"JINLIN_DATA": str(data)})), data)


def jinlin(data: Path, *words: object) -> Result:
    """Run a command on a data folder."""
    return CliRunner().invoke(main, ["--data", str(data), *map(str, words)], catch_exceptions=False)


def png() -> bytes:
    """A small picture."""
    made = BytesIO()
    Image.new("RGB", (8, 8), "red").save(made, "PNG")
    return made.getvalue()


def write(data: Path, database: str, *numbers: int) -> None:
    with closing(SqliteStores(data / "stores")) as stores:
        stores.open(database).graft([document(number) for number in numbers])


def document(number: int) -> Document:
    return Document.of(f"record:{number}", [f"1-{number:032x}"], {"n": number, "pad": "x" * 300})


def flip(path: Path, pattern: bytes) -> None:
    """The disk gives back another letter."""
    content = path.read_bytes()
    assert pattern in content
    path.write_bytes(content.replace(pattern, pattern[:-1] + bytes([pattern[-1] ^ 1])))


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A town with records and a photo."""
    folder = tmp_path / "data"
    settle_town(folder)
    write(folder, GRID_1, *range(50))
    write(folder, GRID_2, 1)
    MediaStore(folder / "media", free_bytes_min=0).keep(GRID_1, png(), "chen", AT)
    (folder / "secret.key").write_text("s" * 64)
    return folder


@pytest.fixture
def copy(data: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    assert jinlin(data, "backup", tmp_path / "copy").exit_code == 0
    return tmp_path / "copy"


def test_a_restored_server_has_the_records_the_accounts_and_the_photos(
    data: Path, copy: Path, tmp_path: Path
) -> None:
    before = serving(data)
    infos = {name: before.services.stores.open(name).info() for name in before.services.stores.names()}
    close_site(before)
    shutil.rmtree(data)

    result = jinlin(data, "restore", copy)
    assert result.exit_code == 0, result.output
    assert jinlin(data, "verify").exit_code == 0
    site = serving(data)
    try:
        reply = site.client("chen").get(f"/db/{GRID_1}").get_json()
        assert (reply["doc_count"], reply["epoch"] > 0) == (50, True)
        for name in (GRID_1, GRID_2, "directory", "quarantine"):
            info = site.services.stores.open(name).info()
            assert (info.uuid, info.doc_count) == (infos[name].uuid, infos[name].doc_count)
            assert info.epoch > infos[name].epoch
        ledger = sqlite3.connect(data / "media" / "ledger.sqlite")
        with closing(ledger):
            ((sha, length),) = ledger.execute("SELECT sha256, bytes FROM originals").fetchall()
        assert (data / "media" / GRID_1 / sha).stat().st_size == length
        assert (data / "secret.key").read_text() == "s" * 64
    finally:
        close_site(site)


def test_keys_of_indexes_are_no_part_of_a_backup(data: Path, copy: Path) -> None:
    with closing(SqliteStores(data / "stores")) as stores:
        store = stores.open(GRID_1)
        index = mango.Index("_design/n", "n", (("n", "asc"),))
        store.put(index.ddoc, {"language": "query", "views": {"n": index.view()}})
        query = mango.read_query({"selector": {"n": {"$gt": 0}}})
        expected = mango.Search(store, query).run().ids
    assert (data / "stores" / f"{GRID_1}.index").exists()
    assert jinlin(data, "backup", copy).exit_code == 0
    assert [name for name in files_of(copy) if name.endswith(".index")] == []
    assert jinlin(data, "restore", copy, "--replace").exit_code == 0
    with closing(SqliteStores(data / "stores")) as stores:
        assert mango.Search(stores.open(GRID_1), query).run().ids == expected


def test_a_second_restore_of_one_backup_is_another_epoch(data: Path, copy: Path) -> None:
    epochs = []
    for _ in range(2):
        assert jinlin(data, "restore", copy, "--replace").exit_code == 0
        with closing(SqliteStores(data / "stores")) as stores:
            epochs.append(stores.open(GRID_1).info().epoch)
    assert epochs[0] < epochs[1]


def test_what_was_acknowledged_before_a_backup_is_in_it_while_others_write_on(
    data: Path, tmp_path: Path
) -> None:
    stop, written, failed = threading.Event(), [50], list[BaseException]()

    def write_on() -> None:
        try:
            with closing(SqliteStores(data / "stores")) as stores:
                store = stores.open(GRID_1)
                while not stop.is_set():
                    store.graft([document(written[0]), document(written[0] + 1)])
                    written[0] += 2
        except BaseException as error:
            failed.append(error)

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        for round_number in range(4):
            acknowledged = written[0]
            assert jinlin(data, "backup", tmp_path / "copy").exit_code == 0
            restored = tmp_path / f"restored-{round_number}"
            assert jinlin(restored, "restore", tmp_path / "copy").exit_code == 0
            with closing(SqliteStores(restored / "stores")) as stores:
                count = stores.open(GRID_1).info().doc_count
                assert count >= acknowledged
                assert count % 2 == 0
            assert jinlin(restored, "verify").exit_code == 0
    finally:
        stop.set()
        writer.join()
    assert failed == []
    assert written[0] > 50


def test_a_backup_that_is_stopped_anywhere_leaves_the_older_one_and_the_next_completes(
    data: Path, copy: Path
) -> None:
    older = files_of(copy)
    write(data, GRID_1, 100)
    steps = len(older)
    for stop_at in range(steps - 1):
        heard = 0

        def stop(name: str, at: int = stop_at) -> None:
            nonlocal heard
            heard += 1
            if heard > at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            backups.back_up(data, copy, "2026", stop)
        assert files_of(copy) == older
    assert jinlin(data, "backup", copy).exit_code == 0
    assert sorted(files_of(copy)) == sorted(older)
    assert files_of(copy) != older
    assert sorted(path.name for path in copy.parent.iterdir()) == ["copy", "data"]


def test_a_run_that_died_between_two_renames_is_put_right_by_the_next(data: Path, copy: Path) -> None:
    copy.rename(copy.with_name(".copy.old"))
    assert jinlin(data, "backup", copy).exit_code == 0
    assert jinlin(data, "verify", "--backup", copy).exit_code == 0
    assert not copy.with_name(".copy.old").exists()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("nowhere/copy", "no such folder"),
        ("data/copy", "cannot lie in the data folder"),
        ("full", "holds no backup"),
    ],
)
def test_a_backup_goes_only_where_it_may(data: Path, tmp_path: Path, target: str, words: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letters.txt").write_text("mine")
    result = jinlin(data, "backup", tmp_path / target)
    assert (result.exit_code, words in result.output) == (1, True)
    assert (tmp_path / "full" / "letters.txt").read_text() == "mine"


def test_without_room_nothing_is_begun(
    data: Path, copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    for result in (jinlin(data, "backup", tmp_path / "b"), jinlin(tmp_path / "new", "restore", copy)):
        assert (result.exit_code, "Not enough room" in result.output) == (1, True)
    assert not (tmp_path / "b").exists()
    assert not (tmp_path / "new").exists()


def test_a_disk_that_fills_up_on_the_way_leaves_the_older_backup(data: Path, copy: Path) -> None:
    older = files_of(copy)
    write(data, GRID_1, 100)
    with Disk(random.Random(1)).in_use() as disk:
        disk.fill_after(60)
        with pytest.raises(NoRoom, match="became full"):
            backups.back_up(data, copy, "2026", lambda _: None)
    assert files_of(copy) == older


def test_a_damaged_database_never_takes_the_place_of_a_sound_copy(data: Path, copy: Path) -> None:
    older = files_of(copy)
    flip(data / "stores" / f"{GRID_1}.sqlite", b'{"n":7,"pad":"xxx')
    result = jinlin(data, "backup", copy)
    assert (result.exit_code, f"{GRID_1}: record:7:" in result.output) == (1, True)
    assert files_of(copy) == older


def test_a_damaged_backup_is_not_restored(data: Path, copy: Path, tmp_path: Path) -> None:
    flip(copy / "stores" / f"{GRID_1}.sqlite", b'{"n":7,"pad":"xxx')
    before = files_of(data)
    for words in (["restore", copy, "--replace"], ["verify", "--backup", copy]):
        result = jinlin(data, *words)
        assert (result.exit_code, f"stores/{GRID_1}.sqlite" in result.output) == (1, True)
    assert files_of(data) == before
    (copy / manifest.NAME).unlink()
    assert "no backup" in jinlin(data, "restore", copy, "--replace").output


def test_a_restore_never_writes_over_data(data: Path, copy: Path) -> None:
    write(data, GRID_1, 100)
    refused = jinlin(data, "restore", copy)
    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    done = jinlin(data, "restore", copy, "--replace")
    assert done.exit_code == 0
    (aside,) = data.parent.glob("data.replaced-*")
    with closing(SqliteStores(aside / "stores")) as stores:
        assert stores.open(GRID_1).info().doc_count == 51
    with closing(SqliteStores(data / "stores")) as stores:
        assert stores.open(GRID_1).info().doc_count == 50


def test_a_restore_waits_for_nobody_who_is_using_the_folder(data: Path, copy: Path) -> None:
    site = serving(data)
    try:
        result = jinlin(data, "restore", copy, "--replace")
        assert (result.exit_code, "stop it first" in result.output) == (1, True)
    finally:
        close_site(site)
    assert jinlin(data, "restore", copy, "--replace").exit_code == 0


@pytest.fixture
def harmed(data: Path) -> Path:
    """A data folder with four damages."""
    flip(data / "stores" / f"{GRID_1}.sqlite", b'{"n":7,"pad":"xxx')
    with closing(apsw.Connection(str(data / "stores" / f"{GRID_2}.sqlite"))) as db:
        db.execute("UPDATE state SET update_seq = 9")
    for photo in (data / "media" / GRID_1).iterdir():
        if photo.is_file():
            photo.unlink()
    (data / "accounts.sqlite").write_bytes(b"\xff" * 8_192)
    for ending in ("-wal", "-shm"):
        (data / f"accounts.sqlite{ending}").unlink(missing_ok=True)
    return data


def test_verify_names_what_is_damaged_and_never_an_answer(harmed: Path) -> None:
    result = jinlin(harmed, "verify")
    assert result.exit_code == 1
    for words in (
        f"{GRID_1}: record:7: sequence 8: the body is not what was written",
        f"{GRID_2}: counters:",
        f"{GRID_1}: 照片原件 photo",
        "accounts.sqlite: SQLite",
    ):
        assert words in result.output
    assert "pad" not in result.output
    assert jinlin(harmed, "verify", "directory").exit_code == 0
    assert jinlin(harmed, "verify", "grid-nowhere").exit_code == 1


def test_compact_makes_files_smaller_and_keeps_every_leaf(data: Path) -> None:
    with closing(SqliteStores(data / "stores")) as stores:
        store, rev = stores.open(GRID_2), None
        for number in range(60):
            rev = store.put("often", {"n": number, "pad": "y" * 5_000}, rev)
        before = store.info().size_bytes
    result = jinlin(data, "compact", GRID_2)
    assert result.exit_code == 0, result.output
    with closing(SqliteStores(data / "stores")) as stores:
        assert stores.open(GRID_2).get("often").fields["n"] == 59
        assert stores.open(GRID_2).info().size_bytes < before / 2
    missing = jinlin(data, "compact", "grid-nowhere")
    assert (missing.exit_code, "no such database" in missing.output) == (1, True)
