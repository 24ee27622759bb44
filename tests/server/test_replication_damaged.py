"""A document that the disk gives back changed: its own row says so, and the others come as ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sync.documents import Document
from sync.sqlite import SqliteStores
from sync.wire import attachment
from tests.support.site import close_site, open_site

REV = "1-" + "a" * 32
WORDS = b"unmistakable"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[FlaskClient]:
    """An administrator of a database with three damaged documents: `att` in its attachment, `b` in its body, and
    `tree` in its history.
    """
    with closing(SqliteStores(tmp_path / "data" / "stores")) as stores:
        part = attachment("t.bin", "application/x", b"photo of " + WORDS)
        stores.create("books").graft(
            [
                Document("a", (REV,), b'{"v":1}'),
                Document("att", (REV,), attachments={"t.bin": part}),
                Document("b", (REV,), b'{"v":"%b"}' % WORDS),
                Document("c", (REV,), b'{"v":3}'),
                Document("tree", ("1-" + "d" * 32,), b'{"v":4}'),
            ]
        )
    path = tmp_path / "data" / "stores" / "books.sqlite"
    path.write_bytes(path.read_bytes().replace(WORDS, WORDS.upper()).replace(b"d" * 32, b"e" * 32))
    site = open_site(tmp_path / "data")
    yield site.client("admin")
    close_site(site)


def test_bulk_get_gives_the_others_and_an_error_for_it(books: FlaskClient) -> None:
    docs = [{"id": doc_id, "rev": REV} for doc_id in ("a", "b", "c", "tree")]
    for query in ("", "latest=true", "revs=true&latest=true"):
        results = books.post(f"/db/books/_bulk_get?{query}", json={"docs": docs}).json["results"]
        assert [[*row["docs"][0]] for row in results] == [["ok"], ["error"], ["ok"], ["error"]]
    error = results[1]["docs"][0]["error"]
    assert (error["id"], error["rev"], error["error"]) == ("b", REV, "damaged")
    assert "MISTAK" not in error["reason"]
    (row,) = books.post("/db/books/_bulk_get", json={"docs": [{"id": "b"}]}).json["results"]
    assert row["docs"][0]["error"]["rev"] == "undefined"


def test_bulk_get_with_bytes_gives_an_error_for_a_damaged_attachment(books: FlaskClient) -> None:
    docs = [{"id": doc_id} for doc_id in ("att", "c")]
    results = books.post("/db/books/_bulk_get?attachments=true", json={"docs": docs}).json["results"]
    assert results[0]["docs"][0]["error"]["error"] == "damaged"
    assert results[1]["docs"][0]["ok"]["v"] == 3


def test_bulk_get_in_parts_has_one_for_the_error(books: FlaskClient) -> None:
    docs = [{"id": doc_id} for doc_id in ("b", "c")]
    reply = books.post("/db/books/_bulk_get", json={"docs": docs}, headers={"Accept": "multipart/mixed"})
    assert reply.text.count('error="true"') == 1
    assert '"v":3' in reply.text


def test_all_docs_lists_it_without_its_words(books: FlaskClient) -> None:
    for asked in ({}, {"keys": ["a", "att", "b", "c", "tree"]}):
        rows = books.post("/db/books/_all_docs?include_docs=true", json=asked).json["rows"]
        assert [row["key"] for row in rows] == ["a", "att", "b", "c", "tree"]
        assert [row.get("error") for row in rows] == [None, None, "damaged", None, "damaged"]
        assert rows[2].get("doc") is None
    rows = books.get("/db/books/_all_docs?include_docs=true&attachments=true").json["rows"]
    assert [row.get("error") for row in rows] == [None, "damaged", "damaged", None, "damaged"]
    assert len(books.get("/db/books/_all_docs").json["rows"]) == 5


def test_changes_tell_of_it_without_its_words(books: FlaskClient) -> None:
    rows = books.get("/db/books/_changes?include_docs=true").json["results"]
    assert [row["id"] for row in rows] == ["a", "att", "b", "c", "tree"]
    assert [row["doc"] is None for row in rows] == [False, False, True, False, True]
    asked = {"selector": {"v": 3}}
    rows = books.post("/db/books/_changes?filter=_selector", json=asked).json["results"]
    assert [row["id"] for row in rows] == ["b", "c", "tree"]


def test_a_push_onto_it_is_refused_alone(books: FlaskClient) -> None:
    path = {"_rev": "2-" + "c" * 32, "_revisions": {"start": 2, "ids": ["c" * 32, "a" * 32]}}
    docs = [{"_id": doc_id, **path} for doc_id in ("tree", "c", "new")]
    rows = books.post("/db/books/_bulk_docs", json={"docs": docs, "new_edits": False}).json
    assert [(row["id"], row["error"], row["reason"][:8]) for row in rows] == [
        ("tree", "forbidden", "damaged:")
    ]
    for doc_id in ("c", "new"):
        assert books.get(f"/db/books/{doc_id}").json["_rev"] == path["_rev"]


def test_what_it_holds_cannot_be_said_so_everything_is_missing(books: FlaskClient) -> None:
    asked = {"a": [REV], "c": [REV, "2-b"], "tree": ["1-" + "d" * 32]}
    assert books.post("/db/books/_revs_diff", json=asked).json == {
        "c": {"missing": ["2-b"], "possible_ancestors": [REV]},
        "tree": {"missing": ["1-" + "d" * 32]},
    }
    missing = books.post("/db/books/_missing_revs", json=asked).json["missing_revs"]
    assert missing == {"c": ["2-b"], "tree": ["1-" + "d" * 32]}
