"""The values of the expression language and how one becomes another (XPath 1.0, with ours where it is silent).

A value is a text, a float, a bool or a list of atoms (texts and floats): what a reference gives, one atom for a
plain question, one for each row for a question of a repeat seen from outside.
"""

from __future__ import annotations

import math
import re

from forms.days import days_of

Atom = str | float
Value = str | float | bool | list[Atom]

NUMBER = re.compile(r"[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))[ \t\r\n]*")


def atom(answer: object) -> Atom:
    """How an answer reads: '' when unanswered, a tick as 'OK', a list of codes joined by spaces."""
    if answer is None or answer is False or isinstance(answer, dict):
        return ""
    if answer is True:
        return "OK"
    if isinstance(answer, int | float):
        return float(answer)
    if isinstance(answer, list):
        return " ".join(item if isinstance(item, str) else "" for item in answer)
    return str(answer)


def number_of(value: Value) -> float:
    """The number a value is; a date counts its days since 1970 in UTC; NaN for anything else, '' too."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, str):
        match = NUMBER.fullmatch(value)
        if match:
            return float(match[1])
        days = days_of(value)
        return math.nan if days is None else days
    return float(value)


def text_of(value: Value) -> str:
    """The text a value is: the first of several, numbers without exponent."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value) if isinstance(value, float) else value


def truth_of(value: Value) -> bool:
    """A reference is true when answered, 0 included; a computed number when it is neither 0 nor NaN."""
    if isinstance(value, list):
        return any(item != "" for item in value)
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return bool(value)


def number_text(value: float) -> str:
    """The shortest digits that give the number back, never with an exponent."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    digits, _, exponent = repr(value).partition("e")
    sign = "-" if digits.startswith("-") else ""
    whole, _, part = digits.lstrip("-").partition(".")
    part = "" if part == "0" else part
    if exponent:
        shift = int(exponent)
        whole, part = _shifted(whole, part, shift)
    return sign + (f"{whole}.{part}" if part else whole)


def _shifted(whole: str, part: str, shift: int) -> tuple[str, str]:
    if shift >= 0:
        part = part.ljust(shift, "0")
        return (whole + part[:shift]).lstrip("0") or "0", part[shift:]
    whole = whole.rjust(-shift + 1, "0")
    return whole[:shift].lstrip("0") or "0", whole[shift:] + part


def compare(operator: str, left: Value, right: Value) -> bool:
    """One of = != < <= > >= by XPath 1.0; among several atoms it is enough that one pair holds."""
    if operator in ("=", "!=") and (isinstance(left, bool) or isinstance(right, bool)):
        return (truth_of(left) == truth_of(right)) == (operator == "=")
    return any(_compare(operator, one, two) for one in _atoms(left) for two in _atoms(right))


def _atoms(value: Value) -> list[Atom]:
    if isinstance(value, list):
        return value or [""]
    return [value]


def _compare(operator: str, left: Atom, right: Atom) -> bool:
    if operator in ("=", "!="):
        if isinstance(left, str) and isinstance(right, str):
            equal = left == right
        else:
            equal = number_of(left) == number_of(right)
        return equal == (operator == "=")
    one, two = number_of(left), number_of(right)
    if operator == "<":
        return one < two
    if operator == "<=":
        return one <= two
    return one > two if operator == ">" else one >= two


def arithmetic(operator: str, left: Value, right: Value) -> float:
    """One of + - * div mod on IEEE doubles; never an error."""
    one, two = number_of(left), number_of(right)
    if operator == "+":
        return one + two
    if operator == "-":
        return one - two
    if operator == "*":
        return one * two
    if operator == "div":
        return _divide(one, two)
    return math.nan if math.isinf(one) or two == 0 else math.fmod(one, two)


def _divide(one: float, two: float) -> float:
    if two != 0:
        return one / two
    if one == 0 or math.isnan(one):
        return math.nan
    return math.copysign(math.inf, one) * math.copysign(1.0, two)


def stored(value: Value) -> Atom | int | None:
    """How the result of a calculation is kept as an answer: NaN and the infinities are unanswered."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value or None


def words(text: str) -> list[str]:
    """The codes of a select_multiple, by XPath's white space."""
    return [word for word in re.split(r"[ \t\r\n]+", text) if word]
