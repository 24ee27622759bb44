"""Workflow tables: states, acts, clocks. A table loads whole or says everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from forms.schema import Text

DURATION = re.compile(
    r"P(?=[0-9T])(?:([0-9]+)Y)?(?:([0-9]+)M)?(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?)?"
)
"""An ISO 8601 duration: years, months, weeks, days, hours, minutes."""


def _names(**options: Any) -> fields.List[str]:
    return fields.List(fields.String(), validate=validate.Length(min=1), **options)


def _duration() -> fields.String:
    return fields.String(
        validate=validate.Regexp(rf"{DURATION.pattern}\Z", error="Not a duration like P3D or PT20M.")
    )


def _values() -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=_names(), validate=validate.Length(min=1))


class ActSchema(Schema):
    """One row of a table: who may take a record from which state to which.

    Without `to` the act is a remark: it adds to a record that stays where it is, and competes with nothing. Of several
    rows of one act the first holds whose `from` and `when` fit. `when` reads what earlier steps said, never an answer:
    answers can change, and what was done stays done.
    """

    class Meta:
        unknown = RAISE

    act = fields.String(required=True, validate=validate.Length(min=1))
    label = Text(required=True)
    from_ = _names(required=True, data_key="from")
    to = fields.String()
    who = _names(required=True)
    author = fields.Boolean()
    """true: only who made the record may; false: never he."""
    by_maker_of = _names()
    """Only who last did one of these acts."""
    not_by_maker_of = _names()
    """Nobody who did one of these acts: handler and checker, verifier and payer."""
    offline = fields.Boolean(required=True)
    exclusive = fields.Boolean()
    """Two of them are not one: only one can take an order."""
    requires = fields.List(_names())
    """Of each list at least one must be said."""
    when = _values()
    most = fields.Integer(strict=True, validate=validate.Range(min=1))
    """How often it may be done to one record."""
    raises = fields.Boolean()
    """One level up."""


class TimerSchema(Schema):
    """One clock. It starts when a record comes into one of its states, and ends when it leaves them.

    Either `after` some time, or `until` the day or instant that an answer or a step says (then `before` it, if given).
    Of several rows of one name the first holds whose `when` fits.
    """

    class Meta:
        unknown = RAISE

    timer = fields.String(required=True, validate=validate.Length(min=1))
    label = Text(required=True)
    in_ = _names(required=True, data_key="in")
    when = _values()
    after = _duration()
    work = fields.Boolean()
    """Days are working days."""
    until = fields.String()
    before = _duration()
    pauses = _names()
    """States in which it stands still."""
    restarts = _names()
    """Acts that set it back to its beginning."""
    act = fields.String()
    """What the home server does when it has run out; without it, lateness is only shown."""

    @validates_schema
    def _one_end(self, data: Mapping[str, Any], **kwargs: Any) -> None:
        if ("after" in data) == ("until" in data):
            raise ValidationError("A timer has either `after` or `until`.")
        if "before" in data and "until" not in data:
            raise ValidationError("`before` needs `until`.")


class LevelSchema(Schema):
    """Levels of escalation: from what the record answers to `answer`, or `start`, up to `most`."""

    class Meta:
        unknown = RAISE

    answer = fields.String()
    start = fields.Integer(required=True, strict=True)
    most = fields.Integer(required=True, strict=True)


class TableSchema(Schema):
    """A workflow table."""

    class Meta:
        unknown = RAISE

    workflow = fields.String(required=True)
    initial = fields.String(required=True)
    states = fields.Dict(keys=fields.String(), values=Text(), required=True)
    acts = fields.List(fields.Nested(ActSchema), required=True)
    timers = fields.List(fields.Nested(TimerSchema))
    level = fields.Nested(LevelSchema)


class TableInvalid(ValueError):
    """A workflow table that does not load; `errors` as marshmallow gives them."""

    def __init__(self, errors: Any) -> None:
        super().__init__(str(errors))
        self.errors = errors


def table(data: Any) -> dict[str, Any]:
    """The table in a parsed JSON object, checked; raises TableInvalid."""
    try:
        TableSchema().load(data)
    except ValidationError as error:
        raise TableInvalid(error.messages) from None
    errors = [*_strange_names(data), *_unreached(data)]
    if errors:
        raise TableInvalid(errors)
    found: dict[str, Any] = data
    return found


def _strange_names(data: Mapping[str, Any]) -> Iterator[str]:
    """States and acts that are named and not there."""
    states, acts = data["states"], {row["act"] for row in data["acts"]}
    if data["initial"] not in states:
        yield f"{data['initial']!r} is no state"
    for row in data["acts"]:
        named = [*row["from"], *([row["to"]] if "to" in row else [])]
        yield from (f"{row['act']}: {name!r} is no state" for name in named if name not in states)
        others = [*row.get("by_maker_of", []), *row.get("not_by_maker_of", [])]
        yield from (f"{row['act']}: {name!r} is no act" for name in others if name not in acts)
    for row in data.get("timers", []):
        named = [*row["in"], *row.get("pauses", [])]
        yield from (f"{row['timer']}: {name!r} is no state" for name in named if name not in states)
        others = [*row.get("restarts", []), *([row["act"]] if "act" in row else [])]
        yield from (f"{row['timer']}: {name!r} is no act" for name in others if name not in acts)
        if "act" in row and not any(r["act"] == row["act"] and "server" in r["who"] for r in data["acts"]):
            yield f"{row['timer']}: the server may not {row['act']}"


def _unreached(data: Mapping[str, Any]) -> Iterator[str]:
    """States that no act leads to."""
    reached = {data["initial"]}
    while True:
        further = {row["to"] for row in data["acts"] if "to" in row and reached & set(row["from"])} - reached
        if not further:
            break
        reached |= further
    yield from (f"no act leads to {name!r}" for name in data["states"] if name not in reached)
