"""The snapshot: a database in one stream, and from each of its lines ordinary replication goes on."""

from __future__ import annotations

import gzip
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.app import create_app
from server.backup import back_up, restore
from server.settings import load
from sync.documents import Document
from sync.sqlite import SqliteStores
from sync.wire import attachment
from tests.support.lengthy import Lengthy
from tests.support.records import visit
from tests.support.site import Site, close_site, open_site
from tests.support.town import GRID_1

PHONE = "dev-aaaaaaaaaa"
URL = f"/api/grids/{GRID_1}/snapshot"


@pytest.fixture
def chen(site: Site) -> FlaskClient:
    return site.client("chen", PHONE)


def lines(client: FlaskClient, **place: object) -> list[dict[str, Any]]:
    """What a snapshot says, line by line."""
    reply = client.get(URL, query_string=place)
    assert (reply.status_code, reply.mimetype) == (200, "application/x-ndjson"), reply.data
    return [json.loads(line) for line in reply.data.splitlines()]


def behind(head: dict[str, Any], line: dict[str, Any]) -> dict[str, object]:
    """The place behind a line of the stream that began with this head."""
    return {"since": line.get("seq", line.get("last_seq")), "uuid": head["uuid"], "epoch": head["epoch"]}


def by_replication(client: FlaskClient, since: str = "0") -> dict[str, list[dict[str, Any]]]:
    """All leaves of each document as a replicator is given them."""
    rows = client.get(f"/db/{GRID_1}/_changes?style=all_docs&since={since}").json["results"]
    asked = [{"id": row["id"], "rev": change["rev"]} for row in rows for change in row["changes"]]
    url = f"/db/{GRID_1}/_bulk_get?revs=true&attachments=true"
    found: dict[str, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    for result in client.post(url, json={"docs": asked}).json["results"]:
        found[result["id"]].append(result["docs"][0]["ok"])
    return found


def by_snapshot(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {row["docs"][0]["_id"]: row["docs"] for row in rows}


def fill(site: Site, *documents: Document) -> None:
    site.services.stores.open(GRID_1).graft(documents)


def nasty() -> list[Document]:
    """An edit, a conflict with a deleted leaf, a tombstone, attachments, a design document."""
    revs = [f"{n}-{digit * 32}" for n, digit in ((1, "a"), (2, "b"), (2, "c"), (2, "d"))]
    first, mine, theirs, dead = revs
    return [
        Document("edited", (first,), b'{"v":1}'),
        Document("edited", (mine, first), b'{"v":2}'),
        Document("torn", (mine, first), b'{"v":1}'),
        Document("torn", (theirs, first), b'{"v":2}'),
        Document("torn", (dead, first), b'{"why":"moved"}', deleted=True),
        Document("dead", (dead, first), b"{}", deleted=True),
        Document("pictured", (first,), b"{}", attachments={"t.txt": attachment("t.txt", "text/plain", b"hello")}),
        Document("_design/d", (first,), b"{}"),
    ]  # fmt: skip


def test_a_snapshot_holds_what_replication_gives(site: Site, chen: FlaskClient) -> None:
    fill(site, *nasty(), *(visit(number) for number in range(450)))
    head, *rows, end = lines(chen)
    info = chen.get(f"/db/{GRID_1}").json
    assert head == {"database": GRID_1, "uuid": info["uuid"], "epoch": 0,
                    "sequence": info["update_seq"], "documents": len(rows)}  # fmt: skip
    assert by_snapshot(rows) == by_replication(chen)
    assert end == {"last_seq": info["update_seq"]}


def test_replication_from_its_end_has_nothing_more_to_do(site: Site, chen: FlaskClient) -> None:
    fill(site, *nasty())
    head, *_, end = lines(chen)
    assert by_replication(chen, end["last_seq"]) == {}
    assert [row for row in lines(chen, **behind(head, end)) if "docs" in row] == []


@pytest.mark.parametrize("at", [0, 3, 4])
def test_two_parts_are_the_whole_wherever_the_first_broke_off(site: Site, chen: FlaskClient, at: int) -> None:
    fill(site, *nasty())
    head, *rows, _ = lines(chen)
    again, *others, end = lines(chen, **behind(head, rows[at]))
    assert (again["documents"], len(rows)) == (len(others), at + 1 + len(others))
    assert rows[: at + 1] + others == rows
    assert end["last_seq"] == head["sequence"]


def test_what_changed_between_two_parts_comes_with_the_second(site: Site, chen: FlaskClient) -> None:
    fill(site, *nasty())
    head, *rows, _ = lines(chen)
    edit = Document("edited", ("3-" + "e" * 32, "2-" + "b" * 32, "1-" + "a" * 32), b'{"v":3}')
    fill(site, edit, visit(1))
    _, *others, end = lines(chen, **behind(head, rows[3]))
    assert by_snapshot(rows[:4]) | by_snapshot(others) == by_replication(chen)
    assert by_replication(chen, end["last_seq"]) == {}


def test_what_is_written_while_it_is_read_comes_afterwards(site: Site, chen: FlaskClient) -> None:
    fill(site, *(visit(number) for number in range(1, 1500)))
    reply = chen.get(URL, buffered=False)
    pieces = reply.iter_encoded()
    head, first = json.loads(next(pieces)), next(pieces)
    late, moved = visit(5000), visit(1499)
    fill(site, late, Document.of(moved.doc_id, ("2-" + "f" * 32, moved.rev), {"answers": {}}))
    *rows, end = [json.loads(line) for line in b"".join([first, *pieces]).splitlines()]
    assert end == {"last_seq": head["sequence"]}
    assert late.doc_id not in by_snapshot(rows)
    assert set(by_replication(chen, end["last_seq"])) == {late.doc_id, moved.doc_id}
    assert moved.doc_id not in by_snapshot(rows)
    assert set(by_snapshot(rows)) | {late.doc_id, moved.doc_id} == set(by_replication(chen))


def test_a_long_attachment_comes_with_its_bytes(site: Site, chen: FlaskClient) -> None:
    part = Lengthy(1, 3).attached()
    fill(site, Document("long", ("1-" + "a" * 32,), b"{}", attachments={"long.bin": part}))
    _, row, _ = lines(chen)
    assert by_snapshot([row]) == by_replication(chen)


def test_it_is_gzipped_for_who_takes_that(site: Site, chen: FlaskClient) -> None:
    fill(site, *(visit(number) for number in range(300)))
    reply = chen.get(URL, headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert reply.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(reply.data) == chen.get(URL).data
    assert len(reply.data) < len(chen.get(URL).data) / 3


def test_a_place_is_void_once_the_server_was_restored(tmp_path: Path) -> None:
    site = open_site(tmp_path / "data")
    fill(site, *nasty())
    back_up(site.data, tmp_path / "copy", "2026", lambda _: None)
    head, *rows, _ = lines(site.client("chen", PHONE))
    close_site(site)
    restore(tmp_path / "copy", site.data, replace=True, stamp="s", epoch=0, told=lambda _: None)
    site = Site(create_app(load({"JINLIN_DATA": str(site.data)})), site.data)
    chen = site.client("chen", PHONE)
    reply = chen.get(URL, query_string=behind(head, rows[2]), headers={"Accept-Language": "en"})
    assert (reply.status_code, reply.json["error"]) == (410, "restored")
    assert "restored" in reply.json["reason"]
    again, *_ = lines(chen)
    assert (again["uuid"], again["epoch"]) == (head["uuid"], 1)
    close_site(site)


def test_a_place_is_void_in_a_database_that_was_made_anew(site: Site) -> None:
    admin = site.client("admin", "dev-admin00000")
    fill(site, visit(1))
    head, row, _ = lines(admin)
    admin.delete(f"/db/{GRID_1}")
    admin.put(f"/db/{GRID_1}")
    assert admin.get(URL, query_string=behind(head, row)).status_code == 410


@pytest.mark.parametrize("place", [
    {"since": "1-0"}, {"uuid": "x", "epoch": "0"}, {"since": "x"}, {"epoch": "-1"}, {"epoch": "a"}, {"since": "9" * 40},
])  # fmt: skip
def test_a_place_that_is_none_is_a_bad_request(site: Site, chen: FlaskClient, place: dict[str, str]) -> None:
    whole = {"uuid": site.services.stores.open(GRID_1).info().uuid, "epoch": "0", "since": "1-0"}
    given = place if place == {"since": "1-0"} or "uuid" in place else whole | place
    assert chen.get(URL, query_string=given).status_code == 400


def test_a_damaged_document_has_a_line_that_says_so_and_stops_no_other(tmp_path: Path) -> None:
    words = b"unmistakable"
    with closing(SqliteStores(tmp_path / "data" / "stores")) as stores:
        store = stores.create(GRID_1)
        rev = "1-" + "a" * 32
        part = attachment("t.bin", "application/x", b"photo of " + words)
        store.graft([
            Document("a", (rev,), b"{}"), Document("b", (rev,), b'{"v":"%b"}' % words),
            Document("att", (rev,), attachments={"t.bin": part}), Document("c", (rev,), b"{}"),
        ])  # fmt: skip
    path = tmp_path / "data" / "stores" / f"{GRID_1}.sqlite"
    path.write_bytes(path.read_bytes().replace(words, words.upper()))
    site = open_site(tmp_path / "data")
    _, *rows, _ = lines(site.client("chen", PHONE))
    close_site(site)
    assert [row.get("error", "sound") for row in rows] == ["sound", "damaged", "damaged", "sound"]
    assert b"MISTAK" not in json.dumps(rows).encode()


def test_who_may_read_the_database_may_read_its_snapshot_and_nobody_else(site: Site) -> None:
    def status(client: FlaskClient, name: str) -> int:
        return client.get(f"/api/grids/{name}/snapshot").status_code

    databases = (GRID_1, "grid-bbbbbbbbbbb3", "forms", "directory", "quarantine", "no-such", "accounts")
    people = [
        site.client(),
        *(site.client(name, f"dev-{name}00000a") for name in ("chen", "wu", "fang", "he")),
    ]
    for client in [*people, *(site.client(name, f"dev-{name}00000a") for name in ("admin", "peer"))]:
        for name in databases:
            assert status(client, name) == client.get(f"/db/{name}").status_code, name
    assert [status(client, GRID_1) for client in people] == [401, 200, 403, 403, 403]
