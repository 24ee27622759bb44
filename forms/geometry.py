"""Lengths and areas of geopoints on a sphere of the Earth's mean equatorial radius (6,378,100 m, as ODK uses)."""

from __future__ import annotations

import math
import re
from itertools import pairwise

from forms.values import words

RADIUS_M = 6_378_100.0


def points(texts: list[str]) -> list[tuple[float, float]] | None:
    """The (lat, lon) of geopoints, traces and shapes; None if any is not one."""
    found: list[tuple[float, float]] = []
    for piece in ";".join(text for text in texts if text).split(";"):
        parts = words(piece)
        if not parts:
            continue
        if len(parts) < 2 or not all(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", part) for part in parts[:4]):
            return None
        lat, lon = float(parts[0]), float(parts[1])
        if abs(lat) > 90 or abs(lon) > 180:
            return None
        found.append((lat, lon))
    return found


def distance_m(texts: list[str]) -> float:
    """Metres along the points; NaN if there are fewer than two."""
    path = points(texts)
    if path is None or len(path) < 2:
        return math.nan
    total = 0.0
    for one, two in pairwise(path):
        total += _leg_m(one, two)
    return math.floor(total * 100 + 0.5) / 100


def _leg_m(one: tuple[float, float], two: tuple[float, float]) -> float:
    (lat1, lon1), (lat2, lon2) = ((math.radians(lat), math.radians(lon)) for lat, lon in (one, two))
    arc = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * RADIUS_M * math.asin(min(1.0, math.sqrt(arc)))


def area_m2(texts: list[str]) -> float:
    """Square metres inside the ring of points; NaN if there are fewer than three."""
    ring = points(texts)
    if ring is None or len(ring) < 3:
        return math.nan
    total = 0.0
    for index, (lat, lon) in enumerate(ring):
        lat2, lon2 = ring[(index + 1) % len(ring)]
        total += math.radians(lon2 - lon) * (2 + math.sin(math.radians(lat)) + math.sin(math.radians(lat2)))
    return math.floor(abs(total * RADIUS_M * RADIUS_M / 2) * 100 + 0.5) / 100
