"""Mango selectors, as CouchDB's documentation describes each operator."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import Malformed
from sync.mango import BadArgument, InvalidOperator, TooSlow, predicate
from sync.mango.fields import ABSENT, lookup, path, projected

DOC: dict[str, Any] = {
    "_id": "m", "n": 7, "neg": -7, "f": 1.5, "s": "Zhang 张", "none": None, "yes": True, "list": [1, 2, 3],
    "words": ["a", "b"], "rows": [{"k": 1, "v": "x"}, {"k": 2}], "empty": [], "o": {"p": {"q": 1}}, "a.b": 5,
    "cam": {"x": 1, "y": 2},
}  # fmt: skip

MEANT: list[dict[str, Any]] = [
    {},
    {"n": 7}, {"n": 7.0}, {"n": {"$eq": 7}}, {"n": {"$ne": 8}}, {"n": {"$gt": 6, "$lt": 8}},
    {"n": {"$gte": 7, "$lte": 7}}, {"n": {"$gt": None}}, {"s": {"$gt": 10_000}}, {"_id": {"$gt": None}},
    {"o": {"p": {"q": 1}}}, {"o.p.q": 1}, {"o.p": {"q": {"$gt": 0}}}, {"o": {"$eq": {"p": {"q": 1}}}}, {"a\\.b": 5},
    {"list.1": 2}, {"rows.0.k": 1},
    {"$and": [{"n": 7}, {"f": 1.5}]}, {"$or": [{"n": 8}, {"f": 1.5}]}, {"$nor": [{"n": 8}, {"f": 2}]},
    {"$not": {"n": 8}}, {"n": {"$not": {"$gt": 7}}}, {"$not": {"$and": [{"n": 7}, {"f": 2}]}},
    {"$not": {"$or": [{"n": 8}, {"f": 2}]}}, {"$not": {"$nor": [{"n": 7}]}}, {"$not": {"n": 7, "f": 2}},
    {"$and": []}, {"$or": []}, {"$nor": []},
    {"n": {"$exists": True}}, {"nope": {"$exists": False}}, {"none": {"$exists": True}}, {"none": None},
    {"nope": {"$not": {"$exists": True}}}, {"$not": {"nope": {"$exists": True}}}, {"n": {"$exists": True, "$gt": 1}},
    {"n": {"$type": "number"}}, {"s": {"$type": "string"}}, {"none": {"$type": "null"}}, {"yes": {"$type": "boolean"}},
    {"list": {"$type": "array"}}, {"o": {"$type": "object"}},
    {"n": {"$in": [1, 7]}}, {"n": {"$nin": [1]}}, {"list": {"$in": [3, 9]}}, {"list": {"$nin": [9]}},
    {"list": {"$all": [3, 1]}}, {"list": {"$all": [[1, 2, 3]]}}, {"list": {"$size": 3}}, {"empty": {"$size": 0}},
    {"list": {"$elemMatch": {"$gt": 2}}}, {"rows": {"$elemMatch": {"k": 1, "v": "x"}}},
    {"list": {"$allMatch": {"$gt": 0}}}, {"rows": {"$allMatch": {"k": {"$gt": 0}}}},
    {"cam": {"$keyMapMatch": {"$eq": "y"}}},
    {"n": {"$mod": [4, 3]}}, {"neg": {"$mod": [4, -3]}}, {"n": {"$mod": [-4, 3]}},
    {"s": {"$regex": "^Zh.*张$"}}, {"s": {"$regex": "(?i)zHANG"}}, {"s": {"$beginsWith": "Zhang"}},
    {"$not": {"list": {"$elemMatch": {"$gt": 3}}}}, {"words": {"$eq": ["a", "b"]}},
]  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {"n": 8}, {"n": "7"}, {"n": {"$lt": 7}}, {"n": {"$ne": 7}}, {"s": {"$lt": 1}}, {"yes": 1}, {"none": False},
    {"nope": {"$ne": 1}}, {"nope": {"$nin": [1]}}, {"$not": {"nope": 1}}, {"nope": None}, {"nope": {"$exists": True}},
    {"n": {"$exists": False}}, {"n": {"$exists": False, "$gt": 1}}, {"o.p.z": 1}, {"n.x": 1}, {"list.3": 1},
    {"list.x": 1},
    {"o": {}}, {"$and": [{"n": 7}, {"f": 2}]}, {"$or": [{"n": 8}]}, {"$nor": [{"n": 7}]},
    {"n": {"$type": "string"}}, {"n": {"$in": []}}, {"list": {"$nin": [1]}}, {"list": {"$in": [[1, 2, 3]]}},
    {"list": {"$all": []}}, {"list": {"$all": [1, 9]}}, {"n": {"$all": [7]}}, {"list": {"$size": 2}},
    {"n": {"$size": 1}},
    {"empty": {"$elemMatch": {"$gt": None}}}, {"n": {"$elemMatch": {"$gt": 1}}},
    {"empty": {"$allMatch": {"$gt": None}}},
    {"rows": {"$allMatch": {"v": "x"}}}, {"cam": {"$keyMapMatch": {"$eq": "z"}}}, {"n": {"$keyMapMatch": {"$eq": 1}}},
    {"n": {"$mod": [4, 1]}}, {"f": {"$mod": [1, 0]}}, {"yes": {"$mod": [1, 0]}}, {"neg": {"$mod": [4, 1]}},
    {"n": {"$regex": "7"}}, {"s": {"$regex": "^hang"}}, {"s": {"$beginsWith": "zhang"}}, {"n": {"$beginsWith": "7"}},
]  # fmt: skip


@pytest.mark.parametrize("selector", MEANT, ids=repr)
def test_the_document_is_meant(selector: dict[str, Any]) -> None:
    assert predicate(selector)(DOC) is True


@pytest.mark.parametrize("selector", OTHERS, ids=repr)
def test_the_document_is_not_meant(selector: dict[str, Any]) -> None:
    assert predicate(selector)(DOC) is False


BAD: list[Any] = [
    [], "x", None, {"$and": 1}, {"$and": [1]}, {"$or": {}}, {"a": {"$in": 1}}, {"a": {"$nin": "x"}}, {"a": {"$all": 1}},
    {"a": {"$size": -1}}, {"a": {"$size": True}}, {"a": {"$size": 1.0}}, {"a": {"$mod": [0, 1]}}, {"a": {"$mod": [1]}},
    {"a": {"$mod": [1.5, 0]}}, {"a": {"$type": "number?"}}, {"a": {"$type": []}}, {"a": {"$exists": 1}},
    {"a": {"$exists": 1, "$gt": 0}}, {"a": {"$regex": "("}}, {"a": {"$regex": 1}}, {"a": {"$regex": "a" * 2000}},
    {"a": {"$beginsWith": 1}}, {"$not": {}}, {"$not": 1}, {"$gt": 2}, {"$and": [{"$gt": 2}]}, {"": 1}, {"a..b": 1},
    {"_id": {"": None}}, {"a": {"$elemMatch": 1}}, {"a": {"$not": 1}},
]  # fmt: skip


@pytest.mark.parametrize("selector", BAD, ids=repr)
def test_what_an_operator_does_not_take_is_malformed(selector: Any) -> None:
    with pytest.raises(Malformed):
        predicate(selector)


def test_an_operator_that_is_none_is_named() -> None:
    for selector in ({"$nope": 1}, {"a": {"$text": "x"}}):
        with pytest.raises(InvalidOperator, match=r"\$(nope|text)"):
            predicate(selector)
    with pytest.raises(BadArgument, match=r"\$size"):
        predicate({"a": {"$size": "many"}})


def test_a_selector_nested_without_end_is_malformed() -> None:
    nested: dict[str, Any] = {}
    for _ in range(500):
        nested = {"$not": nested}
    with pytest.raises(Malformed, match="deep"):
        predicate(nested)
    value: list[Any] = []
    for _ in range(5_000):
        value = [value]
    with pytest.raises(Malformed, match="deep"):
        predicate({"a": {"$gt": []}})({"a": value})


def test_a_pattern_that_runs_away_is_stopped() -> None:
    with pytest.raises(TooSlow):
        predicate({"a": {"$regex": "(?:.*?,){20}P"}})({"a": "1," * 40})


def test_paths() -> None:
    assert path("a.b\\.c.d\\e\\") == ("a", "b.c", "d\\e\\")
    assert path("\\$a") == ("$a",)
    assert (lookup(DOC, ("o", "p")), lookup(DOC, ("x",)), lookup(DOC, ("none",))) == ({"q": 1}, ABSENT, None)
    assert projected(DOC, [("o", "p", "q"), ("x",), ("none",)]) == {"o": {"p": {"q": 1}}, "none": None}


def test_a_value_may_be_one_of_several_conditions() -> None:
    assert predicate({"n": {"$or": [7, {"$gt": 100}]}})(DOC)
    assert not predicate({"n": {"$nor": [7, 8]}})(DOC)


def test_ids_are_compared_by_code_point() -> None:
    assert predicate({"_id": {"$gt": "Z"}})(DOC)
    assert not predicate({"words.0": {"$gt": "Z"}})(DOC)
    for other in (None, True, 1, [], {}):
        assert predicate({"_id": {"$gt": other}})(DOC)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
NAMES = st.sampled_from(
    ["$eq", "$not", "$or", "$and", "$nor", "$in", "$gt", "$elemMatch", "a", "b", "a.b", "$size"]
)
SELECTORS = st.recursive(
    JSON, lambda inner: st.dictionaries(NAMES, inner | st.lists(inner, max_size=2), max_size=3)
)


@given(SELECTORS, st.dictionaries(st.sampled_from(["a", "b"]), JSON))
def test_any_selector_says_yes_or_no_or_is_malformed(selector: Any, document: dict[str, Any]) -> None:
    try:
        test = predicate(selector)
    except Malformed:
        return
    assert test(document) in (True, False)


@given(JSON, JSON)
def test_the_comparisons_agree(a: Any, b: Any) -> None:
    document = {"a": a}
    holds = {
        name: predicate({"a": {name: b}})(document) for name in ("$lt", "$lte", "$eq", "$ne", "$gte", "$gt")
    }
    assert holds["$lt"] + holds["$eq"] + holds["$gt"] == 1
    assert (holds["$lte"], holds["$gte"], holds["$ne"]) == (
        not holds["$gt"],
        not holds["$lt"],
        not holds["$eq"],
    )
