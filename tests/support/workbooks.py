"""Workbooks of our own making, from rows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

from forms.xlsform.cells import Rows, read_sheets
from forms.xlsform.importing import Imported, read_workbook

Lines = Sequence[Sequence[Any]]
SURVEY = ("type", "name", "label")
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(**sheets: Lines) -> bytes:
    """An .xlsx with these sheets: `workbook(survey=[("type", "name"), …], choices=[…])`."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(list(line))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_sheet(cells: str) -> bytes:
    """A workbook whose sheet holds what no spreadsheet program writes."""
    source = zipfile.ZipFile(io.BytesIO(workbook(survey=[SURVEY])))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name in source.namelist():
            text = f'<worksheet xmlns="{NAMESPACE}"><sheetData>{cells}</sheetData></worksheet>'.encode()
            package.writestr(name, text if name.endswith("sheet1.xml") else source.read(name))
    return out.getvalue()


def sheets(**lines: Lines) -> dict[str, Rows]:
    """What is read of such a workbook."""
    return read_sheets(workbook(**lines))


def imported(*survey: Sequence[Any], header: Sequence[str] = SURVEY, **more: Lines) -> Imported:
    """What becomes of these rows of a survey sheet, and of other sheets."""
    return read_workbook(sheets(survey=[header, *survey], **more), "book.xlsx")


def said(made: Imported, *severities: str) -> list[tuple[str, str]]:
    """Where something is said, and what in English: of these severities, or all."""
    return [
        (str(entry.place), entry.said["en"])
        for entry in made.report.sorted()
        if not severities or entry.severity in severities
    ]
