"""A roster as communities keep it: what is understood, and what is said of the rest."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from server.demo.people import id_number
from server.imports.roster import Roster, door_of, read
from server.imports.sheets import UnreadableFile, read_cells, write_template

TODAY = date(2026, 11, 22)
HEAD = ["楼栋", "单元", "室号", "户主", "成员", "电话", "交房日期"]


def roster(*rows: list[str], heading: list[str] = HEAD) -> Roster:
    return read([heading, *rows], TODAY, lambda number: not number.startswith("0"))


def complaints(found: Roster) -> list[tuple[int, str, str]]:
    return [(p.row, p.column, p.said[0]) for p in found.problems]


def test_a_household_is_read_with_its_members_and_phones() -> None:
    id_no = id_number(date(1970, 5, 6), 12)
    found = roster(
        [
            "1栋",
            "2",
            "101",
            "陈志强(1968-03-12)",
            f"王芳(妻,{id_no})、陈晨(子)",
            "13800138000、13800138001(王芳)",
        ]
    )
    assert found.problems == ()
    (household,) = found.households
    assert household.door == ("1", "2", "101")
    assert household.phone == "13800138000"
    assert [(m.name, m.relation, m.sex, m.birth_date, m.phone) for m in household.members] == [
        ("陈志强", "02", None, "1968-03-12", None),
        ("王芳", "12", "2", "1970-05-06", "13800138001"),
        ("陈晨", "20", "1", None, None),
    ]


@pytest.mark.parametrize("told", ["2026-11-02", "2026/11/2", "2026年11月2日", "2026-11-02 00:00:00"])
def test_the_day_of_the_keys_is_read_however_it_is_written(told: str) -> None:
    (household,) = roster(["1栋", "2", "101", "陈志强", "", "", told]).households
    assert household.handover_on == "2026-11-02"


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        (["", "1", "101", "陈真", "", ""], "楼栋", "不能空着"),
        (["1", "1", "", "陈真", "", ""], "室号", "不能空着"),
        (["1", "1", "101", "", "", ""], "户主", "不能空着"),
        (
            ["1", "1", "101", "陈真", "", "1380013"],
            "电话",
            "“1380013”不是电话号码:应为 11 位手机号,或区号-座机号",
        ),
        (["1", "1", "101", "陈真", "", "13800138000(王二)"], "电话", "“王二”不在本户成员里"),
        (["1", "1", "101", "陈真", "王芳(邻居)", ""], "成员", "看不懂“邻居”(王芳)"),
        (
            ["1", "1", "101", "陈真", "12345", ""],
            "成员",
            "“12345”不像姓名;写法如:王芳(妻)、陈晨(子,2012-05-06)",
        ),
        (["1", "1", "101", "陈真", "", "", "2031-01-01"], "交房日期", "“2031-01-01”不是今天以前的日期"),
        (["1", "1", "101", "陈真", "", "", "上个月"], "交房日期", "“上个月”不是今天以前的日期"),
        (["1", "1", "101", "陈真(2031-01-01)", "", ""], "户主", "陈真的出生日期 2031-01-01 不对"),
        (["1", "1", "101", "陈真(000000000000000000)", "", ""], "户主", "陈真的身份证号校验不通过,请核对"),
    ],
)
def test_a_wrong_cell_is_named_with_its_reason(row: list[str], column: str, said: str) -> None:
    found = roster(["9", "1", "901", "林好", "", ""], row)
    assert complaints(found) == [(3, column, said)]
    assert len(found.households) == 1


def test_a_row_with_more_cells_than_the_heading_is_told_why() -> None:
    found = roster(["1", "1", "101", "陈真", "陈晨(子", "2012-05-06)", "13800138000"], heading=HEAD[:6])
    said = "这一行比表头多出内容;单元格里有逗号时,整格要加英文引号"
    assert complaints(found) == [(2, "", said)]


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = roster(
        ["", "", "101", "", "", "1"],
        ["2", "1", "201", "陈真", "", ""],
        ["2栋", "1单元", "201室", "林真", "", ""],
    )
    assert [(row, column) for row, column, _ in complaints(found)] == [
        (2, "楼栋"), (2, "户主"), (2, "电话"), (4, "室号"),
    ]  # fmt: skip


def test_a_missing_column_and_an_empty_sheet_are_told() -> None:
    assert complaints(roster(heading=["楼栋", "姓名"])) == [(1, "室号、户主", "缺少列:室号、户主")]
    assert complaints(roster()) == [(2, "", "表头下面没有内容")]
    assert complaints(read([], TODAY, lambda _: True)) == [(1, "", "表是空的:第一行应为表头")]


@pytest.mark.parametrize("text", ["22", "22栋", "22号楼", "22 栋", "22#", "22幢"])
def test_a_building_is_the_same_however_it_is_written(text: str) -> None:
    assert door_of(text, "1单元", "101室") == ("22", "1", "101")


def test_the_template_is_an_empty_roster(tmp_path: Path) -> None:
    write_template(tmp_path / "t.xlsx")
    cells = read_cells(tmp_path / "t.xlsx")
    assert cells[0] == HEAD
    assert all(not any(row) for row in cells[1:])


def test_a_sheet_keeps_numbers_as_people_read_them(tmp_path: Path) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(HEAD)
    book.active.append([3, 1, 502, "陈真", None, 13800138000])
    book.save(tmp_path / "r.xlsx")
    (household,) = roster(*read_cells(tmp_path / "r.xlsx")[1:]).households
    assert (household.door, household.phone) == (("3", "1", "502"), "13800138000")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_is_read_in_the_encodings_excel_writes(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "r.csv"
    file.write_text("楼栋,单元,室号,户主,成员,电话\n1,1,101,陈真,,\n", encoding=encoding)
    assert read_cells(file)[1][3] == "陈真"


def test_a_file_that_is_no_sheet_says_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "r.xlsx"
    broken.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(UnreadableFile, match="cannot be opened"):
        read_cells(broken)
    with pytest.raises(UnreadableFile, match=r"only \.xlsx"):
        read_cells(tmp_path / "r.docx")
