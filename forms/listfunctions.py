"""The functions of the expression language that take or give several values, or fall by chance."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from forms import chance
from forms.values import Atom, Value, number_of, number_text, text_of, truth_of, words

MAX_ITEMS = 10_000
MAX_LENGTH = 32_768
"""The longest text, in code points, that a function puts together: doubling again and again stops there."""


def atoms(values: Iterable[Value]) -> list[Atom]:
    """All the atoms of some values, in order; a boolean counts as its text."""
    found: list[Atom] = []
    for value in values:
        if isinstance(value, list):
            found.extend(value)
        else:
            found.append(text_of(value) if isinstance(value, bool) else value)
    return found


def pieces(values: list[Value]) -> list[str]:
    """All the atoms as texts."""
    return [flat(item) for item in atoms(values)]


def selected(listed: str, wanted: str) -> Value:
    wanted = wanted.strip(" \t\r\n")
    return wanted in (words(listed) or [""])


def selected_at(place: object, values: list[Value]) -> Value:
    found: Value = at(words(text_of(values[0])), number_of(values[1]))
    return found


def at(items: list[Any], index: float) -> Any:
    whole = math.trunc(index) if 0 <= index < MAX_ITEMS else -1
    return items[whole] if 0 <= whole < len(items) else ""


def checked(values: list[Value], weights: bool) -> Value:
    """checklist and weighted-checklist: whether between `least` and `most` (-1: no bound) of the rest hold."""
    least, most = number_of(values[0]), number_of(values[1])
    if weights:
        score = 0.0
        for held, weight in zip(values[2::2], values[3::2], strict=False):
            score += number_of(weight) if truth_of(held) else 0.0
    else:
        score = float(sum(truth_of(held) for held in values[2:]))
    return (least < 0 or score >= least) and (most < 0 or score <= most)


def join(place: object, values: list[Value]) -> Value:
    return text_of(values[0]).join(pieces(values[1:]))[:MAX_LENGTH]


def concat(place: object, values: list[Value]) -> Value:
    return "".join(pieces(values))[:MAX_LENGTH]


def flat(item: Atom) -> str:
    return number_text(item) if isinstance(item, float) else item


def _items(value: Value) -> list[str]:
    """The codes of a select_multiple, or the answers in several rows."""
    if isinstance(value, list) and len(value) != 1:
        return [item for item in map(flat, value) if item]
    return words(text_of(value))


def distinct(place: object, values: list[Value]) -> Value:
    """de-duplicate(list), or SurveyCTO's de-duplicate(mark, list)."""
    if len(values) == 1:
        return " ".join(dict.fromkeys(_items(values[0])))
    mark = text_of(values[0])
    return mark.join(dict.fromkeys(part for part in _split(text_of(values[1]), mark) if part))


def item_at(place: object, values: list[Value]) -> Value:
    """item-at(list, index), or SurveyCTO's item-at(mark, list, index); both count from 0."""
    listed = _split(text_of(values[1]), text_of(values[0])) if values[2:] else atoms(values[:1])
    found: Value = at(listed, number_of(values[-1]))
    return found


def _split(text: str, mark: str) -> list[str]:
    return text.split(mark) if mark else [text]


def random(place: Any, values: list[Value]) -> Value:
    return chance.number(place.seed())


def uuid(place: Any, values: list[Value]) -> Value:
    """uuid(), or ODK's uuid(n): n letters and digits."""
    if not values:
        return chance.uuid(place.seed())
    count = number_of(values[0])
    return chance.letters(place.seed(), int(count) if 0 <= count <= MAX_ITEMS else 0)


def randomize(place: Any, values: list[Value]) -> Value:
    """The codes or answers in an order of chance; the same number as seed gives the same order as in ODK."""
    seed: float | str = place.seed()
    if values[1:]:
        number = number_of(values[1])
        seed = text_of(values[1]) if math.isnan(number) else number
    return " ".join(chance.shuffled(_items(values[0]), seed))[:MAX_LENGTH]
