"""The date functions of the expression language, on values."""

from __future__ import annotations

import math
from typing import Any

from forms import days
from forms.values import Value, number_of, text_of


def _ms(value: Value) -> int | None:
    """The instant that a text or a number of days means."""
    number = number_of(value)
    return None if math.isnan(number) else days.ms_from_days(number)


def as_date(place: object, values: list[Value]) -> Value:
    ms = _ms(values[0])
    return "" if ms is None else days.local_date(ms)


def as_date_time(place: object, values: list[Value]) -> Value:
    ms = _ms(values[0])
    return "" if ms is None else days.utc_text(ms)


def as_formatted(place: Any, values: list[Value]) -> Value:
    ms = _ms(values[0])
    return "" if ms is None else days.formatted(ms, text_of(values[1]), place.context("locale"))


def clock(text: str) -> Value:
    part = days.clock_part(text)
    return math.nan if part is None else part


def add_date(place: object, values: list[Value]) -> Value:
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


def months_apart(start: str, end: str) -> Value:
    found = days.months_between(start, end)
    return math.nan if found is None else float(found)


def age_in_years(place: Any, values: list[Value]) -> Value:
    """age-in-years(birth, on?): full years on a day, today unless given; a leap day's birthday is 1 March."""
    birth, on = text_of(values[0]), text_of(values[1]) if values[1:] else place.context("today")
    months = days.months_between(birth, on)
    if months is None or number_of(birth) > number_of(on):
        return math.nan
    return float(months // 12)


def seconds_since(place: Any, values: list[Value]) -> Value:
    """duration(): whole seconds from the answer that `forms/scope.py` gives it (when filling began) until now."""
    begun, now = days.instant_ms(text_of(values[0])), days.instant_ms(place.context("now"))
    return math.nan if begun is None or now is None else float((now - begun) // 1000)
