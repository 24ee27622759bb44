"""The body that asks for an index (`POST _index`), taken apart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import orjson

from sync.documents import Json
from sync.mango.errors import BadQuery
from sync.mango.index import DESIGN, Index, checked, directions
from sync.mango.normal import normal

_MEMBERS = ("index", "type", "name", "ddoc", "w", "partitioned")
_PARTS = ("fields", "partial_filter_selector")


def read_index(body: Mapping[str, Json]) -> Index:
    """The index that is asked for; where its names are not given they follow from the rest. `BadQuery`."""
    _check_members(body, _MEMBERS)
    if body.get("type", "json") != "json":
        raise BadQuery("invalid_index", f"Invalid type for index: {str(body['type'])[:100]}")
    if body.get("partitioned"):
        raise BadQuery("invalid_partitioned_option", "Databases here have no partitions.")
    asked = body.get("index")
    if not isinstance(asked, dict):
        raise BadQuery("invalid_index", "JSON indexes must be an object.")
    _check_members(asked, _PARTS)
    fields = directions(asked.get("fields"))
    if not fields:
        raise BadQuery("invalid_index", "An index has at least one field.")
    partial = normal(asked.get("partial_filter_selector", {}))
    index = checked(Index("", "", fields, partial or None))
    name, ddoc = _name(body, "name"), _name(body, "ddoc")
    digest = hashlib.sha256(orjson.dumps([index.view(), name])).hexdigest()[:40]
    return replace(index, ddoc=DESIGN + (ddoc or digest).removeprefix(DESIGN), name=name or digest)


def _check_members(given: Mapping[str, Json], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise BadQuery("invalid_key", f"Invalid key {name} for this request.")


def _name(body: Mapping[str, Json], member: str) -> str | None:
    value = body.get(member)
    if member in body and (not isinstance(value, str) or value in ("", DESIGN)):
        raise BadQuery("invalid_string", f"`{member}` must be a string that is not empty.")
    return value
