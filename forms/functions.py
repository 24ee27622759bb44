"""The functions of the expression language: name, how many arguments, and what each gives.

`if`, `coalesce`, `once`, `indexed-repeat` and `pulldata` do not evaluate their arguments in the plain way: they are
in `forms/evaluate.py`; `position` and `jr:choice-name` become syntax in `forms/scope.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from forms import days, geometry, identifiers
from forms.patterns import matches
from forms.values import Atom, Value, number_of, number_text, text_of, truth_of, words

Apply = Callable[[Any, list[Value]], Value]
MANY = 10_000


@dataclass(frozen=True)
class Function:
    """A function: least and most arguments, and its meaning as (place, values) -> value."""

    least: int
    most: int
    apply: Apply


def _unreached(place: object, values: list[Value]) -> Value:
    return ""


def _text(apply: Callable[..., Value]) -> Apply:
    return lambda place, values: apply(*(text_of(value) for value in values))


def _number(apply: Callable[..., float]) -> Apply:
    def total(place: object, values: list[Value]) -> Value:
        try:
            return apply(*(number_of(value) for value in values))
        except (ValueError, OverflowError):
            return math.nan

    return total


def _atoms(values: Iterable[Value]) -> list[Atom]:
    """All the atoms of some values, in order; a boolean counts as its text."""
    found: list[Atom] = []
    for value in values:
        if isinstance(value, list):
            found.extend(value)
        else:
            found.append(text_of(value) if isinstance(value, bool) else value)
    return found


def _numbers(values: list[Value]) -> list[float]:
    return [number_of(item) for item in _atoms(values) if item != ""]


def _selected(listed: str, wanted: str) -> Value:
    wanted = wanted.strip(" \t\r\n")
    return wanted in (words(listed) or [""])


def _at(items: list[Any], index: float) -> Any:
    whole = math.trunc(index) if 0 <= index < MANY else -1
    return items[whole] if 0 <= whole < len(items) else ""


def _substr(text: str, start: float, end: float = math.inf) -> Value:
    """substr(text, from, to): from 0, `to` exclusive, negative from the end."""
    if math.isnan(start) or math.isnan(end):
        return ""

    def place(number: float) -> int:
        whole = max(-MANY * 100, min(MANY * 100, number))
        return max(0, math.trunc(whole) + (len(text) if whole < 0 else 0))

    return text[place(start) : max(place(start), place(end))]


def _round(value: float, digits: float = 0) -> float:
    """Half up; with digits, at that many decimals."""
    if not math.isfinite(value):
        return value
    places = max(-15, min(15, math.trunc(digits))) if math.isfinite(digits) else 0
    scale = 10.0 ** abs(places)
    scaled = value * scale if places >= 0 else value / scale
    if not math.isfinite(scaled) or abs(scaled) >= 2**52:
        return value
    low = math.floor(scaled)
    whole = float(low + 1 if scaled - low >= 0.5 else low)
    return whole / scale if places >= 0 else whole * scale


def _whole(function: Callable[[float], int]) -> Apply:
    return _number(lambda value: float(function(value)) if math.isfinite(value) else value)


def _log(value: float, log: Callable[[float], float]) -> float:
    return -math.inf if value == 0 else log(value)


def _pow(base: float, exponent: float) -> float:
    if math.isnan(exponent) or (abs(base) == 1 and math.isinf(exponent)):
        return math.nan
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ValueError:
        if base != 0:
            return math.nan
        return -math.inf if math.copysign(1, base) < 0 and exponent % 2 == 1 else math.inf


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _best(pick: Callable[[list[float]], float]) -> Apply:
    def best(place: object, values: list[Value]) -> Value:
        found = _numbers(values)
        return math.nan if not found or any(math.isnan(item) for item in found) else pick(found)

    return best


def _total(place: object, values: list[Value]) -> Value:
    total = 0.0
    for item in _numbers(values):
        total += item
    return total


def _before(text: str, mark: str) -> Value:
    return text.split(mark, 1)[0] if mark and mark in text else ""


def _after(text: str, mark: str) -> Value:
    return text.split(mark, 1)[1] if mark and mark in text else ("" if mark else text)


def _translate(text: str, old: str, new: str) -> Value:
    table = {old[index]: new[index : index + 1] for index in reversed(range(len(old)))}
    return "".join(table.get(character, character) for character in text)


def _upper(text: str) -> Value:
    return re.sub(r"[a-z]+", lambda found: found[0].upper(), text)


def _lower(text: str) -> Value:
    return re.sub(r"[A-Z]+", lambda found: found[0].lower(), text)


def _ms(value: Value) -> int | None:
    """The instant that a text or a number of days means."""
    number = number_of(value)
    return None if math.isnan(number) else days.ms_from_days(number)


def _date(place: object, values: list[Value]) -> Value:
    ms = _ms(values[0])
    return "" if ms is None else days.local_date(ms)


def _date_time(place: object, values: list[Value]) -> Value:
    ms = _ms(values[0])
    return "" if ms is None else days.utc_text(ms)


def _format(place: Any, values: list[Value]) -> Value:
    ms = _ms(values[0])
    return "" if ms is None else days.formatted(ms, text_of(values[1]), place.context("locale"))


def _clock(text: str) -> Value:
    part = days.clock_part(text)
    return math.nan if part is None else part


def _add_date(place: object, values: list[Value]) -> Value:
    """add-date(date, years, months, days, hours, minutes), as in the CHT."""
    ms = _ms(values[0])
    parts = [number_of(value) for value in values[1:]]
    if ms is None or any(not abs(part) < 1e6 for part in parts):
        return ""
    years, months, added, hours, minutes = [math.trunc(part) for part in parts] + [0] * (5 - len(parts))
    found = days.moved(ms, years, months, added, hours * 60 + minutes)
    if found is None:
        return ""
    dated = len(text_of(values[0])) == 10 and hours == minutes == 0
    return days.local_date(found) if dated else days.utc_text(found)


def _months(start: str, end: str) -> Value:
    found = days.months_between(start, end)
    return math.nan if found is None else float(found)


def _age(place: Any, values: list[Value]) -> Value:
    """age-in-years(birth, on?): full years on a day, today unless given; a leap day's birthday is 1 March."""
    birth, on = text_of(values[0]), text_of(values[1]) if values[1:] else place.context("today")
    months = days.months_between(birth, on)
    if months is None or number_of(birth) > number_of(on):
        return math.nan
    return float(months // 12)


def _checked(values: list[Value], weights: bool) -> Value:
    """checklist and weighted-checklist: whether between `least` and `most` (-1: no bound) of the rest hold."""
    least, most = number_of(values[0]), number_of(values[1])
    if weights:
        score = 0.0
        for held, weight in zip(values[2::2], values[3::2], strict=False):
            score += number_of(weight) if truth_of(held) else 0.0
    else:
        score = float(sum(truth_of(held) for held in values[2:]))
    return (least < 0 or score >= least) and (most < 0 or score <= most)


def _join(place: object, values: list[Value]) -> Value:
    return text_of(values[0]).join(_flat(item) for item in _atoms(values[1:]))


def _flat(item: Atom) -> str:
    return number_text(item) if isinstance(item, float) else item


def _distinct(place: object, values: list[Value]) -> Value:
    listed = words(text_of(values[0])) if not isinstance(values[0], list) or len(values[0]) == 1 else None
    items = listed if listed is not None else [_flat(item) for item in _atoms(values)]
    return " ".join(dict.fromkeys(item for item in items if item))


def _sqrt(value: float) -> float:
    return math.sqrt(value) if value >= 0 else math.nan


FUNCTIONS: dict[str, Function] = {
    "if": Function(3, 3, _unreached),
    "coalesce": Function(1, MANY, _unreached),
    "once": Function(1, 1, _unreached),
    "indexed-repeat": Function(3, 7, _unreached),
    "pulldata": Function(4, 4, _unreached),
    "position": Function(1, 1, _unreached),
    "jr:choice-name": Function(2, 2, _unreached),
    "true": Function(0, 0, lambda place, values: True),
    "false": Function(0, 0, lambda place, values: False),
    "not": Function(1, 1, lambda place, values: not truth_of(values[0])),
    "boolean": Function(1, 1, lambda place, values: truth_of(values[0])),
    "number": Function(1, 1, lambda place, values: number_of(values[0])),
    "string": Function(1, 1, lambda place, values: text_of(values[0])),
    "selected": Function(2, 2, _text(_selected)),
    "count-selected": Function(1, 1, lambda place, values: float(len(words(text_of(values[0]))))),
    "selected-at": Function(2, 2, lambda place, values: _at(words(text_of(values[0])), number_of(values[1]))),
    "item-at": Function(2, 2, lambda place, values: _at(_atoms(values[:1]), number_of(values[1]))),
    "de-duplicate": Function(1, 1, _distinct),
    "count": Function(1, 1, lambda place, values: float(len(_atoms(values)))),
    "count-non-empty": Function(
        1, MANY, lambda place, values: float(sum(item != "" for item in _atoms(values)))
    ),
    "sum": Function(1, MANY, _total),
    "min": Function(1, MANY, _best(min)),
    "max": Function(1, MANY, _best(max)),
    "join": Function(1, MANY, _join),
    "concat": Function(1, MANY, lambda place, values: "".join(_flat(item) for item in _atoms(values))),
    "checklist": Function(2, MANY, lambda place, values: _checked(values, weights=False)),
    "weighted-checklist": Function(2, MANY, lambda place, values: _checked(values, weights=True)),
    "contains": Function(2, 2, _text(lambda text, part: part in text)),
    "starts-with": Function(2, 2, _text(lambda text, part: text.startswith(part))),
    "ends-with": Function(2, 2, _text(lambda text, part: text.endswith(part))),
    "substr": Function(
        2, 3, lambda place, values: _substr(text_of(values[0]), *(number_of(value) for value in values[1:]))
    ),
    "substring-before": Function(2, 2, _text(_before)),
    "substring-after": Function(2, 2, _text(_after)),
    "string-length": Function(
        0, 1, lambda place, values: float(len(text_of(values[0] if values else place.own())))
    ),
    "normalize-space": Function(
        0, 1, lambda place, values: " ".join(words(text_of(values[0] if values else place.own())))
    ),
    "translate": Function(3, 3, _text(_translate)),
    "upper-case": Function(1, 1, _text(_upper)),
    "lower-case": Function(1, 1, _text(_lower)),
    "regex": Function(2, 2, _text(lambda text, pattern: matches(pattern, text))),
    "int": Function(1, 1, _whole(math.trunc)),
    "floor": Function(1, 1, _whole(math.floor)),
    "ceiling": Function(1, 1, _whole(math.ceil)),
    "round": Function(1, 2, _number(_round)),
    "abs": Function(1, 1, _number(abs)),
    "pow": Function(2, 2, _number(_pow)),
    "sqrt": Function(1, 1, _number(_sqrt)),
    "exp": Function(1, 1, _number(_exp)),
    "log": Function(1, 1, _number(lambda value: _log(value, math.log))),
    "log10": Function(1, 1, _number(lambda value: _log(value, math.log10))),
    "sin": Function(1, 1, _number(math.sin)),
    "cos": Function(1, 1, _number(math.cos)),
    "tan": Function(1, 1, _number(math.tan)),
    "asin": Function(1, 1, _number(math.asin)),
    "acos": Function(1, 1, _number(math.acos)),
    "atan": Function(1, 1, _number(math.atan)),
    "atan2": Function(2, 2, _number(math.atan2)),
    "pi": Function(0, 0, lambda place, values: math.pi),
    "now": Function(0, 0, lambda place, values: place.context("now")),
    "today": Function(0, 0, lambda place, values: place.context("today")),
    "date": Function(1, 1, _date),
    "date-time": Function(1, 1, _date_time),
    "decimal-date-time": Function(1, 1, lambda place, values: number_of(values[0])),
    "decimal-time": Function(1, 1, _text(_clock)),
    "format-date": Function(2, 2, _format),
    "format-date-time": Function(2, 2, _format),
    "add-date": Function(2, 6, _add_date),
    "difference-in-months": Function(2, 2, _text(_months)),
    "age-in-years": Function(1, 2, _age),
    "distance": Function(
        1, MANY, lambda place, values: geometry.distance_m([_flat(a) for a in _atoms(values)])
    ),
    "area": Function(1, MANY, lambda place, values: geometry.area_m2([_flat(a) for a in _atoms(values)])),
    "id-card-valid": Function(1, 1, _text(identifiers.id_card_valid)),
    "id-card-birth": Function(1, 1, _text(identifiers.id_card_birth)),
    "id-card-sex": Function(1, 1, _text(identifiers.id_card_sex)),
    "credit-code-valid": Function(1, 1, _text(identifiers.credit_code_valid)),
    "phone-valid": Function(1, 1, _text(identifiers.phone_valid)),
    "has-personal-number": Function(1, 1, _text(identifiers.has_personal_number)),
}
"""Every function that loads, by name."""

KNOWN_ELSEWHERE = {
    "uuid": "is not there yet",
    "random": "is not there yet",
    "randomize": "is not there yet",
    "index": "is not there yet",
    "duration": "is not there yet",
    "to-bikram-sambat": "belongs to the CHT and has no meaning here",
    "cht:extension-lib": "runs outside code, which forms may not",
    "z-score": "needs the CHT's growth tables, which are not here",
}
"""Functions that authors know from other tools, and what to tell them."""
