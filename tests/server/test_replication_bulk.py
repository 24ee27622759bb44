"""Many documents in one request: one broken or refused document never stops the others."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from tests.support.site import Site, close_site, open_site
from tests.support.town import COMMUNITY


@pytest.fixture
def books(admin: FlaskClient) -> FlaskClient:
    admin.put("/db/books")
    return admin


def push(client: FlaskClient, text: bytes, **headers: str) -> list[dict[str, str]]:
    reply = client.post("/db/books/_bulk_docs", data=text, content_type="application/json", headers=headers)
    assert reply.status_code == 201, reply.text
    rows: list[dict[str, str]] = reply.json
    return rows


def batch(*docs: object, new_edits: bool = False) -> bytes:
    return json.dumps({"docs": docs, "new_edits": new_edits}).encode()


def test_foreign_history_is_stored_in_silence(books: FlaskClient) -> None:
    assert push(books, batch({"_id": "a", "_rev": "5-abc", "v": 1})) == []
    assert books.get("/db/books/a?revs=true").json["_revisions"] == {"start": 5, "ids": ["abc"]}


def test_storing_it_again_changes_nothing(books: FlaskClient) -> None:
    push(books, batch({"_id": "a", "_rev": "1-a", "v": 1}))
    before = books.get("/db/books").json["update_seq"]
    assert push(books, batch({"_id": "a", "_rev": "1-a", "v": "another"})) == []
    assert books.get("/db/books").json["update_seq"] == before
    assert books.get("/db/books/a").json["v"] == 1


def test_ordinary_edits_answer_row_by_row(books: FlaskClient) -> None:
    push(books, batch({"_id": "a", "v": 1}, new_edits=True))
    rows = push(
        books, batch({"_id": "a", "v": 2}, {"_id": "b"}, {"_id": "b", "v": 2}, {"v": 3}, new_edits=True)
    )
    assert [row.get("error", "ok") for row in rows] == ["conflict", "ok", "conflict", "ok"]
    assert rows[0] == {"id": "a", "error": "conflict", "reason": "Document update conflict."}


@pytest.mark.parametrize(
    "broken",
    [
        b'{"_id":"x","_rev":"1-a","t":"\\ud800"}',
        b'{"_id":"x","_rev":"1-a","t":"\xff"}',
        b'{"_id":"x","_rev":"1-a","t":NaN}',
        b'{"_id":"x","_rev":"1-a","t":' + b"[" * 3000 + b"]" * 3000 + b"}",
        b'{"_id":"x","_rev":"1-a","_what":1}',
        b'{"_id":"x","_rev":"nonsense"}',
        b'{"_id":"x","_rev":"2-a","_revisions":{"start":1,"ids":["b","a"]}}',
        b'{"_id":"x","_rev":"1-a","_attachments":{"p":{"stub":true}}}',
        b'{"_id":"_x","_rev":"1-a"}',
        b'{"_rev":"1-a"}',
        b"17",
        b"null",
    ],
)
def test_one_broken_document_is_one_row_and_the_rest_is_stored(books: FlaskClient, broken: bytes) -> None:
    text = b'{"new_edits":false,"docs":[{"_id":"a","_rev":"1-a","\xe7\xbd\x91":"\\"]}"},%b,{"_id":"b","_rev":"1-b"}]}'
    rows = push(books, text % broken)
    assert [row["error"] for row in rows] == ["forbidden"]
    assert books.get("/db/books/a").json["网"] == '"]}'
    assert books.get("/db/books/b").status_code == 200


def test_what_names_no_revision_is_not_replicated_and_refuses_its_batch(books: FlaskClient) -> None:
    text = batch({"_id": "a", "_rev": "1-a"}, {"_id": "x"})
    reply = books.post("/db/books/_bulk_docs", data=text, content_type="application/json")
    assert (reply.status_code, reply.json["error"]) == (400, "bad_request")
    assert (
        reply.json["reason"] == "When `new_edits: false`, the document needs `_rev` or `_revisions` specified"
    )
    assert books.get("/db/books").json["doc_count"] == 0


def test_a_history_of_another_revision_is_not_believed_and_the_revision_is_kept(books: FlaskClient) -> None:
    wrong = {"_id": "a", "_rev": "2-a", "_revisions": {"start": 1, "ids": ["a"]}, "v": "first"}
    right = {"_id": "a", "_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}, "v": "second"}
    assert push(books, batch(wrong, right)) == []
    assert books.get("/db/books/a?rev=2-a&revs=true").json == {
        "_id": "a", "_rev": "2-a", "v": "first", "_revisions": {"start": 2, "ids": ["a"]}
    }  # fmt: skip
    assert books.get("/db/books/a?conflicts=true").json["_conflicts"] == ["2-a"]


@pytest.mark.parametrize(
    ("broken", "error", "reason"),
    [
        ({"_id": "_x"}, "illegal_docid", "Only reserved document ids may start with underscore."),
        ({"_id": 123}, "illegal_docid", "Document id must be a string"),
        ({"_zing": 4}, "doc_validation", "Bad special document member: _zing"),
        ({"_id": "x", "_rev": "nonsense"}, "bad_request", "Invalid rev format"),
        (17, "bad_request", "Document must be a JSON object"),
    ],
)
def test_what_is_no_document_refuses_a_batch_of_ordinary_edits(
    books: FlaskClient, broken: object, error: str, reason: str
) -> None:
    reply = books.post("/db/books/_bulk_docs", json={"docs": [{"_id": "a"}, broken, {"_id": "_local/l"}]})
    assert (reply.status_code, reply.json) == (400, {"error": error, "reason": reason})
    assert books.get("/db/books").json["doc_count"] == 0
    assert books.get("/db/books/_local/l").status_code == 404


def test_a_batch_of_ordinary_edits_that_does_not_parse_is_refused(books: FlaskClient) -> None:
    text = b'{"docs":[{"_id":"a"},{"_id":"b","t":"\\ud800"}]}'
    reply = books.post("/db/books/_bulk_docs", data=text, content_type="application/json")
    assert (reply.status_code, reply.json["reason"]) == (400, "invalid UTF-8 JSON")
    assert books.get("/db/books").json["doc_count"] == 0


def test_local_documents_may_come_among_ordinary_edits(books: FlaskClient) -> None:
    rows = push(books, batch({"_id": "_local/l", "v": 1}, {"_id": "a"}, new_edits=True))
    assert [row["id"] for row in rows] == ["_local/l", "a"]
    assert books.get("/db/books/_local/l").json == {"_id": "_local/l", "_rev": rows[0]["rev"], "v": 1}
    gone = {"_id": "_local/l", "_rev": rows[0]["rev"], "_deleted": True}
    assert push(books, batch(gone, new_edits=True)) == [{"ok": True, "id": "_local/l", "rev": "0-0"}]
    assert books.get("/db/books/_local/l").status_code == 404


def test_a_broken_document_is_named_as_far_as_it_can_be_read(books: FlaskClient) -> None:
    (row,) = push(books, b'{"docs":[{"_id":"x","_rev":"1-a","t":"\\ud800"}],"new_edits":false}')
    assert (row["id"], row["rev"], row["reason"][:8]) == ("x", "1-a", "bad_json")


def test_a_document_over_the_limit_is_refused_alone(tmp_path: Path) -> None:
    site = open_site(tmp_path / "small", {"admin": ("admin", "")}, document_bytes_max=1000)
    client = site.client("admin")
    client.put("/db/books")
    rows = push(client, batch({"_id": "big", "_rev": "1-a", "t": "x" * 1000}, {"_id": "b", "_rev": "1-b"}))
    assert [(row["id"], row["reason"].partition(":")[0]) for row in rows] == [("big", "document_too_large")]
    assert client.put("/db/books/big", json={"t": "x" * 1000}).status_code == 413
    close_site(site)


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[]", b'{"docs":1}', b'{"docs":[', b'{"docs":[]}}}', b'{"docs":[],"new_edits":1}', b"\xff"],
)
def test_a_broken_envelope_is_refused_whole(books: FlaskClient, text: bytes) -> None:
    reply = books.post("/db/books/_bulk_docs", data=text, content_type="application/json")
    assert (reply.status_code, reply.json["error"]) == (400, "bad_request")


def test_a_gzipped_batch_is_understood(books: FlaskClient) -> None:
    assert (
        push(books, gzip.compress(batch({"_id": "z", "_rev": "1-z"})), **{"Content-Encoding": "gzip"}) == []
    )
    assert books.get("/db/books/z").status_code == 200


def test_bodies_are_bounded_before_and_after_decompression(tmp_path: Path) -> None:
    limits = {"request_bytes_max": 50_000, "request_unpacked_bytes_max": 100_000}
    site = open_site(tmp_path / "small", {"admin": ("admin", "")}, **limits)
    client = site.client("admin")
    client.put("/db/books")
    plain = client.post("/db/books/_bulk_docs", data=b" " * 60_000, content_type="application/json")
    bomb = gzip.compress(batch({"_id": "z", "_rev": "1-z", "t": "0" * 200_000}))
    assert len(bomb) < 50_000
    packed = client.post(
        "/db/books/_bulk_docs",
        data=bomb,
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )
    assert [plain.status_code, packed.status_code] == [413, 413]
    broken = client.post(
        "/db/books/_bulk_docs",
        data=bomb[:-9],
        content_type="application/json",
        headers={"Content-Encoding": "gzip"},
    )
    assert broken.status_code in (400, 413)
    close_site(site)


def test_a_large_reply_is_gzipped_for_who_asks(books: FlaskClient) -> None:
    push(books, batch(*({"_id": f"d{n}", "_rev": "1-a", "t": "x" * 100} for n in range(50))))
    for path in ("_all_docs?include_docs=true", "_changes?include_docs=true"):
        plain = books.get(f"/db/books/{path}")
        packed = books.get(f"/db/books/{path}", headers={"Accept-Encoding": "gzip"})
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) < len(plain.data) / 3


def test_revs_diff_names_what_is_missing_and_what_may_be_its_ancestors(books: FlaskClient) -> None:
    push(books, batch({"_id": "c", "_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}}))
    asked = {"c": ["1-a", "2-b", "9-q"], "known": [], "none": ["1-x"], "all": []}
    reply = books.post("/db/books/_revs_diff", json=asked).json
    assert reply == {"c": {"missing": ["9-q"], "possible_ancestors": ["2-b"]}, "none": {"missing": ["1-x"]}}
    assert books.post("/db/books/_missing_revs", json={"c": ["9-q"]}).json == {"missing_revs": {"c": ["9-q"]}}


@pytest.mark.parametrize("asked", [[], {"c": "1-a"}, {"c": ["nonsense"]}, {"c": [1]}])
def test_a_broken_revs_diff_is_refused(books: FlaskClient, asked: object) -> None:
    assert books.post("/db/books/_revs_diff", json=asked).status_code == 400


def test_bulk_get_answers_each_in_order(books: FlaskClient) -> None:
    push(
        books,
        batch(
            {"_id": "c", "_rev": "1-a"},
            {"_id": "c", "_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}, "x": 1},
            {"_id": "c", "_rev": "2-c", "_revisions": {"start": 2, "ids": ["c", "a"]}, "x": 2},
        ),
    )
    asked = [
        {"id": "c", "rev": "1-a"},
        {"id": "c", "rev": "9-q"},
        {"id": "none"},
        {"id": "c", "rev": "bad"},
        {"id": "c"},
    ]
    reply = books.post("/db/books/_bulk_get?revs=true&latest=true", json={"docs": asked}).json["results"]
    assert [row["id"] for row in reply] == ["c", "c", "none", "c", "c"]
    assert {d["ok"]["_rev"] for d in reply[0]["docs"]} == {"2-b", "2-c"}
    assert reply[0]["docs"][0]["ok"]["_revisions"]["start"] == 2
    assert reply[1]["docs"] == [
        {"error": {"id": "c", "rev": "9-q", "error": "not_found", "reason": "missing"}}
    ]
    assert reply[2]["docs"][0]["error"]["rev"] == "undefined"
    assert reply[3]["docs"][0]["error"]["error"] == "bad_request"
    assert reply[4]["docs"][0]["ok"]["_rev"] == "2-c"
    plain = books.post("/db/books/_bulk_get", json={"docs": [{"id": "c", "rev": "1-a"}]}).json["results"]
    assert plain[0]["docs"] == [{"ok": {"_id": "c", "_rev": "1-a"}}]


def test_a_broken_bulk_get_is_refused(books: FlaskClient) -> None:
    assert books.post("/db/books/_bulk_get", json={}).json["reason"] == "Missing JSON list of 'docs'."
    assert books.post("/db/books/_bulk_get", json={"docs": [1]}).status_code == 400
    assert books.get("/db/books/_bulk_get").status_code == 405


def test_all_docs_lists_a_range_a_choice_and_documents(books: FlaskClient) -> None:
    push(books, batch(*({"_id": doc_id, "_rev": "1-a", "v": doc_id} for doc_id in "abcd")))
    books.delete("/db/books/d?rev=1-a")
    reply = books.get("/db/books/_all_docs").json
    assert (reply["total_rows"], [row["id"] for row in reply["rows"]]) == (3, ["a", "b", "c"])

    def ids(query: str) -> list[str]:
        return [row["id"] for row in books.get(f"/db/books/_all_docs?{query}").json["rows"]]

    assert ids('startkey="b"') == ["b", "c"]
    assert ids('startkey="a"&endkey="c"&inclusive_end=false') == ["a", "b"]
    assert ids('descending=true&startkey="b"') == ["b", "a"]
    assert ids("limit=1&skip=1") == ["b"]
    assert ids('key="b"') == ["b"]
    chosen = books.post("/db/books/_all_docs?include_docs=true", json={"keys": ["c", "x", "d"]}).json["rows"]
    assert chosen[0]["doc"] == {"_id": "c", "_rev": "1-a", "v": "c"}
    assert chosen[1] == {"key": "x", "error": "not_found"}
    assert (chosen[2]["value"]["deleted"], chosen[2]["doc"]) == (True, None)
    assert books.get("/db/books/_all_docs?limit=-1").status_code == 400
    assert books.get("/db/books/_all_docs?include_docs=maybe").status_code == 400


def test_all_docs_of_named_ids_is_a_list_like_any_other(books: FlaskClient) -> None:
    push(books, batch(*({"_id": doc_id, "_rev": "1-a"} for doc_id in "abc")))

    def keys(query: str, *named: str) -> list[str]:
        reply = books.post(f"/db/books/_all_docs?{query}", json={"keys": named or ["c", "x", "a"]})
        assert reply.json["total_rows"] == 3
        return [row["key"] for row in reply.json["rows"]]

    assert keys("skip=1") == ["x", "a"]
    assert keys("limit=2") == ["c", "x"]
    assert keys("limit=0") == []
    assert keys("descending=true") == ["a", "x", "c"]
    assert keys("descending=true&skip=1&limit=1") == ["x"]
    assert keys('key="c"', "c") == ["c"]


@pytest.mark.parametrize("bound", ["key", "startkey", "start_key", "endkey", "end_key"])
def test_all_docs_is_asked_for_named_ids_or_for_a_range(books: FlaskClient, bound: str) -> None:
    reply = books.post(f'/db/books/_all_docs?{bound}="a"', json={"keys": ["c", "a"]})
    assert (reply.status_code, reply.json["error"]) == (400, "query_parse_error")


def test_all_docs_shows_conflicts_and_attachments_with_the_documents(books: FlaskClient) -> None:
    part = {"content_type": "text/plain", "data": "aGk="}
    push(books, batch({"_id": "a", "_rev": "1-b", "_attachments": {"t": part}}, {"_id": "a", "_rev": "1-a"}))
    for named in ({}, {"keys": ["a"]}):
        (row,) = books.post(
            "/db/books/_all_docs?include_docs=true&conflicts=true&attachments=true", json=named
        ).json["rows"]
        assert row["doc"]["_conflicts"] == ["1-a"]
        assert row["doc"]["_attachments"]["t"]["data"] == "aGk="
        (row,) = books.post("/db/books/_all_docs?include_docs=true", json=named).json["rows"]
        assert row["doc"]["_attachments"]["t"]["stub"]
        assert "_conflicts" not in row["doc"]


def test_a_phone_may_ask_for_no_more_ids_than_the_limit(tmp_path: Path) -> None:
    site: Site = open_site(tmp_path / "small", {"wu": ("worker", f"{COMMUNITY}001")}, bulk_docs_max=3)
    client = site.client("wu")
    from tests.support.town import GRID_1

    assert client.post(f"/db/{GRID_1}/_bulk_docs", json={"docs": [{}] * 4}).status_code == 413
    assert client.post(f"/db/{GRID_1}/_revs_diff", json={str(n): [] for n in range(4)}).status_code == 413
    assert client.post(f"/db/{GRID_1}/_bulk_get", json={"docs": [{"id": "a"}] * 4}).status_code == 413
    close_site(site)


def test_a_batch_of_nothing_but_unexplained_stubs_is_refused_row_by_row(books: FlaskClient) -> None:
    stub = {"_attachments": {"p": {"stub": True, "digest": "md5-x"}}}
    docs = [{"_id": f"d{number}", "_rev": "1-a", **(stub if number % 500 else {})} for number in range(2000)]
    rows = push(books, batch(*docs))
    assert len(rows) == 1996
    assert {row["reason"].partition(":")[0] for row in rows} == {"missing_stub"}
    assert books.get("/db/books").json["doc_count"] == 4


def test_a_revision_whose_stub_is_unexplained_is_refused_alone_of_its_document(books: FlaskClient) -> None:
    stub = {"_attachments": {"p": {"stub": True, "digest": "md5-x"}}}
    rows = push(books, batch({"_id": "a", "_rev": "1-a"}, {"_id": "a", "_rev": "1-b", **stub}))
    assert [(row["id"], row["rev"]) for row in rows] == [("a", "1-b")]
    assert books.get("/db/books/a").json["_rev"] == "1-a"
