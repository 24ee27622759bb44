"""The functions of the expression language: name, how many arguments, and what each gives.

`if`, `coalesce`, `once`, `indexed-repeat` and `pulldata` do not evaluate their arguments in the plain way: they are
in `forms/evaluate.py`; `position` and `jr:choice-name` become syntax in `forms/scope.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context
from typing import Any

from forms import datefunctions, geometry, identifiers, listfunctions
from forms.patterns import matches
from forms.values import Value, number_of, text_of, truth_of, words

Apply = Callable[[Any, list[Value]], Value]
MANY = 10_000
_TWELVE = Context(prec=12, rounding=ROUND_HALF_UP)


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


def _numbers(values: list[Value]) -> list[float]:
    return [number_of(item) for item in listfunctions.atoms(values) if item != ""]


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


def _steady(function: Callable[..., float]) -> Apply:
    """To twelve digits, but for a whole number: two machines' libraries of mathematics differ in the last ones."""

    def steadied(*numbers: float) -> float:
        value = function(*numbers)
        if not math.isfinite(value) or (value == math.trunc(value) and abs(value) < 2**53):
            return value
        return float(_TWELVE.create_decimal_from_float(value))

    return _number(steadied)


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
    "selected": Function(2, 2, _text(listfunctions.selected)),
    "count-selected": Function(1, 1, lambda place, values: float(len(words(text_of(values[0]))))),
    "selected-at": Function(2, 2, listfunctions.selected_at),
    "item-at": Function(2, 3, listfunctions.item_at),
    "de-duplicate": Function(1, 2, listfunctions.distinct),
    "randomize": Function(1, 2, listfunctions.randomize),
    "random": Function(0, 0, listfunctions.random),
    "uuid": Function(0, 1, listfunctions.uuid),
    "index": Function(0, 1, _unreached),
    "count": Function(1, 1, lambda place, values: float(len(listfunctions.atoms(values)))),
    "count-non-empty": Function(
        1, MANY, lambda place, values: float(sum(item != "" for item in listfunctions.atoms(values)))
    ),
    "sum": Function(1, MANY, _total),
    "min": Function(1, MANY, _best(min)),
    "max": Function(1, MANY, _best(max)),
    "join": Function(1, MANY, listfunctions.join),
    "concat": Function(1, MANY, listfunctions.concat),
    "checklist": Function(2, MANY, lambda place, values: listfunctions.checked(values, weights=False)),
    "weighted-checklist": Function(
        2, MANY, lambda place, values: listfunctions.checked(values, weights=True)
    ),
    "contains": Function(2, 2, _text(lambda text, part: part in text)),
    "starts-with": Function(2, 2, _text(lambda text, part: text.startswith(part))),
    "ends-with": Function(2, 2, _text(lambda text, part: text.endswith(part))),
    "substr": Function(
        2, 3, lambda place, values: _substr(text_of(values[0]), *(number_of(value) for value in values[1:]))
    ),
    "substring-before": Function(2, 2, _text(_before)),
    "substring-after": Function(2, 2, _text(_after)),
    "string-length": Function(0, 1, _text(lambda text: float(len(text)))),
    "normalize-space": Function(0, 1, _text(lambda text: " ".join(words(text)))),
    "translate": Function(3, 3, _text(_translate)),
    "upper-case": Function(1, 1, _text(_upper)),
    "lower-case": Function(1, 1, _text(_lower)),
    "regex": Function(2, 2, _text(lambda text, pattern: matches(pattern, text))),
    "int": Function(1, 1, _whole(math.trunc)),
    "floor": Function(1, 1, _whole(math.floor)),
    "ceiling": Function(1, 1, _whole(math.ceil)),
    "round": Function(1, 2, _number(_round)),
    "abs": Function(1, 1, _number(abs)),
    "pow": Function(2, 2, _steady(_pow)),
    "sqrt": Function(1, 1, _number(_sqrt)),
    "exp": Function(1, 1, _steady(_exp)),
    "log": Function(1, 1, _steady(lambda value: _log(value, math.log))),
    "log10": Function(1, 1, _steady(lambda value: _log(value, math.log10))),
    "sin": Function(1, 1, _steady(math.sin)),
    "cos": Function(1, 1, _steady(math.cos)),
    "tan": Function(1, 1, _steady(math.tan)),
    "asin": Function(1, 1, _steady(math.asin)),
    "acos": Function(1, 1, _steady(math.acos)),
    "atan": Function(1, 1, _steady(math.atan)),
    "atan2": Function(2, 2, _steady(math.atan2)),
    "pi": Function(0, 0, lambda place, values: math.pi),
    "now": Function(0, 0, lambda place, values: place.context("now")),
    "today": Function(0, 0, lambda place, values: place.context("today")),
    "date": Function(1, 1, datefunctions.as_date),
    "date-time": Function(1, 1, datefunctions.as_date_time),
    "decimal-date-time": Function(1, 1, lambda place, values: number_of(values[0])),
    "decimal-time": Function(1, 1, _text(datefunctions.clock)),
    "format-date": Function(2, 2, datefunctions.as_formatted),
    "format-date-time": Function(2, 2, datefunctions.as_formatted),
    "add-date": Function(2, 6, datefunctions.add_date),
    "difference-in-months": Function(2, 2, _text(datefunctions.months_apart)),
    "age-in-years": Function(1, 2, datefunctions.age_in_years),
    "duration": Function(0, 0, datefunctions.seconds_since),
    "distance": Function(1, MANY, lambda place, values: geometry.distance_m(listfunctions.pieces(values))),
    "area": Function(1, MANY, lambda place, values: geometry.area_m2(listfunctions.pieces(values))),
    "id-card-valid": Function(1, 1, _text(identifiers.id_card_valid)),
    "id-card-birth": Function(1, 1, _text(identifiers.id_card_birth)),
    "id-card-sex": Function(1, 1, _text(identifiers.id_card_sex)),
    "credit-code-valid": Function(1, 1, _text(identifiers.credit_code_valid)),
    "phone-valid": Function(1, 1, _text(identifiers.phone_valid)),
    "has-personal-number": Function(1, 1, _text(identifiers.has_personal_number)),
}
"""Every function that loads, by name."""

KNOWN_ELSEWHERE = {
    "to-bikram-sambat": "belongs to the CHT and has no meaning here",
    "parse-timestamp-to-date": "belongs to the CHT; a date is written as a date here",
    "cht:extension-lib": "runs outside code, which forms may not",
    "z-score": "needs the CHT's growth tables, which are not here",
    "cht:difference-in-days": "is written decimal-date-time(b) - decimal-date-time(a) here",
    "cht:difference-in-weeks": "is written int((decimal-date-time(b) - decimal-date-time(a)) div 7) here",
    "cht:difference-in-months": "is written difference-in-months(a, b) here",
    "cht:difference-in-years": "is written age-in-years(a, b) here",
    "jr:itext": "reads a table of ODK's own; write ${question} or jr:choice-name()",
    "digest": "has no meaning here",
    "base64-decode": "has no meaning here",
    "count-if": "belongs to SurveyCTO; calculate 1 or 0 in each row and sum() it",
    "sum-if": "belongs to SurveyCTO; calculate the part in each row and sum() it",
    "geofence": "is not there; check a place against a code list",
    "intersects": "is not there; check the line when it is reviewed",
}
"""Functions that authors know from other tools, and what to tell them."""
