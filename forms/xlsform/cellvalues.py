"""What single cells mean: yes and no, parameters, defaults."""

from __future__ import annotations

import re
from typing import Any

from forms.expressions import Ast, ExpressionInvalid, parse
from forms.functions import FUNCTIONS, KNOWN_ELSEWHERE

YES = frozenset({"yes", "y", "true", "true()", "1", "是", "x", "required", "必填"})
NO = frozenset({"no", "n", "false", "false()", "0", "否", "none"})
PARAMETER = re.compile(r"([^\s=;,]+)\s*=\s*([^\s;,]*)")
NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
COMPUTED = frozenset({"ref", "lookup", "subject", "instance"})
NUMERIC = frozenset({"integer", "decimal", "money", "range"})


def condition(text: str) -> bool | str:
    """yes, no, or an expression."""
    plain = text.strip().lower()
    if plain in YES:
        return True
    return False if plain in NO else text


def expression(text: str) -> str:
    """An expression; Excel's TRUE and FALSE are functions of it, and `&gt;` was copied out of XML."""
    text = text.replace("&gt;", ">").replace("&lt;", "<")
    return {"TRUE": "true()", "FALSE": "false()"}.get(text, text)


def parameters(text: str) -> dict[str, Any]:
    """`start=1 end=10;step=0.5` as names and values."""
    return {name: value(given) for name, given in PARAMETER.findall(text)}


def value(text: str) -> Any:
    """A number, a truth, or the text itself."""
    if text.lower() in ("true", "yes"):
        return True
    if text.lower() in ("false", "no"):
        return False
    if NUMBER.fullmatch(text) is None:
        return text
    return float(text) if "." in text else int(text)


def default(text: str, kind: str) -> str:
    """The expression of a default: XLSForm writes texts without quotes, and expressions as they are."""
    return text if _is_computed(text, kind) else quoted(text)


def static(source: str, kind: str) -> str:
    """How XLSForm writes a default, so that `default` gives it back."""
    try:
        tree = parse(source)
    except ExpressionInvalid:
        return source
    plain = tree[1] if tree[0] == "str" else source
    return plain if plain and default(plain, kind) == source else source


def _is_computed(text: str, kind: str) -> bool:
    if kind in NUMERIC and NUMBER.fullmatch(text):
        return True
    try:
        tree = parse(text)
    except ExpressionInvalid:
        return False
    return tree[0] == "str" or _computes(tree)


def _computes(tree: Ast) -> bool:
    """Whether a tree reads or calls anything: `Hello (world)` and `N/A` are texts that happen to parse."""
    if tree[0] == "call":
        return (
            tree[1] in FUNCTIONS or tree[1] in KNOWN_ELSEWHERE or not tree[2] or any(map(_computes, tree[2]))
        )
    if tree[0] == "path":
        return tree[1] != "self" or (tree[2][0] in (".", "..") and len(tree[2]) > 1)
    return tree[0] in COMPUTED or any(
        isinstance(part, list) and part and _computes(part) for part in tree[1:]
    )


def quoted(text: str) -> str:
    """A text as a literal of the expression language."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    parts = [f"'{part}'" for part in text.split("'")]
    return "concat(" + ', "\'", '.join(parts) + ")"
