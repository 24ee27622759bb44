"""Flags of a record: what a reviewer should look at twice. They never refuse anything. Pure.

The limits are those of the catalogue (3.5.1): accuracy over 100 m, shorter than a minute, recorded over a day later,
a clock that is off by more than ten minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from math import asin, cos, radians, sin, sqrt
from typing import Any, Literal

from sync.documents import Json

Flag = Literal[
    "findings", "open", "changed", "resubmitted", "competing", "late", "short", "inaccurate", "clock"
]

FLAGS: tuple[Flag, ...] = (
    "findings", "open", "changed", "resubmitted", "competing", "late", "short", "inaccurate", "clock",
)  # fmt: skip

LATE = timedelta(hours=24)
SHORT = timedelta(minutes=1)
ACCURACY_M = 100.0
DOOR_M = 200.0
CLOCK_S = 600
EARTH_RADIUS_M = 6_371_008.8


def flags_of(body: Mapping[str, Any]) -> Iterator[Flag]:
    """The flags that a record's own body raises."""
    answers = body.get("answers")
    answers = answers if isinstance(answers, dict) else {}
    began, ended = instant(answers.get("visited_at")), instant(answers.get("ended_at"))
    captured = instant(body.get("captured_at"))
    if began and captured and captured - began > LATE:
        yield "late"
    if began and ended and timedelta(0) <= ended - began < SHORT:
        yield "short"
    place = point(answers.get("geo"))
    if place and place[2] is not None and place[2] > ACCURACY_M:
        yield "inaccurate"
    offset = body.get("clock_offset_s")
    if isinstance(offset, int | float) and abs(offset) > CLOCK_S:
        yield "clock"


def instant(value: Json) -> datetime | None:
    """An aware instant from ISO 8601 text; None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def point(value: Json) -> tuple[float, float, float | None] | None:
    """Latitude, longitude (degrees, WGS-84) and accuracy (metres) of a geopoint answer, or None."""
    if not isinstance(value, str):
        return None
    try:
        numbers = [float(part) for part in value.split()]
    except ValueError:
        return None
    if len(numbers) < 2 or not (-90 <= numbers[0] <= 90 and -180 <= numbers[1] <= 180):
        return None
    return numbers[0], numbers[1], numbers[3] if len(numbers) > 3 else None


def distance_m(a: tuple[float, float, float | None], b: tuple[float, float, float | None]) -> float:
    """Great-circle distance of two points, in metres (haversine on the mean radius)."""
    lat_a, lon_a, lat_b, lon_b = map(radians, (a[0], a[1], b[0], b[1]))
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(half))
