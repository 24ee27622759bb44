"""COPY, `_security`, `_revs_limit`, and what is asked of design documents."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.site import Site
from tests.support.town import GRID_1


@pytest.fixture
def books(admin: FlaskClient) -> FlaskClient:
    admin.put("/db/books")
    return admin


def copy(books: FlaskClient, path: str, to: str) -> Any:
    return books.open(f"/db/books/{path}", method="COPY", headers={"Destination": to} if to else {})


def test_a_document_is_copied_with_its_attachments(books: FlaskClient) -> None:
    first = books.put("/db/books/a", json={"v": 1}).json["rev"]
    books.put(f"/db/books/a/x?rev={first}", data=b"data", content_type="a/b")
    made = copy(books, "a", "b")
    assert (made.status_code, made.json["id"]) == (201, "b")
    assert books.get("/db/books/b/x").data == b"data"
    assert copy(books, "a", "b").status_code == 409
    assert copy(books, f"a?rev={first}", f"b?rev={made.json['rev']}").json["rev"].startswith("2-")
    assert books.get("/db/books/b").json["v"] == 1
    assert copy(books, "a", "%E7%BD%91%2F1").json["id"] == "网/1"
    assert [copy(books, "a", to).status_code for to in ("", "_bad", "c?rev=zz")] == [400, 400, 400]
    assert copy(books, "none", "c").status_code == 404


def test_security_is_kept_and_given_back(books: FlaskClient) -> None:
    assert books.get("/db/books/_security").json["admins"] == {"roles": ["_admin"]}
    given = {"admins": {"names": ["x"], "roles": []}, "members": {"roles": ["r"]}, "more": {"cloudant": 1}}
    assert books.put("/db/books/_security", json=given).json == {"ok": True}
    assert books.get("/db/books/_security").json == given
    for wrong in ([], {"admins": 1}, {"members": {"names": "x"}}, {"members": {"roles": [1]}}, {"_x": 1}):
        assert books.put("/db/books/_security", json=wrong).status_code == 400
    assert books.get("/db/books/_security").json == given


def test_ancestries_are_kept_as_long_as_the_limit_of_revisions_says(books: FlaskClient) -> None:
    assert books.get("/db/books/_revs_limit").json == 1000
    assert books.put("/db/books/_revs_limit", data="3").json == {"ok": True}
    assert books.get("/db/books/_revs_limit").json == 3
    made = books.put("/db/books/a", json={}).json["rev"]
    for _ in range(5):
        made = books.put("/db/books/a", json={"_rev": made}).json["rev"]
    told = books.get("/db/books/a?revs=true").json["_revisions"]
    assert (told["start"], len(told["ids"])) == (6, 3)


@pytest.mark.parametrize("text", ["0", "-1", "10001", "1000.0", "true", '"3"', "x", ""])
def test_a_limit_that_is_none_is_refused(books: FlaskClient, text: str) -> None:
    reply = books.put("/db/books/_revs_limit", data=text)
    assert (reply.status_code, reply.json["error"]) == (400, "bad_request")
    assert books.get("/db/books/_revs_limit").json == 1000


def test_a_grid_keeps_at_least_as_many_revisions_as_a_phone_may_have_unsent(admin: FlaskClient) -> None:
    assert admin.put(f"/db/{GRID_1}/_revs_limit", data="99").status_code == 400
    assert admin.put(f"/db/{GRID_1}/_revs_limit", data="100").status_code == 200
    assert admin.get(f"/db/{GRID_1}/_revs_limit").json == 100


def purge(books: FlaskClient, revs: Any) -> Any:
    return books.post("/db/books/_purge", json=revs)


def test_a_purged_leaf_was_never_here(books: FlaskClient) -> None:
    kept, gone = (books.put(f"/db/books/{name}", json={}).json["rev"] for name in "ab")
    reply = purge(books, {"b": [gone], "a": ["1-abc"], "none": [kept]})
    assert (reply.status_code, reply.json) == (
        201,
        {"purge_seq": None, "purged": {"b": [gone], "a": [], "none": []}},
    )
    assert books.get("/db/books/b").json == {"error": "not_found", "reason": "missing"}
    assert [row["id"] for row in books.get("/db/books/_changes").json["results"]] == ["a"]
    info = books.get("/db/books").json
    assert (info["doc_count"], info["doc_del_count"], info["update_seq"], info["purge_seq"]) == (
        1,
        0,
        "3-0",
        "3",
    )
    assert purge(books, {}).json == {"purge_seq": None, "purged": {}}


def test_who_asked_for_a_purge_is_in_the_audit_log_by_ids_alone(site: Site, books: FlaskClient) -> None:
    gone = books.put("/db/books/b", json={"said": "老人一切都好"}).json["rev"]
    purge(books, {"b": [gone], "never": []})
    rows = [(row.who, row.detail) for row in site.services.accounts.notes() if row.what == "purge"]
    assert rows == [("admin", f"books b {gone}; never")]


@pytest.mark.parametrize(
    ("revs", "reason"),
    [
        ([], "Request body must be a JSON object"),
        ({"a": "1-a"}, "Invalid list of revisions"),
        ({"a": ["zz"]}, "Invalid rev format"),
        ({"a": [1]}, "Invalid rev format"),
        ({f"d{number}": [] for number in range(101)}, "Exceeded maximum number of documents."),
        ({"a": ["1-a"] * 1001}, "Exceeded maximum number of revisions."),
    ],
    ids=["list", "text", "revision", "number", "documents", "revisions"],
)
def test_a_purge_that_is_none_is_refused_in_couchdbs_words(
    books: FlaskClient, revs: Any, reason: str
) -> None:
    reply = purge(books, revs)
    assert (reply.status_code, reply.json) == (400, {"error": "bad_request", "reason": reason})


def test_views_are_stored_and_not_run(books: FlaskClient) -> None:
    books.put("/db/books/_design/d", json={"views": {"v": {"map": "function (doc) {}"}}})
    reply = books.get("/db/books/_design/d/_view/v")
    assert (reply.status_code, "JavaScript" in reply.json["reason"]) == (501, True)
    assert books.post("/db/books/_design/d/_view/v", json={}).status_code == 501
    assert books.get("/db/books/_design/d/_view/w").status_code == 404
    assert books.get("/db/books/_design/none/_view/v").status_code == 404


def test_an_unknown_special_name_is_not_found(books: FlaskClient) -> None:
    reply = books.get("/db/books/_nope")
    assert (reply.status_code, reply.json) == (404, {"error": "not_found", "reason": "missing"})
    assert books.get("/db/none/_nope").json["reason"] == "Database does not exist."
    assert books.get("/db/books/_revs_diff").status_code == 405
    assert books.put("/db/books/_bad", json={}).status_code == 400
