"""A syntax tree as source text again."""

from __future__ import annotations

from collections.abc import Callable

from forms.expressions import LEVELS, Ast
from forms.values import number_text
from forms.xlsform.cellvalues import quoted

UNARY = len(LEVELS)


def source_of(tree: Ast) -> str:
    """Source that parses to this (unresolved) tree."""
    return _printed(tree, 0)


def _printed(tree: Ast, level: int) -> str:
    kind = tree[0]
    if kind == "op":
        return _operation(tree, level)
    if kind == "neg":
        inner = f"-{_printed(tree[1], UNARY)}"
        return f"({inner})" if level > UNARY else inner
    if kind == "num":
        return number_text(float(tree[1]))
    if kind == "str":
        return quoted(tree[1])
    if kind == "ref":
        return f"${{{tree[1]}}}"
    if kind == "subject":
        return f"${{subject.{tree[1]}}}"
    if kind == "call":
        return f"{tree[1]}({', '.join(map(source_of, tree[2]))})"
    if kind == "path":
        return _path(tree[1], tree[2])
    if kind == "lookup":
        conditions = "".join(f"[{source_of(condition)}]" for condition in tree[3])
        return f"instance({quoted(tree[1])})/root/item{conditions}/{tree[2]}"
    return str(tree[1])


def _operation(tree: Ast, level: int) -> str:
    """A row of operators, walked along its left side."""
    own = next(index for index, operators in enumerate(LEVELS) if tree[1] in operators)
    right: list[str] = []
    while tree[0] == "op" and tree[1] in LEVELS[own]:
        right.append(f" {tree[1]} {_printed(tree[3], own + 1)}")
        tree = tree[2]
    found = _printed(tree, own + 1) + "".join(reversed(right))
    return f"({found})" if level > own else found


def _path(base: str | Ast, steps: list[str]) -> str:
    walked = "/".join(steps)
    if base == "root":
        return f"/{walked}"
    if isinstance(base, list):
        return f"{source_of(base)}/{walked}"
    if not steps:
        return "."
    return walked if steps[0] in (".", "..") or len(steps) > 1 else f"./{walked}"


def mapped(tree: Ast, change: Callable[[Ast], Ast]) -> Ast:
    """A tree whose parts are changed from the leaves up."""
    kind = tree[0]
    if kind == "op":
        return _mapped_operation(tree, change)
    if kind == "neg":
        return change(["neg", mapped(tree[1], change)])
    if kind in ("call", "lookup"):
        return change([*tree[:-1], [mapped(part, change) for part in tree[-1]]])
    return change(tree)


def _mapped_operation(tree: Ast, change: Callable[[Ast], Ast]) -> Ast:
    """A row of operators, walked along its left side without recursion."""
    links: list[Ast] = []
    while tree[0] == "op":
        links.append(tree)
        tree = tree[2]
    found = mapped(tree, change)
    for link in reversed(links):
        found = change(["op", link[1], found, mapped(link[3], change)])
    return found
