"""What an expression asks for that no form here may have: then the expression is left out, and the rest is carried."""

from __future__ import annotations

from collections.abc import Collection

from forms.expressions import Ast
from forms.functions import FUNCTIONS, KNOWN_ELSEWHERE
from forms.patterns import PatternInvalid, compiled
from forms.wording import in_chinese

Said = tuple[str, str]
JAVASCRIPT = ("data", "is_finalized")
"""Functions of ODK-X."""
PREFIXES = ("calculates.", "opendatakit.", "cht:", "jr:", "odk:", "kb:", "wq:", "pstr:")
"""Functions of the tools around XLSForm."""


def obstacle(tree: Ast, gone: Collection[str], lists: Collection[str]) -> Said | None:
    """Why a tree cannot be carried, in Chinese and English.

    `gone` are the questions that were left out, `lists` the choice lists there are.
    """
    waiting: list[Ast] = [tree]
    while waiting:
        part = waiting.pop()
        found = _own(part, gone, lists)
        if found:
            return found
        waiting.extend(_inside(part))
    return None


def _inside(part: Ast) -> list[Ast]:
    kind = part[0]
    if kind in ("call", "lookup"):
        return list(part[-1])
    if kind == "path":
        return [part[1]] if isinstance(part[1], list) else []
    return [inner for inner in part[1:] if isinstance(inner, list) and inner]


def _own(part: Ast, gone: Collection[str], lists: Collection[str]) -> Said | None:
    kind = part[0]
    if kind == "ref" and part[1].removeprefix("last-saved#") in gone:
        return (
            f"{part[1]} 没有导入，引用它的式子也不能留",
            f"{part[1]} is left out, and so is what refers to it",
        )
    if kind == "path" and any(step in gone for step in part[2]):
        return (
            f"{part[2][-1]} 没有导入，引用它的式子也不能留",
            f"{part[2][-1]} is left out, and so is what refers to it",
        )
    if kind == "instance" or (kind == "lookup" and part[1] not in lists):
        return (
            f"instance('{part[1]}') 读的是别的数据，表单里没有；只能读本表单的选项表 /root/item[…]/列",
            f"instance('{part[1]}') reads data that a form here has not; only its own choice lists are read, as "
            "/root/item[…]/column",
        )
    return _call(part) if kind == "call" else None


def _call(part: Ast) -> Said | None:
    name = part[1] if part[1] in FUNCTIONS else part[1].lower()
    if name in FUNCTIONS:
        return _pattern(part) if name == "regex" and len(part[2]) == 2 else None
    if name in KNOWN_ELSEWHERE:
        said = f"{name}() {KNOWN_ELSEWHERE[name]}"
        return in_chinese(f"{said}."), said
    if name.startswith(PREFIXES) or name in JAVASCRIPT:
        return f"函数 {name}() 是别的工具的，这里没有", f"{name}() belongs to another tool"
    return None


def _pattern(part: Ast) -> Said | None:
    if part[2][1][0] != "str":
        return None
    try:
        compiled(part[2][1][1])
    except PatternInvalid as error:
        why = in_chinese(f"{error}.")
        return f"regex() 的这种写法不支持：{why}", f"regex() does not carry this pattern: {error}"
    return None
