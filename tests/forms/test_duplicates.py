"""The same thing opened twice is found; what only looks alike, or was settled, is not."""

from __future__ import annotations

from typing import Any

import pytest

from forms.duplicates import duplicates

HOME = {"dwelling_id": "dwelling:1"}
CHEN = {"name": "陈秀英", "birth_date": "1948-03-08"}


@pytest.mark.parametrize(
    ("form", "one", "two", "alike"),
    [
        ("household", HOME, HOME, True),
        ("household", HOME, {"dwelling_id": "dwelling:2"}, False),
        ("household", {}, {}, False),
        ("household", HOME, {**HOME, "more": {"shared": True}}, False),
        ("household", HOME, {**HOME, "removed": True}, False),
        ("household", HOME, {**HOME, "same_as": "household:a"}, False),
        ("dwelling", {"building": "3", "unit": "1", "room_no": "501"}, {"building": "3", "unit": "1",
         "room_no": "501 "}, True),
        ("dwelling", {"building": "a", "room_no": "1"}, {"building": "A", "unit": "", "room_no": "1"}, True),
        ("dwelling", {"building": "3", "unit": "1", "room_no": "501"}, {"building": "3", "unit": "2",
         "room_no": "501"}, False),
        ("person", CHEN, CHEN, True),
        ("person", CHEN, {**CHEN, "birth_date": "1949-03-08"}, False),
        ("person", {"name": "陈秀英"}, {"name": "陈秀英"}, False),
        ("person", {"id_no": "35999919480308002x"}, {"id_no": "35999919480308002X"}, True),
        ("grid_unit", {"name": "22栋"}, {"name": "22栋"}, False),
    ],
)  # fmt: skip
def test_two_files_are_taken_for_one(
    form: str, one: dict[str, Any], two: dict[str, Any], alike: bool
) -> None:
    found = duplicates([("a", form, one), ("b", form, two)])
    assert found == ([("a", "b")] if alike else [])


def test_a_smaller_group_inside_a_larger_is_not_told_twice() -> None:
    known = {**CHEN, "id_no": "35999919480308002X"}
    assert duplicates([("a", "person", known), ("b", "person", known), ("c", "person", CHEN)]) == [
        ("a", "b", "c")
    ]
