"""Mango selectors (CouchDB's `_find`): JSON that says which documents are meant, made into a predicate.

Every operator of CouchDB's documentation ("Selector Syntax") but `$text`. As there, a condition on a field that is
not there fails, `$ne` and `$nin` too, and only `{"$exists": false}` holds; `$not` and `$nor` go down to the fields
first, so they do not change that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sync.collation import key
from sync.documents import Json
from sync.errors import Malformed

Predicate = Callable[[Json], bool]
"""Whether a JSON value is meant."""

DEPTH_MAX = 100
_REGEX_S = 0.25
"""How long one pattern may look at one string."""
_ABSENT = object()


class InvalidOperator(Malformed):
    """An operator that is none."""

    slug = "invalid_operator"

    def __init__(self, name: str) -> None:
        super().__init__(f"Invalid operator: {name}")


class BadArgument(Malformed):
    """An operator with an argument that it does not take."""

    slug = "bad_arg"

    def __init__(self, name: str, argument: Json) -> None:
        super().__init__(f"Bad argument for operator {name}: {str(argument)[:100]}")


class TooSlow(Exception):
    """A pattern or a search took longer than it may; nothing is answered rather than a part."""


def predicate(selector: Json) -> Predicate:
    """The predicate of a selector, for whole documents; `Malformed` for what is none."""
    if not isinstance(selector, dict):
        raise Malformed("Selector must be a JSON object")
    test = _all_of(selector, positive=True, depth=0)

    def meant(document: Json) -> bool:
        try:
            return test(document)
        except RecursionError:
            raise Malformed("a document is nested too deeply to be compared") from None

    return meant


def path(field: str) -> tuple[str, ...]:
    """The names a field is reached by: dots part them, `\\.` is a dot."""
    names, name, escaped = [], "", False
    for sign in field:
        if escaped:
            name, escaped = name + (sign if sign == "." else "\\" + sign), False
        elif sign == "\\":
            escaped = True
        elif sign == ".":
            names.append(name)
            name = ""
        else:
            name += sign
    return (*names, name + ("\\" if escaped else ""))


def lookup(value: Json, names: Sequence[str]) -> Json:
    """What stands at a path, or None where nothing does; `has` tells them apart."""
    found = _lookup(value, names)
    return None if found is _ABSENT else found


def has(value: Json, names: Sequence[str]) -> bool:
    """Whether anything stands at a path."""
    return _lookup(value, names) is not _ABSENT


def _lookup(value: Json, names: Sequence[str]) -> Any:
    for name in names:
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(value):
            value = value[int(name[:9])]
        else:
            return _ABSENT
    return value


def _all_of(selector: Mapping[str, Json], *, positive: bool, depth: int) -> Predicate:
    """All members of a selector; where it is negated, any of their negations."""
    if depth > DEPTH_MAX:
        raise Malformed("the selector is nested too deeply")
    tests = [_member(name, argument, positive, depth + 1) for name, argument in selector.items()]
    return _every(tests) if positive else _some(tests)


def _every(tests: Sequence[Predicate]) -> Predicate:
    return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)


def _some(tests: Sequence[Predicate]) -> Predicate:
    return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)


def _member(name: str, argument: Json, positive: bool, depth: int) -> Predicate:
    """One member of a selector: an operator on the value itself, or a condition on a field of it."""
    if not name.startswith("$"):
        return _field(name, argument, positive, depth)
    if name in ("$and", "$or", "$nor"):
        parts = _selectors(name, argument)
        if not parts:
            return lambda value: True
        inner = positive if name != "$nor" else not positive
        tests = [_all_of(part, positive=inner, depth=depth) for part in parts]
        return _some(tests) if (name == "$or") == positive else _every(tests)
    if name == "$not":
        if isinstance(argument, dict):
            return _all_of(argument, positive=not positive, depth=depth)
        return _condition(argument, not positive, depth)
    if name in ("$elemMatch", "$allMatch", "$keyMapMatch"):
        return _signed(_within(name, _condition(argument, True, depth)), positive)
    return _signed(_operator(name, argument), positive)


def _selectors(name: str, argument: Json) -> list[Json]:
    if not isinstance(argument, list) or not all(isinstance(part, dict) for part in argument):
        raise BadArgument(name, argument)
    return argument


def _signed(test: Predicate, positive: bool) -> Predicate:
    return test if positive else lambda value: not test(value)


def _condition(argument: Json, positive: bool, depth: int) -> Predicate:
    """An object of operators or fields; anything else, and the empty object, is to be equal."""
    if isinstance(argument, dict) and argument:
        return _all_of(argument, positive=positive, depth=depth)
    return _signed(_compared(argument, lambda a, b: a == b), positive)


def _field(name: str, argument: Json, positive: bool, depth: int) -> Predicate:
    names = path(name)
    while isinstance(argument, dict) and argument.keys() == {"$not"}:
        argument, positive = argument["$not"], not positive
    if isinstance(argument, dict) and argument.keys() == {"$exists"}:
        return _signed(_existing(names, argument["$exists"]), positive)
    test = _condition(argument, positive, depth)

    def at_field(value: Json) -> bool:
        found = _lookup(value, names)
        return found is not _ABSENT and test(found)

    return at_field


def _existing(names: Sequence[str], wanted: Json) -> Predicate:
    if not isinstance(wanted, bool):
        raise BadArgument("$exists", wanted)
    return lambda value: has(value, names) == wanted


def _within(name: str, test: Predicate) -> Predicate:
    if name == "$elemMatch":
        return lambda value: isinstance(value, list) and any(test(item) for item in value)
    if name == "$allMatch":
        return lambda value: isinstance(value, list) and bool(value) and all(test(item) for item in value)
    return lambda value: isinstance(value, dict) and any(test(item) for item in value)


def _compared(argument: Json, holds: Callable[[Any, Any], bool]) -> Predicate:
    wanted = key(argument)
    return lambda value: holds(key(value), wanted)


def _operator(name: str, argument: Json) -> Predicate:
    make = _OPERATORS.get(name)
    if make is None:
        raise InvalidOperator(name)
    return make(name, argument)


def _exists(name: str, argument: Json) -> Predicate:
    """On a value that is there, as inside `$elemMatch`."""
    if not isinstance(argument, bool):
        raise BadArgument(name, argument)
    there: bool = argument
    return lambda value: there


def _type(name: str, argument: Json) -> Predicate:
    if argument not in ("null", "boolean", "number", "string", "array", "object"):
        raise BadArgument(name, argument)
    return lambda value: _TYPES[key(value)[0]] == argument


_TYPES = ("null", "boolean", "boolean", "number", "string", "array", "object")


def _in(name: str, argument: Json) -> Predicate:
    if not isinstance(argument, list):
        raise BadArgument(name, argument)
    wanted = [key(item) for item in argument]

    def is_in(value: Json) -> bool:
        found = [key(item) for item in value] if isinstance(value, list) else [key(value)]
        return any(item in wanted for item in found)

    return _signed(is_in, name == "$in")


def _all(name: str, argument: Json) -> Predicate:
    if not isinstance(argument, list):
        raise BadArgument(name, argument)
    wanted = [key(item) for item in argument]

    def has_all(value: Json) -> bool:
        if not isinstance(value, list) or not wanted:
            return False
        found = [key(item) for item in value]
        return wanted == [key(value)] or all(item in found for item in wanted)

    return has_all


def _size(name: str, argument: Json) -> Predicate:
    if type(argument) is not int or argument < 0:
        raise BadArgument(name, argument)
    return lambda value: isinstance(value, list) and len(value) == argument


def _mod(name: str, argument: Json) -> Predicate:
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


def _regex(name: str, argument: Json) -> Predicate:
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


def _begins_with(name: str, argument: Json) -> Predicate:
    if not isinstance(argument, str):
        raise BadArgument(name, argument)
    prefix: str = argument
    return lambda value: isinstance(value, str) and value.startswith(prefix)


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "$lt": lambda a, b: a < b,
    "$lte": lambda a, b: a <= b,
    "$eq": lambda a, b: a == b,
    "$ne": lambda a, b: a != b,
    "$gte": lambda a, b: a >= b,
    "$gt": lambda a, b: a > b,
}


def _comparison(name: str, argument: Json) -> Predicate:
    return _compared(argument, _COMPARISONS[name])


_OPERATORS: Mapping[str, Callable[[str, Json], Predicate]] = {
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
