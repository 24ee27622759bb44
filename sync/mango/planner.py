"""Which index answers a query, and which part of it: as CouchDB's documentation says ("Selecting an index").

An index can be used if it holds every document that the selector can mean: each of its fields is required by the
selector or sorted by; and if it can be read in the order of the sort, behind fields that are constant. One with a
filter only if the query names it. Of those the one that answers most of the selector, then that with the fewest fields,
then the first by name. Where none can be used the documents themselves are read, and sorted in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.collation import AFTER
from sync.documents import Json
from sync.mango.errors import BadQuery
from sync.mango.index import DESIGN, Index
from sync.mango.query import Query
from sync.mango.ranges import IDS, Range, ranges, required

_ALWAYS_THERE = frozenset({"_id", "_rev"})
_NOTHING: tuple[dict[str, Json], ...] = ({"$or": []}, {"$and": []})
"""Alone they mean nothing in a query, as in CouchDB; beside other conditions they change nothing."""
_NONE_FITS = "No matching index found, create an index to optimize query time."


@dataclass(frozen=True)
class Candidate:
    """An index that there is, and what keeps it from being used, in CouchDB's word."""

    index: Index
    why_not: str | None
    prefix: tuple[Range, ...]
    """The ranges of its first fields, as far as the selector has any without a gap."""


@dataclass(frozen=True)
class Plan:
    """How a query is answered."""

    index: Index | None
    """None: by the documents themselves, in order of id."""
    ranges: tuple[Range, ...]
    """Of the first fields of the index; of the id, where there is none."""
    is_sorted: bool
    """Whether the documents come as the query sorts them."""
    is_empty: bool
    """Whether the selector excludes itself."""
    descending: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[bytes, bytes]:
        """From which key on the index is read, and before which it ends."""
        key = b""
        for found in self.ranges:
            if not found.is_one:
                return key + found.start, key + found.stop
            key += found.start
        return key, key + AFTER


def candidates(query: Query, indexes: Sequence[Index]) -> list[Candidate]:
    """Every index with what speaks against it, the best first."""
    asked, needed = ranges(query.condition), required(query.condition)
    found = []
    for index in indexes:
        lacking = set(index.fields) - needed - set(query.sort_fields) - _ALWAYS_THERE
        why_not = "field_mismatch" if lacking else None
        if not why_not and not _can_sort(index.fields, query.sort_fields, asked):
            why_not = "sort_order_mismatch"
        if index.partial and not is_named(index, query.use_index):
            why_not = "is_partial"
        found.append(Candidate(index, why_not, _prefix(index.fields, asked)))
    return sorted(found, key=_rank)


def _rank(candidate: Candidate) -> tuple[int, int, str, str]:
    index = candidate.index
    return -len(candidate.prefix), len(index.fields), index.ddoc, index.name


def is_named(index: Index, use_index: Sequence[str]) -> bool:
    """Whether `use_index` means it."""
    return bool(use_index) and (index.ddoc.removeprefix(DESIGN), index.name)[: len(use_index)] == use_index


def _can_sort(fields: Sequence[str], sort: Sequence[str], asked: dict[str, Range]) -> bool:
    for place, field in enumerate(fields):
        if not sort or field == sort[0]:
            return list(fields[place : place + len(sort)]) == list(sort)
        if field not in asked or not asked[field].is_one:
            return False
    return not sort


def _prefix(fields: Sequence[str], asked: dict[str, Range]) -> tuple[Range, ...]:
    found = []
    for field in fields:
        if field not in asked:
            break
        found.append(asked[field])
    return tuple(found)


def plan(query: Query, indexes: Sequence[Index]) -> Plan:
    """How this query is answered with these indexes; `BadQuery` where it asks for what cannot be."""
    usable = [candidate for candidate in candidates(query, indexes) if candidate.why_not is None]
    named = [candidate for candidate in usable if is_named(candidate.index, query.use_index)]
    if not query.may_fall_back and not (named if query.use_index else usable):
        raise BadQuery("invalid_index", _not_found(query.use_index))
    asked = ranges(query.condition)
    is_empty = query.condition in _NOTHING or any(found.is_empty for found in asked.values())
    chosen = _chosen(query, usable, named, asked)
    warnings = [] if named or not query.use_index else [_not_used(query.use_index)]
    if chosen is None:
        return _by_documents(query, is_empty, warnings)
    return Plan(chosen.index, chosen.prefix, True, is_empty, query.descending, tuple(warnings))


def without_indexes(chosen: Plan, query: Query) -> Plan:
    """The plan where no index can be read."""
    return _by_documents(query, chosen.is_empty, chosen.warnings)


def _by_documents(query: Query, is_empty: bool, warnings: Sequence[str]) -> Plan:
    is_sorted = query.sort_fields in ((), ("_id",))
    asked = ranges(query.condition).get("_id", IDS)
    return Plan(None, (asked,), is_sorted, is_empty, query.descending and is_sorted, (*warnings, _NONE_FITS))


def _chosen(
    query: Query, usable: Sequence[Candidate], named: Sequence[Candidate], asked: dict[str, Range]
) -> Candidate | None:
    """The index that the bookmark was given by, as long as it is there; else the named, else the best one."""
    if query.bookmark is not None:
        identity = query.bookmark.identity
        found = [candidate for candidate in usable if candidate.index.identity == identity]
        if identity and not found:
            raise BadQuery("invalid_bookmark", "The index of this bookmark is gone; start again without it.")
        return found[0] if identity else None
    if not named and asked.get("_id", IDS).is_one:
        return None
    return next(iter(named or usable), None)


def _not_found(use_index: Sequence[str]) -> str:
    if not use_index:
        return "You must specify an index with the `use_index` parameter."
    return (
        f"_design/{', '.join(use_index)} specified by `use_index` could not be found or it is not suitable."
    )


def _not_used(use_index: Sequence[str]) -> str:
    why = "it is not a valid index" if len(use_index) > 1 else "it does not contain a valid index"
    return f"_design/{', '.join(use_index)} was not used because {why} for this query."
