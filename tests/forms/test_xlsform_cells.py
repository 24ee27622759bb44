"""Cells: read as people see them, and within bounds whatever the file is."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
from openpyxl import Workbook

from forms.xlsform.cells import MAX_BYTES, NoWorkbook, letters, read_sheets
from forms.xlsform.languages import HAN
from tests.support.workbooks import workbook


def test_cells_are_texts_as_people_see_them() -> None:
    row = (
        True, 1, 1.5, "0012", "  x\u00a0y \u200b", date(2026, 1, 31), datetime(2026, 1, 31, 9, 30), time(9, 30),
        timedelta(hours=30), None, "= not a formula", "=1/0",
    )  # fmt: skip
    assert read_sheets(workbook(survey=[row]))["survey"] == [
        ["TRUE", "1", "1.5", "0012", "x y", "2026-01-31", "2026-01-31T09:30:00", "09:30:00", "30:00:00"]
    ]


def test_blank_rows_and_columns_keep_their_places_and_end_where_nothing_follows() -> None:
    lines = [(), (None, None, "type"), (), (None, None, "text", "a", None), (), ()]
    assert read_sheets(workbook(survey=lines, empty=[]))["survey"] == [
        [],
        ["", "", "type"],
        [],
        ["", "", "text", "a"],
    ]


def test_hidden_sheets_are_read_too() -> None:
    book = Workbook()
    book.create_sheet("choices").sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    assert list(read_sheets(out.getvalue())) == ["Sheet", "choices"]


def test_columns_have_letters() -> None:
    assert [letters(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def parts(**changed: bytes) -> bytes:
    """A workbook with some parts replaced."""
    source = zipfile.ZipFile(io.BytesIO(workbook(survey=[("type",)])))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name in source.namelist():
            package.writestr(name, changed.get(name.rpartition("/")[2].partition(".")[0], source.read(name)))
    return out.getvalue()


def sheet(cells: str, doctype: str = "") -> bytes:
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'{doctype}<worksheet xmlns="{namespace}"><sheetData>{cells}</sheetData></worksheet>'.encode()


ENTITIES = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
LAUGHS = f"<!DOCTYPE x [{ENTITIES}]>"
FAR = sheet('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
DENSE = sheet('<row r="1">' + '<c r="A1"/>' * 1000 + '</row><row r="1048576"><c r="XFD1048576" s="1"/></row>')


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b"type,name\ntext,a\n", "This is no Excel workbook; save it as .xlsx in the spreadsheet program."),
        (b"PK\x03\x04", "The workbook is damaged; save it as .xlsx again (File is not a zip file)."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "The workbook cannot be opened, it may be damaged"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "The workbook is locked by a password; remove the password and import it again.",
        ),
        (b"PK" + bytes(MAX_BYTES), "The workbook is too large"),
        (parts(sheet1=sheet("", LAUGHS)), "The workbook holds what Excel never writes (a DOCTYPE): it is not read."),
        (parts(sheet1=sheet(" " * 70_000_000)), "The workbook is too large"),
        (parts(sheet1=FAR), "The workbook is too large"),
        (parts(sheet1=b"<worksheet><sheetData><row>" * 1000), "The workbook cannot be opened, it may be damaged"),
    ],
    ids=["empty", "text", "cut", "no-workbook", "locked", "large", "laughs", "bomb", "far", "torn"],
)  # fmt: skip
def test_what_is_no_workbook_is_told_so(data: bytes, said: str) -> None:
    with pytest.raises(NoWorkbook) as raised:
        read_sheets(data)
    assert raised.value.said["en"].startswith(said)
    assert raised.value.said["zh-CN"]


def test_a_far_cell_that_holds_nothing_is_not_counted() -> None:
    assert read_sheets(parts(sheet1=DENSE))["survey"] == []


def test_a_workbook_with_a_damaged_byte_is_read_or_told_so() -> None:
    sound, said = parts(), list[str]()
    for at in range(0, len(sound), 7):
        damaged = bytearray(sound)
        damaged[at] ^= 0xFF
        try:
            read_sheets(bytes(damaged))
        except NoWorkbook as error:
            said.append(error.said["zh-CN"])
    assert len(said) > 100
    assert all(map(HAN.search, said))


def test_a_package_that_is_no_workbook_is_told_so() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("content.xml", "<office/>")
    with pytest.raises(NoWorkbook, match="This is no Excel workbook"):
        read_sheets(out.getvalue())


def test_a_package_of_too_many_parts_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for number in range(1001):
            package.writestr(f"xl/{number}.xml", "")
    with pytest.raises(NoWorkbook, match="too large"):
        read_sheets(out.getvalue())
