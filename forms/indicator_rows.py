"""What indicators count: files and records as they stood at the end of a period, with what happened to them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from forms.calendar import Calendar
from forms.completeness import completeness
from forms.days import instant_ms, local_date, months_between
from forms.deadlines import Life, deadlines, facts_of
from forms.form import Form
from forms.workflow import Move, State, Step, fold


@dataclass(frozen=True)
class Happened:
    """One move of a record: the act, when it was done, and what was said in it."""

    act: str
    at_ms: int
    said: Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """A file or record. `facts` are its answers and what steps said, and besides: `state`, `level`, `late` (the clocks
    that ever ran out on it), `completeness` of a file in per cent, `age` of a person in years."""

    doc_id: str
    form: str
    subject: str | None
    grid_path: tuple[str, ...]
    at_ms: int
    facts: Mapping[str, Any]
    moves: tuple[Happened, ...] = field(default=())

    def values(self, name: str) -> list[Any]:
        """The values of a fact; of a dotted path through a repeat, those of each row that is not removed."""
        if name in ("id", "subject", "form"):
            return [{"id": self.doc_id, "subject": self.subject, "form": self.form}[name]]
        return list(_values(self.facts, name.split(".")))

    def at(self, acts: Sequence[str]) -> int | None:
        """When one of these acts was done first."""
        return next((move.at_ms for move in self.moves if move.act in acts), None)

    def each(self, repeat: str) -> Iterator[Row]:
        """The rows of a repeat as rows of their own, over the facts of this one."""
        for held in self.values(repeat):
            if isinstance(held, Mapping) and held.get("removed") is not True:
                yield replace(self, facts={**self.facts, **held})

    def each_move(self, acts: Sequence[str]) -> Iterator[Row]:
        """The moves by these acts as rows of their own, each with what was said in it, at its time."""
        for move in self.moves:
            if move.act in acts:
                yield replace(self, at_ms=move.at_ms, facts={**self.facts, **move.said}, moves=(move,))


def _values(held: Any, path: Sequence[str]) -> Iterator[Any]:
    if isinstance(held, list) and path and all(isinstance(item, Mapping) for item in held):
        for item in held:
            if item.get("removed") is not True:
                yield from _values(item, path)
    elif not path:
        yield from held if isinstance(held, list) else [held]
    elif isinstance(held, Mapping):
        yield from _values(held.get(path[0]), path[1:])


def row_of(
    form: Form, doc_id: str, body: Mapping[str, Any], steps: Sequence[Step], end_ms: int, calendar: Calendar
) -> Row | None:
    """A document as it stood before an instant; None where it was not there yet, was removed, or is a duplicate."""
    answers = body.get("answers") or {}
    at_ms = instant_ms(str(body.get("captured_at")))
    if at_ms is None or at_ms >= end_ms or answers.get("removed") is True or answers.get("same_as"):
        return None
    table = form.published.get("workflow")
    done = [step for step in steps if (ms := instant_ms(step.at)) is None or ms < end_ms]
    facts, moves = dict(answers), tuple[Happened, ...]()
    if table is not None:
        state = fold(table, done, body.get("captured_by"))
        life = Life(answers, str(body["captured_at"]), state, done)
        facts = {**facts_of(table, answers, state), "state": state.state}
        moves = tuple(_happened(state.moves, done, at_ms))
        facts["late"] = sorted(_late(table, life, moves, end_ms, calendar))
    facts.update(_reckoned(form, answers, end_ms))
    name, subject = str(form.published["form"]), body.get("subject")
    return Row(doc_id, name, subject, tuple(body.get("grid_path") or ()), at_ms, facts, moves)


def _happened(moves: Sequence[Move], steps: Sequence[Step], at_ms: int) -> Iterator[Happened]:
    known = {step.id: step for step in steps}
    for move in moves:
        made = [known[name] for name in move.steps]
        claimed = [ms for step in made if (ms := instant_ms(step.at)) is not None]
        at_ms = max(at_ms, min(claimed, default=at_ms))
        yield Happened(move.act, at_ms, {name: said for step in made for name, said in step.fields.items()})


def _late(
    table: Mapping[str, Any], life: Life, moves: Sequence[Happened], end_ms: int, calendar: Calendar
) -> set[str]:
    """The clocks that ran out before the next move of the record, or before the end."""
    found: set[str] = set()
    said: dict[str, Any] = {}
    for count in range(len(moves) + 1):
        until_ms = moves[count].at_ms if count < len(moves) else end_ms
        behind = life.state.moves[:count]
        then = State(behind[-1].to if behind else table["initial"], None, behind, dict(said))
        for due in deadlines(table, Life(life.answers, life.begun_at, then, life.steps), calendar):
            due_ms = instant_ms(due.due_at) if due.due_at else None
            if due_ms is not None and due_ms < until_ms:
                found.add(due.timer)
        said.update(moves[count].said if count < len(moves) else {})
    return found


def _reckoned(form: Form, answers: Mapping[str, Any], end_ms: int) -> dict[str, Any]:
    """What is reckoned from a file's answers: age and completeness on the last day."""
    if form.published.get("kind") != "file":
        return {}
    today = local_date(end_ms - 1)
    months = months_between(str(answers.get("birth_date")), today)
    context = {"now": today, "today": today, "subject": None}
    age = {} if months is None else {"age": months // 12}
    return {**age, "completeness": completeness(form, answers, context)}
