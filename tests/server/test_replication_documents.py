"""One document at a time, as CouchDB 3.4.3 answers."""

from __future__ import annotations

import base64
import json

import pytest
from flask.testing import FlaskClient


@pytest.fixture
def books(admin: FlaskClient) -> FlaskClient:
    admin.put("/db/books")
    return admin


def graft(books: FlaskClient, *docs: dict[str, object]) -> list[dict[str, str]]:
    reply = books.post("/db/books/_bulk_docs", json={"docs": list(docs), "new_edits": False})
    assert reply.status_code == 201, reply.text
    rows: list[dict[str, str]] = reply.json
    return rows


def path(doc_id: str, *digests: str, start: int | None = None, **body: object) -> dict[str, object]:
    start = start or len(digests)
    history = {"start": start, "ids": list(digests)}
    return {"_id": doc_id, "_rev": f"{start}-{digests[0]}", "_revisions": history, **body}


def test_a_document_is_written_and_read(books: FlaskClient) -> None:
    made = books.put("/db/books/a", json={"v": 1})
    assert (made.status_code, made.json["id"], made.headers["ETag"]) == (201, "a", f'"{made.json["rev"]}"')
    assert books.get("/db/books/a").json == {"_id": "a", "_rev": made.json["rev"], "v": 1}


def test_the_same_edit_has_the_same_revision_on_every_machine(books: FlaskClient) -> None:
    revs = {books.put(f"/db/books/{doc_id}", json={"v": 1}).json["rev"] for doc_id in "ab"}
    assert len(revs) == 1


def test_an_edit_of_anything_but_a_leaf_conflicts(books: FlaskClient) -> None:
    first = books.put("/db/books/a", json={"v": 1}).json["rev"]
    assert books.put("/db/books/a", json={"v": 2}).status_code == 409
    assert books.put("/db/books/a", json={"v": 1}).status_code == 409
    assert books.put("/db/books/a", json={"_rev": "1-" + "0" * 32, "v": 2}).status_code == 409
    assert books.put("/db/books/a", json={"_rev": first, "v": 2}).status_code == 201
    assert books.put("/db/books/a", json={"_rev": first, "v": 2}).json["error"] == "conflict"


def test_a_document_is_json_whatever_its_request_is_called(books: FlaskClient) -> None:
    for kind in ("application/x-www-form-urlencoded", "text/plain", None):
        for path in ("/db/books/a", "/db/books/_local/a"):
            rev = books.get(path).json.get("_rev")
            reply = books.put(
                path, data=json.dumps({"v": kind, "_rev": rev} if rev else {}), content_type=kind
            )
            assert reply.status_code == 201
    assert books.post("/db/books", data=b"{}", content_type="text/plain").status_code == 415


def test_the_revision_may_come_in_the_query_or_as_if_match(books: FlaskClient) -> None:
    first = books.put("/db/books/a", json={"v": 1}).json["rev"]
    second = books.put("/db/books/a", json={"v": 2}, headers={"If-Match": f'"{first}"'}).json["rev"]
    assert books.put(f"/db/books/a?rev={second}", json={"v": 3}).json["rev"].startswith("3-")


def test_a_deleted_document_is_gone_and_comes_back_on_top_of_its_tombstone(books: FlaskClient) -> None:
    first = books.put("/db/books/a", json={"v": 1}).json["rev"]
    assert books.delete("/db/books/a").status_code == 409
    assert books.delete(f"/db/books/a?rev={first}").json["rev"].startswith("2-")
    assert books.get("/db/books/a").json == {"error": "not_found", "reason": "deleted"}
    assert books.put("/db/books/a", json={"v": 2}).json["rev"].startswith("3-")


def test_deleting_what_is_not_there_is_not_found(books: FlaskClient) -> None:
    assert books.delete("/db/books/nope?rev=1-a").status_code == 404


def test_the_etag_saves_the_body(books: FlaskClient) -> None:
    rev = books.put("/db/books/a", json={"v": 1}).json["rev"]
    again = books.get("/db/books/a", headers={"If-None-Match": f'"{rev}"'})
    assert (again.status_code, again.data) == (304, b"")
    head = books.head("/db/books/a")
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", f'"{rev}"')


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"_foo": 1}, "doc_validation"),
        ({"_rev": "zzz"}, "bad_request"),
        ([1], "bad_request"),
        ({"_attachments": {"_x": {"data": ""}}}, "bad_request"),
        ({"_attachments": {"x": {"data": "@@@"}}}, "bad_request"),
        ({"_deleted": "yes"}, "doc_validation"),
    ],
)
def test_what_cannot_be_a_document_is_refused(books: FlaskClient, body: object, slug: str) -> None:
    reply = books.put("/db/books/u", json=body)
    assert (reply.status_code, reply.json["error"]) == (400, slug)


def test_a_body_that_is_no_json_is_refused(books: FlaskClient) -> None:
    reply = books.put("/db/books/u", data=b"{bad", content_type="application/json")
    assert reply.json == {"error": "bad_request", "reason": "invalid UTF-8 JSON"}
    assert books.post("/db/books", data=b"{}", content_type="text/plain").status_code == 415


def test_an_id_that_begins_with_an_underscore_is_refused(books: FlaskClient) -> None:
    reply = books.put("/db/books/_bad", json={})
    assert (reply.status_code, reply.json["error"]) == (400, "illegal_docid")


def test_a_document_without_an_id_is_given_one(books: FlaskClient) -> None:
    made = books.post("/db/books", json={"v": 1})
    assert made.status_code == 201
    assert books.get(f"/db/books/{made.json['id']}").json["v"] == 1


@pytest.mark.parametrize("doc_id", ["a/b", "100%", "%2F", "网格 一", "a+b", "?x", "#", "_design/d"])
def test_any_id_survives_its_encoding(books: FlaskClient, doc_id: str) -> None:
    from urllib.parse import quote

    url = f"/db/books/{quote(doc_id, safe='')}"
    assert books.put(url, json={"v": 1}).json["id"] == doc_id
    assert books.get(url).json["_id"] == doc_id


def test_a_design_document_may_be_written_with_a_plain_slash(books: FlaskClient) -> None:
    assert books.put("/db/books/_design/d", json={"views": {}}).json["id"] == "_design/d"
    assert books.get("/db/books/_design%2Fd").json["_id"] == "_design/d"


def test_numbers_keep_their_kind(books: FlaskClient) -> None:
    text = b'{"a":12345678901234567890,"b":1.0,"c":1e2}'
    books.put("/db/books/n", data=text, content_type="application/json")
    assert books.get("/db/books/n").data.endswith(b'"a":12345678901234567890,"b":1.0,"c":100.0}\n')


def test_the_winner_is_the_longest_live_branch(books: FlaskClient) -> None:
    graft(books, path("c", "b", "a", x="b"), path("c", "c", "a", x="c"))
    assert books.get("/db/books/c?conflicts=true").json == {
        "_id": "c", "_rev": "2-c", "x": "c", "_conflicts": ["2-b"],
    }  # fmt: skip
    graft(books, path("c", "e", "d", "b", "a", _deleted=True))
    shown = books.get("/db/books/c?conflicts=true&deleted_conflicts=true").json
    assert (shown["_rev"], shown["_deleted_conflicts"]) == ("2-c", ["4-e"])
    assert "_conflicts" not in shown


def test_history_is_shown_when_asked(books: FlaskClient) -> None:
    first = books.put("/db/books/a", json={"v": 1}).json["rev"]
    second = books.put("/db/books/a", json={"_rev": first, "v": 2}).json["rev"]
    shown = books.get("/db/books/a?revs=true&revs_info=true").json
    assert shown["_revisions"] == {"start": 2, "ids": [second[2:], first[2:]]}
    assert [row["status"] for row in shown["_revs_info"]] == ["available", "available"]


def test_open_revs_gives_leaves_revisions_and_what_is_missing(books: FlaskClient) -> None:
    graft(books, path("c", "a", x=0), path("c", "b", "a", x="b"), path("c", "c", "a", x="c"))
    every = books.get("/db/books/c?open_revs=all").json
    assert {row["ok"]["_rev"] for row in every} == {"2-b", "2-c"}
    some = books.get('/db/books/c?open_revs=["1-a","9-zz"]').json
    assert some == [{"ok": {"_id": "c", "_rev": "1-a", "x": 0}}, {"missing": "9-zz"}]
    latest = books.get('/db/books/c?open_revs=["1-a"]&latest=true').json
    assert {row["ok"]["_rev"] for row in latest} == {"2-b", "2-c"}
    assert books.get("/db/books/none?open_revs=all").status_code == 404
    assert books.get('/db/books/none?open_revs=["1-a"]').json == [{"missing": "1-a"}]
    assert books.get("/db/books/c?open_revs=zz").status_code == 400


def test_one_document_can_be_put_with_its_history(books: FlaskClient) -> None:
    reply = books.put("/db/books/s?new_edits=false", json=path("s", "q", "p", "o", v=1))
    assert (reply.status_code, reply.json["rev"]) == (201, "3-q")


def test_attachments_travel_inside_and_are_read_alone(books: FlaskClient) -> None:
    data = bytes(range(256))
    part = {"content_type": "image/png", "data": base64.b64encode(data).decode()}
    rev = books.put("/db/books/p", json={"_attachments": {"p.png": part}}).json["rev"]
    stub = books.get("/db/books/p").json["_attachments"]["p.png"]
    assert (stub["stub"], stub["length"], stub["revpos"]) == (True, 256, 1)
    got = books.get("/db/books/p/p.png")
    assert (got.data, got.mimetype) == (data, "image/png")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert books.get("/db/books/p/p.png", headers={"Range": "bytes=2-5"}).data == data[2:6]
    inline = books.get("/db/books/p?attachments=true").json["_attachments"]["p.png"]
    assert base64.b64decode(inline["data"]) == data
    kept = {"p.png": {"stub": True, "content_type": "image/png"}}
    second = books.put("/db/books/p", json={"_rev": rev, "z": 1, "_attachments": kept})
    assert second.status_code == 201
    assert books.get("/db/books/p/p.png").data == data


@pytest.mark.parametrize("name", ["p.png", "a/b.txt", "a%2Fb.txt", "%E9%97%A8%E7%89%8C%2F100%25"])
def test_an_attachment_is_put_and_taken_away_alone(books: FlaskClient, name: str) -> None:
    from urllib.parse import unquote

    rev = books.put("/db/books/p", json={"v": 1}).json["rev"]
    put = books.put(f"/db/books/p/{name}?rev={rev}", data=b"abc", content_type="text/plain")
    assert put.status_code == 201
    assert books.get(f"/db/books/p/{name}").data == b"abc"
    shown = books.get("/db/books/p").json
    assert (shown["v"], list(shown["_attachments"])) == (1, [unquote(name)])
    assert books.delete(f"/db/books/p/{name}?rev={put.json['rev']}").status_code == 200
    assert books.get(f"/db/books/p/{name}").json["reason"] == "Document is missing attachment"


def test_a_stub_that_nothing_explains_is_refused(books: FlaskClient) -> None:
    reply = books.put("/db/books/p", json={"_attachments": {"x": {"stub": True}}})
    assert (reply.status_code, reply.json["error"]) == (412, "missing_stub")


def test_if_match_says_nothing_to_a_read(books: FlaskClient) -> None:
    rev = books.put("/db/books/a", json={"v": 1}).json["rev"]
    books.put(f"/db/books/a/x?rev={rev}", data=b"data", content_type="a/b")
    for path in ("a", "a/x"):
        assert books.get(f"/db/books/{path}", headers={"If-Match": '"1-a"'}).status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/plain;charset=gbk", "application/json", "", "a\nb: c", "文/本"]
)
def test_an_attachment_is_of_the_very_kind_it_was_given(books: FlaskClient, kind: str) -> None:
    part = {"content_type": kind, "data": "aGk="}
    books.put("/db/books/a", json={"_attachments": {"p": part}})
    reply = books.get("/db/books/a/p")
    assert (reply.status_code, reply.data) == (200, b"hi")
    assert reply.headers.get("Content-Type", "").encode("latin-1").decode() == kind.replace("\n", " ")
    assert books.get("/db/books/a?attachments=true").json["_attachments"]["p"]["content_type"] == kind


def test_what_couchdb_keeps_of_special_members_is_kept(books: FlaskClient) -> None:
    kept = {
        "_replication_id": "r",
        "_replication_state": "triggered",
        "_replication_stats": {},
        "_access": ["a"],
    }
    rev = books.put("/db/books/a", json=kept).json["rev"]
    assert books.get("/db/books/a").json == {"_id": "a", "_rev": rev, **kept}
    assert books.post("/db/books/_find", json={"selector": {"_replication_id": "r"}}).json["docs"] != []


def test_an_id_may_be_long(books: FlaskClient) -> None:
    longest = "网" * 2389 + "x"
    assert graft(books, path(longest, "a")) == []
    assert books.post("/db/books/_bulk_get", json={"docs": [{"id": longest}]}).json["results"][0]["docs"][0][
        "ok"
    ]
    (row,) = graft(books, path(longest + "x", "a"))
    assert row["reason"] == "illegal_docid: Document id is too long"
