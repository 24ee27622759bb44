"""The words of an expression: references, numbers, names, signs and texts, each with its place in the source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal


class ExpressionInvalid(ValueError):
    """Text that is no expression. The message says what was met, and at which character (from 1)."""


SINGLE, DOUBLE = "'‘’‚′＇", '"“”„″＂'
QUOTES = {
    **{quote: quote for quote in SINGLE + DOUBLE},
    "“": "“”",
    "‘": "‘’",
}
"""What opens a text, and what may close it: a smart quote is closed by its partner, or by its twin."""

LOOSE = {quote: family for family in (SINGLE, DOUBLE) for quote in family}
"""The same for sources that mix straight and smart quotes: any of the same family closes."""

BLANK = "\u200b\u200c\u200d\u2060\ufeff"
"""Characters that cannot be seen and that Python does not call white space."""

FULL_WIDTH = str.maketrans("（），＝＜＞！＋－＊／．［］", "(),=<>!+-*/.[]")
"""Signs as a Chinese keyboard types them."""

NAME = r"[^\W\d][\w-]*(?:\.[\w-]+)*"
TOKEN = re.compile(
    rf"""(?P<ref>\$\{{[^{{}}]*\}}) | (?P<number>\d+(?:\.\d*)?|\.\d+)
       | (?P<name>{NAME}(?::{NAME})?) | (?P<sign>!=|<=|>=|\.\.|[-+*=<>()\[\],/.])""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Token:
    """A word of the source; `at` is its first character, from 0."""

    kind: Literal["ref", "number", "name", "sign", "text", "end"]
    text: str
    at: int


def tokens(source: str, quotes: dict[str, str] = QUOTES) -> list[Token]:
    """The words of an expression, closed by an `end`."""
    plain = source.translate(FULL_WIDTH)
    found: list[Token] = []
    at = 0
    while at < len(source):
        if source[at].isspace() or source[at] in BLANK:
            at += 1
            continue
        if source[at] in quotes:
            end = _closing(source, at, quotes[source[at]])
            found.append(Token("text", source[at + 1 : end], at))
            at = end + 1
            continue
        match = TOKEN.match(plain, at)
        if match is None or match.lastgroup is None:
            raise ExpressionInvalid(f"unexpected {source[at]!r} at character {at + 1}")
        kind: Any = match.lastgroup
        found.append(Token(kind, match[kind], at))
        at = match.end()
    return [*found, Token("end", "", len(source))]


def mixes_quotes(source: str) -> bool:
    """Whether there are smart quotes, so that a second reading with `LOOSE` may succeed."""
    return any(quote in source for quote in (SINGLE + DOUBLE).translate({39: None, 34: None}))


def _closing(source: str, at: int, wanted: str) -> int:
    """Where the string that opens at `at` closes."""
    for index in range(at + 1, len(source)):
        if source[index] in wanted:
            return index
    raise ExpressionInvalid(f"the quote opened at character {at + 1} is not closed")
