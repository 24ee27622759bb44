"""The published form: one self-contained JSON object that a phone, a desk or any other tool can work from."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from forms.definition import Choice, Definition, Expression, Question


def published(definition: Definition) -> dict[str, Any]:
    """The published object: expressions as {"source", "ast"}, choices and the workflow table inlined."""
    found: dict[str, Any] = {
        "form": definition.form,
        "version": definition.version,
        "kind": definition.kind,
        "subject": list(definition.subject),
        "title": dict(definition.title),
        "purpose": definition.purpose,
        "legal_basis": list(definition.legal_basis),
        "retention": definition.retention,
        "workflow": definition.workflow,
        "use": definition.use,
        "who": list(definition.who),
        "acts": {act: [_question(one) for one in several] for act, several in definition.acts.items()},
        "due": [dict(rule) for rule in definition.due],
        "questions": [_question(question) for question in definition.questions],
        "choices": {name: [_choice(item) for item in items] for name, items in definition.choices.items()},
    }
    for column in ("instance_name", "default_language", "style"):
        if getattr(definition, column) is not None:
            found[column] = _plain(getattr(definition, column))
    return found


def _question(question: Question) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in fields(Question):
        value = getattr(question, column.name)
        if value is None or value is False or value == ():
            continue
        found[column.name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Expression):
        return {"source": value.source, "ast": value.ast}
    if isinstance(value, tuple):
        return [_question(inner) if isinstance(inner, Question) else inner for inner in value]
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return value


def _choice(item: Choice) -> dict[str, Any]:
    return {"name": item.name, "label": dict(item.label), **dict(item.extra)}
