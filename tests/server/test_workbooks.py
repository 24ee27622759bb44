"""Workbooks from outside are read in a process that cannot take more than it is given."""

from __future__ import annotations

import pytest

from forms.xlsform.cells import NoWorkbook
from server.workbooks import read_apart
from tests.support.workbooks import SURVEY, with_sheet, workbook


def test_the_cells_are_those_of_the_workbook() -> None:
    assert read_apart(workbook(survey=[SURVEY, ("text", "a", "甲")])) == {
        "survey": [["type", "name", "label"], ["text", "a", "甲"]]
    }


def test_what_is_no_workbook_is_told_as_it_was() -> None:
    with pytest.raises(NoWorkbook) as raised:
        read_apart(b"")
    assert raised.value.said == {"zh-CN": "文件是空的", "en": "The file is empty."}


def test_cells_without_places_that_lie_far_apart_take_no_more_memory_than_there_is() -> None:
    wide = "<row>" + "<c><v>1</v></c>" * 16_000 + "</row>"
    far = with_sheet(wide + "<row/>" * 400_000 + "<row><c><v>1</v></c></row>")
    with pytest.raises(NoWorkbook, match="too large"):
        read_apart(far)


def test_a_million_rows_are_too_many() -> None:
    rows = with_sheet('<row><c t="inlineStr"><is><t>x</t></is></c></row>' * 1_000_000)
    with pytest.raises(NoWorkbook, match="200,000 rows"):
        read_apart(rows)


def test_more_text_than_any_form_holds_is_refused() -> None:
    cell = '<row><c t="inlineStr"><is><t>' + "x" * 30_000 + "</t></is></c></row>"
    with pytest.raises(NoWorkbook, match="too much text"):
        read_apart(with_sheet(cell * 150))
