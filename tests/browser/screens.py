"""A picture of every screen, as its users see it: `make screens`.

    python -m tests.browser.screens FOLDER

The phone at 360×740, the desk at 1280×800 (and its queue at 360), on the demo data and one household with very long
names. Pictures are named by who sees them and where; look at each.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from server.demo.town import GRIDS
from tests.browser.conftest import PASSWORD, Neighbourhood, command, make_demo
from tests.browser.stage import Desk, Phone
from tests.browser.test_author import begin, book, hand_in
from tests.browser.test_first_light import door, fill_visit, open_household, photograph

LONG = "阿卜杜热合曼·穆罕默德伊敏·图尔荪江·买买提艾力·阿不都外力·吐尔逊·依布拉音·艾买提江"
ROSTER = f"楼栋,单元,室号,户主,成员,电话\n23栋,1,101,{LONG},{LONG}(妻)、陈{LONG}(子),13800138999\n"


class Album:
    """Takes pictures into a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, person: Phone | Desk, name: str, *, whole: bool = False) -> None:
        person.page.wait_for_timeout(350)  # let what moves come to rest
        person.page.screenshot(path=self._folder / f"{name}.png", full_page=whole)
        print(name)


def phone_screens(album: Album, place: Neighbourhood, folder: Path) -> None:
    """Every screen of the phone, with signal and without."""
    phone = place.phone("chen")
    album.take(phone, "phone-sign-in")
    phone.at("login-name").fill("chen")
    phone.at("login-password").fill("not this one")
    phone.tap("login-submit")
    expect(phone.at("login-problem")).to_be_visible()
    album.take(phone, "phone-sign-in-wrong")
    phone.at("login-password").fill(PASSWORD)
    phone.tap("login-submit")
    expect(phone.at("sync-done")).to_be_visible(timeout=60_000)
    album.take(phone, "phone-first-sync")
    phone.tap("sync-start")
    album.take(phone, "phone-today")
    phone.go("households")
    album.take(phone, "phone-households")
    phone.tap("building-1")
    album.take(phone, "phone-building")
    phone.at("household-search").fill("陈")
    album.take(phone, "phone-search")
    phone.at("household-search").fill("没有这个人")
    album.take(phone, "phone-search-empty")
    phone.at("household-search").fill("")
    open_household(phone, door())
    album.take(phone, "phone-household", whole=True)
    phone.tap("edit-household")
    album.take(phone, "phone-edit-household", whole=True)
    phone.tap("back")
    open_household(phone, ("23", "101"))
    album.take(phone, "phone-household-long-names", whole=True)
    phone.cut()
    open_household(phone, door())
    phone.tap("start-visit")
    album.take(phone, "phone-visit-empty", whole=True)
    phone.tap("save")
    expect(phone.at("errors")).to_be_visible()
    album.take(phone, "phone-visit-errors")
    phone.tap("back")
    open_household(phone, door(1))
    fill_visit(phone, photograph(folder))
    album.take(phone, "phone-visit-filled", whole=True)
    phone.tap("save")
    phone.go("records")
    album.take(phone, "phone-records-offline")
    phone.at("record-card").first.tap()
    album.take(phone, "phone-record", whole=True)
    phone.tap("back")
    phone.go("today")
    album.take(phone, "phone-today-offline")
    phone.at("returned-card").first.tap()
    album.take(phone, "phone-record-returned", whole=True)
    phone.tap("back")
    phone.go("me")
    album.take(phone, "phone-me", whole=True)
    phone.tap("language-en")
    phone.go("today")
    album.take(phone, "phone-today-english")


def desk_screens(album: Album, place: Neighbourhood) -> None:
    """Every page of the desk."""
    desk = place.desk()
    album.take(desk, "desk-sign-in")
    desk.at("desk-name").fill("lin")
    desk.at("desk-password").fill("not this one")
    desk.at("desk-submit").click()
    album.take(desk, "desk-sign-in-wrong")
    desk.sign_in("lin", PASSWORD)
    visit(desk, "/desk/")
    album.take(desk, "desk-queue")
    visit(desk, "/desk/?worker=nobody")
    album.take(desk, "desk-queue-empty")
    visit(desk, "/desk/")
    desk.at("queue-row").first.get_by_role("link").first.click()
    album.take(desk, "desk-record", whole=True)
    desk.at("return").click()
    album.take(desk, "desk-record-return", whole=True)
    desk.at("subject").click()
    album.take(desk, "desk-household", whole=True)
    visit(desk, "/desk/households")
    album.take(desk, "desk-households")
    visit(desk, "/desk/households?q=23栋")
    album.take(desk, "desk-households-long-names")
    visit(desk, "/desk/grids")
    album.take(desk, "desk-grids")
    visit(desk, "/desk/records/record:01JDNOTHERE0000000000000000")
    album.take(desk, "desk-not-found")
    desk.page.set_viewport_size({"width": 360, "height": 740})
    visit(desk, "/desk/")
    album.take(desk, "desk-queue-narrow")
    desk.at("queue-row").first.get_by_role("link").first.click()
    album.take(desk, "desk-record-narrow")


def author_screens(album: Album, place: Neighbourhood, folder: Path) -> None:
    """What a form author sees: a form that is wrong, one that could be published, and trying it."""
    desk = place.desk()
    desk.sign_in("fang", PASSWORD)
    album.take(desk, "desk-forms")
    hand_in(desk, book(folder, "${want} = 'yes'"))
    album.take(desk, "desk-forms-refused")
    hand_in(desk, book(folder, "${wants} = 'yes'"))
    expect(desk.at("outcome")).to_be_visible()
    album.take(desk, "desk-candidate")
    phone = place.phone("fang")
    begin(phone, "fang", "try")
    expect(phone.at("try-garden")).to_be_visible()
    album.take(phone, "phone-try")
    phone.tap("try-garden")
    phone.tap("choice-wants-yes")
    phone.at("input-square_metres").fill("25")
    phone.tap("save")
    album.take(phone, "phone-trial")
    phone.tap("trial-look")
    album.take(phone, "phone-trial-outcome")


def visit(desk: Desk, path: str) -> None:
    desk.page.goto(f"{desk.url}{path}")


def import_long_names(data: Path, folder: Path) -> None:
    """One household with names as long as names get, by the command that imports rosters."""
    roster = folder / "long.csv"
    roster.write_text(ROSTER)
    command(data, "import", "households", str(roster), "--grid", GRIDS[0].code)


def main(album: Album) -> None:
    """All pictures."""
    scenes: list[Callable[[Neighbourhood, Path], None]] = [
        lambda place, folder: phone_screens(album, place, folder),
        lambda place, folder: desk_screens(album, place),
        lambda place, folder: author_screens(album, place, folder),
    ]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        data = make_demo(folder / "data")
        import_long_names(data, folder)
        place = Neighbourhood(data, playwright, folder)
        try:
            for scene in scenes:
                scene(place, folder)
        finally:
            place.close()


if __name__ == "__main__":
    main(Album(Path(sys.argv[1])))
