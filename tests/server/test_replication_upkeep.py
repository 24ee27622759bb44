"""COPY, `_security`, `_revs_limit`, and what is asked of design documents."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient


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


def test_the_limit_of_revisions_is_what_it_is(books: FlaskClient) -> None:
    assert books.get("/db/books/_revs_limit").json == 1000
    statuses = [
        books.put("/db/books/_revs_limit", data=text).status_code for text in ("1000", "100", "0", "x")
    ]
    assert statuses == [200, 501, 400, 400]


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
