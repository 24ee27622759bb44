"""The body of a `_find`, taken apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sync.documents import Json
from sync.mango import bookmarks
from sync.mango.bookmarks import Bookmark
from sync.mango.errors import BadQuery
from sync.mango.fields import Names, path
from sync.mango.index import DESIGN, directions
from sync.mango.normal import normal
from sync.mango.operators import Predicate
from sync.mango.selector import predicate

LIMIT = 25
"""Documents where a query names no limit, as in CouchDB."""


@dataclass(frozen=True)
class Query:
    """What is asked for."""

    given: Mapping[str, Json]
    """As it came."""
    condition: dict[str, Json]
    """The selector, normal."""
    meant: Predicate
    limit: int
    skip: int
    sort: tuple[tuple[str, str], ...]
    fields: tuple[Names, ...]
    use_index: tuple[str, ...]
    """The design document, without `_design/`, and perhaps the name of an index in it."""
    may_fall_back: bool
    fresh: bool
    """Whether an index has to know every document first."""
    conflicts: bool
    stats: bool
    bookmark: Bookmark | None

    @property
    def sort_fields(self) -> tuple[str, ...]:
        return tuple(field for field, _ in self.sort)

    @property
    def descending(self) -> bool:
        return any(direction == "desc" for _, direction in self.sort)

    @property
    def options(self) -> dict[str, Json]:
        """Every member as it counts, with what CouchDB takes for granted."""
        told = {name: self.given.get(name, default) for name, (default, _) in _MEMBERS.items()}
        del told["selector"]
        fields = [] if told["fields"] == "all_fields" else told["fields"]
        return {**told, "use_index": list(self.use_index), "sort": dict(self.sort), "fields": fields}

    @cached_property
    def sort_names(self) -> tuple[Names, ...]:
        return tuple(map(path, self.sort_fields))


def read_query(body: Mapping[str, Json]) -> Query:
    """The query in the body of `_find` or `_explain`; `BadQuery` for what is none."""
    if "selector" not in body:
        raise BadQuery("missing_required_key", "Missing required key: selector")
    for name in body:
        if name not in _MEMBERS:
            raise BadQuery("invalid_key", f"Invalid key {name} for this request.")
    read = {name: check(body.get(name, default)) for name, (default, check) in _MEMBERS.items()}
    return Query(
        given=body,
        condition=read["selector"],
        meant=predicate(body["selector"]),
        limit=read["limit"],
        skip=read["skip"],
        sort=read["sort"],
        fields=read["fields"],
        use_index=read["use_index"],
        may_fall_back=read["allow_fallback"],
        fresh=read["update"] and not read["stale"],
        conflicts=read["conflicts"],
        stats=read["execution_stats"],
        bookmark=read["bookmark"],
    )


def _count(value: Json) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise BadQuery("invalid_non_neg_integer", "A count is not an integer greater than or equal to zero.")
    return value


def _positive(value: Json) -> int:
    if type(value) is not int or value < 1:
        raise BadQuery("invalid_pos_integer", "A number is not an integer greater than zero.")
    return value


def _flag(value: Json) -> bool:
    if not isinstance(value, bool):
        raise BadQuery("invalid_boolean", "An option is neither true nor false.")
    return value


def _stale(value: Json) -> bool:
    if value not in ("ok", "false", False):
        raise BadQuery("invalid_ok_or_false_value", "`stale` is ok or false.")
    return bool(value == "ok")


def _fields(value: Json) -> tuple[Names, ...]:
    if value == "all_fields":
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadQuery("invalid_fields", "Fields must be an array of strings.")
    return tuple(map(path, value))


def _use_index(value: Json) -> tuple[str, ...]:
    parts = value.removeprefix(DESIGN).split("/") if isinstance(value, str) else value or []
    sound = isinstance(parts, list) and len(parts) <= 2 and all(isinstance(part, str) for part in parts)
    if not sound:
        raise BadQuery("invalid_index_name", "Invalid index name.")
    return tuple(part.removeprefix(DESIGN) for part in parts)


def _partition(value: Json) -> str:
    if value != "":
        raise BadQuery("bad_request", "`partition` is not supported in this database.")
    return ""


_MEMBERS: Mapping[str, tuple[Json, Callable[[Json], Any]]] = {
    "selector": (None, normal),
    "limit": (LIMIT, _count),
    "skip": (0, _count),
    "sort": ([], directions),
    "fields": ([], _fields),
    "use_index": ([], _use_index),
    "allow_fallback": (True, _flag),
    "update": (True, _flag),
    "stale": (False, _stale),
    "conflicts": (False, _flag),
    "execution_stats": (False, _flag),
    "bookmark": ("nil", bookmarks.read),
    "r": (1, _positive),
    "stable": (False, _flag),
    "partition": ("", _partition),
}
"""What a query may have, its default, and how it is read. `r` and `stable` change nothing here."""
