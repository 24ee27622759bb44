"""The XLSForm expression language: source text to a syntax tree of plain JSON lists.

    ["num", 1.5] ["str", "a"] ["neg", x] ["op", "=", left, right] ["call", "selected", [args…]]
    ["ref", name] ["path", base, [steps…]] ["name", bare] ["lookup", list, column, [conditions…]] ["subject", path]

`forms/scope.py` turns what depends on the place in the form (ref, path, name) into absolute references.
Nothing here evaluates; `forms/evaluate.py` does, and `forms/app/src/pure/expressions.ts` with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

Ast = list[Any]
"""A syntax tree: a list whose first item names its kind."""

MAX_DEPTH = 60
"""Deeper nesting is refused, so that no evaluator runs out of stack."""

MAX_LINKS = 300
"""Operands in one unbracketed row, for the same reason."""

QUOTES = {"'": "'", '"': '"', "“": "”", "‘": "’", "”": "”", "’": "’"}
NAME = r"[^\W\d][\w-]*(?:\.[\w-]+)*"
TOKEN = re.compile(
    rf"""\s*(?:(?P<ref>\$\{{[^{{}}]*\}}) | (?P<number>\d+(?:\.\d*)?|\.\d+)
       | (?P<name>{NAME}(?::{NAME})?) | (?P<sign>!=|<=|>=|\.\.|[-+*=<>()\[\],/.]) )""",
    re.VERBOSE,
)
LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"or"}),
    frozenset({"and"}),
    frozenset({"=", "!="}),
    frozenset({"<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "div", "mod"}),
)


class ExpressionInvalid(ValueError):
    """Text that is no expression. The message says what was met, and at which character (from 1)."""


@dataclass(frozen=True)
class Token:
    """A word of the source; `at` is its first character, from 0."""

    kind: Literal["ref", "number", "name", "sign", "text", "end"]
    text: str
    at: int


def tokens(source: str) -> list[Token]:
    """The words of an expression, closed by an `end`."""
    found: list[Token] = []
    at = 0
    while at < len(source):
        if source[at].isspace():
            at += 1
            continue
        if source[at] in QUOTES:
            end = _closing(source, at)
            found.append(Token("text", source[at + 1 : end], at))
            at = end + 1
            continue
        match = TOKEN.match(source, at)
        if match is None or match.lastgroup is None:
            raise ExpressionInvalid(f"unexpected {source[at]!r} at character {at + 1}")
        kind: Any = match.lastgroup
        found.append(Token(kind, match[kind], at))
        at = match.end()
    return [*found, Token("end", "", len(source))]


def _closing(source: str, at: int) -> int:
    """Where the string that opens at `at` closes; a smart quote may also be closed by its opening twin."""
    wanted = {QUOTES[source[at]], source[at]} if source[at] in "“‘" else {source[at]}
    for index in range(at + 1, len(source)):
        if source[index] in wanted:
            return index
    raise ExpressionInvalid(f"the quote opened at character {at + 1} is not closed")


def parse(source: str) -> Ast:
    """The syntax tree of `source`; raises ExpressionInvalid."""
    parser = _Parser(tokens(source))
    tree = parser.expression(0)
    parser.expect("end", "")
    return tree


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() and value < 2**53 else value


class _Parser:
    """Recursive descent over the six levels of binary operators."""

    def __init__(self, words: list[Token]) -> None:
        self.words = words
        self.place = 0
        self.depth = 0

    @property
    def word(self) -> Token:
        return self.words[self.place]

    def met(self, kind: str, text: str) -> bool:
        if self.word.kind == kind and self.word.text == text:
            self.place += kind != "end"
            return True
        return False

    def expect(self, kind: str, text: str) -> None:
        if not self.met(kind, text):
            wanted = f"{text!r}" if text else "the end"
            met = f"{self.word.text!r}" if self.word.kind != "end" else "the end"
            raise ExpressionInvalid(f"expected {wanted}, met {met} at character {self.word.at + 1}")

    def expression(self, level: int) -> Ast:
        if level == len(LEVELS):
            return self.unary()
        left = self.expression(level + 1)
        links = 0
        while self.word.kind in ("name", "sign") and self.word.text in LEVELS[level]:
            operator = self.word.text
            self.place += 1
            left = ["op", operator, left, self.expression(level + 1)]
            links += 1
            if links > MAX_LINKS:
                raise ExpressionInvalid(f"more than {MAX_LINKS} operands in a row")
        return left

    def unary(self) -> Ast:
        negative = 0
        while self.met("sign", "-"):
            negative += 1
        inner = self.primary()
        for _ in range(min(negative, 2 - negative % 2)):
            inner = ["neg", inner]
        return inner

    def primary(self) -> Ast:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionInvalid(f"nested deeper than {MAX_DEPTH} levels at character {self.word.at + 1}")
        tree = self._primary()
        self.depth -= 1
        return tree

    def _primary(self) -> Ast:
        word = self.word
        if word.kind == "end":
            raise ExpressionInvalid("the expression ends where a value should be")
        if word.kind == "sign" and word.text in (".", "..", "/"):
            return self.path()
        self.place += 1
        if word.kind == "text":
            return ["str", word.text]
        if word.kind == "number":
            return ["num", _number(word.text)]
        if word.kind == "ref":
            return self.reference(word.text[2:-1].strip())
        if word.kind == "name":
            return self.call(word.text) if self.met("sign", "(") else self.bare(word.text)
        if word.text == "(":
            tree = self.expression(0)
            self.expect("sign", ")")
            return tree
        raise ExpressionInvalid(f"unexpected {word.text!r} at character {word.at + 1}")

    def reference(self, name: str) -> Ast:
        if not name:
            raise ExpressionInvalid("${} names no question")
        if self.word.kind == "sign" and self.word.text == "/":
            return ["path", ["ref", name], self.steps()]
        return ["ref", name]

    def bare(self, name: str) -> Ast:
        if self.word.kind == "sign" and self.word.text == "/":
            return ["path", "self", [name, *self.steps()]]
        return ["name", name]

    def path(self) -> Ast:
        if self.met("sign", "/"):
            return ["path", "root", [self.step(), *self.steps()]]
        return ["path", "self", [self.step(), *self.steps()]]

    def steps(self) -> list[str]:
        found = []
        while self.met("sign", "/"):
            found.append(self.step())
        return found

    def step(self) -> str:
        word = self.word
        if word.kind == "name" or (word.kind == "sign" and word.text in (".", "..")):
            self.place += 1
            return word.text
        raise ExpressionInvalid(f"a path needs a name at character {word.at + 1}")

    def call(self, name: str) -> Ast:
        arguments: list[Ast] = []
        if not self.met("sign", ")"):
            arguments.append(self.expression(0))
            while self.met("sign", ","):
                arguments.append(self.expression(0))
            self.expect("sign", ")")
        if name == "current" and not arguments:
            return ["path", "self", self.steps()]
        if name == "instance" and len(arguments) == 1 and arguments[0][0] == "str":
            return self.instance(arguments[0][1])
        return ["call", name, arguments]

    def instance(self, name: str) -> Ast:
        """`instance('list')/root/item[condition]/column`, or the CHT's `instance('contact-summary')/context/x`."""
        steps = self.steps()
        if name == "contact-summary" and len(steps) > 1 and steps[0] == "context":
            return ["subject", ".".join(steps[1:])]
        if steps[:2] != ["root", "item"]:
            raise ExpressionInvalid(f"instance('{name}') is read as /root/item[…]/column only")
        column, conditions = steps[2:], []
        while not column and self.met("sign", "["):
            conditions.append(self.expression(0))
            self.expect("sign", "]")
        column = column or self.steps()
        if len(column) > 1:
            raise ExpressionInvalid(f"instance('{name}') gives one column, not '{'/'.join(column)}'")
        return ["lookup", name, column[0] if column else "name", conditions]
