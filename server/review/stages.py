"""What states, acts and deadlines of a record are called. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from forms.calendar import Calendar
from forms.catalogue import workflows
from forms.days import instant_ms, local_date
from forms.deadlines import Life, deadlines
from forms.workflow import Step
from server.review.dossier import Dossier
from server.review.library import label
from server.review.texts import Locale, say_or
from server.review.values import shown_instant

Table = Mapping[str, Any]


def state_name(table: Table | None, state: str, locale: Locale) -> str:
    """What a table calls a state; without one, what all tables that have it call it."""
    if table is not None:
        return label(table["states"].get(state), locale) or say_or(locale, f"state.{state}", state)
    known = say_or(locale, f"state.{state}", "")
    called = dict.fromkeys(label(one["states"].get(state), locale) for one in workflows().values())
    return known or "/".join(filter(None, called)) or state


def act_name(table: Table, act: str, locale: Locale) -> str:
    """What a table calls an act."""
    labels = [row.get("label") for row in table["acts"] if row["act"] == act]
    return label(labels[0] if labels else None, locale) or say_or(locale, f"act.{act}", act)


def due_lines(dossier: Dossier, calendar: Calendar, now: str, locale: Locale) -> list[dict[str, Any]]:
    """The clocks that run on a record: what is due, when (empty while the clock stands still), whether late."""
    table, found = dossier.standing.table, deadlines(dossier.standing.table, life_of(dossier), calendar)
    named = {row["timer"]: label(row.get("label"), locale) for row in reversed(table.get("timers", []))}
    return [
        {
            "timer": one.timer,
            "label": named[one.timer],
            "at": one.due_at or "",
            "until": _until(one.due_at or ""),
            "late": _is_past(one.due_at, now),
        }
        for one in found
        if one.act != "archive"  # the end of retention presses nobody
    ]


def life_of(dossier: Dossier) -> Life:
    """What the deadlines of a record depend on."""
    standing = dossier.standing
    return Life(dossier.answers, dossier.reading.captured_at, standing.state, list(_steps(standing.steps)))


def _steps(bodies: Iterable[Mapping[str, Any]]) -> Iterable[Step]:
    return (Step.read(str(body["id"]), body) for body in bodies)


def _until(due_at: str) -> str:
    """A deadline as people say it: by its day where it is the midnight that ends one."""
    due_ms = instant_ms(due_at)
    if due_ms is None:
        return ""
    day = local_date(due_ms - 1)
    return day if local_date(due_ms) != day else shown_instant(due_at)


def _is_past(due_at: str | None, now: str) -> bool:
    due_ms, now_ms = instant_ms(due_at or ""), instant_ms(now)
    return due_ms is not None and now_ms is not None and due_ms < now_ms
