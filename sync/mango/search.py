"""One search of a store: bounded in time, and by an index where there is one that fits."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from itertools import islice

from sync.capabilities import KeepsIndexes, Span
from sync.documents import Json
from sync.errors import Unindexed
from sync.mango import behind
from sync.mango.bookmarks import NONE, Bookmark, Place
from sync.mango.errors import TooSlow
from sync.mango.fields import ABSENT, lookup, seen
from sync.mango.found import Found
from sync.mango.index import DESIGN, indexes_of
from sync.mango.planner import Plan, plan, without_indexes
from sync.mango.query import Query
from sync.mango.ranges import HIGHEST
from sync.mango.selector import key_of, predicate
from sync.store import DocStore

SEARCH_S = 10.0
PIECE = 100
_LAST = "\U0010ffff"
"""After every id that begins with what it stands behind."""

_Row = tuple[Place, Json]


def plan_of(store: DocStore, query: Query) -> Plan:
    """How a query of a store is answered."""
    return plan(query, indexes_of(store) if isinstance(store, KeepsIndexes) else [])


class Search:
    """A search for one page; `TooSlow` when its time is up. It runs in a native thread."""

    def __init__(self, store: DocStore, query: Query, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._query = query
        self._clock = clock
        self._deadline = clock() + SEARCH_S
        self._keys = self._docs = 0
        self._filter = predicate({})
        """What the index that cannot be read would have left out."""

    def run(self) -> Found:
        """The page."""
        found = behind.find(self._store, self._query)
        if found is not None:
            return found
        chosen = plan_of(self._store, self._query)
        try:
            return self._page(chosen)
        except Unindexed:
            if self._query.bookmark is not None or chosen.index is None:
                raise
            self._filter = predicate(chosen.index.partial or {})
            return self._page(without_indexes(chosen, self._query))

    def _page(self, chosen: Plan) -> Found:
        query = self._query
        until = query.skip + query.limit
        with closing(self._places(chosen)) as places:
            rows = self._meant(places)
            if chosen.is_sorted:
                found = [place for place, _ in islice(rows, query.skip, until)]
            else:
                pick = heapq.nlargest if query.descending else heapq.nsmallest
                found = pick(until, self._sortable(rows))[query.skip :]
        bookmark = query.bookmark
        if found:
            bookmark = Bookmark(chosen.index.identity if chosen.index else "", found[-1])
        ids = [doc_id for _, doc_id in found]
        return Found(ids, self._keys, self._docs, str(bookmark or NONE), chosen.warnings)

    def _places(self, chosen: Plan) -> Generator[Place]:
        """Where documents are that can be meant, in the order of the plan, after the bookmark; no design documents."""
        if chosen.is_empty:
            return
        with closing(self._ids(chosen) if chosen.index is None else self._entries(chosen)) as places:
            for place in places:
                self._keys += 1
                if not place[1].startswith(DESIGN):
                    yield place

    def _entries(self, chosen: Plan) -> Generator[Place]:
        assert chosen.index is not None
        assert isinstance(self._store, KeepsIndexes)
        query = self._query
        span = Span(*chosen.keys, query.bookmark.place if query.bookmark else None, chosen.descending)
        return self._store.entries(chosen.index, span, fresh=query.fresh, left_s=self._left_s)

    def _ids(self, chosen: Plan) -> Generator[Place]:
        (asked,) = chosen.ranges
        low = asked.low[0] if asked.low else None
        high = asked.high[0] if asked.high else None
        if high is not None and high.endswith(HIGHEST):
            high = high.removesuffix(HIGHEST) + _LAST
        bookmark = self._query.bookmark if chosen.is_sorted else None
        after = bookmark.place[1] if bookmark else None
        if chosen.descending:
            first, last = (high if after is None else after), low
        else:
            first, last = (low if after is None else after), high
        for doc_id, _ in self._store.all_ids(first, last, descending=chosen.descending):
            if doc_id != after:
                yield b"", doc_id

    def _meant(self, places: Iterator[Place]) -> Iterator[_Row]:
        """The documents that are meant, of those at these places."""
        size = min(PIECE, max(1, self._query.skip + self._query.limit))
        while piece := list(islice(places, size)):
            held = self._store.leaves_many([doc_id for _, doc_id in piece])
            for place in piece:
                self._left_s()
                leaves = held.get(place[1])
                if leaves and not leaves[0].deleted:
                    self._docs += 1
                    document = seen(leaves[0], [leaf.rev for leaf in leaves[1:] if not leaf.deleted])
                    if self._query.meant(document) and self._filter(document):
                        yield place, document
            size = PIECE

    def _sortable(self, rows: Iterator[_Row]) -> Iterator[Place]:
        """The places in the sort of those documents that have all its fields, after the bookmark."""
        query = self._query
        columns = list(zip(query.sort_names, map(key_of, query.sort_fields), strict=True))
        for (_, doc_id), document in rows:
            values = [lookup(document, names) for names, _ in columns]
            if not any(value is ABSENT for value in values):
                place = b"".join(key(value) for value, (_, key) in zip(values, columns, strict=True)), doc_id
                if self._is_after_bookmark(place):
                    yield place

    def _is_after_bookmark(self, place: Place) -> bool:
        bookmark = self._query.bookmark
        if bookmark is None:
            return True
        return place < bookmark.place if self._query.descending else place > bookmark.place

    def _left_s(self) -> float:
        """Seconds that are left; `TooSlow` where there are none."""
        left_s = self._deadline - self._clock()
        if left_s < 0:
            raise TooSlow("The search takes too long; ask for less, or make an index that fits.")
        return left_s
