"""Queries where another server keeps the documents: it answers what it has an index for, and the rest is read."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from flask.testing import FlaskClient

from tests.support.site import Site

DATABASE = "grid-asked"


@pytest.fixture
def books(site: Site) -> FlaskClient:
    admin = site.client("admin")
    admin.put(f"/db/{DATABASE}")
    docs = [{"_id": f"b{number:02}", "n": number % 3, "at": 100 - number} for number in range(30)]
    admin.post(f"/db/{DATABASE}/_bulk_docs", json={"docs": [*docs, {"_id": "x", "kind": "other"}]})
    made = admin.post(
        f"/db/{DATABASE}/_index", json={"index": {"fields": ["n", "at"]}, "ddoc": "i", "name": "i"}
    )
    assert made.json["result"] == "created", made.text
    return admin


def find(books: FlaskClient, selector: Any, **options: Any) -> Any:
    reply = books.post(f"/db/{DATABASE}/_find", json={"selector": selector, **options})
    assert reply.status_code == 200, reply.text
    return reply.json


def ids(reply: Any) -> list[str]:
    return [doc["_id"] for doc in reply["docs"]]


def paged(books: FlaskClient, selector: Any, **options: Any) -> list[str]:
    found: list[str] = []
    bookmark = "nil"
    while (page := find(books, selector, limit=4, bookmark=bookmark, **options))["docs"]:
        found += ids(page)
        bookmark = page["bookmark"]
    return found


def test_what_is_meant_is_found_in_pages(books: FlaskClient) -> None:
    meant = [f"b{number:02}" for number in range(1, 30, 3)]
    assert sorted(ids(find(books, {"n": 1}))) == meant
    assert sorted(paged(books, {"n": 1})) == meant
    assert sorted(paged(books, {"n": 1, "at": {"$gte": 0}})) == meant
    assert find(books, {"_id": "x"}, fields=["kind"])["docs"] == [{"kind": "other"}]
    assert find(books, {"n": 7})["docs"] == []


def test_with_an_index_and_without_one_documents_are_sorted(books: FlaskClient) -> None:
    downwards = [f"b{number:02}" for number in range(1, 30, 3)]
    assert paged(books, {"n": 1, "at": {"$gt": 0}}, sort=["n", "at"]) == downwards[::-1]
    assert paged(books, {"n": 1}, sort=[{"at": "desc"}]) == downwards
    assert ids(find(books, {}, sort=["kind"])) == ["x"]


def test_a_wrong_query_is_refused_whoever_would_answer_it(books: FlaskClient) -> None:
    for wrong in ({"a": {"$nope": 1}}, {"$gt": 1}, 1):
        assert books.post(f"/db/{DATABASE}/_find", json={"selector": wrong}).status_code == 400
    asked = {"selector": {"n": 1}, "bookmark": "zz"}
    assert books.post(f"/db/{DATABASE}/_find", json=asked).json["error"] == "invalid_bookmark"


def test_how_a_query_is_answered_is_told_truly(books: FlaskClient, keeper_url: str) -> None:
    """By the index of the server behind, where it is a CouchDB or a Jinlin; by reading, where it knows no pages."""
    asked = {"selector": {"n": 1, "at": {"$gt": 95}}}
    told = books.post(f"/db/{DATABASE}/_explain", json=asked).json
    stats = find(books, **asked, execution_stats=True)["execution_stats"]
    by_an_index = told["index"]["name"] == "i"
    assert by_an_index == ("express-pouchdb" not in httpx.get(keeper_url, trust_env=False).json())
    assert stats["results_returned"] == 2
    assert stats["total_keys_examined"] == (2 if by_an_index else 32)
    unsorted = {"selector": {"at": {"$gt": 95}}, "sort": ["at"]}
    assert books.post(f"/db/{DATABASE}/_explain", json=unsorted).json["index"]["name"] == "_all_docs"
