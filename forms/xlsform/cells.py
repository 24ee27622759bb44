"""The cells of a workbook as text, from its bytes. Hostile files are bounded; `server/workbooks.py` bounds the rest.

What the library makes of a workbook is a dense table: one cell in the last corner of a sheet is seventeen thousand
million. So a sheet is looked at before it is read, and the whole runs in a process of its own where files come from
outside.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from forms.messages import Text

Part = TypeVar("Part")
Rows = list[list[str]]
"""The cells of one sheet from A1 on, as a person reads them, without white space around them."""

MAX_BYTES = 16 * 2**20
MAX_UNPACKED_BYTES = 64 * 2**20
MAX_PARTS = 1000
MAX_AREA = 20_000_000
MAX_CELLS = 2_000_000
"""How large the area around all cells of a workbook may be, and how many of them may hold anything."""

MAX_ROWS = 200_000
MAX_TEXT = 32_767
"""What Excel itself lets a cell hold."""

ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
ZIP, COMPOUND = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
CELL = re.compile(rb"""<(?:\w+:)?c\s[^<>]*?\br=["']([A-Z]{1,3})([0-9]{1,7})["'][^<>]*(?<!/)>""")
"""A cell that holds something; empty ones, which Excel writes for their looks, are closed at once."""

_NO_ZIP = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
"""What `zipfile` raises: damage, a method or a version it does not know, a password, an end too early, an offset or a
name that is none."""

INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff"))


class NoWorkbook(Exception):
    """Bytes that are no workbook, or none that is read; `said` tells an author what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.said: Text = {"zh-CN": zh, "en": en}


def read_sheets(data: bytes) -> dict[str, Rows]:
    """The sheets by name, in their order, hidden ones too. Raises NoWorkbook."""
    if not data:
        raise NoWorkbook("文件是空的", "The file is empty.")
    if len(data) > MAX_BYTES:
        raise _too_large()
    if data.startswith(ZIP):
        data = _repacked(data)
    elif not data.startswith(COMPOUND):
        raise NoWorkbook(
            "这不是 Excel 工作簿；请在表格软件里另存为 .xlsx",
            "This is no Excel workbook; save it as .xlsx in the spreadsheet program.",
        )
    elif ENCRYPTED in data:
        raise _locked()
    from python_calamine import CalamineError, PasswordError  # native code that a server at rest does without

    try:
        return _sheets(data)
    except PasswordError:
        raise _locked() from None
    except (CalamineError, OSError, ValueError) as error:
        raise NoWorkbook(
            f"工作簿打不开，可能已损坏；请另存为 .xlsx 再试（{error}）",
            f"The workbook cannot be opened, it may be damaged; save it as .xlsx again ({error}).",
        ) from error


def _sheets(data: bytes) -> dict[str, Rows]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    found: dict[str, Rows] = {}
    area = cells = 0
    for about in book.sheets_metadata:
        if about.typ != SheetTypeEnum.WorkSheet:
            continue
        sheet = book.get_sheet_by_name(about.name)
        area += (sheet.total_height + 1) * (sheet.total_width + 1)
        if area > MAX_AREA:
            raise _too_large()
        rows: Rows = []
        before = [""] * (
            sheet.start[1] if sheet.start else 0
        )  # rows come from the first, cells from where they begin
        for row in sheet.iter_rows():
            rows.append(_trimmed([*before, *map(_text, row)]))
            cells += len(rows[-1])
            if cells > MAX_CELLS or len(rows) > MAX_ROWS:
                raise _too_large()
        found[about.name] = _trimmed(rows)
    return found


def _trimmed(parts: list[Part]) -> list[Part]:
    """A row without the blank cells at its end, or rows without the blank rows."""
    while parts and not parts[-1]:
        parts.pop()
    return parts


def _repacked(data: bytes) -> bytes:
    """The parts of a package unpacked within bounds, so that nothing unpacks to more behind our back."""
    try:
        return _unpacked(zipfile.ZipFile(io.BytesIO(data)))
    except _NO_ZIP as error:
        raise NoWorkbook(
            f"工作簿已损坏，打不开；请另存为 .xlsx 再试（{error}）",
            f"The workbook is damaged; save it as .xlsx again ({error}).",
        ) from error


def _unpacked(package: zipfile.ZipFile) -> bytes:
    parts = [part for part in package.infolist() if part.filename.endswith((".xml", ".rels"))]
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES:
        raise _too_large()
    if not any(part.filename == "xl/workbook.xml" for part in parts):
        raise NoWorkbook(
            "这不是 Excel 工作簿（.xlsx）；请在表格软件里另存为 .xlsx",
            "This is no Excel workbook (.xlsx); save it as .xlsx in the spreadsheet program.",
        )
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w", zipfile.ZIP_STORED) as out:
        for part in parts:
            text = package.read(part)  # never more than the size that was counted above
            if b"<!DOCTYPE" in text or b"<!ENTITY" in text:
                raise NoWorkbook(
                    "工作簿里有 Excel 不会写的内容（DOCTYPE），为安全起见不读",
                    "The workbook holds what Excel never writes (a DOCTYPE): it is not read.",
                )
            _sized(text)
            out.writestr(part.filename, text)
    return plain.getvalue()


def _sized(text: bytes) -> None:
    """Refuse a sheet whose cells stand too far apart."""
    rows = columns = 1
    for match in CELL.finditer(text):
        rows = max(rows, int(match[2]))
        columns = max(columns, _number(match[1]))
    if rows * columns > MAX_AREA:
        raise _too_large()


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def letters(index: int) -> str:
    """The letters of a column, counted from 0."""
    found = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        found = chr(65 + rest) + found
    return found


def _text(cell: object) -> str:
    """A cell as a person reads it."""
    if isinstance(cell, str):
        return cell.translate(INVISIBLE).replace("\xa0", " ").strip()[:MAX_TEXT]
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return (
            cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep="T", timespec="seconds")
        )
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return _clock(int(cell.total_seconds()))
    return "" if cell is None else str(cell)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _too_large() -> NoWorkbook:
    return NoWorkbook(
        "工作簿太大：一张表最多二十万行，一共最多两百万格，文件最多 16 MB；请删去多余的行、列和图片",
        "The workbook is too large: 200,000 rows in a sheet, two million cells and 16 MB at most; delete rows, columns "
        "and pictures that are not needed.",
    )


def _locked() -> NoWorkbook:
    return NoWorkbook(
        "工作簿加了密码；请在表格软件里去掉密码再导入",
        "The workbook is locked by a password; remove the password and import it again.",
    )
