"""The desk's pure parts: masking, values in words, flags, texts, history."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from server.review import history, masking, rows, values
from server.review.marks import distance_m, flags_of, point
from server.review.texts import LOCALES, catalogue, locale_of, say
from sync import causal
from sync.documents import Document

TEMPLATES = Path(rows.__file__).parent.parent / "templates" / "desk"
MODULES = Path(rows.__file__).parent


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("", ""),
        ("陈", "*"),
        ("陈真", "陈*"),
        ("陈建真", "陈*真"),
        ("欧阳小梅", "欧阳*梅"),
        ("欧阳梅", "欧阳*"),
        ("古丽·买买提", "古****提"),
    ],
)
def test_names_keep_their_surname(name: str, masked: str) -> None:
    assert masking.mask_name(name) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [("13800138000", "138****8000"), ("350505195001010013", "**************0013"), ("闽C12345", "闽C***45"),
     ("0595-87654321", "****4321"), ("月入三千", "****"), ("", "****")],
)  # fmt: skip
def test_high_harm_values_keep_what_tells_them_apart(text: str, masked: str) -> None:
    assert masking.mask_text(text) == masked


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("", ""),
        ("22栋1单元502", "22栋***"),
        ("泉港区山腰街道聚福路8号3号楼502", "泉港区山腰街道聚福路8号3号楼***"),
        ("村口第二家", "村口***"),
    ],
)
def test_addresses_end_at_the_building(address: str, masked: str) -> None:
    assert masking.mask_address(address) == masked


def test_an_unknown_class_is_personal() -> None:
    assert [masking.sensitivity_of(value) for value in ("P0", "P1", "P3", "P4", None, "secret", 3)] == [
        "P0", "P1", "P3", "P4", "P2", "P2", "P2",
    ]  # fmt: skip


def test_doors_sort_as_people_count_them() -> None:
    doors = ["22栋1单元1201", "22栋1单元502", "3栋2单元101"]
    assert sorted(doors, key=rows.door_key) == ["3栋2单元101", "22栋1单元502", "22栋1单元1201"]


@pytest.mark.parametrize(
    ("value", "tail"),
    [
        ("13800138000", "8000"),
        ("0595-8765 4321", "4321"),
        ("350505195001010013", None),
        ("12", None),
        (13800138000, None),
    ],
)
def test_only_phone_numbers_have_a_tail_to_search_by(value: object, tail: str | None) -> None:
    assert rows.phone_tail(value) == tail


def test_values_read_as_people_say_them() -> None:
    form = {"choices": {"c": [{"name": "1", "label": {"zh-CN": "是的", "en": "Yes indeed"}}]}}
    one = {"type": "select_one", "choices": "c"}
    assert values.shown_value(form, one, "1", "zh-CN") == "是的"
    assert values.shown_value(form, one, "1", "en") == "Yes indeed"
    assert values.shown_value(form, one, "9", "zh-CN") == "9"
    assert values.shown_value(form, {"type": "money"}, 123450, "zh-CN") == "¥1,234.50"
    assert (
        values.shown_value(form, {"type": "datetime"}, "2026-11-20T16:30:00Z", "zh-CN") == "2026-11-21 00:30"
    )
    assert values.shown_value(form, {"type": "acknowledge"}, False, "zh-CN") == "否"
    assert values.shown_value(form, None, [], "zh-CN") == ""


def test_ages_count_full_years() -> None:
    assert values.age_years("2000-11-22", date(2026, 11, 22)) == 26
    assert values.age_years("2000-11-23", date(2026, 11, 22)) == 25
    assert values.age_years("unknown", date(2026, 11, 22)) is None


def test_a_day_of_shanghai_begins_at_sixteen_hours_utc() -> None:
    assert values.day_start("2026-11-22") == "2026-11-21T16:00:00Z"
    assert values.day_start("2026-11-22", add_days=1) == "2026-11-22T16:00:00Z"
    assert values.day_start("9999-12-31", add_days=1) == ""
    assert values.day_start("soon") == ""


@pytest.mark.parametrize(
    ("body", "flags"),
    [
        (
            {"answers": {"visited_at": "2026-11-20T00:00:00Z"}, "captured_at": "2026-11-21T00:00:01Z"},
            ["late"],
        ),
        ({"answers": {"visited_at": "2026-11-20T00:00:00Z"}, "captured_at": "2026-11-21T00:00:00Z"}, []),
        ({"answers": {"visited_at": "2026-11-20T00:00:00Z", "ended_at": "2026-11-20T00:00:59Z"}}, ["short"]),
        ({"answers": {"geo": "25.1 118.9 0 101"}}, ["inaccurate"]),
        ({"answers": {"geo": "25.1 118.9 0 100"}}, []),
        ({"answers": {"geo": "nowhere"}, "clock_offset_s": -601}, ["clock"]),
        ({"answers": 5, "clock_offset_s": "?"}, []),
    ],
)
def test_flags_have_the_limits_of_the_catalogue(body: dict[str, object], flags: list[str]) -> None:
    assert list(flags_of(body)) == flags


def test_distances_are_metres_on_the_ground() -> None:
    a, b = point("25.0 118.0"), point("25.0 119.0")
    assert a is not None
    assert b is not None
    assert round(distance_m(a, b) / 1000, 1) == 100.8
    assert distance_m(a, a) == 0


def test_every_text_a_page_asks_for_is_there_in_both_languages() -> None:
    asked = set()
    for path in [*TEMPLATES.glob("*.html"), *MODULES.glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        asked |= set(re.findall(r"\bt\('([a-z_.]+)'[,)]", text)) | set(
            re.findall(r'say\([^,()]+(?:\(\)\.locale)?, "([a-z_.]+)"', text)
        )
    assert len(asked) > 100
    assert asked - catalogue().keys() == set()
    for key, (chinese, english) in catalogue().items():
        assert set(re.findall(r"{\w+}", chinese)) == set(re.findall(r"{\w+}", english)), key
        assert chinese
        assert english


def test_the_language_is_the_cookies_then_the_browsers_then_chinese() -> None:
    assert locale_of("en", "zh-CN") == "en"
    assert locale_of(None, "en-GB,en;q=0.9") == "en"
    assert locale_of(None, "fr") == locale_of("klingon", None) == "zh-CN"
    assert [say(locale, "nav.queue") for locale in LOCALES] == ["待审", "Queue"]


def test_templates_hold_no_inline_style_and_no_inline_script() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:|<script(?![^>]*\ssrc=)", text), (
            path.name
        )


def test_where_ancestors_are_gone_history_is_told_from_the_dots() -> None:
    first = {"answers": {"a": "1", "b": "1"}, "captured_at": "2026-11-20T00:00:00Z", "captured_by": "chen"}
    first["causal"] = causal.create(first["answers"], "dev-a:1", "2026-11-20T00:00:00Z", "chen")
    second = causal.edit(first, "dev-b", {"b": "2"}, "2026-11-21T00:00:00Z", "zhang")
    alone = Document.of("record:x", ("2-b", "1-a"), second)
    told = history.revisions([alone])
    assert [(one.act, one.by) for one in told] == [("edited", "zhang"), ("created", "chen")]
    assert told[0].changes == (history.Change("b", None, "2", known=False),)
    together = history.revisions([alone, Document.of("record:x", ("1-a",), first)])
    assert together[0].changes == (history.Change("b", "1", "2"),)
