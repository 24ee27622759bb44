"""Names that a question may have here, made of those that authors gave; and what refers to them, rewritten."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping

from forms.schema import NAME
from forms.scope import REFERENCE
from forms.tokens import LOOSE, QUOTES, ExpressionInvalid, Token, tokens

RESERVED = frozenset({"meta"})
"""XForms keeps its own data under this name."""

LONGEST = 200


def is_name(text: str) -> bool:
    """Whether a question may have this name."""
    return re.fullmatch(NAME, text) is not None and text not in RESERVED and len(text) <= LONGEST


def named(text: str, taken: Collection[str], fallback: str) -> str:
    """A name as near to a text as may be, and not taken."""
    found = re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_")[:LONGEST] or fallback
    found = found if re.match("[A-Za-z_]", found) else f"_{found}"
    found = f"{found}_" if found in RESERVED else found
    number = 1
    while found in taken:
        number += 1
        found = f"{re.sub('_[0-9]+$', '', found)}_{number}"
    return found


def renamed(source: str, names: Mapping[str, str], references: Mapping[str, str]) -> str:
    """An expression whose references, and the steps of whose paths, follow their questions to the new names."""
    if not names and not references:
        return source

    def fresh(word: Token) -> str | None:
        if word.kind == "ref":
            return f"${{{_fresh(word.text[2:-1].strip(), references)}}}"
        if word.kind == "text":
            return renamed_in_text(word.text, references)
        return names.get(word.text) if word.kind == "name" else None

    return rewritten(source, fresh)


def renamed_in_text(text: str, references: Mapping[str, str]) -> str:
    """A label whose `${name}` follow their questions to the new names."""
    return REFERENCE.sub(lambda match: f"${{{_fresh(match[1].strip(), references)}}}", text)


def _fresh(name: str, references: Mapping[str, str]) -> str:
    before, saved, plain = name.rpartition("last-saved#")
    return f"{before}{saved}{references.get(plain, plain)}"


def rewritten(source: str, change: Callable[[Token], str | None]) -> str:
    """An expression with some of its words changed; as it is where it is none."""
    for quotes in (QUOTES, LOOSE):
        try:
            words = tokens(source, quotes)
        except ExpressionInvalid:
            continue
        found, end = "", 0
        for word in words:
            fresh = change(word)
            if fresh is not None and fresh != word.text:
                start = word.at + (word.kind == "text")
                found += source[end:start] + fresh
                end = start + len(word.text)
        return found + source[end:]
    return source
