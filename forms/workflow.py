"""The state of a record as a fold over the graph of its steps, by a workflow table.

The state is a pure function of the *set* of steps; claimed times decide nothing. Each step left the state that its
maker saw, the fold of what its `after` reaches. A place in the record's life is named by the acts that led there, so
two people who approve without having seen each other mean the same place. Different acts that leave one place unseen
by each other compete: nothing moves until a ruling, or an act by someone who saw them all. A remark leaves no place:
it has its effect wherever the record stood when it was made, if the record ever stood there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from forms.kinds import answered

Why = Literal["competing", "overruled", "unfit", "not_allowed", "too_often", "incomplete", "unseen"]
"""Why a step has no effect: it waits for a ruling; lost to another; its act does not fit the state it saw; its maker
may not; it was done as often as it may be; something required is missing; it saw a place the record never came to."""


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
class Move:
    """What an act did to a record: the state after it, the steps that agree in it, and who made them.

    A remark is a move that stays."""

    act: str
    to: str
    steps: tuple[str, ...]
    by: tuple[str, ...]


@dataclass(frozen=True)
class State:
    """Where a record stands. `last` is the step that brought it there (None: none was needed), `moves` its life so
    far, `said` what the steps of it added, a later one in place of an earlier; `superseded` the steps without effect
    with why: those that wait for a ruling are in it."""

    state: str
    last: str | None = None
    moves: tuple[Move, ...] = ()
    said: Mapping[str, Any] = field(default_factory=dict)
    superseded: Mapping[str, Why] = field(default_factory=dict)

    @property
    def effective(self) -> tuple[str, ...]:
        """The steps that had an effect, in the order they had it."""
        return tuple(step for move in self.moves for step in move.steps)

    @property
    def competing(self) -> tuple[str, ...]:
        """The steps that wait for a ruling."""
        return tuple(sorted(step for step, why in self.superseded.items() if why == "competing"))


@dataclass(frozen=True)
class Someone:
    """Who might act: name, the roles held there, whether the record is his own."""

    name: str
    roles: frozenset[str]
    is_author: bool


def fold(table: Mapping[str, Any], steps: Iterable[Step], author: str | None = None) -> State:
    """The state that a set of steps gives; with `author`, acts that are (not) the author's are held to it."""
    return _Fold(table, steps, author).state()


def allowed(
    table: Mapping[str, Any], found: State, someone: Someone, offline: bool
) -> list[Mapping[str, Any]]:
    """The rows of the table that somebody may act by now, in the table's order."""
    return [
        row
        for row in table["acts"]
        if row_for(table, row["act"], found.state, found.said) == row
        and (row["offline"] or not offline)
        and someone.roles & set(row["who"])
        and not _hindered(row, found.moves, someone.name, someone.is_author)
        and _count(row["act"], found.moves) < row.get("most", _ANY)
    ]


_ANY = 2**31


def row_for(
    table: Mapping[str, Any], act: str, state: str, said: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The row by which an act leaves a state: the first of its rows that fits."""
    for row in table["acts"]:
        if row["act"] == act and state in row["from"] and fits(row.get("when", {}), said):
            found: Mapping[str, Any] = row
            return found
    return None


def complete(row: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Whether fields say what a row requires: of each of its lists of names, one."""
    return all(any(answered(fields.get(name)) for name in either) for either in row.get("requires", []))


def fits(when: Mapping[str, Sequence[str]], facts: Mapping[str, Any]) -> bool:
    """Whether each named fact is (or, of several values, holds) one of the values wanted."""
    return all(not texts_of(facts.get(name)).isdisjoint(values) for name, values in when.items())


def texts_of(value: Any) -> frozenset[str]:
    """The texts that a condition may want of a value: codes as they are, a yes or no as `true` and `false`."""
    if isinstance(value, list):
        return frozenset(text for item in value for text in texts_of(item))
    if isinstance(value, bool):
        return frozenset({"true" if value else "false"})
    if isinstance(value, int | float) and abs(value) < 2**53 and value == value // 1:
        return frozenset({str(int(value))})
    return frozenset({value} if isinstance(value, str) and value else ())


def _hindered(row: Mapping[str, Any], moves: Sequence[Move], name: str, is_author: bool) -> bool:
    """Whether the separation of duties keeps somebody from an act."""
    if row.get("author", is_author) != is_author:
        return True
    others = row.get("not_by_maker_of", [])
    if any(move.act in others and name in move.by for move in moves):
        return True
    makers = next((move.by for move in reversed(moves) if move.act in row.get("by_maker_of", [])), (name,))
    return name not in makers


def _count(act: str, moves: Sequence[Move]) -> int:
    return sum(move.act == act for move in moves)


@dataclass(frozen=True)
class _Reached:
    """Where a set of steps leads: the state, its place in the record's life, and what became of the steps."""

    state: str
    place: str
    last: str | None
    moves: tuple[Move, ...]
    said: Mapping[str, Any]
    lost: Mapping[str, Why]


class _Fold:
    def __init__(self, table: Mapping[str, Any], steps: Iterable[Step], author: str | None) -> None:
        self.table = table
        self.author = author
        self.steps = {step.id: step for step in steps}
        self.seen = {name: self._seen(name) for name in self.steps}
        self.order = sorted(self.steps, key=lambda name: (len(self.seen[name]), name))
        self.left: dict[str, str] = {}
        self.rows: dict[str, Mapping[str, Any]] = {}
        self.why: dict[str, Why] = {}
        for name in self.order:
            if name in self.seen[name]:
                self.why[name] = "unseen"
                continue
            then = self._reach(self.seen[name])
            self.left[name] = then.place
            if self.steps[name].is_ruling:
                continue
            row = row_for(self.table, self.steps[name].act, then.state, then.said)
            fault = "unfit" if row is None else self._fault(self.steps[name], row, then)
            if fault is not None:
                self.why[name] = fault
            elif row is not None:
                self.rows[name] = row

    def state(self) -> State:
        found = self._reach(frozenset(self.steps))
        effective = {step for move in found.moves for step in move.steps}
        superseded: dict[str, Why] = {}
        for name in sorted(self.steps):
            if name not in effective and not self.steps[name].is_ruling:
                superseded[name] = self.why.get(name) or found.lost.get(name, "unseen")
        return State(found.state, found.last, found.moves, found.said, superseded)

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

    def _fault(self, step: Step, row: Mapping[str, Any], then: _Reached) -> Why | None:
        if step.role not in row["who"]:
            return "not_allowed"
        is_author = row.get("author", False) if self.author is None else step.by == self.author
        if _hindered(row, then.moves, step.by, is_author):
            return "not_allowed"
        if _count(step.act, then.moves) >= row.get("most", _ANY):
            return "too_often"
        if not complete(row, step.fields):
            return "incomplete"
        return None

    def _reach(self, names: frozenset[str]) -> _Reached:
        leaving: dict[str, list[str]] = {}
        remarks: dict[str, list[str]] = {}
        for name in self.order:
            if name in names and name in self.rows:
                kind = leaving if "to" in self.rows[name] else remarks
                kind.setdefault(self.left[name], []).append(name)
        chosen = {str(self.steps[name].fields.get("winner")) for name in names if self.steps[name].is_ruling}
        state, place, moves, said = self.table["initial"], "", list[Move](), dict[str, Any]()
        lost: dict[str, Why] = {}
        last: str | None = None
        while True:
            for name in remarks.get(place, []):
                moves.append(self._move([name], state, said))
            candidates = sorted(leaving.get(place, []))
            winners = self._winners(candidates, chosen)
            if not winners:
                lost.update(dict.fromkeys(candidates, "competing"))
                return _Reached(state, place, last, tuple(moves), said, lost)
            lost.update({name: "overruled" for name in candidates if name not in winners})
            last = winners[0]
            state = self.rows[last]["to"]
            moves.append(self._move(winners, state, said))
            place = self._next(place, last)

    def _move(self, names: list[str], state: str, said: dict[str, Any]) -> Move:
        """The move that these steps make; what they added goes to `said`."""
        for name in names:
            said.update(self.steps[name].fields)
        return Move(
            self.steps[names[0]].act, state, tuple(names), tuple(self.steps[name].by for name in names)
        )

    def _next(self, place: str, name: str) -> str:
        step = self.steps[name]
        return f"{place}/{step.act}" + (f"#{name}" if self.rows[name].get("exclusive") else "")

    def _winners(self, candidates: list[str], chosen: set[str]) -> list[str]:
        """The steps that move the record on from one place: all that agree, or those who saw or won over the rest."""
        sides: dict[str, list[str]] = {}
        for name in candidates:
            sides.setdefault(self._next("", name), []).append(name)
        if len(sides) < 2:
            return candidates
        for side in sides.values():
            others = set(candidates) - set(side)
            if any(others <= self.seen[name] for name in side):
                return side
        return next((side for side in sides.values() if chosen & set(side)), [])
