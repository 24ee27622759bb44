"""The body of a `_find`, taken apart, and the search it asks for: a scan in order of id, bounded in time."""

from __future__ import annotations

import base64
import binascii
import heapq
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import orjson

from server.api.replication.feed_filters import as_json
from sync import mango
from sync.collation import key
from sync.documents import Json
from sync.errors import Malformed
from sync.mango import Predicate, TooSlow
from sync.store import DocStore

LIMIT = 25
"""Documents where a query names no limit, as in CouchDB."""
SEARCH_S = 10.0
PIECE = 100
_LAST = "\U0010ffff"
Names = tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """What is asked for. `sort` holds the paths of the fields to order by, and whether the greatest come first."""

    selector: Json
    meant: Predicate
    limit: int
    skip: int
    sort: tuple[Names, ...]
    descending: bool
    fields: tuple[Names, ...]
    conflicts: bool
    stats: bool
    after: Json
    """Where the bookmark says to go on: an id, or with a sort the number of documents that were given."""


@dataclass(frozen=True)
class Found:
    """The ids of the documents that are meant, in order, how many were looked at, and where to go on."""

    ids: list[str]
    examined: int
    bookmark: str


class BadQuery(Malformed):
    """A part of a query that is not what it should be; `slug` is CouchDB's word for it."""

    def __init__(self, slug: str, sentence: str) -> None:
        super().__init__(sentence)
        self.slug = slug


def read_query(body: Mapping[str, Json]) -> Query:
    """The query in the body of `_find` or `_explain`; `Malformed` for what is none."""
    if "selector" not in body:
        raise BadQuery("missing_required_key", "Missing required key: selector")
    sort, descending = _sort(body.get("sort", []))
    return Query(
        selector=body["selector"],
        meant=mango.predicate(body["selector"]),
        limit=_count(body, "limit", LIMIT),
        skip=_count(body, "skip", 0),
        sort=sort,
        descending=descending,
        fields=_fields(body.get("fields", [])),
        conflicts=_flag(body, "conflicts"),
        stats=_flag(body, "execution_stats"),
        after=_after(body.get("bookmark", "nil"), bool(sort)),
    )


def _count(body: Mapping[str, Json], name: str, default: int) -> int:
    value = body.get(name, default)
    if type(value) is not int or not 0 <= value < 2**53:
        raise Malformed(f"`{name}` must be a non-negative integer.")
    return value


def _flag(body: Mapping[str, Json], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise Malformed(f"`{name}` must be a boolean.")
    return value


def _fields(value: Json) -> tuple[Names, ...]:
    if value == "all_fields":
        return ()
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadQuery("invalid_fields_json", "Fields must be an array of strings.")
    return tuple(mango.path(name) for name in value)


def _sort(value: Json) -> tuple[tuple[Names, ...], bool]:
    if not isinstance(value, list):
        raise BadQuery("invalid_sort_json", "Sort must be an array of sort specs.")
    names, directions = [], set()
    for part in value:
        spec = {part: "asc"} if isinstance(part, str) else part
        sound = isinstance(spec, dict) and len(spec) == 1
        if not sound or not all(direction in ("asc", "desc") for direction in spec.values()):
            raise BadQuery("invalid_sort_field", "Invalid sort field.")
        names += [mango.path(name) for name in spec]
        directions |= set(spec.values())
    if len(directions) > 1:
        raise BadQuery(
            "unsupported_mixed_sort", "Sorts currently only support a single direction for all fields."
        )
    return tuple(names), directions == {"desc"}


def _after(bookmark: Json, sorts: bool) -> Json:
    if bookmark in ("nil", "", None):
        return None
    try:
        after = orjson.loads(base64.urlsafe_b64decode(bookmark.encode("ascii")))
    except (AttributeError, UnicodeEncodeError, binascii.Error, orjson.JSONDecodeError):
        after = None
    sound = type(after) is int and 0 <= after < 2**53 if sorts else isinstance(after, str)
    if not sound:
        raise BadQuery("invalid_bookmark", "Invalid bookmark value.")
    return after


def _bookmark(after: Json) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(after)).decode()


class Search:
    """One search of a store; `TooSlow` when its time is up. It runs in a native thread."""

    def __init__(self, store: DocStore, query: Query, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._query = query
        self._clock = clock
        self._deadline = clock() + SEARCH_S
        self._examined = 0

    def run(self) -> Found:
        """The documents of one page."""
        if self._query.sort:
            return self._sorted()
        skip, limit = self._query.skip, self._query.limit
        found = list(islice((doc_id for doc_id, _ in self._matches()), skip, skip + limit))
        return Found(found, self._examined, _bookmark(found[-1]) if found else "nil")

    def _sorted(self) -> Found:
        query = self._query
        start = (query.after or 0) + query.skip
        rows = (
            (tuple(key(mango.lookup(document, names)) for names in query.sort), doc_id)
            for doc_id, document in self._matches()
            if all(mango.has(document, names) for names in query.sort)
        )
        pick = heapq.nlargest if query.descending else heapq.nsmallest
        found = [doc_id for _, doc_id in pick(start + query.limit, rows)][start:]
        return Found(found, self._examined, _bookmark(start + len(found)) if found else "nil")

    def _matches(self) -> Iterator[tuple[str, Json]]:
        for document in self._documents():
            if self._query.meant(document):
                yield document["_id"], document

    def _documents(self) -> Iterator[Json]:
        """The documents that can be meant, as clients see them; design documents never are."""
        ids = self._ids()
        while piece := list(islice(ids, PIECE)):
            held = self._store.leaves_many(piece)
            for doc_id in piece:
                if self._clock() > self._deadline:
                    raise TooSlow(
                        "The search takes too long; ask for less with a narrower selector on `_id`."
                    )
                leaves = held.get(doc_id)
                if leaves and not leaves[0].deleted and not doc_id.startswith("_design/"):
                    self._examined += 1
                    yield as_json(leaves[0])

    def _ids(self) -> Iterator[str]:
        """The ids that can be meant, in byte order, after the bookmark."""
        condition = self._query.selector.get("_id")
        operators = condition if isinstance(condition, dict) else {"$eq": condition}
        after = "" if self._query.sort else self._query.after or ""
        one, prefix = operators.get("$eq"), operators.get("$beginsWith", "")
        if isinstance(one, str):
            return iter([one] if one > after else [])
        end = prefix + _LAST if prefix else None
        found = self._store.all_ids(max(prefix, after) or None, end)
        return (doc_id for doc_id, _ in found if doc_id != after)


def projected(document: Json, fields: tuple[Names, ...]) -> Json:
    """The document with only these fields, each where it was."""
    shown: dict[str, Json] = {}
    for names in fields:
        if mango.has(document, names):
            place = shown
            for name in names[:-1]:
                inner = place.setdefault(name, {})
                place = inner if isinstance(inner, dict) else {}
            place[names[-1]] = mango.lookup(document, names)
    return shown
