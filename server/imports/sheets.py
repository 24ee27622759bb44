"""Reads the cells of a roster file, and writes the template. The only file access of the import."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from python_calamine import CalamineError, CalamineWorkbook

from server.imports.roster import COLUMNS, REQUIRED


class UnreadableFile(Exception):
    """The file is no sheet that can be read; the sentence says what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.said = (zh, en)


EXAMPLES = (
    ("1栋", "1", "101", "陈志强(1968-03-12)", "王芳(妻,1970-05-06)、陈晨(子)", "13800138000、13800138001(王芳)"),
    ("1栋", "1", "102", "林美玉(女,1949-11-02)", "", "0595-87990000"),
)  # fmt: skip


def read_cells(path: Path) -> list[list[str]]:
    """All rows of the first sheet as text. Raises `UnreadableFile`."""
    kind = path.suffix.lower()
    if kind == ".csv":
        return _read_csv(path)
    if kind not in (".xlsx", ".xls"):
        raise UnreadableFile(
            f"{path.name}:只能导入 .xlsx、.xls 或 .csv", f"{path.name}: only .xlsx, .xls or .csv"
        )
    try:
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    except (CalamineError, OSError) as why:
        raise UnreadableFile(
            f"{path.name} 打不开,可能已损坏或加了密码;请另存为 .xlsx 再试",
            f"{path.name} cannot be opened; it may be damaged or locked by a password: save it as .xlsx again",
        ) from why
    return [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


def _read_csv(path: Path) -> list[list[str]]:
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):  # what Excel writes in China when it is not told otherwise
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return list(csv.reader(io.StringIO(text, newline="")))
    raise UnreadableFile(
        f"{path.name} 的编码认不出,请另存为 UTF-8 或 .xlsx",
        f"the encoding of {path.name} is not known: save it as UTF-8 or .xlsx",
    )


def _text(cell: object) -> str:
    """A cell as a person reads it: whole numbers without `.0`, dates as ISO."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def write_template(path: Path) -> None:
    """An empty roster with headings, a page of explanations, and two invented examples on it."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "住户"
    sheet.append([names[0] for names in COLUMNS.values()])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for letter, width in zip("ABCDEFG", (10, 8, 10, 26, 48, 40, 14), strict=True):
        sheet.column_dimensions[letter].width = width
        for row in range(1, 500):
            sheet[f"{letter}{row}"].number_format = "@"  # text: room numbers and phones keep their zeros
    sheet.freeze_panes = "A2"
    notes = book.create_sheet("填写说明")
    required = "、".join(COLUMNS[c][0] for c in REQUIRED)
    for line in (
        ("说明", "一户一行,填在“住户”表里;必填:" + required),
        ("户主", "姓名;知道的话在括号里写出生日期、性别、身份证号,例如:陈志强(1968-03-12)"),
        (
            "成员",
            "用“、”隔开,括号里写与户主关系、出生日期、身份证号、电话,顺序不限,例如:王芳(妻,1970-05-06)、陈晨(子)",
        ),
        ("电话", "第一个是本户联系电话;某个人的电话在括号里写姓名,例如:13800138000、13800138001(王芳)"),
        ("交房日期", "新交房的小区填;填了的户 30 天内安排欢迎走访,例如:2026-11-20"),
        ("示例", "以下两行是编造的示例,不会被导入"),
    ):
        notes.append(line)
    for example in EXAMPLES:
        notes.append(("", *example))
    notes.column_dimensions["A"].width = 8
    notes.column_dimensions["B"].width = 90
    for row in notes.iter_rows(max_col=2):
        row[1].alignment = Alignment(wrap_text=True, vertical="top")
    book.save(path)
