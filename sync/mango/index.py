"""An index of the type `json`: the design document it is kept in, and the keys it orders documents by.

A document that has all its fields, and that its `partial_filter_selector` means, has one key in it: the keys of the
values, one after the other. Directions are kept and shown and order nothing: an index is read both ways, as in CouchDB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import orjson

from sync.collation import Key
from sync.documents import Document, Json
from sync.errors import Malformed
from sync.mango.errors import BadQuery
from sync.mango.fields import ABSENT, Names, lookup, path, seen
from sync.mango.operators import KeyOf, Predicate
from sync.mango.selector import key_of, predicate
from sync.store import DocStore

LANGUAGE = "query"
"""Of the design documents that hold indexes."""
DESIGN = "_design/"


@dataclass(frozen=True)
class Index:
    """A definition, and where it stands."""

    ddoc: str
    """The id of its design document, with `_design/`."""
    name: str
    directions: tuple[tuple[str, str], ...]
    partial: Json = None

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(field for field, _ in self.directions)

    @cached_property
    def identity(self) -> str:
        """The same for every definition that gives the same keys."""
        return hashlib.sha256(orjson.dumps([self.fields, self.partial])).hexdigest()[:32]

    def key(self, winner: Document, conflicts: Sequence[str]) -> Key | None:
        """Where a document stands in this index; None where it does not."""
        document = seen(winner, conflicts)
        if not self._is_meant(document):
            return None
        key = b""
        for names, key_of_value in self._columns:
            value = lookup(document, names)
            if value is ABSENT:
                return None
            key += key_of_value(value)
        return key

    @cached_property
    def _is_meant(self) -> Predicate:
        return predicate(self.partial or {})

    @cached_property
    def _columns(self) -> list[tuple[Names, KeyOf]]:
        return [(path(field), key_of(field)) for field in self.fields]

    @property
    def definition(self) -> dict[str, Json]:
        """What CouchDB shows of it."""
        shown: dict[str, Json] = {"fields": [{field: direction} for field, direction in self.directions]}
        return {**shown, "partial_filter_selector": self.partial} if self.partial else shown

    def shown(self) -> dict[str, Json]:
        """A row of the list of indexes."""
        told = {"ddoc": self.ddoc, "name": self.name, "type": "json", "partitioned": False}
        return {**told, "def": self.definition}

    def view(self) -> dict[str, Json]:
        """What stands under its name in `views` of its design document."""
        mapped = {"fields": dict(self.directions), "partial_filter_selector": self.partial or {}}
        return {"map": mapped, "reduce": "_count", "options": {"def": self.definition}}


def directions(given: Json) -> tuple[tuple[str, str], ...]:
    """Fields with their directions, as `sort` and the definition of an index list them; `BadQuery`."""
    if not isinstance(given, list):
        raise BadQuery("invalid_sort_json", "Sort must be an array of sort specs.")
    found = dict(_direction(part) for part in given)
    if len(set(found.values())) > 1:
        sentence = "Sorts currently only support a single direction for all fields."
        raise BadQuery("unsupported_mixed_sort", sentence)
    return tuple(found.items())


def _direction(part: Json) -> tuple[str, str]:
    spec = {part: "asc"} if isinstance(part, str) else part
    if not isinstance(spec, dict) or len(spec) != 1 or not all(d in ("asc", "desc") for d in spec.values()):
        raise BadQuery("invalid_sort_field", "Invalid sort field.")
    ((field, direction),) = spec.items()
    path(field)
    return field, direction


def indexes_in(doc_id: str, fields: Mapping[str, Json]) -> list[Index]:
    """The indexes that a design document holds; what is none is left out."""
    views = fields.get("views")
    if fields.get("language") != LANGUAGE or not isinstance(views, dict):
        return []
    return [index for name, view in sorted(views.items()) if (index := _read(doc_id, name, view))]


def _read(doc_id: str, name: str, view: Json) -> Index | None:
    mapped = view.get("map") if isinstance(view, dict) else None
    if not isinstance(mapped, dict):
        return None
    fields = mapped.get("fields")
    if not isinstance(fields, dict) or not fields:
        return None
    partial = mapped.get("partial_filter_selector") or mapped.get("selector") or None
    try:
        return checked(Index(doc_id, name, tuple(map(_direction, _specs(fields))), partial))
    except Malformed:
        return None


def _specs(fields: Mapping[str, Json]) -> Iterable[Json]:
    return ({field: direction} for field, direction in fields.items())


def checked(index: Index) -> Index:
    """The index, if its filter is a selector; `BadQuery`."""
    predicate(index.partial or {})
    return index


def indexes_of(store: DocStore) -> list[Index]:
    """The indexes that the design documents of a store define."""
    ids = [doc_id for doc_id, _ in store.all_ids(DESIGN, "_design0")]
    held = store.leaves_many(ids) if ids else {}
    return [index for doc_id in ids if doc_id in held for index in indexes_in(doc_id, held[doc_id][0].fields)]
