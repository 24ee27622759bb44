"""The operators that look at one value, every one of CouchDB's documentation ("Condition Operators")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sync.collation import Key, type_of
from sync.documents import Json
from sync.mango.errors import BadArgument, InvalidOperator, TooSlow

Predicate = Callable[[Json], bool]
"""Whether a JSON value is meant."""

KeyOf = Callable[[Json], Key]
"""The order that values are compared in."""

_REGEX_S = 0.25
"""How long one pattern may look at one string."""


def operator(name: str, argument: Json, key: KeyOf) -> Predicate:
    """What an operator says of a value; `InvalidOperator`, `BadArgument`."""
    make = _OPERATORS.get(name)
    if make is None:
        raise InvalidOperator(name)
    return make(name, argument, key)


def is_operator(name: str) -> bool:
    """Whether there is an operator of that name."""
    return name in _OPERATORS


def opposite(name: str, argument: Json) -> tuple[str, Json] | None:
    """The operator that means a value when this one does not, where there is one."""
    if name == "$exists" and isinstance(argument, bool):
        return name, not argument
    return (_OPPOSITES[name], argument) if name in _OPPOSITES else None


_OPPOSITES = {"$lt": "$gte", "$lte": "$gt", "$eq": "$ne", "$in": "$nin"}
_OPPOSITES |= {there: here for here, there in _OPPOSITES.items()}

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$lt": lambda a, b: a < b,
    "$lte": lambda a, b: a <= b,
    "$eq": lambda a, b: a == b,
    "$ne": lambda a, b: a != b,
    "$gte": lambda a, b: a >= b,
    "$gt": lambda a, b: a > b,
}


def _comparison(name: str, argument: Json, key: KeyOf) -> Predicate:
    holds, wanted = _COMPARISONS[name], key(argument)
    return lambda value: holds(key(value), wanted)


def _exists(name: str, argument: Json, key: KeyOf) -> Predicate:
    """On a value that is there; who looks for one that is not asks before."""
    if not isinstance(argument, bool):
        raise BadArgument(name, argument)
    there: bool = argument
    return lambda value: there


def _type(name: str, argument: Json, key: KeyOf) -> Predicate:
    if argument not in ("null", "boolean", "number", "string", "array", "object"):
        raise BadArgument(name, argument)
    return lambda value: type_of(value) == argument


def _in(name: str, argument: Json, key: KeyOf) -> Predicate:
    if not isinstance(argument, list):
        raise BadArgument(name, argument)
    wanted, is_wanted = {key(item) for item in argument}, name == "$in"

    def is_in(value: Json) -> bool:
        found = map(key, value) if isinstance(value, list) else (key(value),)
        return any(item in wanted for item in found) == is_wanted

    return is_in


def _all(name: str, argument: Json, key: KeyOf) -> Predicate:
    if not isinstance(argument, list):
        raise BadArgument(name, argument)
    wanted = [key(item) for item in argument]

    def has_all(value: Json) -> bool:
        if not isinstance(value, list) or not wanted:
            return False
        found = {key(item) for item in value}
        return wanted == [key(value)] or found.issuperset(wanted)

    return has_all


def _size(name: str, argument: Json, key: KeyOf) -> Predicate:
    if type(argument) is not int or argument < 0:
        raise BadArgument(name, argument)
    return lambda value: isinstance(value, list) and len(value) == argument


def _mod(name: str, argument: Json, key: KeyOf) -> Predicate:
    sound = isinstance(argument, list) and len(argument) == 2 and all(type(n) is int for n in argument)
    if not sound or argument[0] == 0:
        raise BadArgument(name, argument)
    divisor, rest = argument

    def leaves_rest(value: Json) -> bool:
        if type(value) is not int:
            return False
        left = abs(value) % abs(divisor)  # the sign is the value's, as in Erlang
        return bool((left if value >= 0 else -left) == rest)

    return leaves_rest


def _regex(name: str, argument: Json, key: KeyOf) -> Predicate:
    import regex  # 2 MiB, for who asks this

    if not isinstance(argument, str) or len(argument) > 1_000:
        raise BadArgument(name, argument)
    try:
        pattern = regex.compile(argument)
    except (regex.error, RecursionError, OverflowError) as error:
        raise BadArgument(name, argument) from error

    def matches(value: Json) -> bool:
        try:
            return isinstance(value, str) and pattern.search(value, timeout=_REGEX_S) is not None
        except TimeoutError as error:
            raise TooSlow("The pattern of $regex takes too long.") from error

    return matches


def _begins_with(name: str, argument: Json, key: KeyOf) -> Predicate:
    if not isinstance(argument, str):
        raise InvalidOperator(name)  # so says CouchDB
    prefix: str = argument
    return lambda value: isinstance(value, str) and value.startswith(prefix)


_OPERATORS: Mapping[str, Callable[[str, Json, KeyOf], Predicate]] = {
    **dict.fromkeys(_COMPARISONS, _comparison),
    "$exists": _exists,
    "$type": _type,
    "$in": _in,
    "$nin": _in,
    "$all": _all,
    "$size": _size,
    "$mod": _mod,
    "$regex": _regex,
    "$beginsWith": _begins_with,
}
