"""Mango: CouchDB's `_find`, its selectors, and the indexes that answer them.

`selector` makes a selector a predicate, by way of `normal` and `operators`; `ranges` says what it asks of single
fields; `index` is a definition and the keys it gives; `planner` chooses one, `search` reads it, `explanation` tells.
"""

from sync.mango.definition import read_index
from sync.mango.errors import BadArgument, BadQuery, InvalidOperator, TooSlow
from sync.mango.explanation import ALL_DOCS, explained
from sync.mango.fields import projected, seen
from sync.mango.found import Found
from sync.mango.index import Index, indexes_in, indexes_of
from sync.mango.operators import Predicate
from sync.mango.query import Query, read_query
from sync.mango.search import Search
from sync.mango.selector import predicate

__all__ = [
    "ALL_DOCS",
    "BadArgument",
    "BadQuery",
    "Found",
    "Index",
    "InvalidOperator",
    "Predicate",
    "Query",
    "Search",
    "TooSlow",
    "explained",
    "indexes_in",
    "indexes_of",
    "predicate",
    "projected",
    "read_index",
    "read_query",
    "seen",
]
