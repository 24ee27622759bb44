"""A roster as communities keep it, one row per household, read into values. Pure: cells in, households or problems out.

A row: building, unit, room, head, members, phones, and where that is new the day of the keys. The members stand in
one cell, `王芳(妻)、陈晨(子,2012-05-06)`; what stands in the brackets is told apart by its looks: a relation, a birth
date, an ID number, a phone, a sex.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from server.imports.relations import RELATIONS, SEX_OF_RELATION

Text = tuple[str, str]
"""A sentence for people: zh-CN, en."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "building": ("楼栋", "楼号", "楼", "幢", "栋", "楼幢", "楼栋号", "building"),
    "unit": ("单元", "单元号", "梯", "unit"),
    "room": ("室号", "房号", "房间号", "门牌", "门牌号", "室", "户室", "room"),
    "head": ("户主", "户主姓名", "head"),
    "members": ("成员", "家庭成员", "其他成员", "members"),
    "phones": ("电话", "联系电话", "手机", "手机号", "phones", "phone"),
    "handover": ("交房日期", "领钥匙日期", "handover"),
}
"""Each column and the headings it is known by; the first is what the template writes."""
REQUIRED = ("building", "room", "head")

_TOO_MANY_CELLS: Text = (
    "这一行比表头多出内容;单元格里有逗号时,整格要加英文引号",
    "this row has more cells than the heading; a cell with a comma in it must be quoted",
)
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}")
_ID_NO = re.compile(r"\d{17}[\dXx]")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_NAME = re.compile(r"[^\W\d_][^\d_]{0,49}")
_ENTRY = re.compile(r"\s*([^()]*?)\s*(?:\(([^()]*)\))?\s*")
_ENTRY_ENDS = re.compile(r"[、;\n]+(?![^()]*\))")
_DETAIL_ENDS = re.compile(r"[,、;\s]+")
_SEXES = {"男": "1", "女": "2", "male": "1", "female": "2"}
_DOOR_WORDS = re.compile(r"(号楼|楼栋|单元|栋|幢|座|楼|梯|室|号|房|#)$")


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell: the row as the sheet counts it (the heading is row 1), the heading, the sentence."""

    row: int
    column: str
    said: Text


@dataclass(frozen=True)
class Member:
    """One person of a household; `relation` is a code of CL_REL_HEAD. Dates are ISO, unknown things None."""

    name: str
    relation: str
    sex: str | None = None
    birth_date: str | None = None
    id_no: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Household:
    """One row of the roster. `members` holds the head first."""

    row: int
    building: str
    unit: str
    room: str
    members: tuple[Member, ...]
    phone: str | None
    handover_on: str | None = None
    """When the household got its keys (ISO)."""

    @property
    def door(self) -> tuple[str, str, str]:
        return door_of(self.building, self.unit, self.room)


@dataclass(frozen=True)
class Roster:
    """All rows that are right, and all that is wrong with the others."""

    households: tuple[Household, ...]
    problems: tuple[Problem, ...]


def door_of(building: str, unit: str, room: str) -> tuple[str, str, str]:
    """The door without the ways of writing it: `22栋`, `22号楼` and `22` are one building."""
    return _bare(building), _bare(unit), _bare(room)


def read(rows: Sequence[Sequence[str]], today: date, id_card_valid: Callable[[str], bool]) -> Roster:
    """Read the cells of a sheet, the heading in the first row."""
    if not rows or not any(cell.strip() for cell in rows[0]):
        return Roster(
            (),
            (
                Problem(
                    1,
                    "",
                    ("表是空的:第一行应为表头", "the sheet is empty: its first row must be the heading"),
                ),
            ),
        )
    headings = [unicodedata.normalize("NFKC", cell).strip() for cell in rows[0]]
    places = _places(headings)
    lacking = [COLUMNS[column][0] for column in REQUIRED if column not in places]
    if lacking:
        names = "、".join(lacking)
        return Roster((), (Problem(1, names, (f"缺少列:{names}", f"columns are missing: {names}")),))
    households: list[Household] = []
    problems: list[Problem] = []
    doors: dict[tuple[str, str, str], int] = {}
    for number, cells in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if any(cell.strip() for cell in cells[len(headings) :]):
            problems.append(Problem(number, "", _TOO_MANY_CELLS))
            continue
        row = _Row(number, {c: _cell(cells, place) for c, place in places.items()}, headings, places)
        household = row.household(today, id_card_valid)
        first = doors.setdefault(household.door, number)
        if first != number:
            row.wrong("room", (f"与第 {first} 行是同一户门", f"the same door as row {first}"))
        problems += row.problems
        if not row.problems:
            households.append(household)
    if not households and not problems:
        problems.append(Problem(2, "", ("表头下面没有内容", "there is nothing below the heading")))
    return Roster(tuple(households), tuple(problems))


class _Row:
    """One row while it is read: its cells, and what was found wrong so far."""

    def __init__(
        self, number: int, cells: Mapping[str, str], headings: Sequence[str], places: Mapping[str, int]
    ) -> None:
        self.number, self.cells, self.problems = number, cells, list[Problem]()
        self._headings = {column: headings[place] for column, place in places.items()}

    def wrong(self, column: str, said: Text) -> None:
        self.problems.append(Problem(self.number, self._headings.get(column, COLUMNS[column][0]), said))

    def household(self, today: date, id_card_valid: Callable[[str], bool]) -> Household:
        for column in REQUIRED:
            if not self.cells.get(column):
                self.wrong(column, ("不能空着", "must not be empty"))
        for column in ("building", "unit", "room"):
            if len(self.cells.get(column, "")) > 20:
                self.wrong(column, ("太长,最多 20 个字", "too long: at most 20 characters"))
        members: list[Member] = []
        for column, relation in (("head", "02"), ("members", None)):
            for entry in _ENTRY_ENDS.split(_plain(self.cells.get(column, ""))):
                member = (
                    self._member(column, entry, relation, today, id_card_valid) if entry.strip() else None
                )
                if member is not None:
                    members.append(member)
        if self.cells.get("head") and sum(m.relation == "02" for m in members) > 1:
            self.wrong("head", ("一户只有一位户主", "a household has one head"))
        phone, members = self._phones(members)
        return Household(
            self.number,
            self.cells.get("building", ""), self.cells.get("unit", ""), self.cells.get("room", ""),
            tuple(members), phone, self._handover(today),
        )  # fmt: skip

    def _handover(self, today: date) -> str | None:
        told = self.cells.get("handover", "").partition(" ")[0]
        match = _DATE.fullmatch(told)
        if match is not None:
            told = f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"
        if told and not _is_past(told, today):
            self.wrong("handover", (f"“{told}”不是今天以前的日期", f"“{told}” is no date up to today"))
        return told or None

    def _member(
        self, column: str, entry: str, relation: str | None, today: date, id_card_valid: Callable[[str], bool]
    ) -> Member | None:
        match = _ENTRY.fullmatch(entry)
        if match is None or not _NAME.fullmatch(match[1]):
            said = f"“{entry.strip()}”不像姓名;写法如:王芳(妻)、陈晨(子,2012-05-06)"
            self.wrong(
                column, (said, f"“{entry.strip()}” is not a name; write: 王芳(妻)、陈晨(子,2012-05-06)")
            )
            return None
        member = Member(match[1].strip(), relation or "99")
        for detail in filter(None, _DETAIL_ENDS.split(match[2] or "")):
            known = _detail(member, detail, fixed_relation=relation is not None)
            if known is None:
                self.wrong(
                    column,
                    (f"看不懂“{detail}”({member.name})", f"“{detail}” is not understood ({member.name})"),
                )
            else:
                member = known
        return self._checked(column, member, today, id_card_valid)

    def _checked(
        self, column: str, member: Member, today: date, id_card_valid: Callable[[str], bool]
    ) -> Member:
        if member.id_no is not None:
            if not id_card_valid(member.id_no):
                said = f"{member.name}的身份证号校验不通过,请核对"
                self.wrong(column, (said, f"the ID number of {member.name} fails its check digit"))
                return member
            born = f"{member.id_no[6:10]}-{member.id_no[10:12]}-{member.id_no[12:14]}"
            sex = "1" if int(member.id_no[16]) % 2 else "2"
            if member.birth_date not in (None, born):
                said = f"{member.name}的出生日期与身份证号不一致"
                self.wrong(column, (said, f"the birth date of {member.name} differs from the ID number"))
            member = replace(member, birth_date=born, sex=sex)
        if member.birth_date is not None and not _is_birth_date(member.birth_date, today):
            said = f"{member.name}的出生日期 {member.birth_date} 不对"
            self.wrong(column, (said, f"the birth date of {member.name} cannot be {member.birth_date}"))
        return replace(member, sex=member.sex or SEX_OF_RELATION.get(member.relation))

    def _phones(self, members: list[Member]) -> tuple[str | None, list[Member]]:
        """The household's phone is the first that is nobody's in brackets; `13800138001(王芳)` is hers."""
        household_phone: str | None = None
        for entry in re.split(r"[、;,\n/]+(?![^()]*\))", _plain(self.cells.get("phones", ""))):
            match = _ENTRY.fullmatch(entry)
            number = re.sub(r"\.0$|\s", "", match[1]) if match else entry.strip()
            if not entry.strip():
                continue
            if not (_MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number)):
                said = f"“{number}”不是电话号码:应为 11 位手机号,或区号-座机号"
                self.wrong("phones", (said, f"“{number}” is no phone number: 11 digits, or area code-number"))
                continue
            owner = match[2] if match else None
            at = next((i for i, m in enumerate(members) if m.name == (owner or "").strip()), None)
            if owner and at is None:
                self.wrong(
                    "phones", (f"“{owner}”不在本户成员里", f"“{owner}” is not a member of this household")
                )
            elif at is not None:
                members = [*members[:at], replace(members[at], phone=number), *members[at + 1 :]]
            elif household_phone is None:
                household_phone = number
            else:
                members = [replace(members[0], phone=number), *members[1:]] if members else members
        return household_phone or next((m.phone for m in members if m.phone), None), members


def _detail(member: Member, detail: str, *, fixed_relation: bool) -> Member | None:
    """The member with what stands in brackets; None if it is not understood."""
    if _ID_NO.fullmatch(detail):
        return replace(member, id_no=detail.upper())
    if _MOBILE.fullmatch(detail) or _LANDLINE.fullmatch(detail):
        return replace(member, phone=detail)
    if match := _DATE.fullmatch(detail):
        return replace(member, birth_date=f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}")
    if not fixed_relation and detail in RELATIONS:
        return replace(member, relation=RELATIONS[detail])
    if detail in _SEXES:
        return replace(member, sex=_SEXES[detail])
    return None


def _is_birth_date(text: str, today: date) -> bool:
    return _is_past(text, today) and today.year - int(text[:4]) <= 130


def _is_past(text: str, today: date) -> bool:
    try:
        return date.fromisoformat(text) <= today
    except ValueError:
        return False


def _places(headings: Sequence[str]) -> dict[str, int]:
    known = {name: column for column, names in COLUMNS.items() for name in names}
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        column = known.get(heading.lower().strip("*"))
        if column is not None:
            places.setdefault(column, place)
    return places


def _cell(cells: Sequence[str], place: int) -> str:
    return unicodedata.normalize("NFKC", cells[place]).strip() if place < len(cells) else ""


def _plain(text: str) -> str:
    """Full-width brackets, commas and digits as their plain forms."""
    return unicodedata.normalize("NFKC", text).replace("【", "(").replace("】", ")")


def _bare(text: str) -> str:
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).removesuffix(".0")
    while (shorter := _DOOR_WORDS.sub("", plain)) != plain and shorter:
        plain = shorter
    return plain.upper()
