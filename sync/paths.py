"""Answers as a flat map of paths, so that two people's edits can meet answer by answer.

    {"phone": "138…", "members": [{"row": "01JD…", "relation": "子"}]}
    {"phone": "138…", "members.01JD….relation": "子"}

A segment that begins with a digit is the id of a row; names never do, so neither direction needs the form.
`forms/app/src/pure/paths.ts` does the same; `forms/vectors/join.json` holds both to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sync.documents import Json

Paths = dict[str, Json]
"""Answer by path. A value is a scalar or a list that is no repeat; nothing empty."""

_ROW = re.compile(r"[0-9][^.%]*", re.ASCII)
_PLAIN = re.compile(r"[^.%0-9][^.%]*", re.ASCII)
_ESCAPED = re.compile(r"%(25|2E|3[0-9])")


def flatten(answers: Json) -> Paths:
    """The answers by path. A list that is not one of rows is one value; an empty object or list says nothing."""
    return dict(_walk(answers, "")) if isinstance(answers, dict) else {}


def expand(path: str, value: Json) -> Paths:
    """What setting `path` to `value` sets: several paths for a group or rows, null for an empty object or list."""
    return dict(_within(value, path)) or {path: None}


def unflatten(paths: Mapping[str, Json]) -> dict[str, Json]:
    """The nested answers, rows in the order of their ids.

    Where two paths cannot both be shown (a value at `a` and one at `a.b`) the deeper one is, in any order of `paths`.
    """
    root = _Branch()
    for path, value in paths.items():
        *parents, last = path.split(".")
        node = root
        for segment in parents:
            child = node.get(segment)
            if not isinstance(child, _Branch):
                child = node[segment] = _Branch()
            node = child
        if not isinstance(node.get(last), _Branch):
            node[last] = value
    return _object(root)


def difference(before: Json, after: Json) -> Paths:
    """The changes that make `after` of `before` (both nested answers): what is gone is cleared to null."""
    old, new = flatten(before), flatten(after)
    changed = {path: value for path, value in new.items() if path not in old or not same(old[path], value)}
    return changed | {path: None for path, value in old.items() if path not in new and value is not None}


def same(a: Json, b: Json) -> bool:
    """Whether two values are one in JSON: 1 and 1.0 are, 1 and true are not."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return isinstance(a, bool) == isinstance(b, bool) and bool(a == b)


def without_rows(path: str) -> str:
    """The path as a form knows it: `members.01JD….relation` is `members.relation`."""
    return ".".join(segment for segment in path.split(".") if not is_row(segment))


def is_row(segment: str) -> bool:
    """Whether a segment of a path is the id of a row."""
    return _ROW.fullmatch(segment) is not None


class _Branch(dict[str, Json]):
    """A node under construction, told apart from a value that is a dict."""


def _walk(answers: Mapping[str, Json], prefix: str, *, row: bool = False) -> Iterator[tuple[str, Json]]:
    for key, value in answers.items():
        if not (row and key == "row"):
            yield from _within(value, f"{prefix}{_segment(key)}")


def _within(value: Json, path: str) -> Iterator[tuple[str, Json]]:
    if isinstance(value, dict):
        yield from _walk(value, f"{path}.")
    elif not isinstance(value, list) or not _are_rows(value):
        yield path, value
    else:
        for row in value:
            yield from _walk(row, f"{path}.{row['row']}.", row=True)


def _are_rows(items: list[Json]) -> bool:
    """Whether a list is a repeat. An empty list is one of no rows."""
    if not all(isinstance(item, dict) for item in items):
        return False
    ids = [item.get("row") for item in items]
    return all(isinstance(i, str) and is_row(i) for i in ids) and len(set(ids)) == len(ids)


def _segment(key: str) -> str:
    """A key as a segment of a path. Question names are plain; anything else is escaped so that no two keys meet."""
    if _PLAIN.fullmatch(key):
        return key
    escaped = key.replace("%", "%25").replace(".", "%2E")
    return f"%3{key[0]}{escaped[1:]}" if _ROW.match(key) else escaped or "%"


def _key(segment: str) -> str:
    if "%" not in segment:
        return segment
    return "" if segment == "%" else _ESCAPED.sub(lambda m: bytes.fromhex(m[1]).decode(), segment)


def _object(branch: _Branch) -> dict[str, Json]:
    return {_key(k): _value(child) for k, child in branch.items() if not is_row(k)}


def _value(node: Json) -> Json:
    if not isinstance(node, _Branch):
        return node
    rows = sorted((key for key in node if is_row(key)), key=code_units)
    if not rows:
        return _object(node)
    return [{"row": key, **_object(node[key])} for key in rows if isinstance(node[key], _Branch)]


def code_units(text: str) -> bytes:
    """A sorting key that orders text as JavaScript and RFC 8785 do: by UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")
