"""The types of question, and whether a value is one: types, choices and ranges, one answer at a time."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from forms.days import instant_ms
from forms.identifiers import credit_code_valid, id_card_valid, phone_valid

Shape = Literal["text", "number", "codes", "tick", "files", "group", "rows", "none", "any"]
Problem = Literal["type", "choice", "range"]
MAX_INTEGER = 2**53
ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
REFERENCE = re.compile(rf"([a-z][a-z_]*):{ULID}")
POINT = re.compile(r"-?[0-9]+(\.[0-9]+)?( -?[0-9]+(\.[0-9]+)?){1,3}")
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:?[0-9]{2})"
)
SHA256 = re.compile(r"[0-9a-f]{64}")


def _is_day(value: str) -> bool:
    return DAY.fullmatch(value) is not None and instant_ms(value) is not None


def _is_instant(value: str) -> bool:
    return INSTANT.fullmatch(value) is not None and instant_ms(value) is not None


def _is_point(value: str) -> bool:
    if not POINT.fullmatch(value):
        return False
    lat, lon, *rest = (float(part) for part in value.split(" "))
    return abs(lat) <= 90 and abs(lon) <= 180 and (len(rest) < 2 or rest[1] >= 0)


def _is_line(value: str, least: int) -> bool:
    parts = [part.strip(" ") for part in value.split(";") if part.strip(" ")]
    return len(parts) >= least and all(_is_point(part) for part in parts)


def _is_trace(value: str) -> bool:
    return _is_line(value, 2)


def _is_shape(value: str) -> bool:
    return _is_line(value, 3)


def _is_clock(value: str) -> bool:
    return CLOCK.fullmatch(value) is not None


def _is_reference(value: str) -> bool:
    return REFERENCE.fullmatch(value) is not None


@dataclass(frozen=True)
class Kind:
    """A type of question: the shape of its value and, for a text, what the text must be."""

    shape: Shape
    accepts: Callable[[str], bool] | None = None


KINDS: dict[str, Kind] = {
    "text": Kind("text"),
    "integer": Kind("number"),
    "decimal": Kind("number"),
    "money": Kind("number"),
    "range": Kind("number"),
    "date": Kind("text", _is_day),
    "time": Kind("text", _is_clock),
    "datetime": Kind("text", _is_instant),
    "select_one": Kind("text"),
    "select_multiple": Kind("codes"),
    "rank": Kind("codes"),
    "note": Kind("none"),
    "acknowledge": Kind("tick"),
    "geopoint": Kind("text", _is_point),
    "geotrace": Kind("text", _is_trace),
    "geoshape": Kind("text", _is_shape),
    "image": Kind("files"),
    "audio": Kind("files"),
    "video": Kind("files"),
    "file": Kind("files"),
    "signature": Kind("files"),
    "barcode": Kind("text"),
    "id_card": Kind("text", id_card_valid),
    "credit_code": Kind("text", credit_code_valid),
    "phone": Kind("text", phone_valid),
    "calculate": Kind("any"),
    "hidden": Kind("any"),
    "ref": Kind("text", _is_reference),
    "group": Kind("group"),
    "repeat": Kind("rows"),
    "start": Kind("text", _is_instant),
    "end": Kind("text", _is_instant),
    "today": Kind("text", _is_day),
    "deviceid": Kind("text"),
    "username": Kind("text"),
    "email": Kind("text"),
    "phonenumber": Kind("text"),
    "start-geopoint": Kind("text", _is_point),
    "audit": Kind("any"),
}
"""Every type that loads."""

WHOLE = frozenset({"integer", "money"})
SELECTS = frozenset({"select_one", "select_multiple", "rank"})
SILENT = frozenset(
    {"calculate", "hidden", "start", "end", "today", "deviceid", "username", "email", "phonenumber"}
    | {"start-geopoint", "audit"}
)
"""Types that nobody fills in, so they need no label."""


def answered(value: object) -> bool:
    """Whether a value is an answer: not null, not an empty text, list or object."""
    return value is not None and value != "" and value != [] and value != {}


def problem(question: Mapping[str, Any], value: Any, offered: Collection[str] | None) -> Problem | None:
    """What is wrong with an answered value by itself; `offered` are the choices of a select as they stand now."""
    kind = KINDS[question["type"]]
    parameters = question.get("parameters") or {}
    check = _CHECKS[kind.shape]
    found = check(question, kind, value, parameters)
    if found is None and offered is not None:
        found = _choice(question, value, offered, parameters)
    return found


def _choice(
    question: Mapping[str, Any], value: Any, offered: Collection[str], parameters: Mapping[str, Any]
) -> Problem | None:
    codes = value if isinstance(value, list) else [value]
    strange = [code for code in codes if code not in offered]
    return "choice" if len(strange) > (1 if parameters.get("or_other") else 0) else None


def _text(
    question: Mapping[str, Any], kind: Kind, value: Any, parameters: Mapping[str, Any]
) -> Problem | None:
    if not isinstance(value, str) or (kind.accepts is not None and not kind.accepts(value)):
        return "type"
    wanted = parameters.get("kind")
    if question["type"] == "ref" and wanted is not None and value.split(":")[0] != wanted:
        return "type"
    if question["type"] in ("text", "barcode"):
        return _within(len(value), parameters, "min_length", "max_length")
    return None


def _number(
    question: Mapping[str, Any], kind: Kind, value: Any, parameters: Mapping[str, Any]
) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "type"
    if question["type"] in WHOLE and (value != math.floor(value) or abs(value) >= MAX_INTEGER):
        return "type"
    if question["type"] != "range":
        return _within(value, parameters, "min", "max")
    return _within(value, parameters, "start", "end") or _on_step(value, parameters)


def _codes(
    question: Mapping[str, Any], kind: Kind, value: Any, parameters: Mapping[str, Any]
) -> Problem | None:
    if not isinstance(value, list) or not all(isinstance(code, str) and code for code in value):
        return "type"
    if len(set(value)) != len(value):
        return "type"
    return _within(len(value), parameters, "min", "max")


def _tick(
    question: Mapping[str, Any], kind: Kind, value: Any, parameters: Mapping[str, Any]
) -> Problem | None:
    return None if isinstance(value, bool) else "type"


def _files(
    question: Mapping[str, Any], kind: Kind, value: Any, parameters: Mapping[str, Any]
) -> Problem | None:
    """Rows {row, sha256, type, bytes}; a removed row only has to be a row."""
    if not _are_rows(value):
        return "type"
    kept = [row for row in value if row.get("removed") is not True]
    if not all(_is_file(row) for row in kept):
        return "type"
    return _within(len(kept), {"max": 1, **parameters}, "min", "max")


def _is_file(row: Mapping[str, Any]) -> bool:
    digest, size = row.get("sha256"), row.get("bytes")
    named = (
        isinstance(digest, str) and SHA256.fullmatch(digest) is not None and isinstance(row.get("type"), str)
    )
    return named and isinstance(size, int) and not isinstance(size, bool) and size >= 0


def _rows(
    question: Mapping[str, Any], kind: Kind, value: Any, parameters: Mapping[str, Any]
) -> Problem | None:
    if not _are_rows(value):
        return "type"
    return _within(sum(row.get("removed") is not True for row in value), parameters, "min", "max")


def _are_rows(value: Any) -> bool:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        return False
    names = [row.get("row") for row in value]
    return all(isinstance(name, str) and re.fullmatch(ULID, name) for name in names) and len(
        set(names)
    ) == len(names)


def _group(
    question: Mapping[str, Any], kind: Kind, value: Any, parameters: Mapping[str, Any]
) -> Problem | None:
    return None if isinstance(value, dict) else "type"


def _any(
    question: Mapping[str, Any], kind: Kind, value: Any, parameters: Mapping[str, Any]
) -> Problem | None:
    return None


def _on_step(value: float, parameters: Mapping[str, Any]) -> Problem | None:
    """Whether a value is a whole number of steps from the start, as far as fractions can say."""
    step = parameters.get("step")
    if isinstance(step, bool) or not isinstance(step, int | float) or step <= 0:
        return None
    start = parameters.get("start")
    count = (value - (start if isinstance(start, int | float) else 0)) / step
    return None if abs(count - math.floor(count + 0.5)) < 1e-6 else "range"


def _within(value: float, parameters: Mapping[str, Any], low: str, high: str) -> Problem | None:
    least, most = parameters.get(low), parameters.get(high)
    return "range" if (least is not None and value < least) or (most is not None and value > most) else None


_CHECKS: dict[Shape, Callable[[Mapping[str, Any], Kind, Any, Mapping[str, Any]], Problem | None]] = {
    "text": _text,
    "number": _number,
    "codes": _codes,
    "tick": _tick,
    "files": _files,
    "rows": _rows,
    "group": _group,
    "none": _any,
    "any": _any,
}
