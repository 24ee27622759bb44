"""What is due on a record and when: the clocks of its workflow table over its life so far. Pure.

The days of a duration end with the last of them: a day begun is not counted, and the deadline is the midnight after
(民法典 art. 201–203). Hours and minutes run by the clock. A clock that stands still is made up for when it runs again.
Times are those that the steps claim; one that claims to lie before the step it followed counts as that one's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from forms.calendar import Calendar
from forms.days import DAY_MS, EARLIEST_MS, LATEST_MS, SHANGHAI_MS, instant_ms, local_day, moved, utc_text
from forms.values import atom, number_of
from forms.workflow import State, Step, fits
from forms.workflow_table import DURATION


@dataclass(frozen=True)
class Deadline:
    """A clock that runs on a record. `due_at` (ISO-8601 UTC) is None while it stands still; `act` is what the home
    server does then, None where lateness is only shown."""

    timer: str
    due_at: str | None
    act: str | None


@dataclass(frozen=True)
class Life:
    """What deadlines depend on besides the table: the record's answers, when it was made (ISO-8601 UTC), where it
    stands, and the steps that the state was folded from."""

    answers: Mapping[str, Any]
    begun_at: str
    state: State
    steps: Sequence[Step]


def deadlines(table: Mapping[str, Any], life: Life, calendar: Calendar) -> list[Deadline]:
    """The clocks that run on a record now, in the table's order; of several rows of one clock the first that fits."""
    facts = facts_of(table, life.answers, life.state)
    stations = list(_stations(table, life))
    found: dict[str, Deadline] = {}
    for row in table.get("timers", []):
        if row["timer"] in found or not fits(row.get("when", {}), facts):
            continue
        stay = _stay(row, stations)
        if not stay:
            continue
        if stay[-1].state in row.get("pauses", []):
            found[row["timer"]] = Deadline(row["timer"], None, row.get("act"))
            continue
        due_ms = _sound(_until_ms(row, stay, facts) if "until" in row else _after_ms(row, stay, calendar))
        if due_ms is not None:
            found[row["timer"]] = Deadline(row["timer"], utc_text(due_ms), row.get("act"))
    return list(found.values())


def facts_of(table: Mapping[str, Any], answers: Mapping[str, Any], state: State) -> dict[str, Any]:
    """What is known of a record: its answers, what its steps said over them, and its level where the table has one."""
    facts = {**answers, **state.said}
    if "level" in table:
        facts["level"] = level_of(table, answers, state)
    return facts


def level_of(table: Mapping[str, Any], answers: Mapping[str, Any], state: State) -> int:
    """The level that a record has reached; 0 where its table has none."""
    levels = table.get("level")
    if levels is None:
        return 0
    own = number_of(atom(answers.get(levels.get("answer", ""))))
    start = int(own) if 1 <= own <= levels["most"] else int(levels["start"])
    raising = {row["act"] for row in table["acts"] if row.get("raises")}
    return min(int(levels["most"]), start + sum(move.act in raising for move in state.moves))


@dataclass(frozen=True)
class _Station:
    """A state that the record is (or was) in: since when, by which act, and what was said in coming there."""

    state: str
    act: str
    since_ms: int
    said: frozenset[str]


def _stations(table: Mapping[str, Any], life: Life) -> Iterator[_Station]:
    """The life of a record as states with their beginnings, in order; a remark opens the same state again."""
    at_ms = _instant(life.begun_at) or 0
    yield _Station(table["initial"], "", at_ms, frozenset(life.answers))
    known = {step.id: step for step in life.steps}
    for move in life.state.moves:
        steps = [known[name] for name in move.steps]
        claimed = [ms for step in steps if (ms := _instant(step.at)) is not None]
        at_ms = max(at_ms, min(claimed, default=at_ms))
        yield _Station(move.to, move.act, at_ms, frozenset(name for step in steps for name in step.fields))


def _stay(row: Mapping[str, Any], stations: Sequence[_Station]) -> list[_Station]:
    """The last unbroken stay in the clock's states, from where it was last set; empty where it does not run."""
    within = {*row["in"], *row.get("pauses", [])}
    stay: list[_Station] = []
    for station in reversed(stations):
        if station.state not in within:
            break
        stay.append(station)
        if station.act in row.get("restarts", []):
            break
    return stay[::-1]


def _after_ms(row: Mapping[str, Any], stay: Sequence[_Station], calendar: Calendar) -> int | None:
    pauses = list(_pauses(row, stay))
    start_ms = stay[0].since_ms
    clock_ms, years, months, days = _duration(row["after"])
    if clock_ms is not None:
        return start_ms + clock_ms + sum(end_ms - begin_ms for begin_ms, end_ms in pauses)
    if row.get("work"):
        stood = sum(calendar.between(local_day(begin), local_day(end)) for begin, end in pauses)
        return _end_ms(calendar.after(local_day(start_ms), days + stood))
    stood = sum(local_day(end) - local_day(begin) for begin, end in pauses)
    last_ms = moved(start_ms, years, months, days + stood, 0)
    return None if last_ms is None else _end_ms(local_day(last_ms))


def _until_ms(row: Mapping[str, Any], stay: Sequence[_Station], facts: Mapping[str, Any]) -> int | None:
    """The end that was named, moved by what the clock stood still since it was named."""
    named = facts.get(row["until"])
    due_ms = _instant(named)
    if due_ms is None:
        return None
    set_at = max((n for n, station in enumerate(stay) if row["until"] in station.said), default=0)
    pauses = list(_pauses(row, stay[set_at:]))
    if len(str(named)) == len("2026-11-22"):
        due_ms = _end_ms(local_day(due_ms) + sum(local_day(end) - local_day(begin) for begin, end in pauses))
    else:
        due_ms += sum(end_ms - begin_ms for begin_ms, end_ms in pauses)
    clock_ms, years, months, days = _duration(row.get("before", "P0D"))
    return (
        None if _sound(due_ms) is None else moved(due_ms, -years, -months, -days, -(clock_ms or 0) // 60_000)
    )


def _pauses(row: Mapping[str, Any], stay: Sequence[_Station]) -> Iterator[tuple[int, int]]:
    """From when to when the clock stood still."""
    for here, following in pairwise(stay):
        if here.state in row.get("pauses", []):
            yield here.since_ms, following.since_ms


def _duration(text: str) -> tuple[int | None, int, int, int]:
    """A duration as milliseconds by the clock (None where it is of days), years, months, days."""
    match = DURATION.fullmatch(text)
    years, months, weeks, days, hours, minutes = (
        (int(part or 0) for part in match.groups()) if match else (0,) * 6
    )
    clock_ms = (hours * 60 + minutes) * 60_000 if "T" in text else None
    return clock_ms, years, months, weeks * 7 + days


def _instant(text: Any) -> int | None:
    return _sound(instant_ms(text)) if isinstance(text, str) else None


def _sound(ms: int | None) -> int | None:
    """An instant that can be written down: none before the year 1 or after 9999."""
    return ms if ms is not None and EARLIEST_MS <= ms <= LATEST_MS else None


def _end_ms(day: int) -> int:
    """The midnight that ends a local day."""
    return (day + 1) * DAY_MS - SHANGHAI_MS
