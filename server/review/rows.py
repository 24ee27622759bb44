"""Index rows of one document, computed from its reading. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from server.review.readings import Reading
from sync.documents import Json

Row = dict[str, Any]

_DIGITS = re.compile(r"\d+")
_PHONE = re.compile(r"\+?\d[\d -]{5,18}\d")


@dataclass(frozen=True)
class Judgement:
    """What forms and merging say of one document."""

    findings: Sequence[Row] = field(default=())
    """path, code, severity, message (by language)."""
    open_answers: Mapping[str, list[Row]] = field(default_factory=dict)
    """Sibling values (value, at, by) by path."""
    checked: bool = False
    """Whether the form of this version was known here."""

    def count(self, severity: str) -> int:
        return sum(finding["severity"] == severity for finding in self.findings)

    def columns(self) -> Row:
        return {
            "error_count": self.count("error"),
            "warning_count": self.count("warning"),
            "open_count": len(self.open_answers),
            "checked": self.checked,
        }


def shared_columns(reading: Reading, received_at: str) -> Row:
    """Columns that files and records have in common, without key and area."""
    return {
        "form": reading.form,
        "form_version": reading.form_version,
        "subject": reading.subject,
        "captured_by": reading.author,
        "captured_at": reading.captured_at,
        "received_at": received_at,
    }


def file_columns(reading: Reading, near: Mapping[str, Reading]) -> Row:
    """Name, address, sorting key and search text; a household borrows what it lacks from its head and its door."""
    head = head_of(reading)
    lenders = (head, reading.subject) if reading.kind == "household" else ()
    sources = [reading, *(near[doc_id] for doc_id in lenders if doc_id and doc_id in near)]
    name = next(filter(None, (file_name(source.answers) for source in sources)), "")
    address = next(filter(None, (file_address(source.answers) for source in sources)), "")
    return {
        "kind": reading.kind,
        "removed": reading.removed,
        "head": head,
        "name": name[:200],
        "address": address[:300],
        "door": door_key(address or name)[:120],
        "search": " ".join(dict.fromkeys(filter(None, (search_text(source.answers) for source in sources)))),
    }


def head_of(reading: Reading) -> str | None:
    """The person a household is called by: the head it names."""
    named = reading.answers.get("head_person_id") if reading.kind == "household" else None
    return named if isinstance(named, str) and named else None


def file_name(answers: Mapping[str, Json]) -> str:
    """What people call this file, by its own answers."""
    return _first(answers, "name")


def file_address(answers: Mapping[str, Json]) -> str:
    """Building, unit and room (`22栋1单元502`), or the full address where these are not answered."""
    building, unit, room = (_first(answers, name) for name in ("building", "unit", "room_no"))
    if not building:
        return _first(answers, "address_full")
    return _with(building, "栋") + _with(unit, "单元") + room


def door_key(address: str) -> str:
    """A key that sorts doors as people count them: every run of digits padded to six."""
    return _DIGITS.sub(lambda match: match[0].zfill(6), address)


def search_text(answers: Mapping[str, Json]) -> str:
    """Lower-case text that a search looks into: name, address in two spellings, the last four digits of each phone."""
    door = "-".join(filter(None, (_first(answers, name) for name in ("building", "unit", "room_no"))))
    tails = sorted({tail for value in answers.values() if (tail := phone_tail(value))})
    words = (file_name(answers), file_address(answers), _first(answers, "address_full"), door, *tails)
    return " ".join(dict.fromkeys(filter(None, words))).lower()


def phone_tail(value: Json) -> str | None:
    """The last four digits of a phone number; None for any other answer."""
    if not isinstance(value, str) or not _PHONE.fullmatch(value.strip()):
        return None
    digits = "".join(character for character in value if character.isdigit())
    return digits[-4:] if 7 <= len(digits) <= 13 else None


def photo_count(answers: Json) -> int:
    """How many photos an object of answers names, at any depth."""
    if isinstance(answers, dict):
        if isinstance(answers.get("sha256"), str) and answers.get("removed") is not True:
            return 1
        return sum(photo_count(value) for value in answers.values())
    return sum(photo_count(item) for item in answers) if isinstance(answers, list) else 0


def _first(answers: Mapping[str, Json], *names: str) -> str:
    for name in names:
        value = answers.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def _with(text: str, suffix: str) -> str:
    return text + suffix if text and text[-1].isdigit() else text
