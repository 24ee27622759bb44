"""The outward shape of indicators: what may be counted of which rows. They load whole or say what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from forms.schema import Text

UNITS = ("share", "count", "sum", "money", "hours", "minutes")


class Condition(fields.Field[Any]):
    """The values a fact may have, or `{"least": …, "most": …}`, `{"answered": …}`, `{"not_before": "end"}`."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        listed = isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)
        ranged = isinstance(value, dict) and bool(value) and set(value) <= {"least", "most"}
        told = value in ({"answered": True}, {"answered": False}, {"not_before": "end"})
        if not (listed or ranged or told):
            raise ValidationError("A condition is a list of values, a range, or whether it is answered.")
        return value


class Where(fields.Field[Any]):
    """Conditions by fact, or a list of such, of which one must hold."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        plain = fields.Dict(keys=fields.String(), values=Condition(), validate=validate.Length(min=1))
        for one in value if isinstance(value, list) else [value]:
            plain.deserialize(one)
        return value


class When(fields.Field[Any]):
    """`made`, `standing`, the name of an answer, or `{"acts": […]}`: the first of some acts."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        acts = isinstance(value, dict) and set(value) == {"acts"} and isinstance(value["acts"], list)
        if not (isinstance(value, str) or acts):
            raise ValidationError('Either a name or {"acts": […]}.')
        return value


def _names(**options: Any) -> fields.List[str]:
    return fields.List(fields.String(), validate=validate.Length(min=1), **options)


class MeasureSchema(Schema):
    """Which rows of which forms, when they fall into the period, and what is made of them: a count where nothing is
    said."""

    class Meta:
        unknown = RAISE

    forms = _names(required=True)
    in_ = When(data_key="in")
    moves = _names()
    """Each move by one of these acts, with what was said in it, instead of the record."""
    rows = fields.String()
    """Each row of a repeat instead of the record or move."""
    where = Where()
    not_ = fields.Dict(keys=fields.String(), values=Condition(), data_key="not")
    did = _names()
    """Records to which one of these acts was done, whenever."""
    due = fields.Boolean()
    """Files whose next visit falls due before the end of the period."""
    has = fields.List(fields.Nested(lambda: RelatedSchema()), validate=validate.Length(min=1))
    """Rows to which one of these is tied."""
    distinct = fields.String()
    sum = _names()
    median = fields.List(When(), validate=validate.Length(equal=2))


class RelatedSchema(MeasureSchema):
    """Rows tied to another: its `from` (the id, if not said) is their `to` (the subject). With `days` they fall within
    as many days before the end as that fact of the other says."""

    from_ = fields.String(data_key="from")
    to = fields.String()
    days = fields.String()


class IndicatorSchema(Schema):
    """One indicator: `of`, less `less`, per `per`; `people` where small counts are not shown."""

    class Meta:
        unknown = RAISE

    indicator = fields.String(required=True)
    label = Text(required=True)
    unit = fields.String(required=True, validate=validate.OneOf(UNITS))
    of = fields.Nested(MeasureSchema, required=True)
    less = fields.Nested(MeasureSchema)
    per = fields.Nested(MeasureSchema)
    by = fields.String()
    """The fact by which it is usually broken down."""
    people = fields.Boolean()


class IndicatorsInvalid(ValueError):
    """Indicators that do not load; `errors` as marshmallow gives them."""

    def __init__(self, errors: Any) -> None:
        super().__init__(str(errors))
        self.errors = errors


def indicators(data: Any) -> list[dict[str, Any]]:
    """The indicators in a parsed JSON list, checked; raises IndicatorsInvalid."""
    try:
        IndicatorSchema(many=True).load(data)
    except ValidationError as error:
        raise IndicatorsInvalid(error.messages) from None
    found: list[dict[str, Any]] = data
    return found
