"""Open questions: what a person has to decide, and what is shown until then. Views only; they change no body."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sync.documents import Json
from sync.paths import flatten, is_row, same, unflatten, without_rows
from sync.registers import Body, Pair, State, canonical, claim, latest_first, read, seen

Rule = Literal["ask", "union", "latest"]
Rules = Mapping[str, Rule]


@dataclass(frozen=True)
class Sibling:
    """One of the values an answer has, with who claims to have typed it when (empty where nobody says)."""

    dot: str
    value: Json
    at: str
    by: str


def open_questions(body: Body, rules: Rules | None = None) -> dict[str, list[Sibling]]:
    """The answers with two or more distinct values that a person has to decide, the shown value first.

    `rules` is by path without rows, from the form; a path that is not there is asked.
    A removal beside an edit that its author had not seen is a question too, at the path of `removed`,
    where the edits stand as null.
    """
    state = read(body)
    asked = {path: pairs for path, pairs in state.registers.items() if _rule(rules, path) == "ask"}
    beside = dict(_beside_removals(state))
    return {
        path: [
            Sibling(dot, value, *claim(state, dot))
            for dot, value in latest_first(state, pairs) + latest_first(state, beside.get(path, []))
        ]
        for path, pairs in sorted(asked.items())
        if path in beside or _differ(pairs)
    }


def view(body: Body, rules: Rules) -> dict[str, Json]:
    """The nested answers as the rules show them: for `union` all that anybody chose, else the latest value."""
    state = read(body)
    shown = flatten(body.get("answers"))
    for path, pairs in state.registers.items():
        if path in shown and len(pairs) > 1 and _rule(rules, path) == "union":
            shown[path] = _union(pairs)
    return unflatten(shown)


def removed_beside(path: str) -> Iterator[str]:
    """Where the removal of each row around a path, and of the whole document, is said."""
    segments = path.split(".")
    yield "removed"
    for i, segment in enumerate(segments[:-1], 1):
        if is_row(segment):
            yield ".".join([*segments[:i], "removed"])


def is_removal(path: str) -> bool:
    """Whether a path says that a row or the whole document is removed."""
    *outer, last = path.split(".")
    return last == "removed" and (not outer or is_row(outer[-1]))


def _rule(rules: Rules | None, path: str) -> Rule:
    return (rules or {}).get(without_rows(path), "ask")


def _differ(pairs: list[Pair]) -> bool:
    return any(not same(pairs[0][1], value) for _, value in pairs[1:])


def _beside_removals(state: State) -> Iterator[tuple[str, list[Pair]]]:
    """For each removal the edits inside what it removed that its author had not seen."""
    for path, pairs in state.registers.items():
        known = [state.removals[dot] for dot, value in pairs if value is True and dot in state.removals]
        if not known or not is_removal(path):
            continue
        inside = path.removesuffix("removed")
        inner = [held for p, held in state.registers.items() if p != path and p.startswith(inside)]
        beside = {dot for held in inner for dot, _ in held if not all(seen(by, dot) for by in known)}
        if beside:
            yield path, [(dot, None) for dot in sorted(beside)]


def _union(pairs: list[Pair]) -> list[Json]:
    chosen: list[Json] = []
    for _, value in pairs:
        for item in value if isinstance(value, list) else [] if value is None else [value]:
            if not any(same(item, c) for c in chosen):
                chosen.append(item)
    return sorted(chosen, key=canonical)
