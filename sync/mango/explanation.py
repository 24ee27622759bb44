"""`_explain`: how a query is answered, in CouchDB's words, and why not by another index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sync.capabilities import KeepsIndexes
from sync.documents import Json
from sync.mango import behind
from sync.mango.index import Index, indexes_of
from sync.mango.planner import Candidate, Plan, candidates, is_named, plan
from sync.mango.query import Query
from sync.mango.ranges import fields, ranges
from sync.store import DocStore

ALL_DOCS = {"ddoc": None, "name": "_all_docs", "type": "special", "def": {"fields": [{"_id": "asc"}]}}
"""What CouchDB calls it when the documents themselves are read."""
_MAX = "<MAX>"


@dataclass(frozen=True)
class _Other:
    """An index that was not chosen; None stands for the documents themselves."""

    index: Index | None
    reason: str
    rank: int
    is_usable: bool = True

    def shown(self) -> dict[str, Json]:
        analysis = {"usable": self.is_usable, "reasons": [{"name": self.reason}], "ranking": self.rank}
        if self.index is None:
            return {"index": ALL_DOCS, "analysis": {**analysis, "covering": None}}
        return {"index": self.index.shown(), "analysis": {**analysis, "covering": False}}


def explained(store: DocStore, query: Query) -> Mapping[str, Json]:
    """What is said of a query of this store."""
    told = behind.explain(store, query)
    if told is not None:
        return told
    return _explanation(store.name, query, indexes_of(store) if isinstance(store, KeepsIndexes) else [])


def _explanation(name: str, query: Query, indexes: Sequence[Index]) -> dict[str, Json]:
    chosen = plan(query, indexes)
    others = [other for other in _others(chosen, query, indexes) if other.index is not chosen.index]
    others.sort(key=_name, reverse=True)
    return {
        "dbname": name,
        "index": chosen.index.shown() if chosen.index else ALL_DOCS,
        "partitioned": False,
        "selector": query.condition,
        "opts": query.options,
        "limit": query.limit,
        "skip": query.skip,
        "fields": query.options["fields"],
        "index_candidates": [other.shown() for other in others],
        "selector_hints": [_hints(query)],
        "mrargs": _view_options(chosen, query),
        "covering": False,
    }


def _name(other: _Other) -> tuple[str, str]:
    return (other.index.ddoc, other.index.name) if other.index else ("", "")


def _view_options(chosen: Plan, query: Query) -> dict[str, Json]:
    start, end = _bounds(chosen)
    if chosen.descending:
        start, end = end, start
    return {
        "include_docs": True,
        "view_type": "map",
        "reduce": False,
        "partition": None,
        "start_key": start,
        "end_key": end,
        "direction": "rev" if chosen.descending else "fwd",
        "stable": query.options["stable"],
        "update": query.fresh,
        "conflicts": query.conflicts or None,
    }


def _bounds(chosen: Plan) -> tuple[Json, Json]:
    if chosen.is_empty:
        return None, None
    if chosen.index is None:
        (asked,) = chosen.ranges
        return (*asked.low, None)[0], (*asked.high, _MAX)[0]
    start: list[Json] = []
    end: list[Json] = []
    for asked in chosen.ranges:
        start += asked.low
        end += asked.high
        if not asked.is_one:
            break
    return start, [*end, _MAX]


def _hints(query: Query) -> dict[str, Json]:
    indexable = ranges(query.condition).keys()
    hints = {
        "indexable_fields": sorted(indexable),
        "unindexable_fields": sorted(fields(query.condition) - indexable),
    }
    return {"type": "json", **hints}


def _others(chosen: Plan, query: Query, indexes: Sequence[Index]) -> Iterator[_Other]:
    """Every index but the chosen one, with what kept it from being chosen, the nearest first."""
    found = candidates(query, indexes)
    usable = [candidate for candidate in found if not candidate.why_not]
    wanted = [candidate for candidate in usable if is_named(candidate.index, query.use_index)] or usable
    for rank, candidate in enumerate(wanted):
        yield _Other(candidate.index, _worse(candidate, chosen, query), rank)
    rank = max(1, len(wanted))
    if chosen.index:
        yield _Other(None, "unfavored_type", rank)
        rank += 1
    excluded = [candidate.index for candidate in usable if candidate not in wanted]
    yield from (_Other(index, "excluded_by_user", rank) for index in excluded)
    rank += bool(excluded)
    yield from (_Other(c.index, c.why_not, rank, False) for c in found if c.why_not)


def _worse(candidate: Candidate, chosen: Plan, query: Query) -> str:
    if len(candidate.prefix) < len(ranges(query.condition)):
        return "less_overlap"
    if chosen.index and len(candidate.index.fields) > len(chosen.index.fields):
        return "too_many_fields"
    return "alphabetically_comes_after"
