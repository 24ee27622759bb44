"""Acts at the desk that ask something: an appeal is dispatched, a dispute taken up, a hazard put right."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from server.authoring import stable_ulid
from server.media_mentions import addresses
from tests.support.block import Block, Phone
from tests.support.pages import Page, Visitor, desk_of
from tests.support.site import Site

LIN_PHONE = Phone("lin", "dev-linlinlinl")
APPEAL = {
    "title": "楼道灯坏了", "kind": "1", "area": "A", "category": "A03", "urgency": "3",
    "content": "3 栋 2 单元 1 到 3 楼的灯都不亮", "anonymous": True, "more": {"channel": "01"},
}  # fmt: skip


@pytest.fixture
def block(site: Site) -> Block:
    """The first grid with one household."""
    made = Block(site.services)
    made.household()
    made.follow()
    return made


@pytest.fixture
def lin(site: Site) -> Visitor:
    """The community's supervisor."""
    return desk_of(site, "lin")


@pytest.fixture
def appeal(block: Block) -> str:
    """An appeal that Chen has handed in."""
    return handed_in(block, "appeal", APPEAL)


def handed_in(block: Block, form: str, answers: dict[str, Any]) -> str:
    household = f"household:{stable_ulid('household', '502')}"
    record = block.write(f"record:{stable_ulid(form, '1')}", form, household, answers)
    block.follow()
    return record


def do(visitor: Visitor, record: str, act: str, drawn: Page | None = None, **said: Any) -> Page:
    """Fill in what an act asks and confirm."""
    page = drawn or visitor.open(f"/records/{record}/acts/{act}")
    fields = {f"said:{name.replace('__', '.')}": value for name, value in said.items()}
    address = f"/records/{record}/acts/{act}"
    return visitor.send(address, {"judged": page.field("judged"), **fields}, page.field("csrf"))


def names(page: Page) -> set[str]:
    return {element.attributes.get("name", "") for element in page.elements}


def drawn_png() -> io.BytesIO:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 90, 80)).save(picture, "PNG")
    picture.seek(0)
    return picture


def test_the_record_offers_what_its_own_workflow_allows_now(lin: Visitor, appeal: str) -> None:
    page = lin.open(f"/records/{appeal}")
    assert page.one("state").text == "已上报"
    assert page.has("return")
    assert page.one("act-register").text == "受理"
    assert page.one("act-register").tag == "a"
    assert not page.has("act-dispatch")
    assert not page.has("approve")


def test_an_appeal_is_registered_and_dispatched_by_the_days_of_its_category(
    block: Block, lin: Visitor, appeal: str
) -> None:
    page = do(lin, appeal, "register", scale="01")
    assert page.one("notice").text == "已办理。"
    assert page.one("state").attributes["data-state"] == "registered"
    asked = lin.open(f"/records/{appeal}/acts/dispatch")
    days = asked.field("said:deadline")
    assert days > block.now[:10]
    page = do(lin, appeal, "dispatch", drawn=asked, assignee_org="物业公司", deadline=days)
    assert page.one("state").text == "已派单"
    assert [step["act"] for step in block.steps(appeal)] == ["register", "dispatch"]
    (dispatched,) = (step for step in block.steps(appeal) if step["act"] == "dispatch")
    assert dispatched["fields"] == {"assignee_org": "物业公司", "deadline": days}
    assert (dispatched["by"], dispatched["role"]) == ("lin", "community")
    told = [step.text for step in page.all("step")]
    assert any("派单" in text and "物业公司" in text for text in told)
    assert "办理期限" in page.one("due").text


def test_an_answer_that_is_missing_or_none_writes_nothing_and_is_marked_where_it_belongs(
    block: Block, lin: Visitor, appeal: str
) -> None:
    do(lin, appeal, "register")
    page = do(lin, appeal, "dispatch", assignee_user="chen", deadline="不是日期")
    assert page.status == 400
    assert page.field("said:assignee_user") == "chen"
    assert page.field("said:deadline") == "不是日期"
    assert "finding" in [e.attributes.get("data-testid") for e in page.elements]
    assert page.one("asked-said:deadline").attributes["class"] == "asked has-finding"
    page = do(lin, appeal, "dispatch", deadline="2026-12-01")
    assert page.status == 400
    assert page.one("asked-said:assignee_org").attributes["class"] == "asked has-finding"
    assert [step["act"] for step in block.steps(appeal)] == ["register"]


def test_a_button_alone_does_not_do_what_must_say_something(block: Block, lin: Visitor, appeal: str) -> None:
    do(lin, appeal, "register")
    assert lin.act(appeal, "dispatch").status == 403
    assert [step["act"] for step in block.steps(appeal)] == ["register"]


def test_an_act_out_of_turn_or_out_of_reach_is_refused(site: Site, lin: Visitor, appeal: str) -> None:
    assert lin.open(f"/records/{appeal}/acts/dispatch").status == 403
    assert lin.open(f"/records/{appeal}/acts/return").status == 403  # asks nothing, so has no page
    assert lin.open(f"/records/{appeal}/acts/nothing").status == 403
    gao = desk_of(site, "gao")  # the street does not register
    assert not gao.open(f"/records/{appeal}").has("act-register")
    assert gao.open(f"/records/{appeal}/acts/register").status == 403


def test_a_record_that_moved_meanwhile_keeps_what_was_filled_in(
    block: Block, lin: Visitor, appeal: str
) -> None:
    asked = lin.open(f"/records/{appeal}/acts/register")
    block.edit(appeal, {"urgency": "2"})
    block.follow()
    page = do(lin, appeal, "register", drawn=asked, scale="02")
    assert page.status == 409
    assert "刚刚有变化" in page.one("warning").text
    assert block.steps(appeal) == []
    (chosen,) = (e for e in page.elements if e.tag == "option" and "selected" in e.attributes)
    assert chosen.attributes["value"] == "02"
    assert do(lin, appeal, "register", drawn=page, scale="02").status == 200
    assert block.steps(appeal)[0]["fields"]["scale"] == "02"


def test_what_nobody_asked_for_is_not_written(block: Block, lin: Visitor, appeal: str) -> None:
    do(lin, appeal, "register", scale="01", urgency="1", is_livelihood_deed="yes")
    assert block.steps(appeal)[0]["fields"] == {"scale": "01", "is_livelihood_deed": True}


def test_a_merged_appeal_names_the_one_it_repeats(block: Block, lin: Visitor, appeal: str) -> None:
    twin = block.write("record:" + stable_ulid("appeal", "2"), "appeal", None, APPEAL)
    visit = block.visit(8)
    block.follow()
    do(lin, appeal, "register")
    asked = lin.open(f"/records/{appeal}/acts/merge")
    offered = {e.attributes.get("value") for e in asked.elements if e.tag == "option"}
    assert offered >= {twin, visit}  # of the same form, about the same household
    assert appeal not in offered
    page = do(lin, appeal, "merge", drawn=asked, duplicate_of=twin)
    assert page.one("state").attributes["data-state"] == "merged"


def test_rows_are_filled_in_and_more_can_be_had(block: Block, lin: Visitor) -> None:
    dispute = handed_in(block, "mediation_case", {})
    asked = lin.open(f"/records/{dispute}/acts/mediate")
    rows = [name for name in names(asked) if name.startswith("said:mediators.")]
    assert rows
    held = int(asked.field("said:mediators#"))
    said = {"mediators#": str(held), "mediators__0__name": "林调解", "mediators__1__name": ""}
    fields = {f"said:{name.replace('__', '.')}": text for name, text in said.items()}
    more = lin.send(
        f"/records/{dispute}/acts/mediate",
        {"judged": asked.field("judged"), "more": "1", **fields},
        asked.field("csrf"),
    )
    assert more.status == 200
    assert int(more.field("said:mediators#")) > held
    assert more.field("said:mediators.0.name") == "林调解"
    assert block.steps(dispute) == []


@pytest.mark.parametrize("count", ["x", "-1", "²", "9" * 5000, "1e9", "9999"])
def test_a_number_of_rows_that_is_none_breaks_nothing(block: Block, lin: Visitor, count: str) -> None:
    dispute = handed_in(block, "mediation_case", {})
    refused = do(lin, dispute, "mediate", **{"mediators#": count})
    assert refused.status == 400
    assert block.steps(dispute) == []


def test_a_photo_that_an_act_asks_for_is_kept_among_the_originals(
    site: Site, block: Block, lin: Visitor
) -> None:
    hazard = handed_in(block, "safety_hazard", {})
    for act, fields in (
        ("classify", {"grade": "1"}),
        ("assign", {"duty_org": "物业", "duty_person": "周工", "deadline": "2026-12-01"}),
    ):
        block.step(hazard, act, LIN_PHONE, "community", no=len(block.steps(hazard)), **fields)
    block.follow()
    asked = lin.open(f"/records/{hazard}/acts/rectify")
    said: dict[str, Any] = {"measures": "更换线路", "photos_after": (io.BytesIO(b"no picture"), "a.png")}
    refused = do(lin, hazard, "rectify", drawn=asked, **said)
    assert refused.status == 400
    assert refused.one("asked-said:photos_after").attributes["class"] == "asked has-finding"
    assert refused.field("said:measures") is not None
    refused = do(lin, hazard, "rectify", drawn=refused, measures="", photos_after=(drawn_png(), "a.png"))
    assert refused.status == 400
    (kept,) = (
        e
        for e in refused.elements
        if e.attributes.get("name") == "said:photos_after" and "checked" in e.attributes
    )
    chosen = kept.attributes["value"]
    page = do(lin, hazard, "rectify", drawn=refused, measures="更换线路", photos_after=chosen)
    assert page.one("state").attributes["data-state"] == "rectified"
    (step,) = (step for step in block.steps(hazard) if step["act"] == "rectify")
    (address,) = addresses(step["fields"])
    assert address == chosen
    found, _ = site.services.media.open(block.database, address)
    assert found is not None


def test_the_tabs_of_the_queue_and_a_households_history_say_the_states_words(
    block: Block, lin: Visitor, appeal: str
) -> None:
    do(lin, appeal, "register")
    page = lin.open("/?state=registered")
    assert page.one("state-registered").text.startswith("已受理")
    history = lin.open(f"/households/household:{stable_ulid('household', '502')}")
    assert any("已受理" in row.text for row in history.all("visit"))


def test_a_clock_that_has_run_out_is_told(block: Block, lin: Visitor) -> None:
    told = {}
    for no, at in enumerate(("2026-01-05T02:00:00Z", "2126-01-07T02:00:00Z")):
        record = block.write(f"record:{stable_ulid('appeal', f'due{no}')}", "appeal", None, APPEAL, at=at)
        block.follow()
        told[at[:4]] = lin.open(f"/records/{record}").one("due").text
    assert told == {"2026": "期限受理期限 2026-01-06 已逾期", "2126": "期限受理期限 2126-01-08"}
