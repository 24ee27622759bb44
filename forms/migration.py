"""Answers of an older version of a form as answers of a newer one, as the newer one's author declared.

A published form that follows another may hold

    "migration": {"from": 1, "answers": {"mobile": {"source": "${phone}", "ast": ["ref", "phone"]}}, "gone": ["phone"]}

Each path of `answers` takes what its expression gives, read in the version before; all other answers stay as they are,
but for those of `gone`: what the expressions read and the new version no longer asks.
`forms/app/src/pure/migration.ts` does the same; `forms/vectors/migration.json` holds both to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from forms.filling import Filling, converted
from forms.form import Form, Node
from forms.kinds import KINDS
from forms.spot import Spot


def migrate(
    versions: Mapping[int, Form],
    answers: Mapping[str, Any],
    since: int,
    until: int,
    context: Mapping[str, Any],
) -> dict[str, Any]:
    """The answers given to version `since`, for version `until`; `versions` are those known of the form.

    One migration after the other. One whose older version is not known is left out: it has nothing to read.
    """
    made: dict[str, Any] = json.loads(json.dumps(answers))
    for version in sorted(versions):
        declared = versions[version].published.get("migration")
        if since < version <= until and declared and declared["from"] in versions:
            made = _step(versions[declared["from"]], versions[version], declared, made, context)
    return made


def _step(
    old: Form, new: Form, declared: Mapping[str, Any], answers: dict[str, Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    filling = Filling(old, answers, context)
    made: dict[str, Any] = json.loads(json.dumps(answers))
    for path, expression in declared["answers"].items():
        node = new.nodes[path]
        for spot in filling.spots(node):
            put(made, spot, _given(filling, node, expression["ast"], spot))
    for path in declared["gone"]:
        for spot in filling.spots(old.nodes[path]):
            put(made, spot, None)
    return made


def _given(filling: Filling, node: Node, tree: list[Any], spot: Spot) -> Any:
    """What an expression gives for a question; a plain reference to one of the same shape moves its answer whole."""
    source = filling.form.nodes.get(tree[1]) if tree[0] == "ref" else None
    if source is not None and same_shape(source.question, node.question):
        return filling.answer(Spot(source, spot.rows[: len(source.repeats)]))
    return converted(node.question, filling.evaluate(tree, spot))


def same_shape(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether an answer of the one question can stand as one of the other."""
    return KINDS[one["type"]].shape == KINDS[other["type"]].shape


def put(answers: dict[str, Any], spot: Spot, value: Any) -> None:
    """Write one answer where it belongs, making the groups around it; None takes it away."""
    rows = dict(zip(spot.node.repeats, spot.rows, strict=True))
    held = answers
    plain = ""
    *around, last = spot.node.path.split(".")
    for name in around:
        plain = f"{plain}.{name}" if plain else name
        inner = held.get(name)
        if plain in rows:
            inner = next(row for row in inner or () if row.get("row") == rows[plain])
        elif not isinstance(inner, dict):
            if value is None:
                return
            inner = held[name] = {}
        held = inner
    if value is None:
        held.pop(last, None)
    else:
        held[last] = value
