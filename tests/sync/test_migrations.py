"""A file of an older version is brought to the newest one when it is opened, whole or not at all."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw
import pytest

from sync.digests import digest_of
from sync.documents import Attachment, Document
from sync.errors import StoreUnavailable
from sync.sqlite import SqliteStores, schema


def first_file(folder: Path) -> None:
    """A database of the first version, made as that version made it, with a history and a photo in it."""
    with closing(apsw.Connection(str(folder / "grid-old.sqlite"))) as db:
        db.execute("PRAGMA auto_vacuum=INCREMENTAL").fetchall()
        db.execute("PRAGMA journal_mode=WAL").fetchall()
        db.execute(schema._MIGRATIONS[0]).fetchall()
        db.execute("PRAGMA user_version=1").fetchall()
        photo = b"jpg"
        key = "0a" * 32
        listed = f'{{"photo":["image/jpeg","{digest_of(photo)}",3,1,"{key}"]}}'
        one, two = "a" * 32, "b" * 32
        db.execute("INSERT INTO bodies VALUES (1, ?, NULL), (2, ?, ?)", (b'{"n":1}', b'{"n":2}', listed))
        db.execute("INSERT INTO blobs VALUES (?, ?)", (bytes.fromhex(key), photo))
        db.execute(
            "INSERT INTO docs VALUES (2, 'record:1', ?, 0, NULL, ?)", (f"2-{two}", f"2 {two}:2,{one}:1")
        )
        db.execute("UPDATE state SET update_seq = 2, live = 1")


@pytest.fixture(params=range(1, schema.VERSION))
def older(request: pytest.FixtureRequest) -> int:
    """Each version before this one."""
    return int(request.param)


@pytest.fixture
def folder(tmp_path: Path, older: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a database that an older version made, or brought to its own."""
    first_file(tmp_path)
    with monkeypatch.context() as then, closing(SqliteStores(tmp_path)) as stores:
        then.setattr(schema, "_MIGRATIONS", schema._MIGRATIONS[:older])
        then.setattr(schema, "VERSION", older)
        with stores.open("grid-old")._file().outside():
            pass
    return tmp_path


def version(folder: Path) -> int:
    with closing(apsw.Connection(str(folder / "grid-old.sqlite"))) as db:
        return int(db.pragma("user_version"))


def test_an_older_file_is_read_written_and_sound(folder: Path, older: int) -> None:
    assert version(folder) == older
    with closing(SqliteStores(folder)) as stores:
        store = stores.open("grid-old")
        found = store.get("record:1")
        assert (found.fields, found.path) == ({"n": 2}, ("2-" + "b" * 32, "1-" + "a" * 32))
        assert found.attachments["photo"] == Attachment("image/jpeg", digest_of(b"jpg"), 3, 1)
        store.put("record:1", {"n": 3}, found.rev)
        assert [problem for problem in store.verify() if "attachment" not in problem] == []
        assert store.info().update_seq == "3"
        assert store.revs_limit() == 1000
    assert version(folder) == schema.VERSION


def test_a_migration_that_fails_leaves_the_file_as_it_was(
    folder: Path, older: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*schema._MIGRATIONS, "CREATE TABLE half (a); UPDATE state SET uuid = ''; SELECT nothing")
    with monkeypatch.context() as patched, closing(SqliteStores(folder)) as stores:
        patched.setattr(schema, "_MIGRATIONS", broken)
        patched.setattr(schema, "VERSION", len(broken))
        with pytest.raises(apsw.SQLError):
            stores.open("grid-old").info()
    assert version(folder) == older
    with closing(SqliteStores(folder)) as stores:
        assert len(stores.open("grid-old").info().uuid) == 32


def test_two_that_open_an_older_file_at_once_both_find_it_new(folder: Path) -> None:
    with closing(SqliteStores(folder)) as one, closing(SqliteStores(folder)) as other:
        first, second = one.open("grid-old"), other.open("grid-old")
        assert first.info() == second.info()
        first.graft([Document.of("x", ["1-" + "c" * 32], {})])
        assert second.get("x").fields == {}


def test_a_file_of_a_newer_version_is_not_touched(folder: Path) -> None:
    with closing(SqliteStores(folder)) as stores:
        stores.open("grid-old").info()
    with closing(apsw.Connection(str(folder / "grid-old.sqlite"))) as db:
        db.execute(f"PRAGMA user_version={schema.VERSION + 1}").fetchall()
    with (
        closing(SqliteStores(folder)) as stores,
        pytest.raises(StoreUnavailable, match="newer version"),
    ):
        stores.open("grid-old").put("y", {})
    assert version(folder) == schema.VERSION + 1
