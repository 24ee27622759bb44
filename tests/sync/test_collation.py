"""CouchDB's order of JSON values (its documentation, "Views Collation")."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync.collation import key

DOCUMENTED: list[Any] = [
    None, False, True,
    1, 2, 3.0, 4,
    "a", "A", "aa", "b", "B", "ba", "bb",
    ["a"], ["b"], ["b", "c"], ["b", "c", "a"], ["b", "d"], ["b", "d", "e"],
    {"a": 1}, {"a": 2}, {"b": 1}, {"b": 2}, {"b": 2, "a": 1}, {"b": 2, "c": 2},
]  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


def test_the_documented_order() -> None:
    assert sorted(sorted(DOCUMENTED, key=repr), key=key) == DOCUMENTED
    assert all(key(a) < key(b) for a, b in itertools.pairwise(DOCUMENTED))


def test_punctuation_before_digits_before_letters_before_other_scripts() -> None:
    expected = [
        "_",
        "-",
        ",",
        "!",
        "?",
        ".",
        "(",
        "@",
        "*",
        "/",
        "#",
        "%",
        "+",
        "<",
        "$",
        "0",
        "9",
        "a",
        "Z",
        "é",
    ]
    expected = [*expected[:-3], "a", "e", "é", "f", "Z", "ж", "一", "陈"]
    assert sorted(sorted(expected), key=key) == expected


def test_accents_and_case_only_decide_where_letters_are_the_same() -> None:
    assert sorted(["résumé", "Resume", "resumes", "resume", "Résumé"], key=key) == [
        "resume", "Resume", "résumé", "Résumé", "resumes",
    ]  # fmt: skip


def test_composed_and_decomposed_letters_are_the_same() -> None:
    assert key("\u00e9") == key("e\u0301")


def test_long_strings_are_ordered_as_short_ones() -> None:
    assert key("a" * 300) < key("A" * 300) < key("a" * 301)
    assert key("\x01" + "a") != key("a")


@given(VALUES, VALUES, VALUES)
def test_it_is_a_total_order(a: Any, b: Any, c: Any) -> None:
    first, second, third = sorted((key(a), key(b), key(c)))
    assert first <= second <= third
    assert first <= third
    assert (key(a) < key(b)) + (key(a) == key(b)) + (key(a) > key(b)) == 1
