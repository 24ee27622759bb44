"""Definitions of indexes: as they are asked for, as design documents hold them, and the keys they give."""

from __future__ import annotations

from typing import Any

import pytest

from sync.collation import key, raw_key
from sync.documents import Attachment, Document
from sync.errors import Malformed
from sync.mango import Index, indexes_in, read_index

BY_AB = Index("_design/d", "v", (("a", "asc"), ("b.c", "asc")))


def document(fields: dict[str, Any], doc_id: str = "x") -> Document:
    return Document.of(doc_id, ["1-a"], fields)


def test_a_document_has_a_key_where_it_has_every_field() -> None:
    assert BY_AB.key(document({"a": None, "b": {"c": "x"}}), ()) == key(None) + key("x")
    assert BY_AB.key(document({"a": 1, "b": 2}), ()) is None
    assert BY_AB.key(document({"b": {"c": 1}}), ()) is None


def test_ids_revisions_conflicts_and_attachments_are_fields() -> None:
    index = Index(
        "_design/d", "v", (("_id", "asc"), ("_rev", "asc"), ("_conflicts", "asc"), ("_attachments.p", "asc"))
    )
    photo = Attachment("image/jpeg", "md5-x", 3, 1)
    with_photo = Document("é", ("1-a",), b"{}", attachments={"p": photo})
    stub = {"content_type": "image/jpeg", "revpos": 1, "digest": "md5-x", "length": 3, "stub": True}
    assert index.key(with_photo, ["1-0"]) == raw_key("é") + key("1-a") + key(["1-0"]) + key(stub)
    assert index.key(with_photo, ()) is None


def test_a_filter_leaves_documents_out() -> None:
    some = Index("_design/d", "v", (("a", "asc"),), {"kind": {"$gt": 1}})
    assert some.key(document({"a": 1, "kind": 2}), ()) == key(1)
    assert some.key(document({"a": 1, "kind": 1}), ()) is None


def test_the_same_definition_has_the_same_identity_wherever_it_stands() -> None:
    same = Index("_design/other", "w", (("a", "desc"), ("b.c", "desc")))
    assert same.identity == BY_AB.identity
    assert Index("_design/d", "v", BY_AB.directions, {"a": 1}).identity != BY_AB.identity
    assert Index("_design/d", "v", BY_AB.directions[:1]).identity != BY_AB.identity


def test_a_definition_comes_back_from_its_design_document() -> None:
    some = Index("_design/d", "v", (("a", "desc"), ("b.c", "desc")), {"kind": 1})
    for index in (BY_AB, some):
        fields = {"language": "query", "views": {"v": index.view()}}
        assert indexes_in("_design/d", fields) == [index]


def test_what_pouchdb_and_older_couchdbs_store_is_understood() -> None:
    stored = {"map": {"fields": {"a": "asc"}}, "reduce": "_count", "options": {"def": {"fields": ["a"]}}}
    older = {"map": {"fields": {"a": "asc"}, "selector": {"b": 1}}, "options": {}}
    fields = {"language": "query", "views": {"one": stored, "two": older}}
    assert indexes_in("_design/d", fields) == [
        Index("_design/d", "one", (("a", "asc"),)),
        Index("_design/d", "two", (("a", "asc"),), {"b": 1}),
    ]


NO_INDEX: list[Any] = [
    1, {}, {"map": "function(doc){}"}, {"map": {}}, {"map": {"fields": []}}, {"map": {"fields": {}}},
    {"map": {"fields": {"a": "up"}}}, {"map": {"fields": {"": "asc"}}}, {"map": {"fields": {"a..b": "asc"}}},
    {"map": {"fields": {"a": "asc"}, "partial_filter_selector": {"a": {"$nope": 1}}}},
]  # fmt: skip


@pytest.mark.parametrize("view", NO_INDEX, ids=repr)
def test_what_is_no_index_in_a_design_document_is_left_out(view: Any) -> None:
    sound = BY_AB.view()
    assert indexes_in("_design/d", {"language": "query", "views": {"bad": view, "v": sound}}) == [BY_AB]
    assert indexes_in("_design/d", {"language": "javascript", "views": {"v": sound}}) == []
    assert indexes_in("_design/d", {"language": "query", "views": 1}) == []


def test_names_that_are_not_given_follow_from_the_definition() -> None:
    index = read_index({"index": {"fields": ["a", {"b": "asc"}]}})
    assert index.directions == (("a", "asc"), ("b", "asc"))
    assert index.ddoc == f"_design/{index.name}"
    assert read_index({"index": {"fields": ["a", "b"]}, "w": 3}) == index
    assert read_index({"index": {"fields": ["b"]}}).name != index.name
    named = read_index({"index": {"fields": ["a"]}, "name": "n", "ddoc": "_design/d"})
    assert (named.ddoc, named.name) == ("_design/d", "n")
    assert (
        read_index({"index": {"fields": ["a"]}, "name": "n"}).ddoc
        != read_index({"index": {"fields": ["a"]}}).ddoc
    )


BAD: list[Any] = [
    {}, {"index": 1}, {"index": {}}, {"index": {"fields": []}}, {"index": {"fields": "a"}}, {"index": {"fields": [1]}},
    {"index": {"fields": [""]}}, {"index": {"fields": [{"a": 2}]}}, {"index": {"fields": [{"a": "asc", "b": "asc"}]}},
    {"index": {"fields": [{"a": "asc"}, {"b": "desc"}]}}, {"index": {"fields": ["a"], "selector": {}}},
    {"index": {"fields": ["a"], "partial_filter_selector": {"a": {"$nope": 1}}}},
    {"index": {"fields": ["a"], "partial_filter_selector": 1}},
    *({"index": {"fields": ["a"]}, **extra} for extra in (
        {"type": "geo"}, {"type": None}, {"name": ""}, {"name": 1}, {"ddoc": "_design/"}, {"ddoc": None},
        {"partitioned": True}, {"more": 1},
    )),
]  # fmt: skip


@pytest.mark.parametrize("body", BAD, ids=repr)
def test_what_is_no_index_is_malformed(body: Any) -> None:
    with pytest.raises(Malformed):
        read_index(body)
