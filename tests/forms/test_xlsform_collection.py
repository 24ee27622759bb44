"""Workbooks of other people, from the folder that JINLIN_XLSFORMS names; without it this file is not collected."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
from pyxform.xls2xform import convert

from forms.definition import load
from forms.publish import published
from forms.xlsform.cells import read_sheets
from forms.xlsform.exporting import write_workbook
from forms.xlsform.importing import Imported, read_workbook
from tests.forms.phone import compared
from tests.forms.test_xlsform_export import meaning

BOOKS = sorted(
    path for path in Path(os.environ["JINLIN_XLSFORMS"]).iterdir() if path.suffix in (".xlsx", ".xls")
)


def imported(book: Path) -> Imported:
    return read_workbook(read_sheets(book.read_bytes()), book.name)


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
def test_a_workbook_imports_comes_back_and_is_checked_alike(book: Path, phone: Path) -> None:
    found = imported(book).definition
    assert found is not None
    workbook = write_workbook(found)
    convert(workbook, file_type=".xlsx")
    again = read_workbook(read_sheets(workbook), book.name).definition
    assert again is not None
    assert meaning(again) == meaning(found)
    differing, _ = compared(phone, {"book": published(load(found))}, Random(book.stem), 30)
    assert differing == []
