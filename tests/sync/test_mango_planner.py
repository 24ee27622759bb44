"""Which index answers a query, and which part of it (CouchDB's documentation, "Selecting an index")."""

from __future__ import annotations

from typing import Any

import pytest

from sync import mango
from sync.collation import AFTER, key
from sync.mango import Index
from sync.mango.normal import normal
from sync.mango.planner import Plan, plan
from sync.mango.ranges import fields, ranges, required


def index(*fields: str, ddoc: str | None = None, partial: Any = None) -> Index:
    name = ddoc or "-".join(fields)
    return Index(f"_design/{name}", name, tuple((field, "asc") for field in fields), partial)


def planned(selector: Any, *indexes: Index, **options: Any) -> Plan:
    return plan(mango.read_query({"selector": selector, **options}), indexes)


def chosen(selector: Any, *indexes: Index, **options: Any) -> str | None:
    found = planned(selector, *indexes, **options).index
    return found.name if found else None


NORMAL: list[tuple[Any, Any]] = [
    ({}, {}),
    ({"a": 1}, {"a": {"$eq": 1}}),
    ({"a": {}}, {"a": {"$eq": {}}}),
    ({"a": {"b": {"$gt": 1}}}, {"a.b": {"$gt": 1}}),
    ({"a": 1, "b": 2}, {"$and": [{"a": {"$eq": 1}}, {"b": {"$eq": 2}}]}),
    ({"a": {"$gt": 1, "$lt": 5}}, {"$and": [{"a": {"$gt": 1}}, {"a": {"$lt": 5}}]}),
    ({"$not": {"a": {"$gt": 1}}}, {"a": {"$lte": 1}}),
    ({"$not": {"a": 1, "b": 2}}, {"$or": [{"a": {"$ne": 1}}, {"b": {"$ne": 2}}]}),
    ({"$nor": [{"a": 1}, {"b": {"$exists": False}}]}, {"$and": [{"a": {"$ne": 1}}, {"b": {"$exists": True}}]}),
    ({"$not": {"$nor": [{"a": 1}]}}, {"$or": [{"a": {"$eq": 1}}]}),
    ({"a": {"$not": {"$regex": "x"}}}, {"a": {"$not": {"$regex": "x"}}}),
    ({"a": {"$elemMatch": {"$gt": 1, "b": 2}}}, {"a": {"$elemMatch": {"$and": [{"$gt": 1}, {"b": {"$eq": 2}}]}}}),
    ({"$not": {"a": {"$in": [1]}}}, {"a": {"$nin": [1]}}),
]  # fmt: skip


@pytest.mark.parametrize(("selector", "expected"), NORMAL, ids=repr)
def test_the_normal_spelling(selector: Any, expected: Any) -> None:
    assert normal(selector) == expected


REQUIRED: list[tuple[Any, list[str]]] = [
    ({}, []),
    ({"a": 1, "b": {"$ne": 2}}, ["a", "b"]),
    ({"a": {"$exists": False}}, []),
    ({"a": {"$exists": True}}, ["a"]),
    ({"$or": [{"a": 1, "b": 1}, {"b": 2, "c": 2}]}, ["b"]),
    ({"a": 1, "$or": [{"b": 1}, {"c": 2}]}, ["a"]),
    ({"$or": []}, []),
    ({"$nor": [{"a": 1}]}, ["a"]),
    ({"$not": {"a": 1, "b": 1}}, []),
]


@pytest.mark.parametrize(("selector", "expected"), REQUIRED, ids=repr)
def test_the_fields_that_whatever_is_meant_has(selector: Any, expected: list[str]) -> None:
    assert sorted(required(normal(selector))) == expected


def test_ranges_of_single_fields() -> None:
    found = ranges(normal({"a": {"$gt": 1, "$lte": 5}, "b": "x", "c": {"$in": [1]}, "$or": [{"d": 1}]}))
    assert found.keys() == {"a", "b"}
    assert (found["a"].start, found["a"].stop) == (key(1) + AFTER, key(5) + AFTER)
    assert (found["a"].low, found["a"].high, found["a"].is_one) == ((1,), (5,), False)
    assert (found["b"].start, found["b"].stop, found["b"].is_one) == (key("x"), key("x") + AFTER, True)
    assert ranges(normal({"a": {"$gt": 5, "$lt": 5}}))["a"].is_empty
    assert ranges(normal({"a": {"$gte": 5, "$lte": 5.0}}))["a"].is_one
    assert not ranges(normal({"a": {"$exists": True}}))["a"].is_one
    assert not ranges(normal({"a": {"$beginsWith": "x"}}))["a"].is_one
    assert ranges(normal({"_id": {"$lte": []}}))["_id"].is_empty
    assert not ranges(normal({"_id": {"$gt": {}}}))["_id"].is_empty
    assert ranges(normal({"_id": 5}))["_id"].is_empty
    assert fields(normal({"$or": [{"a": 1}, {"b": 1}], "c": 1})) == {"a", "b", "c"}


def test_an_index_is_used_whose_fields_are_all_required() -> None:
    assert chosen({"a": 1}, index("a")) == "a"
    assert chosen({"a": 1, "b": {"$gt": 1}}, index("a", "b")) == "a-b"
    assert chosen({"a": 1}, index("a", "b")) is None
    assert chosen({"a": 1, "b": {"$exists": False}}, index("a", "b")) is None
    assert chosen({"b": 1}, index("a")) is None
    assert chosen({}, index("a")) is None
    assert chosen({"$or": [{"a": 1}, {"a": 2}]}, index("a")) == "a"
    assert chosen({"a": 1}, index("a", "_id", "_rev")) == "a-_id-_rev"


def test_the_index_that_answers_most_then_the_shortest_then_the_first_by_name() -> None:
    long, middle, short = index("a", "b", "c"), index("a", "b"), index("a")
    assert chosen({"a": 1, "b": 1, "c": 1}, short, middle, long) == "a-b-c"
    assert chosen({"a": 1, "b": 1, "d": 1}, short, middle) == "a-b"
    assert chosen({"a": 1, "b": {"$ne": 1}, "c": {"$ne": 1}}, long, short) == "a"
    assert chosen({"a": 1}, index("a", ddoc="z"), index("a", ddoc="y")) == "y"


def test_an_index_that_can_be_read_in_the_order_of_the_sort() -> None:
    by_ab = index("a", "b")
    assert chosen({"a": {"$gt": 0}, "b": {"$gt": 0}}, by_ab, sort=["a"]) == "a-b"
    assert chosen({"a": 1}, by_ab, sort=["b"]) == "a-b"
    assert chosen({}, by_ab, sort=["a", "b"]) == "a-b"
    assert chosen({}, by_ab, sort=["a"]) is None
    assert chosen({"a": {"$gt": 0}}, by_ab, sort=["b"]) is None
    assert chosen({"a": 1}, by_ab, sort=["b", "a"]) is None
    assert planned({"a": 1}, by_ab, sort=[{"b": "desc"}]).descending
    unsorted = planned({"a": {"$gt": 0}}, by_ab, sort=["b"])
    assert (unsorted.index, unsorted.is_sorted, unsorted.descending) == (None, False, False)
    assert planned({}, sort=[{"_id": "desc"}]).descending


def test_the_part_of_an_index_that_is_read() -> None:
    by_ab = index("a", "b")
    assert planned({"a": 1, "b": "x"}, by_ab).keys == (key(1) + key("x"), key(1) + key("x") + AFTER)
    assert planned({"a": 1, "b": {"$gt": "x"}}, by_ab).keys == (key(1) + key("x") + AFTER, key(1) + AFTER)
    assert planned({"a": {"$gte": 1}, "b": "x"}, by_ab).keys == (key(1), AFTER)
    assert planned({"a": {"$exists": True}, "b": "x"}, by_ab).keys == (b"", AFTER)
    assert planned({"a": 1, "b": {"$ne": 2}}, by_ab).keys == (key(1), key(1) + AFTER)
    assert planned({"a": {"$gt": 2, "$lt": 1}}, index("a")).is_empty
    assert planned({"$or": []}).is_empty


def test_a_named_index_is_preferred_and_its_absence_is_told() -> None:
    by_a, by_ab = index("a"), index("a", "b")
    both = {"a": 1, "b": 1}
    for name in ("a", "_design/a", ["a"], ["_design/a", "a"], "a/a"):
        assert chosen(both, by_a, by_ab, use_index=name) == "a"
    found = planned({"a": 1}, by_a, by_ab, use_index="a-b")
    assert found.index == by_a
    assert found.warnings == (
        "_design/a-b was not used because it does not contain a valid index for this query.",
    )
    found = planned({"c": 1}, use_index=["x", "y"])
    assert found.warnings[0] == "_design/x, y was not used because it is not a valid index for this query."
    assert found.warnings[1].startswith("No matching index found")
    assert planned(both, by_a, by_ab, use_index=None).warnings == ()


def test_whoever_wants_no_other_index_gets_none() -> None:
    by_a = index("a")
    assert chosen({"a": 1}, by_a, use_index="a", allow_fallback=False) == "a"
    assert chosen({"a": 1}, by_a, allow_fallback=False) == "a"
    for selector, name in (({"a": 1}, "b"), ({"b": 1}, "a"), ({"b": 1}, None)):
        with pytest.raises(mango.BadQuery, match="use_index") as caught:
            planned(selector, by_a, use_index=name, allow_fallback=False)
        assert caught.value.slug == "invalid_index"


def test_an_index_with_a_filter_is_used_only_when_it_is_named() -> None:
    some = index("a", ddoc="some", partial={"kind": "x"})
    assert chosen({"a": 1}, some) is None
    assert chosen({"a": 1}, some, use_index="some") == "some"


def test_one_document_is_read_by_its_id() -> None:
    assert chosen({"_id": "x", "a": 1}, index("a")) is None
    assert chosen({"_id": {"$gt": "x"}, "a": 1}, index("a")) == "a"
    assert chosen({"_id": "x", "a": 1}, index("a"), use_index="a") == "a"


def test_a_bookmark_keeps_to_what_it_was_given_by() -> None:
    by_a, by_ab = index("a"), index("a", "b")
    both = {"a": 1, "b": 1}
    given_by_a = str(mango.bookmarks.Bookmark(by_a.identity, (b"", "x")))
    by_documents = str(mango.bookmarks.Bookmark("", (b"", "x")))
    assert chosen(both, by_a, by_ab, bookmark=given_by_a) == "a"
    assert chosen(both, by_a, by_ab, bookmark=by_documents) is None
    with pytest.raises(mango.BadQuery, match="gone"):
        chosen(both, by_ab, bookmark=given_by_a)
