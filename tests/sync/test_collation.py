"""CouchDB's order of JSON values (its documentation, "Views Collation")."""

from __future__ import annotations

import itertools
import unicodedata
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from sync.collation import AFTER, key, prefix, raw_key, raw_prefix, type_of

DOCUMENTED: list[Any] = [
    None, False, True,
    1, 2, 3.0, 4,
    "a", "A", "aa", "b", "B", "ba", "bb",
    ["a"], ["b"], ["b", "c"], ["b", "c", "a"], ["b", "d"], ["b", "d", "e"],
    {"a": 1}, {"a": 2}, {"b": 1}, {"b": 2}, {"b": 2, "a": 1}, {"b": 2, "c": 2},
]  # fmt: skip
INTEGERS = st.integers(-(2**63), 2**64 - 1)
NEAR = st.sampled_from((2**53, 2**63, 2**64 - 1)).flatmap(lambda n: st.integers(n - 3, min(n + 3, 2**64 - 1)))
FLOATS = st.floats(allow_nan=False, allow_infinity=False) | NEAR.map(float)
TEXTS = st.text(max_size=6) | st.text("aA b，é\u0301\u0327e张\x00\x01²K\u212a٣3İǅ\u200b", max_size=6)
SCALARS = st.none() | st.booleans() | INTEGERS | NEAR | FLOATS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)


def model(value: Any) -> Any:
    """The order as it is described: what Python compares as CouchDB compares the value."""
    if value is None or isinstance(value, bool):
        return (None, False, True).index(value), ()
    if isinstance(value, int | float):
        return 3, value
    if isinstance(value, str):
        return 4, text_model(value)
    if isinstance(value, list):
        return 5, tuple(map(model, value))
    return 6, tuple((text_model(name), model(item)) for name, item in value.items())


MARKS = "\t\n\x0b\x0c\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"


def text_model(text: str) -> Any:
    """Base characters, accents by place, upper case, and characters that none of these tells, by place."""
    signs = unicodedata.normalize("NFD", text)
    bases, accents = [], []
    for sign in signs:
        if unicodedata.combining(sign):
            accents.append((len(bases), ord(sign)))
        elif base_model(sign):
            bases.append(sign)
    odd = tuple(
        (place, ord(sign))
        for place, sign in enumerate(signs)
        if not unicodedata.combining(sign) and not is_usual(sign)
    )
    return tuple(map(base_model, bases)), tuple(accents), tuple(sign != sign.lower() for sign in bases), odd


def base_model(sign: str) -> tuple[int, int] | None:
    category = unicodedata.category(sign)
    if sign in MARKS:
        return 1, MARKS.index(sign)
    if category in ("Cc", "Cf"):
        return None
    if category == "Nd":
        return 2, unicodedata.decimal(sign)
    return (3, ord(sign.lower()[0])) if category[0] in "LNC" else (1, len(MARKS) + ord(sign))


def is_usual(sign: str) -> bool:
    """Whether no other character has the same base and case."""
    if base_model(sign) is None:
        return False
    if unicodedata.category(sign) == "Nd":
        return sign in "0123456789"
    return sign in (sign.lower(), sign.lower().upper()) and len(sign.lower()) == 1


@given(VALUES, VALUES)
@example({"": 1}, {})
@example(["a"], ["a", None])
def test_keys_compare_as_the_values_do(a: Any, b: Any) -> None:
    assert (key(a) < key(b), key(a) == key(b)) == (model(a) < model(b), model(a) == model(b))


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=3))
def test_keys_that_follow_each_other_compare_as_lists_do(pairs: list[tuple[Any, Any]]) -> None:
    left, right = zip(*pairs, strict=True)
    joined = b"".join(map(key, left)), b"".join(map(key, right))
    expected = list(map(model, left)), list(map(model, right))
    assert (joined[0] < joined[1]) == (expected[0] < expected[1])


@given(VALUES, VALUES)
def test_no_key_is_the_beginning_of_another(a: Any, b: Any) -> None:
    assert key(a) == key(b) or not key(a).startswith(key(b))
    assert key(a) < key(a) + AFTER
    assert (key(b) < key(a) + AFTER) == (key(b) <= key(a))


@given(TEXTS, TEXTS)
def test_texts_that_begin_with_another_lie_behind_its_prefix(a: str, b: str) -> None:
    assert prefix(a) <= key(a + b) < prefix(a) + AFTER
    assert raw_prefix(a) <= raw_key(a + b) < raw_prefix(a) + AFTER


@given(TEXTS, TEXTS)
def test_raw_keys_compare_as_code_points_do(a: str, b: str) -> None:
    assert (raw_key(a) < raw_key(b)) == (a < b)
    assert (raw_key(b) < raw_key(a) + AFTER) == (b <= a)
    assert raw_key([a]) < raw_key(b)


def test_types() -> None:
    values = [None, False, 1, 1.5, "", [], {}]
    assert list(map(type_of, values)) == [
        "null", "boolean", "number", "number", "string", "array", "object",
    ]  # fmt: skip


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
