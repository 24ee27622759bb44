"""Patterns: the subset, its limits, and agreement with an engine we did not write."""

from __future__ import annotations

import re
from random import Random
from time import perf_counter

import pytest

from forms.patterns import PatternInvalid, compiled, matches
from tests.forms.chance import pattern, subject


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(a+)+", "a repetition inside a repetition, such as (a+)+, is refused"),
        ("(a*b)*", "a repetition inside a repetition, such as (a+)+, is refused"),
        ("((a|b+)c)+", "a repetition inside a repetition, such as (a+)+, is refused"),
        ("a**", "a repetition of a repetition is refused"),
        ("a{2}{3}", "a repetition of a repetition is refused"),
        ("(a", "a '(' is not closed"),
        ("a)", "unmatched ')' at character 2"),
        ("[a", "the pattern ends too early"),
        ("*a", "nothing to repeat before '*'"),
        ("^*", "nothing to repeat"),
        ("(?=a)", "of the groups with (?, only (?:…) is known"),
        ("(?P<n>a)", "of the groups with (?, only (?:…) is known"),
        ("\\1", "\\1 is not known here"),
        ("\\p{L}", "\\p is not known here"),
        ("\\u12", "an escape by number needs 4 hex digits"),
        ("[z-a]", "a range in [] is the wrong way round"),
        ("[\\d-z]", "a range in [] is the wrong way round"),
        ("a{3,2}", "the repetition {3,2} is out of bounds"),
        ("a{2000}", "the repetition {2000} is out of bounds"),
        ("(a{100}){100}", "the pattern is too large (over 1000 steps)"),
        ("(" * 50 + ")" * 50, "nested too deep"),
    ],
)
def test_a_pattern_outside_the_subset_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(PatternInvalid) as raised:
        compiled(text)
    assert str(raised.value) == said
    assert matches(text, "a") is False


def test_patterns_match_as_the_standard_library_does() -> None:
    chance = Random(20240229)
    compared = matched = 0
    while compared < 3000:
        text, tried = pattern(chance), subject(chance)
        try:
            compiled(text)
        except PatternInvalid:
            continue
        compared += 1
        expected = re.fullmatch(text.replace("$", "\\Z"), tried, re.ASCII) is not None
        matched += expected
        assert matches(text, tried) is expected, (text, tried)
    assert matched > 100


def test_no_pattern_runs_away() -> None:
    started = perf_counter()
    assert matches(".*.*.*.*.*.*=.*", "x" * 1000) is False
    assert matches("(a|a)*(a|a)*b", "a" * 1000) is False
    assert perf_counter() - started < 5


def test_a_text_over_a_thousand_characters_does_not_match() -> None:
    assert matches("x*", "x" * 1000) is True
    assert matches("x*", "x" * 1001) is False
