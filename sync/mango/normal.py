"""Selectors in one spelling, which is easy to look through.

A normal selector is `{}` or has one member: `$and` or `$or` with a list of normal selectors, or a field's whole name
with `{operator: argument}`. `$not` and `$nor` have gone down to the operators; what has no opposite there stands under
a `$not`. `$elemMatch`, `$allMatch` and `$keyMapMatch` hold a normal selector for what is inside, where operators stand
without a field as well. So CouchDB does it, and shows it in `_explain`.
"""

from __future__ import annotations

from sync.documents import Json
from sync.mango.errors import BadArgument, BadQuery, InvalidOperator
from sync.mango.fields import path
from sync.mango.operators import is_operator, opposite

INSIDE = ("$elemMatch", "$allMatch", "$keyMapMatch")
DEPTH_MAX = 100


def normal(selector: Json) -> dict[str, Json]:
    """The selector in its normal spelling; `BadQuery` for what is none. Arguments are not looked at yet."""
    if not isinstance(selector, dict):
        raise BadQuery("invalid_selector_json", "Selector must be a JSON object")
    return _Spelling(for_documents=True).condition(selector) if selector else {}


class _Spelling:
    """One walk down a selector; for whole documents or for what is inside a value."""

    def __init__(self, *, for_documents: bool, depth: int = 0) -> None:
        self._for_documents = for_documents
        self._depth = depth

    def condition(self, argument: Json, field: str = "", positive: bool = True) -> dict[str, Json]:
        """What is asked of a field: members that hold together, or a value that it is to be equal to."""
        if not isinstance(argument, dict) or not argument:
            return self._operator("$eq", argument, field, positive)
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise BadQuery("bad_request", "the selector is nested too deeply")
        parts = [self._member(name, value, field, positive) for name, value in argument.items()]
        self._depth -= 1
        return parts[0] if len(parts) == 1 else {"$and" if positive else "$or": parts}

    def _member(self, name: str, argument: Json, field: str, positive: bool) -> dict[str, Json]:
        if name in ("$and", "$or", "$nor"):
            return self._combination(name, argument, field, positive)
        if name == "$not":
            if not isinstance(argument, dict):
                raise BadArgument(name, argument)
            return self.condition(argument, field, not positive)
        if name.startswith("$"):
            return self._operator(name, argument, field, positive)
        whole = f"{field}.{name}" if field else name
        path(whole)
        return self.condition(argument, whole, positive)

    def _combination(self, name: str, argument: Json, field: str, positive: bool) -> dict[str, Json]:
        sound = isinstance(argument, list) and (field or all(isinstance(part, dict) for part in argument))
        if not sound:
            raise BadArgument(name, argument)
        inner = positive if name != "$nor" else not positive
        parts = [self.condition(part, field, inner) for part in argument]
        return {"$or" if (name == "$or") == positive else "$and": parts}

    def _operator(self, name: str, argument: Json, field: str, positive: bool) -> dict[str, Json]:
        if name not in INSIDE and not is_operator(name):
            raise InvalidOperator(name)
        if not field and self._for_documents:
            raise BadQuery("invalid_selector", "One or more conditions is missing a field name.")
        if name in INSIDE:
            if not isinstance(argument, dict):
                raise BadArgument(name, argument)
            argument = _Spelling(for_documents=False, depth=self._depth).condition(argument)
        if not positive:
            name, argument = opposite(name, argument) or ("$not", {name: argument})
        return {field: {name: argument}} if field else {name: argument}
