"""`_find`, `_explain`, `_index`: Mango queries over HTTP. The operators are in tests/sync/test_mango.py."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from server.api.replication import query
from sync.mango import TooSlow
from sync.sqlite import SqliteStores
from tests.support.site import Site
from tests.support.town import GRID_1


@pytest.fixture
def books(admin: FlaskClient) -> FlaskClient:
    admin.put("/db/books")
    docs = [
        {"_id": f"b{number:03}", "n": number % 7, "name": f"书{number}", "in": {"a": number}}
        for number in range(230)
    ]
    admin.post("/db/books/_bulk_docs", json={"docs": [*docs, {"_id": "x", "kind": "other"}]})
    admin.put("/db/books/_design/d", json={"n": 1})
    gone = admin.put("/db/books/gone", json={"n": 1}).json["rev"]
    admin.delete(f"/db/books/gone?rev={gone}")
    return admin


def find(books: FlaskClient, selector: Any, **options: Any) -> Any:
    reply = books.post("/db/books/_find", json={"selector": selector, **options})
    assert reply.status_code == 200, reply.text
    return reply.json


def ids(reply: Any) -> list[str]:
    return [doc["_id"] for doc in reply["docs"]]


def test_documents_that_are_meant_by_id_and_25_of_them(books: FlaskClient) -> None:
    reply = find(books, {"n": 1})
    assert ids(reply) == [f"b{number:03}" for number in range(1, 7 * 25, 7)]
    assert reply["docs"][0] == books.get("/db/books/b001").json
    assert "No matching index" in reply["warning"]


def test_a_bookmark_goes_on_where_the_page_ended(books: FlaskClient) -> None:
    for sort in ([], ["in.a"], [{"n": "desc"}, {"in.a": "desc"}]):
        seen: list[str] = []
        bookmark = "nil"
        while page := find(books, {"n": {"$lt": 3}}, limit=40, bookmark=bookmark, sort=sort):
            seen += ids(page)
            bookmark = page["bookmark"]
            if not page["docs"]:
                break
        whole = find(books, {"n": {"$lt": 3}}, limit=1_000, sort=sort)
        assert seen == ids(whole)
        assert (len(seen), len(set(seen))) == (99, 99)


def test_sorted_skipped_limited_and_cut_to_fields(books: FlaskClient) -> None:
    reply = find(books, {"n": 3}, sort=[{"in.a": "desc"}], skip=1, limit=2, fields=["_id", "in.a", "nope"])
    assert reply["docs"] == [{"_id": "b220", "in": {"a": 220}}, {"_id": "b213", "in": {"a": 213}}]
    assert ids(find(books, {}, sort=["kind"])) == ["x"]
    assert ids(find(books, {}, sort=[{"_id": "desc"}], limit=2)) == ["x", "b229"]


def test_a_condition_on_the_id_narrows_the_search(books: FlaskClient) -> None:
    for condition, examined in (("b007", 1), ({"$eq": "b007"}, 1), ({"$beginsWith": "b00"}, 10)):
        reply = find(books, {"_id": condition, "n": 0}, execution_stats=True)
        assert "b007" in ids(reply)
        assert reply["execution_stats"]["total_docs_examined"] == examined
    assert ids(find(books, {"_id": "gone"})) == []
    assert ids(find(books, {"_id": "_design/d"})) == []


def test_conflicts_are_shown_when_asked(books: FlaskClient) -> None:
    books.post(
        "/db/books/_bulk_docs", json={"new_edits": False, "docs": [{"_id": "x", "_rev": "1-0", "v": 1}]}
    )
    shown = find(books, {"_id": "x"}, conflicts=True)["docs"][0]
    assert len(shown["_conflicts"]) == 1


BAD: list[Any] = [
    {}, {"selector": 1}, {"selector": {}, "limit": -1}, {"selector": {}, "limit": True}, {"selector": {}, "skip": "1"},
    {"selector": {}, "sort": "n"}, {"selector": {}, "sort": [1]}, {"selector": {}, "sort": [{"a": "up"}]},
    {"selector": {}, "sort": [{"a": "asc"}, {"b": "desc"}]}, {"selector": {}, "sort": [{"a": []}]},
    {"selector": {}, "fields": "n"}, {"selector": {}, "fields": [1]}, {"selector": {}, "bookmark": "zz"},
    {"selector": {}, "bookmark": 7}, {"selector": {}, "conflicts": 1}, {"selector": {"a": {"$nope": 1}}},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD, ids=repr)
def test_what_is_no_query_is_400(books: FlaskClient, body: Any) -> None:
    for verb in ("_find", "_explain"):
        assert books.post(f"/db/books/{verb}", json=body).status_code == 400


def test_a_pattern_or_a_search_without_end_is_a_timeout(
    books: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    books.put("/db/books/slow", json={"v": "1," * 40})
    slow = {"selector": {"v": {"$regex": "(?:.*?,){20}P"}}}
    reply = books.post("/db/books/_find", json=slow)
    assert (reply.status_code, reply.json["error"]) == (503, "timeout")
    monkeypatch.setattr(query, "SEARCH_S", -1.0)
    assert books.post("/db/books/_find", json={"selector": {"n": 1}}).status_code == 503


def test_the_search_looks_at_its_clock(site: Site) -> None:
    stores: Any = site.services.stores
    assert isinstance(stores, SqliteStores)
    store = stores.create("many")
    for number in range(5):
        store.put(f"d{number}", {})
    ticks = iter([0.0, 1.0, 2.0, query.SEARCH_S + 1])
    search = query.Search(store, query.read_query({"selector": {}}), lambda: next(ticks))
    with pytest.raises(TooSlow):
        search.run()


def test_how_a_query_is_answered_is_explained(books: FlaskClient) -> None:
    told = books.post("/db/books/_explain", json={"selector": {"n": 1}, "fields": ["n"]}).json
    assert (told["dbname"], told["index"]["name"], told["fields"], told["limit"]) == (
        "books",
        "_all_docs",
        ["n"],
        25,
    )


def test_an_index_is_a_design_document_that_is_listed_and_deleted(books: FlaskClient) -> None:
    wanted = {"index": {"fields": ["n", {"in.a": "asc"}]}, "ddoc": "by-n", "name": "n"}
    made = books.post("/db/books/_index", json=wanted)
    assert made.json == {"result": "created", "id": "_design/by-n", "name": "n"}
    assert books.post("/db/books/_index", json=wanted).json["result"] == "exists"
    other = books.post("/db/books/_index", json={"index": {"fields": ["name"]}, "ddoc": "by-n"}).json
    rows = books.get("/db/books/_index").json["indexes"]
    assert rows[0]["name"] == "_all_docs"
    assert {row["name"] for row in rows} == {"_all_docs", "n", other["name"]}
    assert next(row for row in rows if row["name"] == "n")["def"] == {
        "fields": [{"n": "asc"}, {"in.a": "asc"}]
    }
    stored = books.get("/db/books/_design/by-n").json
    assert (stored["language"], stored["views"]["n"]["map"]["fields"]) == (
        "query",
        {"n": "asc", "in.a": "asc"},
    )
    for name in ("n", other["name"]):
        assert books.delete(f"/db/books/_index/by-n/json/{name}").json == {"ok": True}
    assert books.get("/db/books/_design/by-n").status_code == 404
    assert books.delete("/db/books/_index/by-n/json/n").status_code == 404
    assert books.delete("/db/books/_index/_design/d/json/n").status_code == 404
    again = books.post("/db/books/_index", json=wanted).json
    assert again["result"] == "created"


@pytest.mark.parametrize(
    "body",
    [{}, {"index": 1}, {"index": {"fields": []}}, {"index": {"fields": [1]}}, {"index": {"fields": ["a"]}, "ddoc": 1},
     {"index": {"fields": ["a"], "partial_filter_selector": {"a": {"$nope": 1}}}}],
    ids=repr,
)  # fmt: skip
def test_what_is_no_index_is_400(books: FlaskClient, body: Any) -> None:
    assert books.post("/db/books/_index", json=body).status_code == 400
    assert (
        books.post("/db/books/_index", json={"index": {"fields": ["a"]}, "type": "text"}).status_code == 501
    )


def test_a_worker_finds_in_his_grid_and_makes_no_index(site: Site) -> None:
    worker = site.client("chen")
    assert worker.post(f"/db/{GRID_1}/_find", json={"selector": {}}).status_code == 200
    assert worker.get(f"/db/{GRID_1}/_index").status_code == 200
    assert (
        worker.post("/db/forms/_find", json={"selector": {"_id": {"$beginsWith": "form:"}}}).status_code
        == 200
    )
    assert worker.post(f"/db/{GRID_1}/_index", json={"index": {"fields": ["a"]}}).status_code == 403
    assert worker.delete(f"/db/{GRID_1}/_index/a/json/b").status_code == 403
    assert worker.post("/db/directory/_find", json={"selector": {}}).status_code == 403
