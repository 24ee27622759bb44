"""`_find`, `_explain`, `_index`: Mango queries over HTTP. The operators are in tests/sync/test_mango.py."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from sync import mango
from sync.mango import TooSlow, search
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
    {"selector": {}, "bookmark": "W10="}, {"selector": {}, "bookmark": "WzEsMSwxXQ=="}, {"selector": {}, "r": 0},
    {"selector": {}, "stale": "no"}, {"selector": {}, "use_index": 1}, {"selector": {}, "use_index": "a/b/c"},
    {"selector": {}, "use_index": [1]}, {"selector": {}, "partition": "p"}, {"selector": {}, "more": 1},
    {"selector": {}, "allow_fallback": False}, {"selector": {"a..b": 1}}, {"selector": {}, "fields": [""]},
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
    monkeypatch.setattr(search, "SEARCH_S", -1.0)
    assert books.post("/db/books/_find", json={"selector": {"n": 1}}).status_code == 503


def test_the_search_looks_at_its_clock(site: Site) -> None:
    stores: Any = site.services.stores
    assert isinstance(stores, SqliteStores)
    store = stores.create("many")
    for number in range(5):
        store.put(f"d{number}", {})
    ticks = iter([0.0, 1.0, 2.0, search.SEARCH_S + 1])
    with pytest.raises(TooSlow):
        mango.Search(store, mango.read_query({"selector": {}}), lambda: next(ticks)).run()


def make(books: FlaskClient, *fields: str, name: str = "i", **index: Any) -> str:
    body = {"index": {"fields": list(fields), **index}, "ddoc": name, "name": name}
    made = books.post("/db/books/_index", json=body)
    assert made.json == {"result": "created", "id": f"_design/{name}", "name": name}, made.text
    return name


def explained(books: FlaskClient, selector: Any, **options: Any) -> Any:
    reply = books.post("/db/books/_explain", json={"selector": selector, **options})
    assert reply.status_code == 200, reply.text
    return reply.json


def test_how_a_query_is_answered_is_explained(books: FlaskClient) -> None:
    told = explained(
        books, {"n": {"$lt": 2}, "_id": {"$gt": "b1"}}, fields=["n"], limit=5, sort=[{"_id": "desc"}]
    )
    assert told["index"] == {
        "ddoc": None, "name": "_all_docs", "type": "special", "def": {"fields": [{"_id": "asc"}]},
    }  # fmt: skip
    assert told["selector"] == {"$and": [{"_id": {"$gt": "b1"}}, {"n": {"$lt": 2}}]}
    assert (told["dbname"], told["fields"], told["limit"], told["skip"]) == ("books", ["n"], 5, 0)
    assert {name: told["mrargs"][name] for name in ("start_key", "end_key", "direction")} == {
        "start_key": "<MAX>", "end_key": "b1", "direction": "rev",
    }  # fmt: skip
    assert told["opts"]["sort"] == {"_id": "desc"}
    assert told["index_candidates"] == []
    hints = {"type": "json", "indexable_fields": ["_id", "n"], "unindexable_fields": []}
    assert told["selector_hints"] == [hints]


def test_an_index_answers_and_says_so(books: FlaskClient) -> None:
    make(books, "n", "in.a")
    reply = find(books, {"n": 3, "in.a": {"$gte": 200}}, execution_stats=True)
    assert ids(reply) == ["b206", "b213", "b220", "b227"]
    assert "warning" not in reply
    stats = {name: value for name, value in reply["execution_stats"].items() if name != "execution_time_ms"}
    assert stats == {
        "total_keys_examined": 4, "total_docs_examined": 4, "total_quorum_docs_examined": 0, "results_returned": 4,
    }  # fmt: skip
    told = explained(books, {"n": 3, "in.a": {"$gte": 200}})
    assert (told["index"]["ddoc"], told["index"]["name"], told["covering"]) == ("_design/i", "i", False)
    assert (told["mrargs"]["start_key"], told["mrargs"]["end_key"]) == ([3, 200], [3, "<MAX>"])


def test_documents_come_in_the_order_of_the_index_both_ways(books: FlaskClient) -> None:
    make(books, "n", "in.a")
    upwards = ids(find(books, {"n": {"$lt": 3}}, sort=["n", "in.a"], limit=1_000))
    assert upwards == [f"b{number:03}" for n in range(3) for number in range(n, 230, 7)]
    downwards = find(books, {"n": {"$lt": 3}}, sort=[{"n": "desc"}, {"in.a": "desc"}], limit=1_000)
    assert ids(downwards) == upwards[::-1]
    assert "warning" not in downwards


def test_a_bookmark_goes_on_though_an_index_was_made_and_documents_were_written(books: FlaskClient) -> None:
    selector = {"n": {"$lt": 2}, "in.a": {"$gte": 0}}
    by_documents = find(books, selector, limit=10)
    make(books, "n", "in.a")
    rest = find(books, selector, limit=100, bookmark=by_documents["bookmark"])
    assert ids(by_documents) + ids(rest) == sorted(ids(find(books, selector, limit=100)))
    assert "No matching index" in rest["warning"]
    page = find(books, selector, limit=10)
    last = page["docs"][-1]
    books.delete(f"/db/books/{last['_id']}?rev={last['_rev']}")
    books.put("/db/books/new", json={"n": 0, "in": {"a": -1}})
    rest = find(books, selector, limit=100, bookmark=page["bookmark"])
    assert ids(rest) == [
        doc_id for doc_id in ids(find(books, selector, limit=100)) if doc_id not in ids(page)
    ]
    assert "warning" not in rest
    assert find(books, selector, bookmark=rest["bookmark"])["bookmark"] == rest["bookmark"]
    books.delete("/db/books/_index/i/json/i")
    reply = books.post("/db/books/_find", json={"selector": selector, "bookmark": page["bookmark"]})
    assert (reply.status_code, reply.json["error"]) == (400, "invalid_bookmark")


def test_a_named_index_is_used_or_its_absence_told(books: FlaskClient) -> None:
    make(books, "n", name="one")
    make(books, "n", "in.a", name="two")
    both = {"n": 1, "in.a": {"$gt": 0}}
    assert explained(books, both)["index"]["name"] == "two"
    assert explained(books, both, use_index="one")["index"]["name"] == "one"
    reply = find(books, {"n": 1}, use_index="_design/two")
    assert reply["warning"].startswith("_design/two was not used because it does not contain a valid index")
    asked = {"selector": {"n": 1}, "use_index": ["two", "two"], "allow_fallback": False}
    refused = books.post("/db/books/_find", json=asked)
    assert (refused.status_code, refused.json["error"]) == (400, "invalid_index")
    others = explained(books, {"n": 1}, use_index="one")["index_candidates"]
    assert [(row["index"]["name"], row["analysis"]["reasons"][0]["name"]) for row in others] == [
        ("two", "field_mismatch"), ("_all_docs", "unfavored_type"),
    ]  # fmt: skip
    others = explained(books, both, use_index="one")["index_candidates"]
    assert [(row["index"]["name"], row["analysis"]["reasons"][0]["name"]) for row in others] == [
        ("two", "excluded_by_user"), ("_all_docs", "unfavored_type"),
    ]  # fmt: skip
    make(books, "n", name="zwei")
    others = explained(books, {"n": {"$gt": 1}}, sort=["n"])["index_candidates"]
    assert [(row["index"]["name"], row["analysis"]["reasons"][0]["name"]) for row in others] == [
        ("zwei", "alphabetically_comes_after"), ("two", "field_mismatch"), ("_all_docs", "unfavored_type"),
    ]  # fmt: skip


def test_an_index_that_holds_some_documents_only(books: FlaskClient) -> None:
    make(books, "n", name="some", partial_filter_selector={"in.a": {"$lt": 7}})
    assert explained(books, {"n": {"$gte": 0}})["index"]["name"] == "_all_docs"
    assert len(ids(find(books, {"n": {"$gte": 0}}, use_index="some", limit=100))) == 7
    row = books.get("/db/books/_index").json["indexes"][1]
    assert row["def"] == {"fields": [{"n": "asc"}], "partial_filter_selector": {"in.a": {"$lt": 7}}}


def test_who_does_not_want_to_wait_gets_the_index_as_it_stands(books: FlaskClient) -> None:
    make(books, "kind")
    for option in ({"update": False}, {"stale": "ok"}):
        assert ids(find(books, {"kind": "other"}, **option)) == []
    assert ids(find(books, {"kind": "other"})) == ["x"]
    books.put("/db/books/y", json={"kind": "other"})
    assert ids(find(books, {"kind": "other"}, update=False)) == ["x"]


def test_a_query_that_looks_at_many_documents_for_few_is_told_so(books: FlaskClient) -> None:
    make(books, "n")
    assert "Consider adding" in find(books, {"n": {"$gte": 0}, "name": "书7"})["warning"]
    assert "warning" not in find(books, {"n": {"$gte": 0}, "in.a": {"$gte": 0}})


def test_documents_in_conflict_are_found(books: FlaskClient) -> None:
    books.post(
        "/db/books/_bulk_docs", json={"new_edits": False, "docs": [{"_id": "x", "_rev": "1-0", "v": 1}]}
    )
    asked = {"_conflicts": {"$exists": True}}
    assert ids(find(books, asked)) == ["x"]
    make(books, "_conflicts")
    reply = find(books, asked, conflicts=True)
    assert (ids(reply), len(reply["docs"][0]["_conflicts"])) == (["x"], 1)
    assert "warning" not in reply


def test_an_index_that_was_replicated_is_used(books: FlaskClient) -> None:
    stored = {"map": {"fields": {"n": "asc"}}, "reduce": "_count", "options": {"def": {"fields": ["n"]}}}
    design = {"_id": "_design/idx-1", "_rev": "1-a", "language": "query", "views": {"idx-1": stored}}
    books.post("/db/books/_bulk_docs", json={"new_edits": False, "docs": [design]})
    assert explained(books, {"n": 1})["index"]["ddoc"] == "_design/idx-1"
    assert books.get("/db/books/_index").json["indexes"][1]["def"] == {"fields": [{"n": "asc"}]}
    assert len(ids(find(books, {"n": 1}, limit=100))) == 33


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


def test_a_design_document_of_functions_is_not_made_one_of_indexes(books: FlaskClient) -> None:
    functions = {"language": "javascript", "views": {"v": {"map": "function(doc){}"}}}
    books.put("/db/books/_design/views", json=functions)
    reply = books.post("/db/books/_index", json={"index": {"fields": ["n"]}, "ddoc": "views"})
    assert (reply.status_code, reply.json["error"]) == (400, "invalid_ddoc_lang")
    kept = books.get("/db/books/_design/views").json
    assert {name: kept[name] for name in functions} == functions
    assert books.delete("/db/books/_index/views/json/v").status_code == 404


def test_what_else_is_in_a_design_document_outlives_its_indexes(books: FlaskClient) -> None:
    books.put("/db/books/_design/i", json={"language": "query", "autoupdate": False})
    make(books, "n")
    assert books.delete("/db/books/_index/i/json/i").json == {"ok": True}
    kept = books.get("/db/books/_design/i").json
    assert (kept["language"], kept["autoupdate"], "views" in kept) == ("query", False, False)


def test_many_indexes_are_deleted_at_once(books: FlaskClient) -> None:
    for name in ("one", "two"):
        make(books, "n", name=name)
    reply = books.post(
        "/db/books/_index/_bulk_delete", json={"docids": ["_design/one", "two", "_design/d", "none"]}
    )
    assert [row["id"] for row in reply.json["success"]] == ["_design/one", "_design/two"]
    assert [(row["id"], row["error"]) for row in reply.json["fail"]] == [
        ("_design/d", "not_found"), ("_design/none", "not_found"),
    ]  # fmt: skip
    assert books.get("/db/books/_index").json["total_rows"] == 1
    assert books.get("/db/books/_design/d").status_code == 200
    assert books.post("/db/books/_index/_bulk_delete", json={"docids": 1}).status_code == 400


def test_the_list_of_indexes_is_cut_by_limit_and_skip(books: FlaskClient) -> None:
    for name in ("one", "two", "three"):
        make(books, "n", name=name)
    reply = books.get("/db/books/_index?limit=2&skip=1").json
    assert (reply["total_rows"], [row["name"] for row in reply["indexes"]]) == (4, ["one", "three"])
    assert books.get("/db/books/_index?skip=9").json["indexes"] == []
    assert books.get("/db/books/_index?limit=x").status_code == 400


@pytest.mark.parametrize(
    "body",
    [{}, {"index": 1}, {"index": {"fields": []}}, {"index": {"fields": [1]}}, {"index": {"fields": ["a"]}, "ddoc": 1},
     {"index": {"fields": ["a"], "partial_filter_selector": {"a": {"$nope": 1}}}}],
    ids=repr,
)  # fmt: skip
def test_what_is_no_index_is_400(books: FlaskClient, body: Any) -> None:
    assert books.post("/db/books/_index", json=body).status_code == 400
    for kind, status in (("text", 501), ("nouveau", 501), ("geo", 400)):
        made = books.post("/db/books/_index", json={"index": {"fields": ["a"]}, "type": kind})
        assert made.status_code == status


def test_a_worker_finds_in_his_grid_and_makes_no_index(site: Site) -> None:
    worker = site.client("chen")
    assert worker.post(f"/db/{GRID_1}/_find", json={"selector": {}}).status_code == 200
    assert worker.get(f"/db/{GRID_1}/_index").status_code == 200
    assert (
        worker.post("/db/forms/_find", json={"selector": {"_id": {"$beginsWith": "form:"}}}).status_code
        == 200
    )
    assert worker.post(f"/db/{GRID_1}/_index", json={"index": {"fields": ["a"]}}).status_code == 403
    assert worker.post(f"/db/{GRID_1}/_index/_bulk_delete", json={"docids": []}).status_code == 403
    assert worker.delete(f"/db/{GRID_1}/_index/a/json/b").status_code == 403
    assert worker.post("/db/directory/_find", json={"selector": {}}).status_code == 403
