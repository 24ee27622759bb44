"""The main job, whole: a visit in a stairwell without signal, reviewed in the community, corrected, approved."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from server.demo.files import homes_of
from server.demo.pictures import pictures
from server.demo.town import GRIDS
from tests.browser.conftest import PASSWORD, Neighbourhood
from tests.browser.stage import Desk, Phone

SUMMARY = "户主在家,楼道灯已修好,提醒老人天冷少出门。"
BETTER = "见到户主本人,核对了四口人的信息,楼道灯已修好。"


def door(number: int = 0) -> tuple[str, str]:
    """Building and room of an inhabited door of the first grid."""
    homes, files = homes_of(GRIDS[0], datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date())
    dwelling = next(f for f in files if f.doc_id == homes[number].dwelling_id)
    return dwelling.fields["answers"]["building"], dwelling.fields["answers"]["room_no"]


def open_household(phone: Phone, where: tuple[str, str]) -> None:
    """From anywhere to the page of the household behind a door."""
    phone.go("households")
    if phone.at("all-buildings").count():
        phone.tap("all-buildings")
    phone.tap(f"building-{where[0]}")
    phone.tap(f"door-{where[1]}")
    expect(phone.at("start-visit")).to_be_visible()


def photograph(folder: Path) -> Path:
    file = folder / "stairwell.jpg"
    file.write_bytes(pictures()[2].data)
    return file


def fill_visit(phone: Phone, photo: Path) -> None:
    """A visit at home: somebody met, a topic, a few words, a photo, a position."""
    phone.tap("start-visit")
    phone.tap("choice-result-1")
    phone.tap("ref-met_person_id-0")
    phone.tap("choice-topics-05")
    phone.at("input-summary").fill(SUMMARY)
    phone.at("input-photos").set_input_files(photo)
    expect(phone.at("photo-photos")).to_have_count(1)
    phone.tap("locate-geo")
    expect(phone.at("point-geo")).to_be_visible()


def sent_record(phone: Phone) -> str:
    """The id of the record at the top of the phone's list."""
    return str(phone.at("record-card").first.get_attribute("href")).rpartition("/")[2]


def open_from_queue(desk: Desk, record: str) -> None:
    """Open a record from the queue; what was sent a moment ago is there after a moment."""
    link = desk.at("queue-row").locator(f"a[href*='{record.partition(':')[2]}']").first
    for _ in range(40):
        desk.page.goto(f"{desk.url}/desk/?order=newest")
        if link.count():
            break
        desk.page.wait_for_timeout(250)
    link.click()


def test_a_visit_from_the_stairwell_to_the_approval(neighbourhood: Neighbourhood, tmp_path: Path) -> None:
    phone = neighbourhood.phone("chen")
    phone.sign_in("chen", PASSWORD)

    # No signal, and the server is gone: the app opens all the same.
    phone.cut()
    neighbourhood.stop_server()
    phone.page.reload()
    expect(phone.at("tab-today")).to_be_visible()

    # A visit with photo and position; the phone kills the tab before it is saved.
    open_household(phone, door())
    fill_visit(phone, photograph(tmp_path))
    expect(phone.at("draft-kept")).to_be_visible()
    phone.page.wait_for_timeout(400)  # a person puts the phone down; the draft is written within 200 ms
    phone.kill_tab()
    phone.tap("draft-card")
    expect(phone.at("input-summary")).to_have_value(SUMMARY)
    expect(phone.at("photo-photos")).to_have_count(1)
    expect(phone.at("point-geo")).to_be_visible()
    phone.tap("save")
    phone.go("records")
    expect(phone.at("receipt-waiting")).to_have_count(1)

    # The phone is switched off and on again, still without signal.
    phone.restart()
    phone.go("records")
    expect(phone.at("receipt-waiting")).to_have_count(1)

    # Signal: the record is sent, and the phone says so only when the server has it durably.
    neighbourhood.start_server()
    phone.reach()
    phone.tap("sync-now")
    expect(phone.at("receipt-waiting")).to_have_count(0)
    expect(phone.at("record-card").first.get_by_test_id("receipt-sent")).to_be_visible()

    # In the community: found in the queue, with its photo; returned with a word about one answer.
    desk = neighbourhood.desk()
    desk.sign_in("lin", PASSWORD)
    record = sent_record(phone)
    open_from_queue(desk, record)
    expect(desk.at("answer-summary")).to_contain_text(SUMMARY)
    expect(desk.at("photo").first).to_be_visible()
    desk.at("return").click()
    desk.at("comment-summary").fill("请写明见到的是谁")
    desk.at("return-submit").click()
    expect(desk.at("notice")).to_be_visible()
    desk.page.goto(f"{desk.url}/desk/records/{record}")
    expect(desk.at("step")).to_contain_text("请写明见到的是谁")

    # A red card on the phone; corrected with the network cut, sent when it is back.
    phone.tap("sync-now")
    phone.go("today")
    card = phone.at("returned-card").filter(has_text="请写明见到的是谁")
    expect(card).to_be_visible()
    phone.cut()
    card.tap()
    phone.tap("correct")
    expect(phone.at("comment-summary")).to_contain_text("请写明见到的是谁")
    phone.at("input-summary").fill(BETTER)
    phone.tap("save")
    phone.reach()
    phone.go("records")
    phone.tap("sync-now")

    # The supervisor sees what changed, and approves.
    desk.page.reload()
    expect(desk.at("diff")).to_contain_text(BETTER)
    desk.at("approve").click()

    phone.tap("sync-now")
    expect(phone.at("record-card").first.get_by_test_id("receipt-approved")).to_be_visible()
    assert phone.problems == []
