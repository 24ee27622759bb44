"""The outward shape of a definition file: which keys there are and what type each has (marshmallow)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from forms.kinds import KINDS
from forms.roles import ROLES

USES = ("file", "visit", "matter", "care", "together", "ledger")
"""What forms are for: files of people and places; visits; matters to be settled; help; doing things together; books."""

NAME = r"[A-Za-z_][A-Za-z0-9_-]*"


class Text(fields.Field[dict[str, str]]):
    """A text for people: an object of language tag to text."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, str]:
        if not _is_text(value):
            raise ValidationError('A text is written {"zh-CN": "…", "en": "…"}.')
        return dict(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(isinstance(part, str) for part in value.values())


class Media(fields.Field[dict[str, Any]]):
    """Files beside a text: `{"image": "a.png"}`, or one for each language, `{"audio": {"en": "a.mp3"}}`."""

    KINDS = ("image", "audio", "video", "big-image")

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, Any]:
        if not isinstance(value, dict) or not all(
            kind in self.KINDS and (isinstance(file, str) or _is_text(file)) for kind, file in value.items()
        ):
            raise ValidationError(f"Media are {{kind: file}}, or {{kind: {{language: file}}}}: {self.KINDS}.")
        return dict(value)


class Condition(fields.Field[Any]):
    """true, false, or an expression."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if not isinstance(value, bool | str):
            raise ValidationError("Either true, false or an expression in quotes.")
        return value


class Items(fields.Field[Any]):
    """A choice list: its items, `{"list": "CL_…", "only": […]}` for a shared code list, or `{"file": "….csv"}`."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        if (
            isinstance(value, dict)
            and set(value) <= {"list", "only", "except"}
            and isinstance(value.get("list"), str)
        ):
            return value
        if isinstance(value, dict) and set(value) == {"file"} and isinstance(value["file"], str):
            return value
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise ValidationError('A choice list is [{"name": "1", "label": {…}}, …] or {"list": "CL_…"}.')
        if not all(
            isinstance(item.get("name"), str) and isinstance(item.get("label"), dict) for item in value
        ):
            raise ValidationError("Every choice needs a name (text) and a label.")
        return value


def _expression() -> fields.String:
    return fields.String(validate=validate.Length(min=1))


class QuestionSchema(Schema):
    """One question; groups and repeats hold more."""

    class Meta:
        unknown = RAISE

    name = fields.String(
        required=True,
        validate=[
            validate.Regexp(
                rf"{NAME}\Z", error="A name is letters, digits, _ and -, and begins with a letter or _."
            ),
            validate.NoneOf(["meta"], error="The name 'meta' is kept by XForms for itself."),
        ],
    )
    type = fields.String(
        required=True, validate=validate.OneOf(KINDS, error="There is no question type {input!r}.")
    )
    label = Text()
    hint = Text()
    guidance_hint = Text()
    media = Media()
    required = Condition()
    required_message = Text()
    relevant = _expression()
    constraint = _expression()
    constraint_message = Text()
    calculation = _expression()
    default = _expression()
    choices = fields.String()
    choice_filter = _expression()
    repeat_count = _expression()
    appearance = fields.String()
    readonly = Condition()
    parameters = fields.Dict(keys=fields.String())
    trigger = _expression()
    rows = fields.Integer(strict=True, validate=validate.Range(min=1, max=100))
    merge = fields.String(validate=validate.OneOf(["ask", "union", "latest"]))
    sensitivity = fields.String(validate=validate.OneOf(["P0", "P1", "P2", "P3", "P4"]))
    warn = _expression()
    warn_message = Text()
    indicator = fields.String()
    questions = fields.List(fields.Nested(lambda: QuestionSchema()))


class DueSchema(Schema):
    """When the next record of one of some forms about this file is due (`forms/due.py`)."""

    class Meta:
        unknown = RAISE

    forms = fields.List(fields.String(), required=True, validate=validate.Length(min=1))
    at = fields.String(required=True)
    result = fields.String(required=True)
    done = fields.List(fields.String(), required=True)
    retry = fields.String()
    every = fields.String()
    every_days = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    start = fields.String()
    first_days = fields.Integer(strict=True, validate=validate.Range(min=0))


class ExampleSchema(Schema):
    """Answers before and after a migration."""

    class Meta:
        unknown = RAISE

    before = fields.Dict(required=True)
    after = fields.Dict(required=True)


class MigrationSchema(Schema):
    """How answers of the version before become answers of this one (`forms/succession.py`)."""

    class Meta:
        unknown = RAISE

    answers = fields.Dict(
        keys=fields.String(), values=_expression(), required=True, validate=validate.Length(min=1)
    )
    examples = fields.List(
        fields.Nested(ExampleSchema),
        required=True,
        validate=validate.Length(min=1, error="A migration needs an example that it is tried on."),
    )


class DefinitionSchema(Schema):
    """A form definition file."""

    class Meta:
        unknown = RAISE

    form = fields.String(required=True, validate=validate.Regexp(rf"{NAME}\Z"))
    version = fields.Integer(required=True, strict=True, validate=validate.Range(min=1))
    kind = fields.String(required=True, validate=validate.OneOf(["file", "record"]))
    subject = fields.List(fields.String(), load_default=list)
    title = Text(required=True)
    purpose = Text()
    legal_basis = fields.List(fields.String(), load_default=list)
    retention = fields.String(validate=validate.Regexp(r"P[1-9][0-9]*[YMD]\Z"))
    workflow = fields.String()
    use = fields.String(validate=validate.OneOf(USES, error="There is no use {input!r}."))
    """Under which heading a phone offers it."""
    who = fields.List(fields.String(validate=validate.OneOf(ROLES, error="There is no role {input!r}.")))
    """The roles that may begin one; everybody where it is left out."""
    acts = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Nested(QuestionSchema), validate=validate.Length(min=1)),
    )
    """What is asked of who does an act of the workflow; `${subject.x}` reads what is known of the record."""
    due = fields.List(fields.Nested(DueSchema), load_default=list)
    instance_name = _expression()
    default_language = fields.String(validate=validate.Length(min=1))
    style = fields.String()
    allow_choice_duplicates = fields.Boolean(truthy={True}, falsy={False})
    migration = fields.Nested(MigrationSchema)
    questions = fields.List(fields.Nested(QuestionSchema), required=True, validate=validate.Length(min=1))
    choices = fields.Dict(keys=fields.String(), values=Items(), load_default=dict)
