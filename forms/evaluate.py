"""The evaluator of the expression language. Total: whatever the data, it gives a value and never raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from forms.expressions import Ast
from forms.functions import FUNCTIONS
from forms.messages import in_language
from forms.values import Atom, Value, arithmetic, atom, compare, number_of, text_of, truth_of


class Place(Protocol):
    """Where an expression stands: what its references mean there."""

    def read(self, path: str) -> list[Atom]:
        """The answers at a path without rows: one, or one for each row of a repeat that is not around us."""
        ...

    def stored(self, path: str) -> list[Atom]:
        """The answers at a path as they stand, whether they are asked or not."""
        ...

    def own(self) -> list[Atom]:
        """The answer of the question that the expression belongs to (`.`)."""
        ...

    def row(self, repeat: str, index: int) -> Place | None:
        """This place inside the row of a repeat, counted from 1; None where there is none."""
        ...

    def position(self, repeat: str) -> int:
        """Which row of an enclosing repeat this is, from 1; 0 outside."""
        ...

    def choices(self, name: str) -> list[dict[str, Any]]:
        """The items of a choice list."""
        ...

    def choice_text(self, path: str, name: str) -> str:
        """The label of a choice of the question at `path`."""
        ...

    def outside(self, kind: str, path: str) -> object:
        """A value from the context: of the subject's file, of the last record of a form, of the last saved."""
        ...

    def context(self, name: str) -> str:
        """A text of the context: now, today, locale …"""
        ...

    def seed(self) -> str:
        """What chance falls by here: the record, the question and the rows around it."""
        ...


def evaluate(tree: Ast, place: Place, item: Mapping[str, Any] | None = None) -> Value:
    """The value of a resolved tree; `item` is the choice that a filter or condition looks at."""
    kind = tree[0]
    if kind == "op":
        return _operation(tree, place, item)
    if kind == "num":
        return float(tree[1])
    if kind == "str":
        return str(tree[1])
    if kind == "ref":
        return place.read(tree[1])
    if kind == "self":
        return place.own()
    if kind == "stored":
        return place.stored(tree[1])
    if kind == "neg":
        return -number_of(evaluate(tree[1], place, item))
    if kind == "call":
        return _call(tree[1], tree[2], place, item)
    if kind == "col":
        return [_cell(item or {}, tree[1], place)]
    if kind == "lookup":
        return _lookup(tree, place)
    if kind == "position":
        return float(place.position(tree[1]))
    if kind == "choice":
        return place.choice_text(tree[2], text_of(evaluate(tree[1], place, item)))
    return [atom(place.outside(kind, tree[1]))]


def _operation(tree: Ast, place: Place, item: Mapping[str, Any] | None) -> Value:
    """A row of binary operators, walked along its left side without recursion."""
    links: list[Ast] = []
    while tree[0] == "op":
        links.append(tree)
        tree = tree[2]
    value = evaluate(tree, place, item)
    for _, operator, _, right in reversed(links):
        if operator == "and":
            value = truth_of(value) and truth_of(evaluate(right, place, item))
        elif operator == "or":
            value = truth_of(value) or truth_of(evaluate(right, place, item))
        elif operator in ("+", "-", "*", "div", "mod"):
            value = arithmetic(operator, value, evaluate(right, place, item))
        else:
            value = compare(operator, value, evaluate(right, place, item))
    return value


def _call(name: str, arguments: list[Ast], place: Place, item: Mapping[str, Any] | None) -> Value:
    if name == "if":
        return evaluate(arguments[1 if truth_of(evaluate(arguments[0], place, item)) else 2], place, item)
    if name == "coalesce":
        return _coalesce(arguments, place, item)
    if name == "once":
        own = place.own()
        return own if truth_of(own) else evaluate(arguments[0], place, item)
    if name == "indexed-repeat":
        return _indexed(arguments, place, item)
    if name == "pulldata":
        return _pulldata([text_of(evaluate(argument, place, item)) for argument in arguments], place)
    return FUNCTIONS[name].apply(place, [evaluate(argument, place, item) for argument in arguments])


def _coalesce(arguments: list[Ast], place: Place, item: Mapping[str, Any] | None) -> Value:
    for argument in arguments:
        value = evaluate(argument, place, item)
        if text_of(value) != "":
            return value
    return ""


def _indexed(arguments: list[Ast], place: Place, item: Mapping[str, Any] | None) -> Value:
    """indexed-repeat(question, repeat, index, …): the pairs go from the outermost repeat inwards."""
    inside: Place | None = place
    for repeat, index in zip(arguments[1::2], arguments[2::2], strict=False):
        number = number_of(evaluate(index, place, item))
        whole = int(number) if 1 <= number < 1e9 else 0
        inside = inside.row(repeat[1], whole) if inside is not None else None
    return evaluate(arguments[0], inside) if inside is not None else ""


def _pulldata(names: list[str], place: Place) -> Value:
    """pulldata(list, column, key column, key): the cell of the first item whose key column equals the key."""
    for item in place.choices(names[0]):
        if text_of([atom(item.get(names[2]))]) == names[3]:
            return [_cell(item, names[1], place)]
    return ""


def _lookup(tree: Ast, place: Place) -> Value:
    _, name, column, conditions = tree
    return [
        _cell(item, column, place)
        for item in place.choices(name)
        if all(truth_of(evaluate(condition, place, item)) for condition in conditions)
    ]


def _cell(item: Mapping[str, Any], column: str, place: Place) -> Atom:
    """A cell of a choice list; of a text in several languages the one that is read."""
    held = item.get(column)
    return in_language(held, place.context("locale")) if isinstance(held, dict) else atom(held)
