"""Two workers edit one household without seeing each other: nothing is lost, and what both changed is asked."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Neighbourhood
from tests.browser.stage import Phone
from tests.browser.test_first_light import door, open_household

CHEN, ZHANG = "13800139001", "13800139002"


def edit_household(phone: Phone, contact_phone: str, *, ebikes: str = "", note: str = "") -> None:
    """Change the household that is open, and save."""
    phone.tap("edit-household")
    phone.at("input-contact_phone").fill(contact_phone)
    if ebikes:
        phone.at("input-ebikes").fill(ebikes)
    if note:
        phone.tap("choice-contact_time-3")
    phone.tap("save")
    expect(phone.at("edit-household")).to_be_visible()


def sync(phone: Phone) -> None:
    """Everything up and down, once."""
    phone.go("me")
    phone.tap("sync-now")
    expect(phone.at("unsent")).to_contain_text("没有")


def test_different_answers_survive_and_the_same_answer_is_asked(neighbourhood: Neighbourhood) -> None:
    where = door(3)
    chen, zhang = neighbourhood.phone("chen"), neighbourhood.phone("zhang")
    for phone, name in ((chen, "chen"), (zhang, "zhang")):
        phone.sign_in(name, PASSWORD)
        phone.cut()
        open_household(phone, where)
    edit_household(chen, CHEN, ebikes="7")
    edit_household(zhang, ZHANG, note="晚上")

    for phone in (chen, zhang, chen):
        phone.reach()
        sync(phone)

    for phone in (chen, zhang):
        open_household(phone, where)
        question = phone.at("open-question")
        expect(question).to_contain_text(CHEN)
        expect(question).to_contain_text(ZHANG)
        phone.tap("edit-household")
        expect(phone.at("input-ebikes")).to_have_value("7")
        expect(phone.at("choice-contact_time-3")).to_have_attribute("aria-checked", "true")
        phone.tap("back")

    desk = neighbourhood.desk()
    desk.sign_in("lin", PASSWORD)
    household = chen.page.url.rpartition("/")[2]
    desk.page.goto(f"{desk.url}/desk/households/{household}")
    for number in (CHEN, ZHANG):
        expect(desk.at("open-questions")).to_contain_text(f"138****{number[-4:]}")

    # One of them asks at the door, and picks; the question is gone everywhere.
    open_household(zhang, where)
    zhang.tap("pick-0")
    sync(zhang)
    sync(chen)
    open_household(chen, where)
    expect(chen.at("open-question")).to_have_count(0)
    assert chen.problems == zhang.problems == []
