"""Random expressions, answers, patterns and steps, made from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from forms.form import Form, Node
from forms.functions import FUNCTIONS, MANY

TEXTS = (
    "", "a", "0", "1", "-2", "3.5", " 4 ", "红", "red", "red blue", "𠮷", "x y z", "13800138000", "true",
    "2026-11-22", "2024-02-29", "2026-02-30", "2026-11-22T02:00:00Z", "2026-11-22T10:00:00.5+08:00", "0001-01-01",
    "9999-12-31", "09:30", "25.1 118.9 0 5", "25.1 118.9;25.2 118.9;25.2 119", "11010519491231002X", "%Y-%m-%d %a %b",
    "9144030071526726XG", "1e5", "[a-z]+", "(a+)+", "a|b", "\t", "NaN", "Infinity", "+1", "٣",
)  # fmt: skip
NUMBERS = ("0", "1", "2", "-1", "0.5", "2.5", "1000000", "99999999999999999999", "0.0000001", "-0", "20779")
OPERATORS = ("+", "-", "*", "div", "mod", "=", "!=", "<", "<=", ">", ">=", "and", "or")
ODD = (
    None,
    "",
    [],
    {},
    True,
    False,
    0,
    -1,
    1.5,
    10**20,
    "x",
    ["red"],
    ["red", "zz"],
    [1],
    {"a": 1},
    [{"row": "x"}],
)
ULIDS = tuple("0" * 25 + digit for digit in "123")


DAYS = (
    "'2026-11-22'",
    "'2024-02-29'",
    "'2026-11-22T02:00:00Z'",
    "'1958-03-08'",
    "${d}",
    "${t}",
    "today()",
    "now()",
    "20779.25",
)
OF_NUMBERS = frozenset(
    {"int", "floor", "ceiling", "round", "abs", "pow", "sqrt", "exp", "log", "log10", "min", "max", "sum"}
    | {"sin", "cos", "tan", "asin", "acos", "atan", "atan2"}
)
OF_DAYS = frozenset(
    {"date", "date-time", "decimal-date-time", "decimal-time", "format-date", "format-date-time", "add-date"}
    | {"age-in-years", "difference-in-months"}
)
CALLED = sorted(set(FUNCTIONS) - {"position", "index", "jr:choice-name", "indexed-repeat"})


def call(chance: Random, name: str, names: list[str]) -> str:
    """One call of a function on arguments of the sort it is made for."""
    function = FUNCTIONS[name]
    count = (
        4
        if name == "weighted-checklist"
        else chance.randint(function.least, min(function.most, function.least + 2))
    )
    given = []
    for index in range(count):
        if name in OF_NUMBERS:
            given.append(f"{chance.choice(('-', ''))}{chance.choice(NUMBERS)}")
        elif name.startswith("format-date") and index == 1:
            given.append("'%Y %y %m %n %b %d %e %H %h %M %S %3 %a %%'")
        elif name in OF_DAYS and (index == 0 or name in ("difference-in-months", "age-in-years")):
            given.append(chance.choice(DAYS))
        elif name == "add-date" or (name in ("substr", "selected-at", "item-at") and index > 0):
            given.append(chance.choice(("0", "1", "-1", "2", "13", "-25", "2.7")))
        else:
            given.append(_leaf(chance, names))
    if name == "regex":
        given[1] = f"concat({given[1]}, '')"  # a literal pattern outside the subset does not load
    return f"{name}({', '.join(given)})"


def expression(chance: Random, names: list[str], depth: int = 3) -> str:
    """Source text of an expression over some questions; it parses and resolves."""
    if depth == 0 or chance.random() < 0.2:
        return _leaf(chance, names)
    kind = chance.random()
    if kind < 0.45:
        left, right = (expression(chance, names, depth - 1) for _ in range(2))
        return f"({left} {chance.choice(OPERATORS)} {right})"
    if kind < 0.5:
        return f"-{expression(chance, names, depth - 1)}"
    name = chance.choice(CALLED)
    function = FUNCTIONS[name]
    count = chance.randint(function.least, min(function.most, function.least + 2))
    if name == "regex":
        return f"regex({expression(chance, names, depth - 1)}, concat({_leaf(chance, names)}, ''))"
    if name == "weighted-checklist":
        count = 4
    assert count <= MANY
    return f"{name}({', '.join(expression(chance, names, depth - 1) for _ in range(count))})"


def _leaf(chance: Random, names: list[str]) -> str:
    kind = chance.random()
    if kind < 0.4:
        return f"${{{chance.choice(names)}}}"
    if kind < 0.7:
        return f"'{chance.choice(TEXTS)}'"
    return chance.choice(NUMBERS) if kind < 0.95 else "."


GOOD = {
    "date": ("2026-11-22", "2024-02-29", "1958-03-08", "2015-06-01"),
    "datetime": ("2026-11-22T02:00:00Z", "2026-11-22T10:00:00+08:00", "2026-11-25T02:00:00Z"),
    "start": ("2026-11-22T02:00:00Z",),
    "time": ("09:30", "23:59:59"),
    "phone": ("13800138000", "0595-87981234"),
    "geopoint": ("25.1 118.9 0 5", "25.1 118.9 0 500"),
    "geotrace": ("0 0;0 1",),
    "geoshape": ("0 0;0 1;1 1",),
    "id_card": ("11010519491231002X",),
    "credit_code": ("9144030071526726XG",),
    "text": ("陈秀英", "老人一切都好，提醒了用电", "3", "a", ""),
}
"""Texts of the right form for each type."""


def answers(chance: Random, form: Form, odd: float = 0.08) -> dict[str, Any]:
    """Answers to a form: mostly of the right type, that share odd, some missing."""
    return _object(chance, form, form.children[""], odd)


def _object(chance: Random, form: Form, nodes: list[Node], odd: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in nodes:
        if chance.random() < 0.75:
            found[node.question["name"]] = _answer(chance, form, node, odd)
    return found


def _answer(chance: Random, form: Form, node: Node, odd: float) -> Any:
    if chance.random() < odd:
        return chance.choice(ODD)
    question = node.question
    kind = question["type"]
    codes = [item["name"] for item in form.choices(question.get("choices", ""))]
    if kind == "group":
        return _object(chance, form, form.children[node.path], odd)
    if kind == "repeat":
        rows = [
            {"row": row, **_object(chance, form, form.children[node.path], odd)}
            for row in ULIDS
            if chance.random() < 0.6
        ]
        return [row | {"removed": True} if chance.random() < 0.15 else row for row in reversed(rows)]
    if kind == "select_one":
        return chance.choice(codes or ["x"])
    if kind in ("select_multiple", "rank"):
        return chance.sample(codes, chance.randint(0, min(3, len(codes))))
    if kind in ("integer", "decimal", "money", "range"):
        return chance.choice((0, 1, 2, 5, 10, 17, 18, 26, 60, 131, -1, 2.5))
    if kind == "acknowledge":
        return chance.random() < 0.5
    if kind in ("image", "signature"):
        return [
            {"row": row, "sha256": "ab" * 32, "type": "image/jpeg", "bytes": 9}
            for row in ULIDS
            if chance.random() < 0.5
        ]
    if kind == "ref":
        return f"{chance.choice(('person', 'dwelling'))}:{chance.choice(ULIDS)}"
    return chance.choice(TEXTS) if chance.random() < odd * 3 else chance.choice(GOOD.get(kind, TEXTS))


PIECES = (
    "a",
    "b",
    "[ab]",
    "[^a]",
    ".",
    "\\d",
    "\\w",
    "\\s",
    "1",
    "^",
    "$",
    "(a|b)",
    "(?:ab)",
    "近",
    "[一-鿿]",
    "\\u0041",
)
SUFFIXES = ("", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,}", "*?")


def pattern(chance: Random) -> str:
    """A pattern; most are within the subset, and mean the same to Python's own engine."""
    return "".join(chance.choice(PIECES) + chance.choice(SUFFIXES) for _ in range(chance.randint(1, 4)))


def subject(chance: Random) -> str:
    """A text that patterns may match."""
    return "".join(chance.choice("aabb1 近A\n") for _ in range(chance.randint(0, 6)))


PEOPLE = ("chen", "lin", "xu", "mei", "ke")
TIMES = ("2026-11-23T01:00:00Z", "2026-11-27T10:30:00Z", "2026-12-04T16:30:00Z", "2026-10-02", "soon", "")
SAID = ("1", "2", "3", "2026-12-01", "2026-11-30T02:00:00Z", "补", "", 0, False, ["2", "x"])


def steps(chance: Random, table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Steps by a workflow table on a record, each having seen some of those before it (and sometimes one to come)."""
    found: list[dict[str, Any]] = []
    states = [table["initial"]]
    care = chance.choice((0.7, 0.9, 1, 1))
    for number in range(chance.randint(0, 14)):
        before = [step["id"] for step in found if chance.random() < care]
        if chance.random() > care + 0.25:
            before.append(f"s{number + 1}")
        if chance.random() > care + 0.15:
            name, fields = f"step:r:ruling-{number}", {"winner": f"s{chance.randint(0, 12)}"}
            found.append(_step(chance, name, "rule", "server", before, fields))
            continue
        fitting = [row for row in table["acts"] if states[-1] in row["from"]]
        row = chance.choice(fitting if fitting and chance.random() < care + 0.2 else table["acts"])
        named = {
            name for either in row.get("requires", []) for name in either if chance.random() < care + 0.1
        }
        named |= {row["until"] for row in table.get("timers", []) if "until" in row and chance.random() < 0.3}
        fields = {name: chance.choice(SAID) for name in sorted(named)}
        role = chance.choice(row["who"]) if chance.random() < care + 0.2 else "nobody"
        found.append(_step(chance, f"s{number}", row["act"], role, before, fields))
        if number and chance.random() < 0.5:
            found[-1]["by"] = found[-2]["by"]  # one pair of hands often goes on
        states.append(row.get("to", states[-1]))
    return found


def _step(
    chance: Random, name: str, act: str, role: str, before: list[str], fields: dict[str, Any]
) -> dict[str, Any]:
    by, at = chance.choice(PEOPLE), chance.choice(TIMES)
    return {"id": name, "act": act, "by": by, "role": role, "at": at, "after": before, "fields": fields}
