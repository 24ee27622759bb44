"""A survey of 500 questions on one page: what is typed stays under the thumb that types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, expect

from tests.browser.conftest import PASSWORD, Neighbourhood, command
from tests.browser.stage import Phone
from tests.support.long_form import definition

_WATCH_COMPOSING = """
() => { window.ended = 0; document.addEventListener('compositionend', () => { window.ended += 1 }) }
"""


@pytest.fixture
def phone(neighbourhood: Neighbourhood, tmp_path: Path) -> Phone:
    """A phone with a record of the long form begun."""
    form = tmp_path / "long.json"
    form.write_text(json.dumps(definition()), encoding="utf-8")
    command(neighbourhood.data, "form", "publish", str(form))
    phone = neighbourhood.phone("chen")
    phone.sign_in("chen", PASSWORD)
    phone.at("offers").locator("summary").tap()
    phone.tap("offer-long")
    expect(phone.at("question-place.head")).to_be_visible()
    return phone


def test_composing_chinese_goes_on_while_other_questions_come_and_go(phone: Phone) -> None:
    keyboard: CDPSession = phone.context.new_cdp_session(phone.page)
    phone.page.evaluate(_WATCH_COMPOSING)
    field = phone.at("input-place.head")
    field.tap()
    for typed in ("c", "ch", "che", "chen"):
        keyboard.send(
            "Input.imeSetComposition",
            {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)},
        )
        expect(phone.at("question-place.phone")).to_be_visible()  # asked once there is a name
        expect(field).to_be_focused()
        expect(field).to_have_value(typed)
    assert phone.page.evaluate("ended") == 0
    keyboard.send("Input.insertText", {"text": "陈秀英"})
    expect(field).to_have_value("陈秀英")
    expect(field).to_be_focused()
    assert phone.page.evaluate("ended") == 1


def test_typing_keeps_its_place_on_the_screen(phone: Phone) -> None:
    age = phone.at("input-place.age")
    age.tap()
    where = age.bounding_box()
    phone.page.keyboard.type("71")
    expect(age).to_be_focused()
    expect(phone.at("input-s1.s1_q37")).to_be_visible()  # asked of the old
    assert age.bounding_box() == where


def test_rows_that_the_form_counts_are_there_at_once_and_open_where_they_lack_something(phone: Phone) -> None:
    phone.at("input-s1.s1_q3").fill("3")
    rows = phone.at("repeat-people").locator("details")
    expect(rows).to_have_count(3)
    phone.tap("save")
    expect(rows.first).to_have_attribute("open", "")
    rows.first.locator("input").first.fill("陈建国")
    expect(rows.first.locator("summary")).to_have_text("陈建国")
    phone.at("input-s1.s1_q3").fill("1")
    expect(rows).to_have_count(1)
