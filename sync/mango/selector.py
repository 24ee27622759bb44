"""Selectors as predicates.

A condition on a field that is not there fails, `$ne` and `$nin` too, and only `{"$exists": false}` holds. The field
`_id` is compared by code point, everything else in CouchDB's collation.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync import collation
from sync.documents import Json
from sync.errors import Malformed
from sync.mango.fields import ABSENT, lookup, path
from sync.mango.normal import INSIDE, normal
from sync.mango.operators import KeyOf, Predicate, operator


def predicate(selector: Json) -> Predicate:
    """The predicate of a selector, for whole documents; `Malformed` for what is none."""
    test = _test(normal(selector), collation.key)

    def meant(document: Json) -> bool:
        try:
            return test(document)
        except RecursionError:
            raise Malformed("a document is nested too deeply to be compared") from None

    return meant


def key_of(field: str) -> KeyOf:
    """The order of a field's values."""
    return collation.raw_key if field == "_id" else collation.key


def _test(condition: dict[str, Json], key: KeyOf) -> Predicate:
    """The predicate of a normal selector."""
    if not condition:
        return lambda value: True
    ((name, argument),) = condition.items()
    if name == "$and":
        return _every([_test(part, key) for part in argument])
    if name == "$or":
        return _some([_test(part, key) for part in argument])
    if name == "$not":
        test = _test(argument, key)
        return lambda value: not test(value)
    if name in INSIDE:
        return _within(name, _test(argument, key))
    return operator(name, argument, key) if name.startswith("$") else _field(name, argument)


def _every(tests: Sequence[Predicate]) -> Predicate:
    return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)


def _some(tests: Sequence[Predicate]) -> Predicate:
    """Of none, all are meant: so it is in CouchDB."""
    if not tests:
        return lambda value: True
    return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)


def _within(name: str, test: Predicate) -> Predicate:
    if name == "$elemMatch":
        return lambda value: isinstance(value, list) and any(test(item) for item in value)
    if name == "$allMatch":
        return lambda value: isinstance(value, list) and bool(value) and all(test(item) for item in value)
    return lambda value: isinstance(value, dict) and any(test(item) for item in value)


def _field(name: str, argument: dict[str, Json]) -> Predicate:
    names = path(name)
    if argument == {"$exists": False}:
        return lambda value: lookup(value, names) is ABSENT
    test = _test(argument, key_of(name))

    def holds(value: Json) -> bool:
        found = lookup(value, names)
        return found is not ABSENT and test(found)

    return holds
