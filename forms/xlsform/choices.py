"""The choices sheet, external choices and tables beside the workbook: choice lists by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

from forms.xlsform.headers import read_header
from forms.xlsform.languages import UNSAID
from forms.xlsform.report import Place, Report
from forms.xlsform.tables import Row, Table

Items = list[dict[str, Any]]
Files = Callable[[str], bytes | None]
"""What stands beside the workbook under a name; None where nothing does."""

MEDIA = ("image", "audio", "video", "big-image")
MAX_ITEMS = 50_000
"""A table of more choices is not written out into a form that every phone replicates."""
KEPT = frozenset({"name", "label", "media"})
"""What a choice has of its own; a column of an author's may not be called so."""


class Lists:
    """The choice lists of a workbook. `of_shared` says which of them stand for a shared code list."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.items: dict[str, Items] = {}
        self.known: dict[tuple[str, str], Items] = {}
        self.of_shared: dict[str, str] = {}
        self.repeated: dict[str, list[Row]] = {}
        self.has_twins = False

    def read(self, table: Table) -> None:
        """Take in the rows of a choices sheet."""
        nameless: list[Row] = []
        for row in table.rows:
            listed, name = row.get("list_name"), row.get("name")
            if not listed or not name:
                nameless.append(row)
                continue
            if row.get("jinlin_list"):
                self.of_shared[listed] = row.get("jinlin_list")
            self._add(listed, name, row)
        if nameless:
            numbers = "、".join(str(row.number) for row in nameless[:10])
            self.report.left_out(
                nameless[0].place("list_name"),
                f"第 {numbers} 行缺选项表名或选项名，没有导入；请补上，或删去这些行",
                f"Rows {numbers.replace('、', ', ')} lack the name of the list or of the choice; "
                "fill it in or delete the rows.",
            )
        for listed, rows in self.repeated.items():
            self.report.note(
                rows[0].place("name"),
                f"{listed} 里有 {len(rows)} 行与前面的选项完全一样，只留一个",
                f"{len(rows)} rows of {listed} are the same as choices before them; one is kept.",
            )
        self.repeated.clear()

    def _add(self, listed: str, name: str, row: Row) -> None:
        item: dict[str, Any] = {"name": name, "label": row.texts("label") or {UNSAID: name}, **_media(row)}
        item |= {column: text for column, text in row.extras().items() if column not in KEPT}
        twins = self.known.setdefault((listed, name), [])
        if item in twins:
            self.repeated.setdefault(listed, []).append(row)
            return
        self.has_twins = self.has_twins or bool(twins)
        twins.append(item)
        self.items.setdefault(listed, []).append(item)

    def twins(self, place: Place, allowed: bool) -> bool:
        """Whether the form allows one name for several choices: because it says so, or because it has such."""
        if self.has_twins and not allowed:
            self.report.note(
                place,
                "有的选项表里，不同选项用了同一个名称，答案分不清是哪一个；请改名，或在 settings 里写 "
                "allow_choice_duplicates = yes",
                "In some list several choices have one name, and answers cannot tell them apart; rename them, or "
                "set allow_choice_duplicates to yes.",
            )
        return allowed or self.has_twins


def _media(row: Row) -> dict[str, Any]:
    found = media_of(row)
    return {"media": found} if found else {}


def media_of(row: Row) -> dict[str, Any]:
    """The files beside a text: one for all languages, or one for each."""
    found: dict[str, Any] = {}
    for kind in MEDIA:
        files = row.texts(kind)
        if files:
            found[kind] = files[UNSAID] if set(files) == {UNSAID} else files
    return found


def read_csv(data: bytes, value: str = "name", label: str = "label") -> Items | None:
    """The choices in a table: a column of values (else the first), labels (`label::fr` too), further ones."""
    text = _decoded(data)
    if text is None:
        return None
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [cell.strip() for cell in next(rows, [])]
        value = value if value in header else next(iter(header), "")
        languages = {column: language for column in header if (language := _language(column, label))}
        found: Items = []
        for cells in rows:
            cell = {column: part.strip() for column, part in zip(header, cells, strict=False) if part.strip()}
            if len(found) > MAX_ITEMS:
                return None
            if value in cell:
                texts = {languages[column]: part for column, part in cell.items() if column in languages}
                own = KEPT | (languages.keys() - {label})
                extra = {column: part for column, part in cell.items() if column not in own}
                found.append({"name": cell[value], "label": texts or {UNSAID: cell[value]}, **extra})
    except csv.Error:
        return None
    return found


def _language(column: str, label: str) -> str | None:
    """The language of a column of labels; None for another column."""
    if column == label:
        return UNSAID
    known = read_header(column, frozenset({"label"}))
    return known.language if known.is_carried else None


def _decoded(data: bytes) -> str | None:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None
