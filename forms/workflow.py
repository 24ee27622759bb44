"""Workflow tables, and the state of a record as a fold over the graph of its steps.

The state is a pure function of the *set* of steps; claimed times decide nothing. Each step left the state that its
maker saw, the fold of what its `after` reaches. A place in the record's life is named by the acts that led there, so
two people who approve without having seen each other mean the same place. Different acts that leave one place unseen
by each other compete: nothing moves until a ruling, or an act by someone who saw them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from forms.schema import Text

Why = Literal["competing", "overruled", "unfit", "not_allowed", "incomplete", "unseen"]
"""Why a step has no effect: it waits for a ruling; lost to another; its act does not fit the state it saw; its maker
may not; something required is missing; it saw a place the record never came to."""


class ActSchema(Schema):
    """One row of a table. `author`: true, only the record's author may; false, never the author."""

    class Meta:
        unknown = RAISE

    act = fields.String(required=True, validate=validate.Length(min=1))
    label = Text(required=True)
    from_ = fields.List(fields.String(), required=True, data_key="from", validate=validate.Length(min=1))
    to = fields.String(required=True)
    who = fields.List(fields.String(), required=True)
    author = fields.Boolean()
    offline = fields.Boolean(required=True)
    exclusive = fields.Boolean()
    requires = fields.List(fields.List(fields.String(), validate=validate.Length(min=1)))
    timer = fields.Dict()


class TableSchema(Schema):
    """A workflow table."""

    class Meta:
        unknown = RAISE

    workflow = fields.String(required=True)
    initial = fields.String(required=True)
    states = fields.Dict(keys=fields.String(), values=Text(), required=True)
    acts = fields.List(fields.Nested(ActSchema), required=True)


class TableInvalid(ValueError):
    """A workflow table that does not load; `errors` as marshmallow gives them."""

    def __init__(self, errors: Any) -> None:
        super().__init__(str(errors))
        self.errors = errors


@dataclass(frozen=True)
class Step:
    """One act on a record. `after` are the ids of the steps its maker saw; `fields` what he added."""

    id: str
    act: str
    by: str
    role: str
    at: str = ""
    after: tuple[str, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_ruling(self) -> bool:
        """A home server's ruling on competing acts: known by its id, which nobody else may write."""
        return self.id.rpartition(":")[2].startswith("ruling-")

    @classmethod
    def read(cls, step_id: str, body: Mapping[str, Any]) -> Step:
        """The step in a document body; what is missing or of a wrong type reads as empty."""
        after, added = body.get("after"), body.get("fields")
        texts = {
            key: body[key] if isinstance(body.get(key), str) else "" for key in ("act", "by", "role", "at")
        }
        return cls(
            id=step_id,
            after=tuple(seen for seen in after if isinstance(seen, str)) if isinstance(after, list) else (),
            fields=added if isinstance(added, dict) else {},
            **texts,
        )


@dataclass(frozen=True)
class State:
    """Where a record stands. `last` is the step that brought it there (None: none was needed), `effective` all the
    steps that had an effect, in order, `superseded` the others with why; those that wait for a ruling are in it."""

    state: str
    last: str | None
    effective: tuple[str, ...]
    superseded: Mapping[str, Why]

    @property
    def competing(self) -> tuple[str, ...]:
        """The steps that wait for a ruling."""
        return tuple(sorted(step for step, why in self.superseded.items() if why == "competing"))


def table(data: Any) -> dict[str, Any]:
    """The table in a parsed JSON object, checked; raises TableInvalid."""
    try:
        TableSchema().load(data)
    except ValidationError as error:
        raise TableInvalid(error.messages) from None
    errors = [f"{data['initial']!r} is no state"] if data["initial"] not in data["states"] else []
    for act in data["acts"]:
        errors += [
            f"{act['act']}: {name!r} is no state"
            for name in [*act["from"], act["to"]]
            if name not in data["states"]
        ]
    if errors:
        raise TableInvalid(errors)
    found: dict[str, Any] = data
    return found


def fold(table: Mapping[str, Any], steps: Iterable[Step], author: str | None = None) -> State:
    """The state that a set of steps gives; with `author`, acts that are (not) the author's are held to it."""
    return _Fold(table, steps, author).state()


def allowed(
    table: Mapping[str, Any], state: str, roles: Iterable[str], is_author: bool, offline: bool
) -> list[Mapping[str, Any]]:
    """The rows of the table that somebody with these roles may act by now, in the table's order."""
    held = set(roles)
    return [
        act
        for act in table["acts"]
        if state in act["from"]
        and held & set(act["who"])
        and act.get("author", is_author) == is_author
        and (act["offline"] or not offline)
    ]


@dataclass(frozen=True)
class _Reached:
    """Where a set of steps leads: the state, its place in the record's life, and what became of the steps."""

    state: str
    place: str
    last: str | None
    effective: tuple[str, ...]
    lost: Mapping[str, Why]


class _Fold:
    def __init__(self, table: Mapping[str, Any], steps: Iterable[Step], author: str | None) -> None:
        self.table = table
        self.author = author
        self.steps = {step.id: step for step in steps}
        self.seen = {name: self._seen(name) for name in self.steps}
        self.left: dict[str, str] = {}
        self.why: dict[str, Why] = {}
        for name in sorted(self.steps, key=lambda name: (len(self.seen[name]), name)):
            if name in self.seen[name]:
                self.why[name] = "unseen"
                continue
            then = self._reach(self.seen[name])
            self.left[name] = then.place
            fault = self._fault(self.steps[name], then.state)
            if fault is not None:
                self.why[name] = fault

    def state(self) -> State:
        found = self._reach(frozenset(self.steps))
        superseded: dict[str, Why] = {}
        for name in sorted(self.steps):
            if name not in found.effective and not self.steps[name].is_ruling:
                superseded[name] = self.why.get(name) or found.lost.get(name, "unseen")
        return State(found.state, found.last, found.effective, superseded)

    def _seen(self, name: str) -> frozenset[str]:
        """Every known step that `after` reaches; a step in a circle reaches itself."""
        found: set[str] = set()
        waiting = list(self.steps[name].after)
        while waiting:
            before = waiting.pop()
            if before in self.steps and before not in found:
                found.add(before)
                waiting.extend(self.steps[before].after)
        return frozenset(found)

    def _row(self, act: str) -> Mapping[str, Any] | None:
        return next((row for row in self.table["acts"] if row["act"] == act), None)

    def _fault(self, step: Step, state: str) -> Why | None:
        if step.is_ruling:
            return None
        row = self._row(step.act)
        if row is None or state not in row["from"]:
            return "unfit"
        if step.role not in row["who"]:
            return "not_allowed"
        if self.author is not None and row.get("author", step.by == self.author) != (step.by == self.author):
            return "not_allowed"
        if not all(any(step.fields.get(name) for name in either) for either in row.get("requires", [])):
            return "incomplete"
        return None

    def _reach(self, names: frozenset[str]) -> _Reached:
        leaving: dict[str, list[str]] = {}
        for name in sorted(names):
            if name in self.left and name not in self.why and not self.steps[name].is_ruling:
                leaving.setdefault(self.left[name], []).append(name)
        chosen = {str(self.steps[name].fields.get("winner")) for name in names if self.steps[name].is_ruling}
        state, place, effective, lost = self.table["initial"], "", list[str](), dict[str, Why]()
        last: str | None = None
        while place in leaving:
            candidates = leaving[place]
            winners = self._winners(candidates, chosen)
            if not winners:
                lost.update(dict.fromkeys(candidates, "competing"))
                break
            lost.update({name: "overruled" for name in candidates if name not in winners})
            effective += winners
            last = winners[0]
            place = self._next(place, last)
            row = self._row(self.steps[last].act)
            state = row["to"] if row else state
        return _Reached(state, place, last, tuple(effective), lost)

    def _next(self, place: str, name: str) -> str:
        step = self.steps[name]
        row = self._row(step.act)
        return f"{place}/{step.act}" + (f"#{name}" if row and row.get("exclusive") else "")

    def _winners(self, candidates: list[str], chosen: set[str]) -> list[str]:
        """The steps that move the record on from one place: all that agree, or those who saw or won over the rest."""
        sides: dict[str, list[str]] = {}
        for name in candidates:
            sides.setdefault(self._next("", name), []).append(name)
        if len(sides) == 1:
            return candidates
        for side in sides.values():
            others = set(candidates) - set(side)
            if any(others <= self.seen[name] for name in side):
                return side
        return next((side for side in sides.values() if chosen & set(side)), [])
