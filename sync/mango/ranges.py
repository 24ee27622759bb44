"""What a normal selector says of single fields: which must be there, and between which keys their values lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sync import collation
from sync.collation import AFTER, STRINGS
from sync.documents import Json
from sync.mango.selector import key_of

HIGHEST = "\uffff"
"""Behind a text it is, in CouchDB's collation, after every text that begins so."""


@dataclass(frozen=True)
class Range:
    """The keys from `start` on and before `stop`. `low` and `high` are the values they come from, if any."""

    start: bytes = b""
    stop: bytes = AFTER
    low: tuple[Json, ...] = ()
    high: tuple[Json, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self.start >= self.stop

    @property
    def is_one(self) -> bool:
        """Whether only one value lies between: what begins with a text lies between two."""
        return self.low != () and self.low == self.high and self.start + AFTER == self.stop

    def within(self, other: Range) -> Range:
        """What lies in both."""
        found = self
        if other.start > found.start:
            found = replace(found, start=other.start, low=other.low)
        if other.stop < found.stop:
            found = replace(found, stop=other.stop, high=other.high)
        return found


EVERYTHING = Range()
IDS = Range(*STRINGS)
"""Whatever an id can be."""


def fields(condition: dict[str, Json]) -> frozenset[str]:
    """Every field that the selector names."""
    for name, argument in condition.items():
        return frozenset().union(*map(fields, argument)) if name in ("$and", "$or") else frozenset({name})
    return frozenset()


def required(condition: dict[str, Json]) -> frozenset[str]:
    """The fields that every document has which is meant."""
    for name, argument in condition.items():
        if name == "$and":
            return frozenset().union(*map(required, argument))
        if name == "$or":
            return frozenset.intersection(*map(required, argument)) if argument else frozenset()
        if argument != {"$exists": False}:
            return frozenset({name})
    return frozenset()


def ranges(condition: dict[str, Json]) -> dict[str, Range]:
    """The range of each field that an index could be read by, as far as `$and` goes."""
    found: dict[str, Range] = {}
    for field, operator, argument in _conditions(condition):
        asked = _range(field, operator, argument)
        if asked is not None:
            found[field] = found.get(field, IDS if field == "_id" else EVERYTHING).within(asked)
    return found


def _conditions(condition: dict[str, Json]) -> Iterator[tuple[str, str, Any]]:
    for name, argument in condition.items():
        if name == "$and":
            for part in argument:
                yield from _conditions(part)
        elif name != "$or":
            yield from ((name, operator, value) for operator, value in argument.items())


def _range(field: str, operator: str, argument: Json) -> Range | None:
    """What an operator leaves of all keys; None where CouchDB reads no index for it."""
    if operator == "$exists":
        return EVERYTHING
    if operator == "$beginsWith":
        prefix = collation.raw_prefix if field == "_id" else collation.prefix
        return Range(prefix(argument), prefix(argument) + AFTER, (argument,), (argument + HIGHEST,))
    if operator not in ("$eq", "$gt", "$gte", "$lt", "$lte"):
        return None
    key = key_of(field)(argument)
    start = {"$eq": key, "$gte": key, "$gt": key + AFTER}.get(operator)
    stop = {"$eq": key + AFTER, "$lte": key + AFTER, "$lt": key}.get(operator)
    low, high = (() if bound is None else (argument,) for bound in (start, stop))
    return Range(start or b"", stop or AFTER, low, high)
