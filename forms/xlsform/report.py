"""What an import has to say to the author: where, how bad, and in words that tell what to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from forms.messages import Text

Severity = Literal["error", "left out", "note"]
"""error: the form is broken; left out: it cannot be carried, by design; note: done otherwise than it is written."""

SEVERITIES: dict[str, str] = {"error": "错误", "left out": "未导入", "note": "提示"}


@dataclass(frozen=True)
class Place:
    """A cell, a row or a sheet of a workbook; rows count from 1, `column` is its letters."""

    sheet: str
    row: int = 0
    column: str = ""

    def __str__(self) -> str:
        cell = f"{self.column}{self.row or ''}"
        return f"{self.sheet}!{cell}" if cell else self.sheet


@dataclass(frozen=True)
class Entry:
    """One remark about one place."""

    place: Place
    severity: Severity
    said: Text


MAX_ENTRIES = 2000
"""More than that nobody reads; a file from outside shall not fill the memory with complaints about it."""


@dataclass
class Report:
    """All remarks, in the order in which they were made."""

    entries: list[Entry] = field(default_factory=list)
    is_broken: bool = False
    """Whether anything is an error."""

    def error(self, place: Place, zh: str, en: str) -> None:
        """The form is broken until this is mended."""
        self.add(Entry(place, "error", {"zh-CN": zh, "en": en}))

    def left_out(self, place: Place, zh: str, en: str) -> None:
        """This is not carried; the rest is."""
        self.add(Entry(place, "left out", {"zh-CN": zh, "en": en}))

    def note(self, place: Place, zh: str, en: str) -> None:
        """This was understood otherwise than it is written."""
        self.add(Entry(place, "note", {"zh-CN": zh, "en": en}))

    def add(self, entry: Entry) -> None:
        """The entry, unless the same was said before or too much was; the first error is always kept."""
        breaks = entry.severity == "error" and not self.is_broken
        self.is_broken |= breaks
        if breaks or (len(self.entries) < MAX_ENTRIES and entry not in self.entries):
            self.entries.append(entry)

    def sorted(self) -> list[Entry]:
        """Errors first, then what is left out, then notes; each by sheet, row and column."""
        order = list(SEVERITIES)

        def key(entry: Entry) -> tuple[int, str, int, int, str]:
            place = entry.place
            return order.index(entry.severity), place.sheet, place.row, len(place.column), place.column

        return sorted(self.entries, key=key)
