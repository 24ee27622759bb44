"""The change feed at once, and held for a moment. What needs two processes is in test_replication_live.py."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

from server.app import create_app
from server.settings import load
from sync.sqlite.copying import raise_epoch
from tests.support.site import Site, close_site


@pytest.fixture
def books(admin: FlaskClient) -> FlaskClient:
    admin.put("/db/books")
    docs = [
        {"_id": "a", "_rev": "1-a", "v": 1},
        {"_id": "b", "_rev": "1-b"},
        {"_id": "c", "_rev": "2-c", "_revisions": {"start": 2, "ids": ["c", "a"]}},
        {"_id": "c", "_rev": "2-d", "_revisions": {"start": 2, "ids": ["d", "a"]}, "_deleted": True},
        {"_id": "c", "_rev": "2-b", "_revisions": {"start": 2, "ids": ["b", "a"]}},
    ]
    admin.post("/db/books/_bulk_docs", json={"docs": docs, "new_edits": False})
    admin.delete("/db/books/b?rev=1-b")
    return admin


def feed(books: FlaskClient, query: str = "", **body: object) -> dict[str, object]:
    url = f"/db/books/_changes?{query}"
    reply = books.post(url, json=body) if body else books.get(url)
    assert reply.status_code == 200, reply.text
    parsed: dict[str, object] = reply.json
    return parsed


def ids(reply: dict[str, object]) -> list[str]:
    return [row["id"] for row in reply["results"]]  # type: ignore[attr-defined]


def test_a_document_appears_once_at_its_latest_change(books: FlaskClient) -> None:
    reply = feed(books)
    assert ids(reply) == ["a", "c", "b"]
    assert reply["results"][2]["deleted"] is True  # type: ignore[index]
    assert (reply["last_seq"], reply["pending"]) == (books.get("/db/books").json["update_seq"], 0)


def test_all_docs_style_lists_every_leaf_winner_first(books: FlaskClient) -> None:
    row = feed(books, "style=all_docs")["results"][1]  # type: ignore[index]
    assert row["changes"] == [{"rev": "2-c"}, {"rev": "2-b"}, {"rev": "2-d"}]
    assert feed(books)["results"][1]["changes"] == [{"rev": "2-c"}]  # type: ignore[index]


def test_a_feed_goes_on_where_it_stopped(books: FlaskClient) -> None:
    first = feed(books, "limit=1")
    assert (ids(first), first["pending"]) == (["a"], 2)
    second = feed(books, f"since={first['last_seq']}")
    assert ids(second) == ["c", "b"]
    assert feed(books, f"since={second['last_seq']}")["results"] == []


def test_a_sequence_of_before_a_restore_is_the_beginning(site: Site, books: FlaskClient) -> None:
    before = feed(books)["last_seq"]
    assert before == books.get("/db/books").json["update_seq"] == "6-0"
    assert feed(books, "since=6")["results"] == []
    close_site(site)
    raise_epoch(site.data / "stores" / "books.sqlite", 7)
    restored = Site(create_app(load({"JINLIN_DATA": str(site.data)})), site.data)
    books = restored.client("admin")
    assert len(feed(books, f"since={before}")["results"]) == 3
    assert feed(books, "since=6-7") == {"results": [], "last_seq": "6-7", "pending": 0}
    assert feed(books, "limit=1&since=4-999999999999999999999")["last_seq"] == "1-7"
    close_site(restored)


def test_limit_zero_gives_no_rows_and_the_count_of_what_is_there(books: FlaskClient) -> None:
    assert feed(books, "limit=0") == {"results": [], "last_seq": "0-0", "pending": 3}


def test_now_is_after_everything(books: FlaskClient) -> None:
    reply = feed(books, "since=now")
    assert (reply["results"], reply["pending"]) == ([], 0)


def test_the_last_come_first_when_descending(books: FlaskClient) -> None:
    assert ids(feed(books, "descending=true&limit=2")) == ["b", "c"]


def test_documents_and_their_conflicts_are_included_when_asked(books: FlaskClient) -> None:
    rows = feed(books, "include_docs=true&conflicts=true")["results"]
    assert rows[0]["doc"] == {"_id": "a", "_rev": "1-a", "v": 1}  # type: ignore[index]
    assert rows[1]["doc"]["_conflicts"] == ["2-b"]  # type: ignore[index]
    assert rows[2]["doc"]["_deleted"] is True  # type: ignore[index]


def test_a_feed_of_chosen_documents(books: FlaskClient) -> None:
    assert ids(feed(books, "filter=_doc_ids", doc_ids=["c", "none"])) == ["c"]
    assert ids(feed(books, 'filter=_doc_ids&doc_ids=["a"]')) == ["a"]
    assert ids(feed(books, "filter=_design")) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("since=bogus", 400),
        ("since=9223372036854775808", 400),
        ("feed=bogus", 400),
        ("style=bogus", 400),
        ("limit=-1", 400),
        ("include_docs=maybe", 400),
        ("filter=_doc_ids", 400),
        ("filter=no/such", 404),
        ("filter=_selector", 400),
        ("feed=longpoll&since=bogus", 400),
    ],
)
def test_what_it_cannot_do_it_says_before_the_first_row(books: FlaskClient, query: str, status: int) -> None:
    assert books.get(f"/db/books/_changes?{query}").status_code == status


def test_a_filter_in_a_design_document_is_not_run(books: FlaskClient) -> None:
    books.put("/db/books/_design/d", json={"filters": {"f": "function () { return true }"}})
    assert books.get("/db/books/_changes?filter=d/f").status_code == 501


def test_a_longpoll_with_something_to_say_answers_at_once(books: FlaskClient) -> None:
    assert ids(feed(books, "feed=longpoll&limit=1")) == ["a"]


def test_a_longpoll_that_waits_in_vain_answers_empty(books: FlaskClient) -> None:
    reply = books.get("/db/books/_changes?feed=longpoll&since=now&timeout=120")
    assert reply.data.startswith(b'{"results":[\n')
    assert (reply.json["results"], reply.json["pending"]) == ([], 0)


def test_a_continuous_feed_is_a_row_a_line_and_then_its_end(books: FlaskClient) -> None:
    text = books.get("/db/books/_changes?feed=continuous&timeout=120").text
    lines = [json.loads(line) for line in text.splitlines() if line]
    assert [line.get("id") for line in lines] == ["a", "c", "b", None]
    assert lines[-1]["last_seq"] == lines[-2]["seq"]


def test_a_feed_of_few_documents_is_looked_up_and_ends_at_the_databases_sequence(books: FlaskClient) -> None:
    reply = feed(books, "filter=_doc_ids", doc_ids=["a", "none"])
    assert (ids(reply), reply["pending"]) == (["a"], 2)
    assert reply["last_seq"] == books.get("/db/books").json["update_seq"]
    assert feed(books, f"filter=_doc_ids&since={reply['last_seq']}", doc_ids=["a"])["results"] == []
    first = feed(books, "filter=_doc_ids&limit=1", doc_ids=["b", "a"])
    assert ids(first) == ["a"]
    assert ids(feed(books, f"filter=_doc_ids&since={first['last_seq']}", doc_ids=["b", "a"])) == ["b"]
    many = [f"none-{number}" for number in range(200)]
    assert ids(feed(books, "filter=_doc_ids", doc_ids=[*many, "c"])) == ["c"]
    assert ids(feed(books, "filter=_doc_ids&descending=true", doc_ids=["b", "a"])) == ["b", "a"]


def test_a_feed_of_what_a_selector_means(books: FlaskClient) -> None:
    assert ids(feed(books, "filter=_selector", selector={"v": 1})) == ["a"]
    assert ids(feed(books, "filter=_selector", selector={"_deleted": True})) == ["b"]
    leaves = feed(books, "filter=_selector&style=all_docs", selector={"_rev": {"$in": ["2-b", "2-d"]}})
    assert leaves["results"][0]["changes"] == [{"rev": "2-b"}, {"rev": "2-d"}]  # type: ignore[index]
    for body in ({}, {"selector": []}, {"selector": "v"}, {"selector": {"a": {"$nope": 1}}}):
        assert books.post("/db/books/_changes?filter=_selector", json=body).status_code == 400
    refused = books.post("/db/books/_changes?filter=_selector", json={"selector": "v"})
    assert refused.json["reason"] == "Selector error: expected a JSON object"


def test_a_filter_that_would_need_javascript_is_501_and_one_that_is_not_there_404(books: FlaskClient) -> None:
    books.put("/db/books/_design/d", json={"filters": {"f": "function () {}"}, "views": {"v": {"map": "…"}}})
    for query in ("filter=d/f", "filter=_view&view=d/v"):
        reply = books.get(f"/db/books/_changes?{query}")
        assert (reply.status_code, reply.json["error"]) == (501, "not_implemented")
        assert "JavaScript" in reply.json["reason"]
    for query in ("filter=e/f", "filter=d/g", "filter=_view&view=d/w"):
        assert books.get(f"/db/books/_changes?{query}").status_code == 404
    unnamed = books.get("/db/books/_changes?filter=_view")
    assert (unnamed.status_code, unnamed.json["reason"]) == (400, "`view` filter parameter is not provided.")
    assert books.get("/db/books/_changes?filter=nonsense").status_code == 400
    assert ids(feed(books, "filter=_design")) == ["_design/d"]


def test_sequences_only_at_intervals(books: FlaskClient) -> None:
    rows = feed(books, "seq_interval=2")["results"]
    assert [row["seq"] is None for row in rows] == [False, True, False]  # type: ignore[attr-defined]


def test_an_event_source_names_the_sequence_to_resume_from(books: FlaskClient) -> None:
    reply = books.get("/db/books/_changes?feed=eventsource&timeout=1")
    assert reply.mimetype == "text/event-stream"
    *events, end = reply.text.split("\n\n")
    assert [json.loads(event.split("\n")[0].removeprefix("data: "))["id"] for event in events] == [
        "a",
        "c",
        "b",
    ]
    assert end == "\n"
    last = events[0].split("\n")[1].removeprefix("id: ")
    resumed = books.get("/db/books/_changes?feed=eventsource&limit=1", headers={"Last-Event-ID": last})
    assert '"id":"c"' in resumed.text


def test_pending_of_a_descending_feed_is_what_was_not_given(books: FlaskClient) -> None:
    assert feed(books, "descending=true&limit=1")["pending"] == 2
