"""Invented people. ID numbers are in test area 359999, phones in the style of 13800138000."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from forms.identifiers import ID_CHECKS, ID_WEIGHTS

_SURNAMES = "陈林黄张吴李王郑庄连蔡刘杨许谢郭曾施苏洪柯肖叶邱"
_COMPOUND_SURNAMES = ("欧阳", "上官")
_MALE = [
    "志强",
    "建国",
    "文辉",
    "国栋",
    "明辉",
    "清河",
    "金水",
    "伟杰",
    "俊杰",
    "荣华",
    "水生",
    "振兴",
    "少华",
    "浩然",
    "子轩",
    "宇航",
    "德福",
    "永福",
    "树根",
    "天佑",
    "炳坤",
    "长庚",
    "家豪",
    "晓东",
]
_FEMALE = [
    "美玉",
    "秀英",
    "丽华",
    "淑贞",
    "玉兰",
    "阿香",
    "秀珍",
    "雅婷",
    "晓燕",
    "诗涵",
    "欣怡",
    "梓涵",
    "桂花",
    "宝珠",
    "月娥",
    "惠珍",
    "春梅",
    "婉清",
    "雪梅",
    "佳琪",
    "巧云",
    "明珠",
    "金莲",
    "思雨",
]


@dataclass(frozen=True)
class Person:
    """One invented person; codes of CL_SEX and CL_REL_HEAD."""

    name: str
    sex: str
    born_on: date
    relation: str
    id_no: str | None
    phone: str | None

    def age(self, today: date) -> int:
        return (
            today.year
            - self.born_on.year
            - ((today.month, today.day) < (self.born_on.month, self.born_on.day))
        )


def id_number(born_on: date, sequence: int) -> str:
    """An 18-character number of test area 359999 with its check digit (GB 11643)."""
    digits = f"359999{born_on:%Y%m%d}{sequence:03}"
    return digits + ID_CHECKS[sum(int(d) * w for d, w in zip(digits, ID_WEIGHTS, strict=True)) % 11]


class Registry:
    """Makes households one after another, the same ones for the same seed."""

    def __init__(self, chance: Random, today: date, first_phone: int = 0) -> None:
        self._chance, self._today = chance, today
        self._phones = first_phone
        self._sequence = 0

    def household(self) -> list[Person]:
        """The members of one household, head first."""
        kind = self._chance.choices(
            ("family", "three", "couple", "elders", "alone", "tenants"), (38, 26, 12, 9, 8, 7)
        )[0]
        surname = self._surname()
        if kind == "alone":
            return [self._person(surname, self._chance.choice("12"), (66, 88), "02")]
        if kind == "tenants":
            return [
                self._person(surname, "1", (22, 35), "02"),
                *(self._person(self._surname(), self._chance.choice("12"), (20, 34), "99") for _ in range(2)),
            ]
        ages = {"elders": (62, 84), "couple": (26, 58)}.get(kind, (32, 52))
        members = [self._person(surname, "1", ages, "02"), self._person(self._surname(), "2", ages, "12")]
        if kind in ("family", "three"):
            for _ in range(self._chance.choice((1, 1, 2, 2, 3))):
                sex = self._chance.choice("12")
                members.append(self._person(surname, sex, (1, 22), {"1": "20", "2": "30"}[sex]))
        if kind == "three":
            members.append(self._person(surname, "1", (64, 86), "51"))
            if self._chance.random() < 0.7:
                members.append(self._person(self._surname(), "2", (62, 84), "52"))
        return members

    def _surname(self) -> str:
        if self._chance.random() < 0.01:
            return self._chance.choice(_COMPOUND_SURNAMES)
        return self._chance.choice(_SURNAMES)

    def _person(self, surname: str, sex: str, ages: tuple[int, int], relation: str) -> Person:
        born_on = self._today - timedelta(days=self._chance.randint(ages[0] * 365 + 20, ages[1] * 365 + 340))
        self._sequence = (self._sequence + 2) % 998
        id_no = None
        if self._chance.random() < 0.4:
            id_no = id_number(born_on, self._sequence + (sex == "1"))
        adult = (self._today - born_on).days > 14 * 365
        phone = self.phone() if adult and self._chance.random() < 0.75 else None
        given = self._chance.choice(_MALE if sex == "1" else _FEMALE)
        return Person(surname + given, sex, born_on, relation, id_no, phone)

    def phone(self) -> str:
        """The next invented mobile number."""
        self._phones += 1
        return f"13800{138000 + self._phones:06}"
