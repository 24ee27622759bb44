"""Where the values of a JSON text stand: the line of every path, for messages to authors."""

from __future__ import annotations

import json
import re

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,\]}]+')


def lines(text: str) -> dict[str, int]:
    """The line, from 1, of every value by its path (`questions[2].label`; the whole is ''). The text is valid JSON."""
    found: dict[str, int] = {}
    waiting: list[tuple[str, int, bool]] = []  # path, next index, whether in a list
    at = _skip(text, 0)
    path = ""
    while at < len(text):
        found.setdefault(path, text.count("\n", 0, at) + 1)
        if text[at] in "[{":
            waiting.append((path, 0, text[at] == "["))
            at = _skip(text, at + 1)
        else:
            match = _SCALAR.match(text, at)
            at = _skip(text, match.end() if match else at + 1)
        while waiting and at < len(text) and text[at] in "]}":
            waiting.pop()
            at = _skip(text, at + 1)
        if not waiting:
            break
        if text[at] == ",":
            at = _skip(text, at + 1)
        around, index, listed = waiting.pop()
        waiting.append((around, index + 1, listed))
        if listed:
            path = f"{around}[{index}]"
        else:
            match = _SCALAR.match(text, at)
            key = json.loads(match[0]) if match else ""
            path = f"{around}.{key}" if around else key
            at = _skip(text, _skip(text, match.end() if match else at) + 1)
    return found


def line_of(found: dict[str, int], path: str) -> int:
    """The line of a path, or of the nearest thing around it that is there."""
    while path and path not in found:
        cut = max(path.rfind("."), path.rfind("["))
        path = path[:cut] if cut > 0 else ""
    return found.get(path, 1)


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
