"""From a form: the marshmallow schema of its answers, and a JSON Schema 2020-12 for any other tool.

Both hold the types, choices and ranges of `forms/kinds.py`; what depends on other answers (relevance, constraints) is
`forms/check.py`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import INCLUDE, Schema, ValidationError, fields

from forms.form import Form, Published, offering
from forms.kinds import KINDS, SELECTS, ULID, answered, problem
from forms.messages import message


class Answer(fields.Field[Any]):
    """One answer, held to its question by itself; null and empty are unanswered."""

    def __init__(self, question: Mapping[str, Any], form: Form, **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)
        self.question = question
        self.offered: frozenset[str] | None = None
        if question["type"] in SELECTS and offering(question) is None:
            self.offered = frozenset(item["name"] for item in form.choices(question.get("choices", "")))

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        wrong = problem(self.question, value, self.offered) if answered(value) else None
        if wrong is not None:
            raise ValidationError(message(wrong, self.question)["en"])
        return value


class Rows(Answer):
    """The rows of a repeat; removed ones are not looked into."""

    def __init__(self, question: Mapping[str, Any], form: Form, inner: type[Schema]) -> None:
        super().__init__(question, form)
        self.inner = inner

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        super()._deserialize(value, attr, data, **kwargs)
        errors = {}
        for row in value:
            found = {} if row.get("removed") is True else self.inner().validate(row)
            if found:
                errors[row["row"]] = found
        if errors:
            raise ValidationError(errors)
        return value


def schema(published: Published) -> type[Schema]:
    """A marshmallow schema of the answers, nested as they are; names the form does not know are let through."""
    form = Form(published)
    return _schema(form, published["questions"], f"{published['form']}_{published['version']}")


def _schema(form: Form, questions: list[Mapping[str, Any]], name: str) -> type[Schema]:
    found: dict[str, fields.Field[Any]] = {}
    for question in questions:
        kind = question["type"]
        if kind == "group":
            inner = _schema(form, question["questions"], f"{name}_{question['name']}")
            found[question["name"]] = fields.Nested(inner, allow_none=True)
        elif kind == "repeat":
            found[question["name"]] = Rows(
                question, form, _schema(form, question["questions"], f"{name}_{question['name']}")
            )
        elif kind != "note":
            found[question["name"]] = Answer(question, form)
    meta = type("Meta", (), {"unknown": INCLUDE})
    made: type[Schema] = type(name, (Schema,), {**found, "Meta": meta})
    return made


def json_schema(published: Published) -> dict[str, Any]:
    """The JSON Schema of the answers. Everything may be null; numbers, dates and codes are held to their type."""
    form = Form(published)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": published["title"].get("en") or published["title"].get("zh-CN"),
        **_object(form, published["questions"], {}),
    }


def _object(
    form: Form, questions: list[Mapping[str, Any]], more: dict[str, Any], needed: tuple[str, ...] = ()
) -> dict[str, Any]:
    properties = {q["name"]: _property(form, q) for q in questions if q["type"] != "note"}
    found: dict[str, Any] = {"type": "object", "properties": {**more, **properties}}
    if needed:
        found["required"] = list(needed)
    return found


def _property(form: Form, question: Mapping[str, Any]) -> dict[str, Any]:
    shape = KINDS[question["type"]].shape
    label = question.get("label") or {}
    found = {"title": label.get("zh-CN") or label.get("en")} if label else {}
    parameters = question.get("parameters") or {}
    if shape == "any":
        return found
    if shape == "group":
        return {**found, "anyOf": [_object(form, question["questions"], {}), {"type": "null"}]}
    return {**found, "anyOf": [_answer(form, question, shape, parameters), {"enum": [None, "", [], {}]}]}


def _answer(
    form: Form, question: Mapping[str, Any], shape: str, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    kind = question["type"]
    if shape == "rows":
        return _listed(_rows(form, question["questions"]), parameters)
    if shape == "files":
        return _listed(_FILE_ROWS, {"max": 1, **parameters})
    if shape == "tick":
        return {"type": "boolean"}
    if shape == "number":
        low, high = ("start", "end") if kind == "range" else ("min", "max")
        whole = kind in ("integer", "money")
        return {
            "type": "integer" if whole else "number",
            **_bounds(parameters, (low, "minimum"), (high, "maximum")),
        }
    if offering(question) is not None:
        return {"type": "string"}
    codes = [item["name"] for item in form.choices(question.get("choices", ""))]
    if shape == "codes":
        item = {"type": "string"} if parameters.get("or_other") else {"enum": codes}
        bounds = _bounds(parameters, ("min", "minItems"), ("max", "maxItems"))
        return {"type": "array", "items": item, "uniqueItems": True, **bounds}
    if kind == "select_one":
        return {"type": "string"} if parameters.get("or_other") else {"enum": codes}
    lengths = _bounds(parameters, ("min_length", "minLength"), ("max_length", "maxLength"))
    return {"type": "string", **({"pattern": PATTERNS[kind]} if kind in PATTERNS else {}), **lengths}


PATTERNS = {
    "date": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "today": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "datetime": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}",
    "id_card": "^[0-9]{17}[0-9Xx]$",
    "phone": r"^(1[3-9][0-9]{9}|0[0-9]{2,3}-?[0-9]{7,8}(-[0-9]{1,6})?|\+[0-9]{6,15})$",
    "geopoint": r"^-?[0-9]+(\.[0-9]+)?( -?[0-9]+(\.[0-9]+)?){1,3}$",
    "ref": f"^[a-z][a-z_]*:{ULID}$",
}
"""What a JSON Schema can say of a text type; `check` says more (that the day exists, that the check digit is right)."""

_ROW = {"type": "string", "pattern": f"^{ULID}$"}
_REMOVED = {"properties": {"removed": {"const": True}, "row": _ROW}, "required": ["removed", "row"]}
_FILE_ROWS = {
    "type": "object",
    "anyOf": [
        _REMOVED,
        {
            "properties": {
                "row": _ROW,
                "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                "type": {"type": "string"},
                "bytes": {"type": "integer", "minimum": 0},
            },
            "required": ["row", "sha256", "type", "bytes"],
        },
    ],
}


def _rows(form: Form, questions: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {"type": "object", "anyOf": [_REMOVED, _object(form, questions, {"row": _ROW}, ("row",))]}


def _listed(rows: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A list of rows; the bounds count those that are not removed."""
    kept = {"properties": {"removed": {"not": {"const": True}}}}
    found = {"type": "array", "items": rows}
    bounds = _bounds(parameters, ("min", "minContains"), ("max", "maxContains"))
    return {**found, "contains": kept, "minContains": 0, **bounds} if bounds else found


def _bounds(parameters: Mapping[str, Any], *names: tuple[str, str]) -> dict[str, Any]:
    return {keyword: parameters[name] for name, keyword in names if parameters.get(name) is not None}
