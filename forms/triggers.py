"""Calculations that are done once, when another answer changes (`trigger`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.filling import Filling, converted
from forms.form import Form
from forms.spot import Spot


def set_off(form: Form, answers: Mapping[str, Any], path: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """The answers after the one at `path` (row ids included) has changed; what is set off may set off more."""
    found = dict(answers)
    done: set[str] = set()
    waiting = [path]
    for changed in waiting:
        for spot in _spots(form, found, changed, context):
            if spot.path not in done:
                done.add(spot.path)
                waiting.append(spot.path)
                filling = Filling(form, found, context)
                question = spot.node.question
                value = converted(question, filling.evaluate(question["calculation"]["ast"], spot))
                found = _with(found, spot.path.split("."), value)
    return found


def _spots(form: Form, answers: Mapping[str, Any], changed: str, context: Mapping[str, Any]) -> list[Spot]:
    """Where something is set off: in the rows that the changed answer lies in."""
    plain, bound = _placed(form, changed)
    nodes = form.set_off.get(plain, [])
    filling = Filling(form, answers, context) if nodes else None
    return [
        spot for node in nodes if filling for spot in filling.spots(node, bound) if filling.relevant(spot)
    ]


def _placed(form: Form, path: str) -> tuple[str, dict[str, str]]:
    """A path without its rows, and the row of each repeat in it."""
    plain, bound = "", {}
    for segment in path.split("."):
        inner = f"{plain}.{segment}" if plain else segment
        if inner in form.nodes:
            plain = inner
        else:
            bound[plain] = segment
    return plain, bound


def _with(held: Any, path: list[str], value: Any) -> Any:
    """A copy with another value at a path; what is not there is not made in a list."""
    if not path:
        return value
    first, rest = path[0], path[1:]
    if isinstance(held, list):
        return [
            _with(row, rest, value) if isinstance(row, dict) and row.get("row") == first else row
            for row in held
        ]
    group = dict(held) if isinstance(held, dict) else {}
    return {**group, first: _with(group.get(first), rest, value)}
