"""A form author's last mile: a workbook handed in at the desk, tried on a phone, published, filled by a worker."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from server.demo.pictures import pictures
from sync.sqlite import SqliteStores
from tests.browser.conftest import PASSWORD, Neighbourhood
from tests.browser.stage import Desk, Phone
from tests.support.workbooks import workbook

HEADER = ("type", "name", "label", "required", "relevant", "constraint", "constraint_message")
CHOICES = [("list_name", "name", "label"), ("yes_no", "yes", "愿意"), ("yes_no", "no", "暂不")]
SETTINGS = [("form_id", "form_title", "version"), ("garden", "小花园认领", 1)]
KEPT = """
async () => {
  const found = {};
  for (const { name } of await indexedDB.databases()) {
    const answer = (asked) => new Promise((done) => { asked.onsuccess = () => done(asked.result); });
    const db = await answer(indexedDB.open(name));
    for (const store of db.objectStoreNames) {
      found[`${name} ${store}`] = JSON.stringify(await answer(db.transaction(store).objectStore(store).getAll()));
    }
    db.close();
  }
  return found;
}
"""
"""Everything that a phone's databases hold, by database and store."""


def book(folder: Path, relevant: str) -> Path:
    """The author's workbook; `relevant` says when the second question is asked."""
    file = folder / "小花园认领.xlsx"
    survey = [
        HEADER,
        ("select_one yes_no", "wants", "愿意认领小花园吗？", "yes", "", "", ""),
        ("integer", "square_metres", "认领几平方米", "yes", relevant, ". <= 20", "一户最多 20 平方米"),
        ("image", "place", "现场照片", "", "", "", ""),
        ("begin repeat", "helpers", "一起种的人", "", relevant, "", ""),
        ("text", "helper", "姓名", "", "", "", ""),
        ("end repeat",),
        ("select_one ${helper}", "lead", "谁负责？", "", relevant, "", ""),
        ("text", "when", "${lead}什么时候有空？", "", "${lead} != ''", "", ""),
    ]
    file.write_bytes(workbook(survey=survey, choices=CHOICES, settings=SETTINGS))
    return file


def hand_in(desk: Desk, file: Path) -> None:
    desk.at("form-file").set_input_files(file)
    desk.at("hand-in").click()


def begin(phone: Phone, name: str, tab: str) -> None:
    """Sign in and load, up to the first page of the app."""
    phone.at("login-name").fill(name)
    phone.at("login-password").fill(PASSWORD)
    phone.tap("login-submit")
    expect(phone.at("sync-done")).to_be_visible(timeout=60_000)
    phone.tap("sync-start")
    expect(phone.at(f"tab-{tab}")).to_be_visible()


def on_the_server(place: Neighbourhood) -> dict[str, str]:
    """How far each database of the server has come: any write is seen here."""
    stores = SqliteStores(place.data / "stores")
    try:
        return stores.update_seqs()
    finally:
        stores.close()


def test_a_workbook_is_tried_on_a_phone_before_workers_get_it(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    # At the desk: what is wrong is told by cell; mended, the form could be published.
    desk = neighbourhood.desk()
    desk.sign_in("fang", PASSWORD)
    hand_in(desk, book(tmp_path, "${want} = 'yes'"))
    expect(desk.at("remark").first).to_contain_text("survey!E3")
    hand_in(desk, book(tmp_path, "${wants} = 'yes'"))
    expect(desk.at("outcome")).to_contain_text("新表单")

    # On the author's phone: the form is tried with the network cut, wrong first, then right.
    phone = neighbourhood.phone("fang")
    begin(phone, "fang", "try")
    phone.tap("try-garden")
    expect(phone.at("trial-banner")).to_contain_text("试填，不会保存")
    expect(phone.at("question-wants")).to_be_visible()
    expect(phone.at("question-square_metres")).to_have_count(0)
    server = on_the_server(neighbourhood)
    phone.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    phone.cut()
    phone.page.reload()
    phone.tap("back")
    expect(phone.at("try-offline")).to_be_visible()
    phone.tap("try-garden")
    phone.tap("choice-wants-yes")
    phone.at("input-square_metres").fill("25")
    photo = tmp_path / "place.jpg"
    photo.write_bytes(pictures()[2].data)
    phone.at("input-place").set_input_files(photo)
    expect(phone.at("photo-place")).to_have_count(1)
    phone.tap("add-helpers")
    phone.page.locator("[data-testid^='input-helpers.']").fill("李芳")
    phone.tap("choice-lead-李芳")
    expect(phone.at("question-when")).to_contain_text("李芳什么时候有空？")
    phone.tap("save")
    expect(phone.at("finding-square_metres")).to_have_text("一户最多 20 平方米")
    phone.at("input-square_metres").fill("15")
    phone.tap("save")
    outcome = phone.at("trial-outcome")
    expect(outcome.get_by_test_id("answer-wants")).to_contain_text("愿意")
    expect(outcome.get_by_test_id("answer-square_metres")).to_contain_text("15")
    expect(outcome.get_by_test_id("answer-lead")).to_contain_text("李芳")
    expect(phone.at("trial-raw")).to_contain_text('"square_metres": 15')

    # Nothing of it is anywhere: not on the phone, and after a synchronisation not on the server.
    phone.reach()
    phone.page.goto(f"{neighbourhood.url}/#/me")
    phone.tap("sync-now")
    expect(phone.at("unsent")).to_have_text("没有")
    kept = phone.page.evaluate(KEPT)
    assert [store for store, text in kept.items() if '"square_metres":' in text] == []
    assert [kept[f"jinlin {store}"] for store in ("drafts", "outbox", "media")] == ["[]"] * 3
    assert on_the_server(neighbourhood) == server

    # A worker does not see it yet; published, it is on his phone after the next synchronisation.
    worker = neighbourhood.phone("chen")
    begin(worker, "chen", "today")
    worker.tap("offers")
    expect(worker.at("offer-garden")).to_have_count(0)
    desk.at("publish").click()
    expect(desk.at("notice")).to_contain_text("“小花园认领”第 1 版已发布")
    worker.tap("sync-now")
    expect(worker.at("offer-garden")).to_be_visible()
    worker.tap("offer-garden")
    expect(worker.at("trial-banner")).to_have_count(0)
    worker.tap("choice-wants-no")
    worker.tap("save")
    worker.go("records")
    expect(worker.at("record-card").first).to_contain_text("小花园认领")

    # What is published is tried no more.
    phone.page.goto(f"{neighbourhood.url}/#/try")
    expect(phone.at("try-none")).to_be_visible()
    assert phone.problems == []
    assert worker.problems == []
