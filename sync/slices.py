"""The members of a JSON array or object as slices of its text, unparsed.

For the batch that does not parse because of one document: cut it up, and each document is judged alone.
Strings and brackets are all it looks at, so a slice may itself be broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sync.errors import Malformed

_MARKS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{},]', re.DOTALL)
"""A string, also one that never closes: it reaches to the end, so the whole costs one pass whatever the text."""
_KEY = re.compile(rb'\s*"((?:[^"\\]++|\\.)*+)"\s*:', re.DOTALL)


def elements(array: bytes) -> list[bytes]:
    """The elements of an array; `Malformed` where the brackets do not match."""
    return [array[start:end].strip() for start, end in _cut(array, b"[")]


def members(text: bytes) -> dict[str, bytes]:
    """The members of an object by key, the last of equal keys; `Malformed` where the brackets do not match."""
    found: dict[str, bytes] = {}
    for start, end in _cut(text, b"{"):
        key = _KEY.match(text, start, end)
        if key is None:
            raise Malformed("invalid UTF-8 JSON")
        found[key[1].decode("utf-8", "replace")] = text[key.end() : end].strip()
    return found


def _cut(text: bytes, opening: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of each part between the commas of the outermost bracket."""
    closers: list[bytes] = []
    start = 0
    for mark in _MARKS.finditer(text):
        sign = mark[0]
        if not closers:
            if sign != opening:
                break
            start = mark.end()
            closers.append(b"]" if opening == b"[" else b"}")
        elif sign in (b"[", b"{"):
            closers.append(b"]" if sign == b"[" else b"}")
        elif sign in (b"]", b"}"):
            if closers.pop() != sign:
                break
            if not closers:
                if text[mark.end() :].strip():
                    break
                if text[start : mark.start()].strip():
                    yield start, mark.start()
                return
        elif sign == b"," and len(closers) == 1:
            yield start, mark.start()
            start = mark.end()
    raise Malformed("invalid UTF-8 JSON")
