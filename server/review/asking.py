"""What a query string asks of the queue, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from server.review.queue import Filter
from server.review.values import day_start

NAMES = ("state", "grid", "form", "worker", "flag", "from", "to", "order")
"""Parameters that name a list; `at` is a place in it."""


def wanted_of(given: Mapping[str, str]) -> Filter:
    """The filter a query asks for; what makes no sense asks for nothing."""
    return Filter(
        state=given.get("state") or "submitted",
        grid=given.get("grid", ""),
        form=given.get("form", ""),
        worker=given.get("worker", ""),
        flag=given.get("flag", ""),
        begin_at=day_start(given.get("from", "")),
        end_at=day_start(given.get("to", ""), add_days=1),
        order="newest" if given.get("order") == "newest" else "oldest",
    )


def query_of(given: Mapping[str, str], **changed: str) -> str:
    """`?…` for the list of a query with some of it changed (`_from` for `from`); empty where nothing is asked."""
    merged = {name: given.get(name, "") for name in NAMES} | {
        name.strip("_"): value for name, value in changed.items()
    }
    asked = {name: value for name, value in merged.items() if value and (name, value) not in DEFAULTS}
    return f"?{urlencode(asked)}" if asked else ""


DEFAULTS = {("state", "submitted"), ("order", "oldest")}


def narrowed(given: Mapping[str, str]) -> bool:
    """Whether a query asks for less than a whole state."""
    return any(given.get(name) for name in NAMES if name not in ("state", "order"))


def parsed(query: str) -> dict[str, str]:
    """The parameters of a query string that came back in a form."""
    return dict(parse_qsl(query.removeprefix("?")))
