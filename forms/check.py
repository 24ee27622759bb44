"""Checking answers against a published form: findings, in the order of the form. Findings never refuse a record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from forms.definition import Definition
from forms.filling import Filling, Veil, converted, unveiled
from forms.form import Form, Node, Published
from forms.kinds import KINDS, SELECTS, answered, problem
from forms.messages import Text, message
from forms.publish import published
from forms.spot import Spot

Code = Literal["type", "choice", "range", "required", "constraint", "warn"]


Severity = Literal["error", "warning"]
_SEVERITY: Mapping[Code, Severity] = {
    **dict.fromkeys(("type", "choice", "range", "required", "constraint"), "error"),
    "warn": "warning",
}


@dataclass(frozen=True)
class Finding:
    """Something to mend (error) or to look at again (warning) at the path of an answer."""

    path: str
    code: Code
    message: Text
    severity: Severity


def form_of(form: Form | Published | Definition) -> Form:
    """The indexed form, whichever way it is at hand."""
    if isinstance(form, Form):
        return form
    return Form(published(form) if isinstance(form, Definition) else form)


def check(
    form: Form | Published | Definition,
    answers: Mapping[str, Any],
    context: Mapping[str, Any],
    veil: Veil = unveiled,
) -> list[Finding]:
    """Every finding about the answers: what is not relevant is not asked, a wrong type hides what follows it.

    `veil` says what the messages may show of answers that they name.
    """
    filling = Filling(form_of(form), answers, context)
    found = _level(filling, filling.form.children[""], {})
    return [
        Finding(
            spot.path, code, filling.worded(message(code, spot.node.question), spot, veil), _SEVERITY[code]
        )
        for spot, code in found
    ]


def _level(filling: Filling, nodes: list[Node], bound: dict[str, str]) -> Iterator[tuple[Spot, Code]]:
    for node in nodes:
        for spot in filling.spots(node, bound):
            if not filling.relevant(spot):
                continue
            for code in _question(filling, spot):
                yield spot, code
            if node.is_repeat:
                for row in filling.rows(node.path, spot.rows):
                    yield from _level(filling, filling.form.children[node.path], {**bound, node.path: row})
            elif node.path in filling.form.children:
                yield from _level(filling, filling.form.children[node.path], bound)


def _question(filling: Filling, spot: Spot) -> Iterator[Code]:
    question = spot.node.question
    value = filling.value(spot)
    if not answered(value) or (
        value is False and question["type"] == "acknowledge" and question.get("appearance") != "yes-no"
    ):
        wanted = KINDS[question["type"]].shape not in ("group", "none", "any") and filling.required(spot)
        if wanted or filling.lacks_rows(spot):
            yield "required"
        return
    offered = None
    if question["type"] in SELECTS:
        offered = frozenset(item["name"] for item in filling.offered(spot))
    wrong = problem(question, value, offered)
    if wrong is not None:
        yield wrong
        return
    if filling.lacks_rows(spot):
        yield "required"
    if "constraint" in question and not filling.holds(question["constraint"]["ast"], spot):
        yield "constraint"
    if "warn" in question and filling.holds(question["warn"]["ast"], spot):
        yield "warn"


def finalise(
    form: Form | Published | Definition, answers: Mapping[str, Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    """The answers as a finished record keeps them: calculations filled in, what is not relevant null."""
    filling = Filling(form_of(form), answers, context)
    return _finished(filling, filling.form.children[""], answers, {})


def _finished(
    filling: Filling, nodes: list[Node], held: Mapping[str, Any], bound: dict[str, str]
) -> dict[str, Any]:
    found = dict(held)
    for node in nodes:
        name = node.question["name"]
        spot = next(filling.spots(node, bound))
        inner = found.get(name)
        if not filling.relevant(spot):
            if name in found:
                found[name] = _cleared(inner)
        elif node.is_repeat:
            found.update(_finished_rows(filling, node, inner, bound))
        elif node.path in filling.form.children:
            below = _finished(
                filling, filling.form.children[node.path], inner if isinstance(inner, dict) else {}, bound
            )
            if below or name in found:
                found[name] = below
        elif node.is_calculated and (filling.value(spot) is not None or name in found):
            found[name] = filling.value(spot)
    return found


def _finished_rows(filling: Filling, node: Node, inner: Any, bound: dict[str, str]) -> dict[str, Any]:
    if not isinstance(inner, list):
        return {}
    rows: list[Any] = []
    children = filling.form.children[node.path]
    counted = filling.rows(node.path, tuple(bound[around] for around in node.repeats))
    for row in inner:
        if not isinstance(row, dict) or not isinstance(row.get("row"), str) or row.get("removed") is True:
            rows.append(row)
        elif row["row"] in counted:
            rows.append(_finished(filling, children, row, {**bound, node.path: row["row"]}))
        else:
            rows.append({**_cleared(row), "removed": True})
    return {node.question["name"]: rows}


def _cleared(value: Any) -> Any:
    """Null in place of an answer; the names of a group stay, and rows are removed, as merging needs them."""
    if isinstance(value, dict):
        return {name: inner if name == "row" else _cleared(inner) for name, inner in value.items()}
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return [{**_cleared(row), "removed": True} for row in value]
    return None


def prefill(
    form: Form | Published | Definition, answers: Mapping[str, Any], context: Mapping[str, Any]
) -> dict[str, Any]:
    """Answers to begin with: those given, and the defaults of the questions outside repeats that have none."""
    indexed = form_of(form)
    found: dict[str, Any] = _copied(answers)
    for node in indexed.nodes.values():
        if "default" not in node.question or node.repeats:
            continue
        filling = Filling(indexed, found, context)
        spot = Spot(node)
        if filling.answer(spot) is None:
            value = converted(node.question, filling.evaluate(node.question["default"]["ast"], spot))
            if value is not None:
                _put(found, node.path.split("."), value)
    return found


def _copied(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _copied(value) if isinstance(value, dict) else value for name, value in answers.items()}


def _put(answers: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        if answers.get(name) is None:
            answers[name] = {}
        if not isinstance(answers[name], dict):
            return
        answers = answers[name]
    answers[path[-1]] = value
