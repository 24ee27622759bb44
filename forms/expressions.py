"""The XLSForm expression language: source text to a syntax tree of plain JSON lists.

    ["num", 1.5] ["str", "a"] ["neg", x] ["op", "=", left, right] ["call", "selected", [args…]]
    ["ref", name] ["path", base, [steps…]] ["name", bare] ["lookup", list, column, [conditions…]] ["subject", path]
    ["instance", name, [steps…]]: what is read of an instance in another way, and refused when it is resolved

`forms/scope.py` turns what depends on the place in the form (ref, path, name) into absolute references.
Nothing here evaluates; `forms/evaluate.py` does, and `forms/app/src/pure/expressions.ts` with it.
"""

from __future__ import annotations

from typing import Any

from forms.tokens import LOOSE, ExpressionInvalid, Token, mixes_quotes, tokens

__all__ = ["LEVELS", "MAX_DEPTH", "Ast", "ExpressionInvalid", "parse"]

Ast = list[Any]
"""A syntax tree: a list whose first item names its kind."""

MAX_DEPTH = 60
"""Deeper nesting is refused, so that no evaluator runs out of stack."""

MAX_LINKS = 300
"""Operands in one unbracketed row, for the same reason."""

LEVELS: tuple[frozenset[str], ...] = (
    frozenset({"or"}),
    frozenset({"and"}),
    frozenset({"=", "!="}),
    frozenset({"<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "div", "mod"}),
)


def parse(source: str) -> Ast:
    """The syntax tree of `source`; raises ExpressionInvalid.

    A source that cannot be read as it stands is read once more with quotes closed by any of their family.
    """
    try:
        return _parsed(tokens(source))
    except ExpressionInvalid:
        if not mixes_quotes(source):
            raise
        try:
            return _parsed(tokens(source, LOOSE))
        except ExpressionInvalid:
            pass  # what is said is what is wrong with the source as it stands
        raise


def _parsed(words: list[Token]) -> Ast:
    parser = _Parser(words)
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
        while self.word.kind in ("name", "sign") and self.word.text.lower() in LEVELS[level]:
            operator = self.word.text.lower()
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
        of_list, conditions = steps[:2] == ["root", "item"], []
        while self.met("sign", "["):
            of_list = of_list and len(steps) == 2
            conditions.append(self.expression(0))
            self.expect("sign", "]")
            if self.word.text == "/":
                steps += self.steps()
        if not of_list or len(steps) > 3:
            return ["instance", name, steps]
        return ["lookup", name, steps[2] if steps[2:] else "name", conditions]
