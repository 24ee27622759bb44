"""CouchDB's order of JSON values: null, false, true, numbers, strings, arrays, objects.

Strings are ordered as ICU's root collation orders them, as far as that goes without its tables: white space and
punctuation before digits before letters, accents and case only where nothing else differs, lower case first. ASCII is
exact (documented under "Views Collation" of CouchDB); other letters are by script and code point, Chinese by code
point, which is the root order of the common characters.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any

from sync.documents import Json

Key = tuple[int, Any]
"""What is compared in place of a value; only ever with another key."""

_MARKS = "\t\n\x0b\x0c\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"
_ORDER = {sign: place for place, sign in enumerate(_MARKS, 1)}
_SYMBOL, _DIGIT, _LETTER = 1, 2, 3


def key(value: Json) -> Key:
    """The key of a JSON value: keys compare as CouchDB compares the values."""
    if value is None:
        return 0, ()
    if isinstance(value, bool):
        return (2 if value else 1), ()
    if isinstance(value, int | float):
        return 3, value
    if isinstance(value, str):
        return 4, string_key(value)
    if isinstance(value, list):
        return 5, tuple(key(item) for item in value)
    return 6, tuple((string_key(name), key(item)) for name, item in value.items())


def string_key(text: str) -> tuple[Any, ...]:
    """The key of a string: base letters first, then accents, then case; equal only for the same text."""
    return _remembered(text) if len(text) <= _SHORT else _string_key(text)


def _string_key(text: str) -> tuple[Any, ...]:
    primary: list[tuple[int, int]] = []
    secondary: list[tuple[int, int]] = []
    tertiary: list[bool] = []
    decomposed = unicodedata.normalize("NFD", text)
    for sign in decomposed:
        if unicodedata.combining(sign):
            secondary.append((len(primary), ord(sign)))
            continue
        weight = _weight(sign)
        if weight is not None:
            primary.append(weight)
            tertiary.append(sign != sign.lower())
    return tuple(primary), tuple(secondary), tuple(tertiary), decomposed


_SHORT = 200
_remembered = lru_cache(maxsize=4_096)(_string_key)


def _weight(sign: str) -> tuple[int, int] | None:
    """Group and place of one character; None for what is ignored (control and format characters)."""
    if sign in _ORDER:
        return _SYMBOL, _ORDER[sign]
    category = unicodedata.category(sign)
    if category in ("Cc", "Cf"):
        return None
    if category == "Nd":
        return _DIGIT, unicodedata.decimal(sign)
    if category[0] in "LNC":
        return _LETTER, ord(sign.lower()[0])
    return _SYMBOL, len(_MARKS) + ord(sign)
