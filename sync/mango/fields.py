"""Fields: what selectors see of a document, how names reach into it, and a document cut down to some of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sync import wire
from sync.documents import Document, Json
from sync.mango.errors import BadQuery

Names = tuple[str, ...]
ABSENT: Any = object()
"""What is nowhere in a document; null may be."""


def seen(document: Document, conflicts: Sequence[str] = ()) -> dict[str, Json]:
    """A document as clients see it, with the revisions it is in conflict with, where there are any."""
    shown = {"_id": document.doc_id, "_rev": document.rev, **document.fields}
    if document.deleted:
        shown["_deleted"] = True
    if document.attachments:
        shown["_attachments"] = wire.stubs(document)
    return {**shown, "_conflicts": list(conflicts)} if conflicts else shown


def path(field: str) -> Names:
    """The names a field is reached by: dots part them, `\\.` is a dot, `\\$` the sign that operators begin with."""
    names, name, escaped = [], "", False
    for sign in field:
        if escaped:
            name, escaped = name + (sign if sign in ".$" else "\\" + sign), False
        elif sign == "\\":
            escaped = True
        elif sign == ".":
            names.append(name)
            name = ""
        else:
            name += sign
    names.append(name + ("\\" if escaped else ""))
    if "" in names:
        raise BadQuery("invalid_field_name", f"Invalid field name: {field}")
    return tuple(names)


def lookup(value: Json, names: Sequence[str]) -> Json:
    """What stands at a path; `ABSENT` where nothing does."""
    for name in names:
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(value):
            value = value[int(name[:9])]
        else:
            return ABSENT
    return value


def projected(document: Json, fields: Iterable[Names]) -> Json:
    """The document with only these fields, each where it was."""
    shown: dict[str, Json] = {}
    for names in fields:
        if (found := lookup(document, names)) is not ABSENT:
            place = shown
            for name in names[:-1]:
                inner = place.setdefault(name, {})
                place = inner if isinstance(inner, dict) else {}
            place[names[-1]] = found
    return shown
