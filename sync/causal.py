"""Merging without an ancestor: every answer is a register that knows what its author had seen (ADR 4).

A value goes only when somebody who had seen it replaced it.
Bodies are whole document bodies, never changed in place.
`forms/app/src/pure/causal.ts` does the same; `forms/vectors/join.json` holds both to it.
Construction: dotted version vectors and a map of multi-value registers with one causal context
(Preguiça et al. 2012; Almeida, Shoker and Baquero 2018).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import reduce

from sync.documents import Json
from sync.paths import code_units, difference, expand, flatten, same, unflatten
from sync.questions import Rule, Sibling, is_removal, open_questions, removed_beside, view
from sync.registers import (
    Body,
    Context,
    Pair,
    Registers,
    State,
    add,
    canonical,
    counter,
    read,
    seen,
    split,
    write,
)  # fmt: skip

__all__ = [
    "Context", "Registers", "Rule", "Sibling", "context", "covers", "create", "difference", "edit", "flatten",
    "join", "join_all", "open_questions", "registers", "unflatten", "view",
]  # fmt: skip


def create(answers: Json, dot: str, at: str, by: str) -> dict[str, Json]:
    """The `causal` member of a new document: all its answers date from `dot`."""
    device, n = split(dot)
    claims = {dot: [at, by]} if flatten(answers) else {}
    return {"born": dot, "context": {device: n}, "dots": claims, "stamps": {}, "siblings": {}}


def edit(body: Body, device: str, changes: Mapping[str, Json], at: str, by: str) -> dict[str, Json]:
    """The body after one edit on `device`: each changed answer has the new value only, under one new dot.

    `changes` maps paths to values; a group or rows are taken apart, null clears. No changes, no edit.
    """
    state = read(body)
    changed = {p: v for path, value in changes.items() for p, v in expand(path, value).items()}
    if not changed:
        return write(state)
    changed |= dict.fromkeys(_kept_removals(state, changed), True)
    n = state.context.get(device, 0) + 1
    dot, now = f"{device}:{n}", {**state.context, device: n}
    removes = any(is_removal(path) and value is True for path, value in changed.items())
    return write(
        replace(
            state,
            context=now,
            registers=state.registers | {path: [(dot, value)] for path, value in changed.items()},
            claims={**state.claims, dot: [at, by]},
            removals={**state.removals, dot: now} if removes else state.removals,
        )
    )


def join(a: Body, b: Body) -> dict[str, Json]:
    """What both bodies say: commutative, associative, idempotent; only what somebody saw and replaced is gone."""
    return write(join_states(read(a), read(b)))


def join_all(bodies: Iterable[Body]) -> dict[str, Json]:
    """The join of one or more bodies, the same in any order."""
    return write(reduce(join_states, map(read, bodies)))


def registers(body: Body) -> Registers:
    """Every answer's (dot, value) pairs, the shown one first where one is shown."""
    return read(body).registers


def context(body: Body) -> Context:
    """Which dots this body has seen."""
    return read(body).context


def covers(body: Body, other: Body) -> bool:
    """Whether `body` has seen everything that `other` has."""
    mine = context(body)
    return all(mine.get(device, 0) >= n for device, n in context(other).items())


def join_states(a: State, b: State) -> State:
    """`join` of bodies taken apart."""
    alike = a.born == b.born and same(a.envelope, b.envelope)
    older = a if alike else min(a, b, key=_age)
    merged = {
        path: _unseen(a.registers.get(path, []), b.registers.get(path, []), a.context, b.context)
        for path in a.registers.keys() | b.registers.keys()
    }
    return State(
        older.envelope,
        a.home if same(a.home, b.home) else max(a.home, b.home, key=_moves),
        older.born,
        _latest(a.context, b.context),
        {path: pairs for path, pairs in merged.items() if pairs},
        {**a.claims, **b.claims, **dict(_disputed(a.claims, b.claims))},
        {**a.removals, **b.removals, **dict(_narrowed(a.removals, b.removals))},
    )


def _unseen(a: list[Pair], b: list[Pair], seen_by_a: Context, seen_by_b: Context) -> list[Pair]:
    """Of one answer, each pair whose dot the other side holds too or has not seen.

    A dot on both sides with two values (a cloned phone) keeps both: doubtful identity drops nobody's words.
    """
    if len(a) == len(b) == 1 and a[0][0] == b[0][0] and same(a[0][1], b[0][1]):
        return a
    held_by_a, held_by_b = {dot for dot, _ in a}, {dot for dot, _ in b}
    kept = [pair for pair in a if pair[0] in held_by_b or not seen(seen_by_b, pair[0])]
    for pair in b:
        if pair[0] in held_by_a or not seen(seen_by_a, pair[0]):
            add(kept, pair)
    return kept


def _latest(a: Context, b: Context) -> Context:
    return {device: max(a.get(device, 0), b.get(device, 0)) for device in a.keys() | b.keys()}


def _disputed(a: Mapping[str, Json], b: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for dot in a.keys() & b.keys():
        if not same(a[dot], b[dot]):
            yield dot, min(a[dot], b[dot], key=canonical)


def _narrowed(a: Mapping[str, Context], b: Mapping[str, Context]) -> Iterator[tuple[str, Context]]:
    """Where one dot removed twice (a cloned phone), what both had seen: rather a question too many."""
    for dot in a.keys() & b.keys():
        if a[dot] != b[dot]:
            yield dot, {device: min(n, b[dot][device]) for device, n in a[dot].items() if device in b[dot]}


def _kept_removals(state: State, changed: Mapping[str, Json]) -> Iterator[str]:
    """The removals that an edit inside what is removed leaves standing, having seen them."""
    for path in {outer for inner in changed for outer in removed_beside(inner)} - changed.keys():
        pairs = state.registers.get(path, [])
        if pairs and all(value is True for _, value in pairs):
            yield path


def _age(state: State) -> tuple[bytes, bytes, bytes]:
    at = state.envelope.get("captured_at")
    return (
        code_units(at if isinstance(at, str) else "\uffff"),
        canonical(state.envelope),
        code_units(state.born),
    )


def _moves(home: Json) -> tuple[int, bytes]:
    return (counter(home.get("move")) if isinstance(home, dict) else -1), canonical(home)
