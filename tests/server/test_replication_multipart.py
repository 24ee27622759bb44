"""Attachments as parts of their own, both ways, as CouchDB's replicator sends and asks for them."""

from __future__ import annotations

import base64
import gzip
import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest
from flask.testing import FlaskClient

from sync.wire import digest_of

TEXT, BINARY = b"hello world " * 50, bytes(range(256))


@pytest.fixture
def books(admin: FlaskClient) -> FlaskClient:
    admin.put("/db/books")
    return admin


def related(member: dict[str, Any], *parts: tuple[str, bytes]) -> dict[str, Any]:
    """The arguments of a request that sends a document and its parts, each with its header lines."""
    text = b"--BB\r\nContent-Type: application/json\r\n\r\n" + json.dumps(member).encode()
    for headers, data in parts:
        text += f"\r\n--BB\r\n{headers}\r\n".encode() + data
    return {"data": text + b"\r\n--BB--", "content_type": 'multipart/related; boundary="BB"'}


def told(books: FlaskClient, url: str, accept: str, **body: object) -> Any:
    """A multipart reply, taken apart by the standard library."""
    headers = {"Accept": accept}
    reply = books.post(url, json=body, headers=headers) if body else books.get(url, headers=headers)
    assert reply.status_code == 200, reply.text
    assert reply.content_type.startswith("multipart/")
    head = f"Content-Type: {reply.content_type}\r\n\r\n".encode()
    return BytesParser(policy=HTTP).parsebytes(head + reply.data)


def doc(**body: object) -> dict[str, Any]:
    follows = {
        "t.txt": {"follows": True, "content_type": "text/plain", "length": len(TEXT), "revpos": 2},
        "b.bin": {"follows": True, "content_type": "application/octet-stream", "length": 256, "revpos": 1},
    }
    history = {"start": 2, "ids": ["bb", "aa"]}
    return {"_id": "mp", "_rev": "2-bb", "_revisions": history, "_attachments": follows, **body}


@pytest.fixture
def mp(books: FlaskClient) -> FlaskClient:
    parts = (("Content-Encoding: gzip\r\n", gzip.compress(TEXT)), ("", BINARY))
    made = books.put("/db/books/mp?new_edits=false", **related(doc(), *parts))
    assert (made.status_code, made.json) == (201, {"ok": True, "id": "mp", "rev": "2-bb"})
    return books


def test_a_revision_comes_with_its_attachments_gzipped_or_not(mp: FlaskClient) -> None:
    assert mp.get("/db/books/mp/t.txt").data == TEXT
    assert mp.get("/db/books/mp/b.bin?rev=2-bb").data == BINARY
    stubs = mp.get("/db/books/mp?revs=true").json
    assert stubs["_revisions"] == {"start": 2, "ids": ["bb", "aa"]}
    assert stubs["_attachments"]["t.txt"] == {
        "content_type": "text/plain", "revpos": 2, "digest": digest_of(TEXT), "length": 600, "stub": True,
    }  # fmt: skip


def test_an_ordinary_edit_may_come_as_multipart(books: FlaskClient) -> None:
    member = {"v": 1, "_attachments": {"x": {"follows": True, "content_type": "a/b"}}}
    assert books.put("/db/books/a", **related(member, ("", b"data"))).json["rev"].startswith("1-")
    assert books.get("/db/books/a/x").data == b"data"
    assert books.put("/db/books/a", **related(member, ("", b"data"))).status_code == 409


def test_a_document_goes_out_with_its_attachments(mp: FlaskClient) -> None:
    whole = told(mp, "/db/books/mp?attachments=true", "multipart/related")
    document, *parts = whole.get_payload()
    assert document.get_content_type() == "application/json"
    member = json.loads(document.get_payload(decode=True))
    assert [name for name, stub in member["_attachments"].items() if stub["follows"]] == ["t.txt", "b.bin"]
    assert {p.get_filename(): p.get_payload(decode=True) for p in parts} == {"t.txt": TEXT, "b.bin": BINARY}


def test_what_goes_out_comes_in_again(mp: FlaskClient) -> None:
    query = "attachments=true&revs=true"
    sent = mp.get(f"/db/books/mp?{query}", headers={"Accept": "multipart/related"})
    mp.put("/db/copies")
    made = mp.put("/db/copies/mp?new_edits=false", data=sent.data, content_type=sent.content_type)
    assert made.status_code == 201
    copy, original = (mp.get(f"/db/{name}/mp?{query}").json for name in ("copies", "books"))
    assert copy == original


def test_without_naming_multipart_everything_is_json(mp: FlaskClient) -> None:
    for accept in ("*/*", "application/json"):
        reply = mp.get("/db/books/mp?attachments=true", headers={"Accept": accept})
        assert base64.b64decode(reply.json["_attachments"]["b.bin"]["data"]) == BINARY


def test_only_attachments_newer_than_those_the_client_has_are_sent(mp: FlaskClient) -> None:
    query = "/db/books/mp?atts_since=" + json.dumps(["1-aa", "1-other"])
    kept = mp.get(query).json["_attachments"]
    assert (kept["b.bin"].get("stub"), base64.b64decode(kept["t.txt"]["data"])) == (True, TEXT)
    document, part = told(mp, query, "multipart/related").get_payload()
    assert json.loads(document.get_payload(decode=True))["_attachments"]["b.bin"]["stub"] is True
    assert part.get_filename() == "t.txt"
    assert mp.get("/db/books/mp?atts_since=x").status_code == 400
    assert mp.get("/db/books/mp?atts_since=[1]").status_code == 400


def test_open_revisions_go_out_as_multipart_with_what_is_missing(mp: FlaskClient) -> None:
    mp.post(
        "/db/books/_bulk_docs", json={"docs": [{"_id": "mp", "_rev": "1-zz", "v": 1}], "new_edits": False}
    )
    revs = json.dumps(["2-bb", "1-zz", "9-none"])
    mixed = told(mp, f"/db/books/mp?open_revs={revs}&revs=true", "multipart/mixed")
    first, plain, missing = mixed.get_payload()
    assert [part.get_filename() for part in first.get_payload()] == [None, "t.txt", "b.bin"]
    assert json.loads(plain.get_payload(decode=True))["v"] == 1
    assert missing.get_param("error") == "true"
    assert json.loads(missing.get_payload(decode=True)) == {"missing": "9-none"}


@pytest.mark.parametrize("kind", ["mixed", "related"])
def test_bulk_get_goes_out_as_multipart(mp: FlaskClient, kind: str) -> None:
    mp.put("/db/books/plain", json={"v": 1})
    docs = [{"id": "mp", "rev": "2-bb"}, {"id": "plain"}, {"id": "none", "rev": "1-a"}]
    mixed = told(mp, "/db/books/_bulk_get?revs=true", f"multipart/{kind}", docs=docs)
    assert mixed.get_content_type() == f"multipart/{kind}"
    first, plain, missing = mixed.get_payload()
    assert (first["X-Doc-Id"], first["X-Rev-Id"]) == ("mp", "2-bb")
    assert first.get_payload()[2].get_payload(decode=True) == BINARY
    assert json.loads(plain.get_payload(decode=True))["_id"] == "plain"
    assert json.loads(missing.get_payload(decode=True))["error"] == "not_found"


def test_nothing_asked_for_is_still_a_whole_reply(books: FlaskClient) -> None:
    reply = books.post("/db/books/_bulk_get", json={"docs": []}, headers={"Accept": "multipart/mixed"})
    assert reply.data.startswith(b"--")
    assert reply.data.endswith(b"--")


def test_a_broken_multipart_body_stores_nothing(books: FlaskClient) -> None:
    whole = related(doc(), ("", TEXT), ("", BINARY))
    for data in (whole["data"][:-300], b"", b"--BB--", whole["data"].replace(b"_id", b"_od")):
        reply = books.put("/db/books/mp?new_edits=false", data=data, content_type=whole["content_type"])
        assert (reply.status_code, reply.json["error"]) == (400, reply.json["error"])
    assert books.get("/db/books").json["update_seq"] == "0-0"


def test_a_wrong_digest_is_refused(books: FlaskClient) -> None:
    member = {"_attachments": {"x": {"follows": True, "digest": digest_of(b"other")}}}
    reply = books.put("/db/books/a", **related(member, ("", b"data")))
    assert (reply.status_code, reply.json["error"]) == (400, "content_md5_mismatch")


def test_a_stub_is_known_by_its_generation_where_the_digest_is_of_a_packed_form(mp: FlaskClient) -> None:
    """CouchDB gzips text, so its digest of the same attachment is another than ours."""
    stub = {"stub": True, "content_type": "text/plain", "revpos": 2, "digest": digest_of(gzip.compress(TEXT))}
    history = {"start": 3, "ids": ["cc", "bb", "aa"]}
    member = {"_rev": "3-cc", "_revisions": history, "_attachments": {"t.txt": stub}}
    assert mp.put("/db/books/mp?new_edits=false", json=member).status_code == 201
    assert mp.get("/db/books/mp/t.txt?rev=3-cc").data == TEXT
    later = {**member, "_rev": "4-dd", "_revisions": {"start": 4, "ids": ["dd", *history["ids"]]}}  # type: ignore[misc]
    later["_attachments"] = {"t.txt": {**stub, "revpos": 4}}
    assert mp.put("/db/books/mp?new_edits=false", json=later).status_code in (403, 412)
