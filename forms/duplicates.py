"""Files that may be the same thing twice: one door, one ID number, one name and birthday. Pure; a person decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def duplicates(files: Iterable[tuple[str, str, Mapping[str, Any]]]) -> list[tuple[str, ...]]:
    """Groups of ids of files (id, form, answers) that share a mark; what was removed or merged already is left out."""
    sharing: dict[str, list[str]] = {}
    for doc_id, form, answers in files:
        if answers.get("removed") is not True and not answers.get("same_as"):
            for mark in set(marks(form, answers)):
                sharing.setdefault(mark, []).append(doc_id)
    groups = {tuple(sorted(ids)) for ids in sharing.values() if len(ids) > 1}
    return sorted(group for group in groups if not any(set(group) < set(other) for other in groups))


def marks(form: str, answers: Mapping[str, Any]) -> Iterator[str]:
    """What tells a file from others of its form. Households that share a dwelling on purpose have no mark."""
    if form == "household" and not (answers.get("more") or {}).get("shared"):
        yield from _mark("home", answers.get("dwelling_id"))
    elif form == "dwelling":
        yield from _mark("door", *(answers.get(name) or "-" for name in ("building", "unit", "room_no")))
    elif form == "person":
        yield from _mark("id", answers.get("id_no"))
        yield from _mark("born", answers.get("name"), answers.get("birth_date"))


def _mark(kind: str, *parts: Any) -> Iterator[str]:
    if all(isinstance(part, str) and part.strip() for part in parts):
        yield " ".join((kind, *(part.strip().upper() for part in parts)))
