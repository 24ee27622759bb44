"""A definition as a workbook that ODK's own converter accepts, and that `importing` reads back."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from forms.definition import CodeLists
from forms.xlsform.cells import MAX_TEXT
from forms.xlsform.rows import Cells, SurveyRows, choice_rows, our_rows, settings_row

ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
ORDER = (
    "type", "list_name", "key", "name", "label", "hint", "guidance_hint", "media", "required", "required_message",
    "relevant", "constraint", "constraint_message", "calculation", "trigger", "default", "choice_filter",
    "repeat_count", "appearance", "readonly", "parameters", "rows", "form_title", "form_id", "version",
)  # fmt: skip
"""The columns in the order in which authors expect them; others follow, ours last."""

WIDTHS = {
    "label": 40,
    "hint": 30,
    "relevant": 36,
    "constraint": 30,
    "calculation": 40,
    "type": 24,
    "value": 90,
}


class TooLong(Exception):
    """A text that no cell of a workbook can hold: `text` begins so."""

    def __init__(self, text: str) -> None:
        super().__init__(f"over {MAX_TEXT} characters: {text[:60]} …")


def write_workbook(definition: Mapping[str, Any], lists: CodeLists | None = None) -> bytes:
    """The workbook of a definition that loads; `lists` are the shared code lists. Raises TooLong."""
    book = Workbook()
    survey = book.active
    assert isinstance(survey, Worksheet)
    survey.title = "survey"
    _fill(survey, list(SurveyRows(definition)))
    choices = list(choice_rows(definition, lists or {}))
    if choices:
        _fill(book.create_sheet("choices"), choices)
    _fill(book.create_sheet("settings"), [settings_row(definition)])
    _fill(book.create_sheet("jinlin"), list(our_rows(definition)))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill(sheet: Worksheet, rows: list[Cells]) -> None:
    headers = sorted(dict.fromkeys(header for row in rows for header in row), key=_rank)
    for column, header in enumerate(headers, 1):
        _put(sheet, 1, column, header)
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = WIDTHS.get(header.split("::")[0], 16)
    for number, row in enumerate(rows, 2):
        for column, header in enumerate(headers, 1):
            if row.get(header):
                _put(sheet, number, column, row[header])
    sheet.freeze_panes = "C2"


def _put(sheet: Worksheet, row: int, column: int, text: str) -> None:
    """A text as a text: a spreadsheet takes `= 5` for a formula, and 0012 for a number."""
    if len(text) > MAX_TEXT:
        raise TooLong(text)
    cell = sheet.cell(row, column)
    cell.value = ILLEGAL.sub("", text)
    cell.data_type = "s"
    cell.number_format = "@"
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _rank(header: str) -> tuple[int, int]:
    first = header.split("::")[0]
    return (ORDER.index(first), 0) if first in ORDER else (len(ORDER), header.startswith("jinlin"))
