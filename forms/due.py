"""When the next visit to a household is due: a rule of its form over its own answers and its visits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from forms.days import DAY_MS, instant_ms, local_date, local_day
from forms.values import atom, number_of


@dataclass(frozen=True)
class Due:
    """The day (local, YYYY-MM-DD), why, how many days late on the day asked (negative: still to come), and the last
    visit that met somebody."""

    on: str
    why: Literal["first", "cycle", "retry"]
    late_days: int
    last_at: str | None


def next_due(
    rule: Mapping[str, Any], answers: Mapping[str, Any], records: Iterable[Mapping[str, Any]], today: str
) -> Due:
    """The next due day by a rule `{at, result, done, retry?, every?, every_days, start?, first_days?}`.

    `answers` are the file's, `records` the answers of its records of the rule's forms, in any order. The cycle counts
    from the last success (its `result` in `done`), before any from the `start` of the file, where it is due at once
    or within `first_days`.
    An appointment made after the last success comes first if it is earlier.
    """
    known = sorted((ms, record) for record in records if (ms := _ms(record.get(rule["at"]))) is not None)
    successes = [(ms, record) for ms, record in known if record.get(rule["result"]) in rule["done"]]
    last_ms, last = successes[-1] if successes else (None, {})
    if last_ms is None:
        begun = _ms(answers.get(rule.get("start", "")))
        first = local_day(begun) + rule.get("first_days", 0) if begun is not None else _day_of(today)
        day, why = first, "first"
    else:
        day, why = local_day(last_ms) + _cycle_days(rule, answers), "cycle"
    since = [record for ms, record in known if last_ms is None or ms > last_ms]
    promised = _ms(since[-1].get(rule.get("retry", ""))) if since else None
    if promised is not None and (why == "first" or local_day(promised) < day):
        day, why = local_day(promised), "retry"
    return Due(local_date(day * DAY_MS), why, _day_of(today) - day, last.get(rule["at"]))  # type: ignore[arg-type]


def _cycle_days(rule: Mapping[str, Any], answers: Mapping[str, Any]) -> int:
    """The file's own cycle where it has a sensible one (1 to 3,660 days), else the rule's."""
    own = number_of(atom(answers.get(rule.get("every", ""))))
    return int(own) if 1 <= own <= 3660 else int(rule["every_days"])


def _ms(value: Any) -> int | None:
    return instant_ms(value) if isinstance(value, str) else None


def _day_of(text: str) -> int:
    ms = instant_ms(text)
    return local_day(ms) if ms is not None else 0
