"""Long attachments over HTTP: what goes in comes out by every way, within its own bound, and leaves no file behind."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from flask.testing import FlaskClient

from server.errors import BrokenOff
from sync.documents import PIECE_BYTES
from sync.sqlite import SqliteStore
from sync.wire import spool
from tests.server.test_replication_multipart import related, told
from tests.support.lengthy import MIB, Lengthy
from tests.support.live import Live
from tests.support.site import Site, close_site, open_site
from tests.support.town import GRID_1

FILM = Lengthy(seed=1, length_mib=3).attached().whole()
LIMIT = 4 * MIB


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = open_site(tmp_path / "data", attachment_bytes_max=LIMIT, request_bytes_max=MIB)
    yield made
    close_site(made)


@pytest.fixture
def films(admin: FlaskClient, site: Site) -> Iterator[FlaskClient]:
    admin.put("/db/films")
    yield admin
    links = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert [link for link in links if link.startswith(str(site.data)) and "(deleted)" in link] == []


def put(films: FlaskClient, path: str = "a/f", data: bytes = FILM, **headers: str) -> Any:
    return films.put(f"/db/films/{path}", data=data, content_type="video/mp4", headers=headers)


def update_seq(films: FlaskClient) -> str:
    return str(films.get("/db/films").json["update_seq"])


@pytest.mark.parametrize("packed", [False, True])
def test_it_is_put_packed_or_not_and_read_whole_or_in_ranges(films: FlaskClient, packed: bool) -> None:
    made = put(films, data=gzip.compress(FILM, 1), **{"Content-Encoding": "gzip"}) if packed else put(films)
    assert made.status_code == 201
    got = films.get("/db/films/a/f")
    assert (got.data, got.content_length, got.mimetype) == (FILM, len(FILM), "video/mp4")
    etag = base64.b64encode(hashlib.md5(FILM).digest()).decode()
    assert (got.headers["ETag"], got.headers["Accept-Ranges"]) == (f'"{etag}"', "bytes")
    head = films.head("/db/films/a/f")
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(FILM))
    kept = films.get("/db/films/a/f", headers={"If-None-Match": got.headers["ETag"]})
    assert (kept.status_code, kept.data) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("0-0", 0, 1),
        (f"{PIECE_BYTES - 3}-{PIECE_BYTES + 3}", PIECE_BYTES - 3, PIECE_BYTES + 4),
        (f"{2 * MIB}-", 2 * MIB, 3 * MIB),
        ("-10", 3 * MIB - 10, 3 * MIB),
        (f"{MIB}-99999999", MIB, 3 * MIB),
    ],
)
def test_a_range_is_that_range(films: FlaskClient, asked: str, start: int, stop: int) -> None:
    put(films)
    got = films.get("/db/films/a/f", headers={"Range": f"bytes={asked}"})
    assert (got.status_code, got.content_length) == (206, stop - start)
    assert got.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(FILM)}"
    assert got.data == FILM[start:stop]
    assert films.get("/db/films/a/f", headers={"Range": "bytes=3145728-"}).status_code == 416
    other = films.get("/db/films/a/f", headers={"Range": f"bytes={asked}", "If-Range": '"another"'})
    assert (other.status_code, other.data) == (200, FILM)


def test_it_comes_as_a_part_and_goes_out_with_its_document_by_every_way(films: FlaskClient) -> None:
    stub = {"follows": True, "content_type": "video/mp4", "length": len(FILM)}
    member = {"_revisions": {"start": 1, "ids": ["aa"]}, "_attachments": {"f": stub, "g": stub}}
    parts = [("Content-Encoding: gzip\r\n", gzip.compress(FILM, 1)), ("", FILM[:MIB])]
    assert films.put("/db/films/a?new_edits=false", **related(member, *parts)).status_code == 201
    for path, body in (
        ("/db/films/a?attachments=true", None),
        ('/db/films/a?open_revs=["1-aa"]&attachments=true', None),
        ("/db/films/_bulk_get?attachments=true", {"docs": [{"id": "a"}]}),
        ("/db/films/_changes?include_docs=true&attachments=true", None),
        ("/db/films/_changes?feed=eventsource&timeout=0&include_docs=true&attachments=true", None),
    ):
        text = (films.post(path, json=body) if body else films.get(path)).text
        for data in (FILM, FILM[:MIB]):
            assert f'"data":"{base64.b64encode(data).decode()}"}}' in text, path
    assert films.get("/db/films/a?attachments=true").json["_attachments"]["g"]["revpos"] == 1
    document, film, rest = told(films, "/db/films/a?attachments=true", "multipart/related").get_payload()
    assert json.loads(document.get_payload(decode=True))["_attachments"]["f"]["follows"]
    assert (film.get_payload(decode=True), rest.get_payload(decode=True)) == (FILM, FILM[:MIB])
    [mixed] = told(films, "/db/films/a?open_revs=all", "multipart/mixed").get_payload()
    assert mixed.get_payload()[1].get_payload(decode=True) == FILM
    assert films.open("/db/films/a", method="COPY", headers={"Destination": "b"}).status_code == 201
    assert films.get("/db/films/b/f").data == FILM


def test_a_document_that_comes_with_many_short_ones_keeps_them(films: FlaskClient) -> None:
    """More than a spool keeps in memory, each short enough to be kept there."""
    parts = {f"{n:02}": bytes([n]) * (PIECE_BYTES - n) for n in range(15)} | {"empty": b""}
    member = {"_attachments": {name: {"follows": True, "content_type": "a/b"} for name in parts}}
    made = films.put("/db/films/a", **related(member, *(("", data) for data in parts.values())))
    assert made.status_code == 201
    assert films.open("/db/films/a", method="COPY", headers={"Destination": "b"}).status_code == 201
    for name, data in parts.items():
        assert films.get(f"/db/films/a/{name}").data == films.get(f"/db/films/b/{name}").data == data


def bomb(length_bytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(bytes(length_bytes)) + packer.flush()


def test_an_attachment_has_a_bound_of_its_own_packed_or_not(films: FlaskClient) -> None:
    before = update_seq(films)
    packed = {"Content-Encoding": "gzip"}
    assert put(films, data=bytes(LIMIT + 1)).json["error"] == "attachment_too_large"
    assert put(films, data=bytes(LIMIT + MIB + 1)).status_code == 413
    assert put(films, data=bomb(LIMIT + 1), **packed).json["error"] == "attachment_too_large"
    assert put(films, data=bomb(50 * LIMIT), **packed).status_code == 413
    assert update_seq(films) == before
    assert put(films, data=bytes(LIMIT)).status_code == 201
    assert put(films, "b/f", bomb(LIMIT), **packed).status_code == 201


def test_whose_attachments_nobody_takes_may_not_send_long_ones(films: FlaskClient, site: Site) -> None:
    """A worker's photos go to `/api/media`: what is refused anyway is not to fill the disk first."""
    worker = site.client("chen", "dev-caaaaaaaaa")
    path = f"/db/{GRID_1}/record:01JC0000000000000000000001/f"
    assert worker.put(path, data=FILM, content_type="a/b").status_code == 413
    refused = worker.put(path, data=b"short", content_type="a/b")
    assert (refused.status_code, refused.json["reason"].partition(":")[0]) == (403, "attachment")


def test_the_attachments_of_one_request_have_it_together(films: FlaskClient) -> None:
    member = {"_attachments": {name: {"follows": True} for name in "xy"}}
    too_much = films.put("/db/films/a", **related(member, ("", FILM), ("", FILM[: 3 * MIB // 2])))
    assert (too_much.status_code, too_much.json["error"]) == (413, "attachment_too_large")
    packed = ("Content-Encoding: gzip\r\n", bomb(3 * MIB))
    assert films.put("/db/films/a", **related(member, packed, packed)).status_code == 413
    assert films.get("/db/films/a").status_code == 404


def test_documents_are_bounded_as_ever(films: FlaskClient) -> None:
    inside = {"_attachments": {"x": {"data": base64.b64encode(FILM).decode()}}}
    assert films.put("/db/films/a", json=inside).status_code == 413
    assert films.post("/db/films/_bulk_docs", json={"docs": [inside]}).status_code == 413
    member = {"pad": "x" * 2 * MIB, "_attachments": {"x": {"follows": True}}}
    assert films.put("/db/films/a", **related(member, ("", b"x"))).status_code == 413


def test_what_is_not_stored_leaves_nothing(films: FlaskClient) -> None:
    before = update_seq(films)
    stub = {"follows": True, "content_type": "a/b"}
    broken = gzip.compress(FILM, 1)
    lost = {"_attachments": {"f": stub, "s": {"stub": True}}}
    wrong = {"_attachments": {"f": {**stub, "digest": "md5-AAAAAAAAAAAAAAAAAAAAAA=="}}}
    cut = related({"_attachments": {"f": stub}}, ("", FILM))
    for reply, status in (
        (put(films, data=broken[:-9], **{"Content-Encoding": "gzip"}), 400),
        (put(films, data=FILM, **{"Content-Encoding": "br"}), 415),
        (put(films, "a/_f"), 400),
        (put(films, "a/f?rev=1-" + "f" * 32), 409),
        (films.put("/db/films/a", **related(lost, ("", FILM))), 412),
        (films.put("/db/films/a", **related(wrong, ("", FILM))), 400),
        (films.put("/db/films/a", data=cut["data"][:-9], content_type=cut["content_type"]), 400),
    ):
        assert reply.status_code == status, reply.text
    assert update_seq(films) == before


def test_a_disk_that_is_nearly_full_takes_documents_and_short_attachments_only(
    films: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "FREE_BYTES_MIN", 2**62)
    refused = put(films)
    assert (refused.status_code, refused.json["error"]) == (507, "insufficient_storage")
    assert put(films, data=FILM[:PIECE_BYTES]).status_code == 201


def harm(site: Site, start: int) -> None:
    store = site.services.stores.open("films")
    assert isinstance(store, SqliteStore)
    with store._file().writing() as (db, _):
        db.execute(
            "UPDATE blobs SET data = zeroblob(length(data))"
            " WHERE key = (SELECT piece FROM pieces WHERE start = ?)",
            (start,),
        )


def test_a_damaged_attachment_is_an_error_or_ends_in_the_middle(films: FlaskClient, site: Site) -> None:
    put(films)
    harm(site, 8 * PIECE_BYTES)
    reply = films.get("/db/films/a/f", buffered=False)
    assert (reply.status_code, reply.content_length) == (200, len(FILM))
    read: list[bytes] = []
    with pytest.raises(BrokenOff):
        read.extend(reply.response)
    assert b"".join(read) == FILM[: 8 * PIECE_BYTES]
    assert films.get("/db/films/a/f", headers={"Range": "bytes=0-9"}).data == FILM[:10]
    harm(site, 0)
    assert films.get("/db/films/a/f").json["error"] == "damaged"
    assert films.get("/db/films/a?attachments=true").json["error"] == "damaged"


def test_a_client_that_hangs_up_leaves_nothing(live: Live) -> None:
    with (
        live.client("admin") as client,
        socket.create_connection(urlsplit(live.url).netloc.split(":")) as phone,
    ):
        client.put("/db/films").raise_for_status()
        head = (
            "PUT /db/films/a/f HTTP/1.1\r\nHost: here\r\nContent-Type: video/mp4\r\n"
            f"Authorization: {client.headers['Authorization']}\r\nContent-Length: {2 * len(FILM)}\r\n\r\n"
        )
        phone.sendall(head.encode() + FILM)
        eventually(lambda: len(spooled(live)) == 1)
        phone.close()
        eventually(lambda: spooled(live) == [])
        assert client.get("/db/films/a").status_code == 404


def spooled(live: Live) -> list[str]:
    """The files without a name that the web processes have open in their data folder."""
    processes = psutil.Process(live.process.pid).children()
    links = (link for process in processes for link in Path(f"/proc/{process.pid}/fd").iterdir())
    named = (os.readlink(link) for link in links if link.is_symlink())
    return [name for name in named if name.startswith(str(live.data)) and "(deleted)" in name]


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
