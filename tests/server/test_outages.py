"""What a client is told when the machine under the server cannot: 507, 503, and the other grids go on."""

from __future__ import annotations

import errno
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import apsw
import pytest
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from server.app import create_app
from server.followers import Ledger
from server.following import Workers
from server.outages import outage
from server.settings import load
from sync.documents import Change, Document
from sync.errors import Damaged, NoRoom, StoreUnavailable
from sync.sqlite import SqliteStores, schema
from sync.store import DocStore
from tests.support.disk import Disk
from tests.support.records import as_json, visit
from tests.support.site import Site, close_site
from tests.support.town import GRID_1, GRID_2, settle_town


def push(client: FlaskClient, database: str, number: int) -> tuple[int, object]:
    reply = client.post(
        f"/db/{database}/_bulk_docs",
        data=b'{"new_edits":false,"docs":[' + as_json(visit(number)) + b"]}",
        content_type="application/json",
    )
    return reply.status_code, reply.get_json()


@pytest.fixture
def settled(tmp_path: Path) -> Path:
    settle_town(tmp_path / "data")
    return tmp_path / "data"


def test_a_full_disk_is_507_and_the_same_push_is_taken_when_there_is_room(settled: Path) -> None:
    with Disk(random.Random(1)).in_use() as disk:
        site = Site(create_app(load({"JINLIN_DATA": str(settled)})), settled)
        try:
            admin = site.client("admin")
            assert push(admin, GRID_1, 1)[0] == 201
            disk.fill_after(0)
            status, said = push(admin, GRID_1, 2)
            assert (status, said["error"]) == (507, "insufficient_storage")  # type: ignore[index]
            assert admin.get(f"/db/{GRID_1}").get_json()["doc_count"] == 1
            disk.make_room()
            assert push(admin, GRID_1, 2) == (201, [])
        finally:
            close_site(site)


def test_a_read_only_disk_is_503_for_writing_and_can_be_read(settled: Path) -> None:
    with Disk(random.Random(1)).in_use() as disk:
        site = Site(create_app(load({"JINLIN_DATA": str(settled)})), settled)
        try:
            admin = site.client("admin")
            assert push(admin, GRID_1, 1)[0] == 201
            disk.is_read_only = True
            status, said = push(admin, GRID_1, 2)
            assert (status, said["error"]) == (503, "service_unavailable")  # type: ignore[index]
            assert admin.get(f"/db/{GRID_1}/_all_docs").get_json()["total_rows"] == 1
        finally:
            disk.is_read_only = False
            close_site(site)


def test_a_flipped_byte_is_503_for_its_document_and_the_other_grids_go_on(settled: Path) -> None:
    with closing(SqliteStores(settled / "stores")) as stores:
        document = Document.of("record:1", ["1-" + "a" * 32], {"answers": {"summary": "unmistakable"}})
        stores.open(GRID_1).graft([document])
        stores.open(GRID_1).graft([Document.of("record:2", ["1-" + "b" * 32], {})])
    path = settled / "stores" / f"{GRID_1}.sqlite"
    path.write_bytes(path.read_bytes().replace(b"unmistakable", b"unmistakably"))

    site = Site(create_app(load({"JINLIN_DATA": str(settled)})), settled)
    try:
        admin = site.client("admin")
        reply = admin.get(f"/db/{GRID_1}/record:1")
        assert (reply.status_code, reply.get_json()["error"]) == (503, "damaged")
        assert "unmistak" not in reply.text
        assert admin.get(f"/db/{GRID_1}/record:2").status_code == 200
        assert push(admin, GRID_2, 2)[0] == 201
    finally:
        close_site(site)


class Reader:
    """A follower that reads the leaves of what changed."""

    name = "reader"

    def __init__(self) -> None:
        self.read: set[str] = set()

    def handles(self, database: str) -> bool:
        return database == GRID_1

    def handle(self, store: DocStore, changes: list[Change]) -> None:
        self.read |= set(store.leaves_many([change.doc_id for change in changes]))

    def sweep(self, store: DocStore) -> None:
        pass


def test_a_damaged_document_stops_no_follower(settled: Path) -> None:
    with closing(SqliteStores(settled / "stores")) as stores:
        for number in "123":
            fields = {"summary": "unmistakable" if number == "2" else ""}
            stores.open(GRID_1).graft([Document.of(f"record:{number}", ["1-" + "a" * 32], fields)])
    path = settled / "stores" / f"{GRID_1}.sqlite"
    path.write_bytes(path.read_bytes().replace(b"unmistakable", b"unmistakably"))
    reader = Reader()
    with closing(SqliteStores(settled / "stores")) as stores, closing(Ledger(settled / "f.sqlite")) as ledger:
        Workers(stores, [reader], ledger, lambda: 0.0).round()
        assert reader.read == {"record:1", "record:3"}
        assert [(t.doc_id, t.error) for t in ledger.troubles()] == [("record:2", "DamagedDocument")]


def test_a_grid_that_another_process_holds_is_503_and_the_others_go_on(
    settled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_BUSY_TIMEOUT_MS", 1)
    site = Site(create_app(load({"JINLIN_DATA": str(settled)})), settled)
    try:
        admin = site.client("admin")
        with closing(apsw.Connection(str(settled / "stores" / f"{GRID_1}.sqlite"))) as holder:
            holder.execute("BEGIN IMMEDIATE")
            assert push(admin, GRID_1, 1)[0] == 503
            assert push(admin, GRID_2, 1)[0] == 201
        assert push(admin, GRID_1, 1)[0] == 201
    finally:
        close_site(site)


def test_accounts_that_cannot_be_read_are_an_outage_and_no_bug(settled: Path) -> None:
    for ending in ("-wal", "-shm"):
        (settled / f"accounts.sqlite{ending}").unlink(missing_ok=True)
    site = Site(create_app(load({"JINLIN_DATA": str(settled)})), settled)
    try:
        (settled / "accounts.sqlite").write_bytes(b"\xff" * 20_000)
        reply = site.client().post("/api/session", json={"name": "chen", "password": "x"})
        assert (reply.status_code, reply.get_json()["error"]) == (503, "damaged")
        assert "管理员" in reply.get_json()["reason"]
    finally:
        close_site(site)


def of_sqlite(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("…")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (of_sqlite(sqlite3.SQLITE_FULL), NoRoom),
        (of_sqlite(sqlite3.SQLITE_BUSY), StoreUnavailable),
        (of_sqlite(sqlite3.SQLITE_CORRUPT), Damaged),
        (of_sqlite(sqlite3.SQLITE_ERROR), type(None)),
        (OSError(errno.ENOSPC, "…"), NoRoom),
        (OSError(errno.EROFS, "…"), StoreUnavailable),
        (OSError(errno.ENOENT, "…"), type(None)),
        (OperationalError("…", None, of_sqlite(sqlite3.SQLITE_FULL)), NoRoom),
        (OperationalError("…", None, Exception("refused")), StoreUnavailable),
        (ValueError("…"), type(None)),
    ],
)
def test_an_outage_is_known_whichever_library_says_so(error: Exception, kind: type) -> None:
    assert type(outage(error)) is kind
