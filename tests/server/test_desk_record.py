"""The record page: approve, return, resubmit, reopen; who may; what is masked; what happens when it moves."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from server.access import Grant
from server.accounts import DatedGrant
from server.media_mentions import MediaMentions
from tests.support.block import AT, CHEN, THUMB, ZHANG, Block, Phone
from tests.support.pages import Page, Visitor, desk_of
from tests.support.site import Site
from tests.support.town import add_user

LIN_PHONE = Phone("lin", "dev-linlinlinl")


@pytest.fixture
def block(site: Site) -> Block:
    """The first grid with one household and one waiting visit."""
    made = Block(site.services)
    made.household()
    made.visit()
    made.follow()
    return made


@pytest.fixture
def record(block: Block) -> str:
    """The waiting visit."""
    block.follow()
    return next(doc_id for doc_id, _ in block.store.all_ids("record:", "record;"))


@pytest.fixture
def lin(site: Site) -> Visitor:
    """The community's supervisor."""
    return desk_of(site, "lin")


def state_of(visitor: Visitor, record: str) -> str:
    return visitor.open(f"/records/{record}").one("state").attributes["data-state"]


def test_the_page_shows_answers_in_the_words_of_their_form(lin: Visitor, record: str) -> None:
    page = lin.open(f"/records/{record}")
    assert page.one("answer-visit_type").text == "走访类型 日常走访"
    assert page.one("answer-met_person_id").text.endswith("陈建真")
    assert page.one("answer-visited_at").text.endswith("2026-11-20 10:00")
    assert page.one("subject").text == "22栋1单元502 陈建真"


def test_approving_writes_one_step_that_says_what_was_judged(block: Block, lin: Visitor, record: str) -> None:
    page = lin.act(record, "approve")
    (step,) = block.steps(record)
    assert page.one("notice").text == "刚才那条已通过。 查看"
    assert state_of(lin, record) == "approved"
    assert (step["act"], step["by"], step["role"], step["after"]) == ("approve", "lin", "community", [])
    assert step["seen"] == {CHEN.device: 1}
    assert step["id"].startswith(f"step:{record.partition(':')[2]}:{step['device']}-")
    assert lin.open("/").one("count-submitted").text == "0"


def test_a_return_carries_a_comment_for_each_question(block: Block, lin: Visitor, record: str) -> None:
    lin.act(record, "return", comment="请补全", comment_summary="写明核对了什么")
    (step,) = block.steps(record)
    assert step["fields"] == {"comment": "请补全", "comments": {"summary": "写明核对了什么"}}
    page = lin.open(f"/records/{record}")
    assert page.one("state").attributes["data-state"] == "returned"
    assert "写明核对了什么" in page.one("answer-summary").text
    assert not page.has("approve")


def test_a_return_without_a_word_is_refused_and_nothing_typed_is_lost(
    block: Block, lin: Visitor, record: str
) -> None:
    page = lin.act(record, "return", comment_summary="短")
    assert page.status == 400
    assert "不少于两个字" in page.one("warning").text
    assert page.one("comment-summary").text == "短"
    assert block.steps(record) == []


def test_a_resubmission_is_shown_as_a_difference_and_can_be_approved_and_reopened(
    block: Block, lin: Visitor, record: str
) -> None:
    lin.act(record, "return", comment_summary="写明核对了什么")
    block.edit(record, {"summary": "核对了燃气阀门与用电。"}, at="2026-11-21T02:00:00Z")
    block.step(record, "resubmit", CHEN)
    block.follow()
    row = lin.open("/").one("queue-row")
    assert "再次提交" in row.text
    page = lin.open(f"/records/{record}")
    assert "改了 1 处" in page.one("diff").text
    assert "家中情况良好。" in page.one("diff").text
    assert "核对了燃气阀门与用电。" in page.one("diff").text
    lin.act(record, "approve")
    assert state_of(lin, record) == "approved"
    lin.act(record, "reopen")
    assert state_of(lin, record) == "submitted"
    assert [step["act"] for step in sorted(block.steps(record), key=lambda s: len(s["after"]))] == [
        "return", "resubmit", "approve", "reopen",
    ]  # fmt: skip


def test_an_edit_after_the_approval_is_flagged_and_shown(block: Block, lin: Visitor, record: str) -> None:
    lin.act(record, "approve")
    block.edit(record, {"summary": "后来改的。"}, at="2026-11-21T02:00:00Z")
    block.follow()
    assert "通过后又改" in lin.open("/?state=approved").one("queue-row").text
    assert "家中情况良好。" in lin.open(f"/records/{record}").one("diff").text


def test_the_history_tells_who_changed_what_and_when(block: Block, lin: Visitor, record: str) -> None:
    block.edit(record, {"summary": "张补充。"}, ZHANG, "2026-11-21T02:00:00Z")
    told = lin.open(f"/records/{record}").one("revisions").text
    assert "修改 1 项 Zhang 2026-11-21 10:00" in told
    assert "家中情况良好。" in told
    assert "张补充。" in told
    assert "新建 Chen" in told


@pytest.mark.parametrize("mover", ["an edit", "a colleague"])
def test_an_act_on_a_record_that_moved_is_a_conflict_that_keeps_what_was_typed(
    site: Site, block: Block, lin: Visitor, record: str, mover: str
) -> None:
    drawn = lin.open(f"/records/{record}")
    if mover == "an edit":
        block.edit(record, {"summary": "刚刚改的。"})
    else:
        add_user(site.data, "mei", "community", "350505001999")
        desk_of(site, "mei").act(record, "approve")
    before = len(block.steps(record))
    page = lin.act(record, "return", drawn, comment="请补全", comment_summary="写明核对了什么")
    assert page.status == 409
    assert page.has("conflict")
    assert [one.text for one in page.all("kept")] == ["请补全", "写明核对了什么"]
    assert len(block.steps(record)) == before


def test_the_page_after_a_conflict_has_the_comments_in_their_fields(
    block: Block, lin: Visitor, record: str
) -> None:
    drawn = lin.open(f"/records/{record}")
    block.edit(record, {"summary": "刚刚改的。"})
    lin.act(record, "return", drawn, comment_summary="写明核对了什么")
    again = lin.send(f"/records/{record}/again", {"comment:summary": "写明核对了什么", "returning": "1"})
    assert again.one("comment-summary").text == "写明核对了什么"
    assert "刚刚改的。" in again.one("answer-summary").text


def test_nobody_reviews_his_own_record(block: Block, lin: Visitor) -> None:
    own = block.visit(9, phone=LIN_PHONE)
    block.follow()
    page = lin.open(f"/records/{own}")
    assert not page.has("approve")
    assert not page.has("return")
    assert lin.act(own, "approve", page).status == 403
    assert block.steps(own) == []


@pytest.mark.parametrize("act", ["approve", "return", "reopen", "resubmit", "rule", "", "delete"])
def test_an_act_that_the_state_or_the_table_does_not_allow_writes_nothing(
    block: Block, lin: Visitor, record: str, act: str
) -> None:
    lin.act(record, "return", comment="请补全")
    assert lin.act(record, act, comment="再退一次").status == 403
    assert len(block.steps(record)) == 1


def test_a_form_without_the_token_of_this_visit_is_refused(
    site: Site, block: Block, lin: Visitor, record: str
) -> None:
    drawn = lin.open(f"/records/{record}")
    others = desk_of(site, "gao").open("/grids").field("csrf")
    for token in ("", "0" * 64, others):
        sent = {"act": "approve", "judged": drawn.field("judged")}
        assert lin.send(f"/records/{record}", sent, token).status == 403
    assert block.steps(record) == []


def test_another_community_gets_403_for_the_page_and_for_acts(
    site: Site, block: Block, lin: Visitor, record: str
) -> None:
    add_user(site.data, "yan", "community", "350505001998")
    yan, drawn = desk_of(site, "yan"), lin.open(f"/records/{record}")
    assert yan.open(f"/records/{record}").status == 403
    assert yan.act(record, "approve", drawn).status == 403
    assert yan.send(f"/records/{record}", {"act": "approve", "judged": drawn.field("judged")}).status == 403
    assert yan.open("/").all("queue-row") == []
    assert block.steps(record) == []


def test_a_street_reads_masked_and_acts_on_nothing(site: Site, record: str) -> None:
    gao = desk_of(site, "gao")
    page = gao.open(f"/records/{record}")
    assert page.one("subject").text == "22栋*** 陈*真"
    assert "陈建真" not in page.html
    assert not page.has("approve")
    assert gao.act(record, "approve", page).status == 403


def test_the_district_and_administrators_read_no_record(site: Site, record: str) -> None:
    assert desk_of(site, "he").open(f"/records/{record}").status == 403
    assert desk_of(site, "admin").open(f"/records/{record}").status == 403


def test_a_worker_has_no_desk(site: Site) -> None:
    visitor = Visitor(site.app.test_client())
    token = visitor.open("/sign-in").field("csrf")
    page = visitor.send("/sign-in", {"name": "chen", "password": "chen-of-the-tests"}, token)
    assert page.status == 403
    assert "手机应用" in page.one("desk-error").text
    assert visitor.open("/").has("desk-password")


def test_a_wrong_password_says_so_and_keeps_the_name(site: Site) -> None:
    visitor = Visitor(site.app.test_client())
    token = visitor.open("/sign-in").field("csrf")
    page = visitor.send("/sign-in", {"name": "lin", "password": "wrong"}, token)
    assert page.status == 401
    assert page.one("desk-name").attributes["value"] == "lin"


def test_signing_out_ends_the_session(lin: Visitor) -> None:
    assert lin.send("/sign-out", {}).has("desk-password")
    assert lin.open("/").has("desk-password")


def test_a_grant_that_ended_opens_nothing(site: Site, record: str) -> None:
    lin = desk_of(site, "lin")
    site.services.accounts.set_grants("lin", [DatedGrant(Grant("worker", "350505001999001"))])
    fresh = Visitor(site.app.test_client())
    token = fresh.open("/sign-in").field("csrf")
    assert fresh.send("/sign-in", {"name": "lin", "password": "lin-of-the-tests"}, token).status == 403
    assert lin is not fresh


def test_high_harm_answers_are_masked_and_a_reveal_is_written_down_first(
    site: Site, block: Block, lin: Visitor
) -> None:
    hazard = block.write(
        "record:01JD0000000000000000000001", "safety_hazard", None,
        {"category": "10", "level": "1", "place_kind": "2", "description": "僵尸车", "vehicle_plate": "闽C12345"},
    )  # fmt: skip
    block.follow()
    page = lin.open(f"/records/{hazard}")
    assert "闽C***45" in page.one("answer-vehicle_plate").text
    assert "闽C12345" not in page.html
    reply = lin.client.post(
        f"/desk/documents/{hazard}/reveal", data={"csrf": page.field("csrf"), "path": "vehicle_plate"}
    )
    assert reply.get_json() == {"value": "闽C12345"}
    assert reply.headers["Cache-Control"] == "no-store"
    note = site.services.accounts.notes()[0]
    assert (note.who, note.what, note.detail) == (
        "lin",
        "reveal",
        f"{block.database} {hazard} vehicle_plate P3",
    )


def test_nothing_is_revealed_to_those_who_may_not_nor_without_the_token(
    site: Site, block: Block, lin: Visitor
) -> None:
    hazard = block.write(
        "record:01JD0000000000000000000001",
        "safety_hazard",
        None,
        {"category": "10", "vehicle_plate": "闽C12345"},
    )
    block.follow()
    gao = desk_of(site, "gao")
    before = [note for note in site.services.accounts.notes() if note.what == "reveal"]
    sent = {"path": "vehicle_plate"}
    for visitor, token in ((gao, gao.open("/grids").field("csrf")), (lin, "")):
        reply = visitor.client.post(f"/desk/documents/{hazard}/reveal", data={"csrf": token, **sent})
        assert reply.status_code == 403
        assert "闽C12345" not in reply.get_data(as_text=True)
    assert [note for note in site.services.accounts.notes() if note.what == "reveal"] == before == []


def test_photos_show_their_thumb_and_lead_to_the_original_once_it_is_here(
    site: Site, block: Block, lin: Visitor
) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (40, 30), (10, 90, 80)).save(drawn, "PNG")
    here = site.services.media.keep(block.database, drawn.getvalue(), "chen", site.services.clock())
    row = {"type": "image/png", "bytes": 10, "thumb": THUMB}
    photos = [
        {**row, "row": "01JD0000000000000000000008", "sha256": here},
        {**row, "row": "01JD0000000000000000000009", "sha256": "cd" * 32, "thumb": "javascript:alert(1)"},
    ]
    record = block.visit(5, photos=photos)
    block.follow()
    MediaMentions(site.services.media).handle(block.store, list(block.store.changes()))
    page = lin.open(f"/records/{record}")
    link = page.one("photo").attributes["href"]
    assert link == f"/api/media/{block.database}/{here}"
    assert lin.client.get(link).mimetype == "image/png"
    assert desk_of(site, "gao").client.get(link).status_code == 403
    assert "原图还没有传到" in page.one("photo-waiting").text
    assert [e.attributes["src"] for e in page.elements if e.tag == "img"] == [THUMB]
    assert lin.open("/").all("queue-row")[-1].text.endswith("2")


def test_the_distance_from_the_door_is_told_without_the_position(lin: Visitor, record: str) -> None:
    page = lin.open(f"/records/{record}")
    assert "距房屋 11 米" in page.html
    assert "118.9159" not in page.html


def test_what_a_worker_typed_is_never_markup(block: Block, lin: Visitor) -> None:
    record = block.visit(6, summary='<script>alert("x")</script><b>')
    block.follow()
    page = lin.open(f"/records/{record}")
    assert '<script>alert("x")' not in page.html
    assert 'alert("x")' in page.one("answer-summary").text


def test_two_unseen_edits_are_shown_with_both_values(block: Block, lin: Visitor, record: str) -> None:
    block.edit_unseen(
        record,
        (CHEN, {"summary": "陈写的。"}, "2026-11-21T02:00:00Z"),
        (ZHANG, {"summary": "张写的。"}, "2026-11-21T03:00:00Z"),
    )
    block.follow()
    page = lin.open(f"/records/{record}")
    assert [one.text for one in page.all("sibling")] == [
        "张写的。 Zhang 2026-11-21 11:00", "陈写的。 Chen 2026-11-21 10:00",
    ]  # fmt: skip
    assert "两处修改" in lin.open("/").one("queue-row").text


def test_a_form_this_server_does_not_know_is_shown_as_it_was_stored(block: Block, lin: Visitor) -> None:
    causal = {"born": "dev-a:1", "context": {"dev-a": 1}, "dots": {}, "stamps": {}, "siblings": {}}
    body = {"form": "strange", "form_version": 9, "subject": None, "captured_by": "chen", "captured_at": AT}
    stored = {**body, "answers": {"colour": "蓝色"}, "causal": causal}
    block.store.put("record:01JD0000000000000000000002", stored)
    block.follow()
    page = lin.open("/records/01JD0000000000000000000002")
    assert "蓝色" in page.one("answer-colour").text
    assert "按原样显示" in page.html


@pytest.mark.parametrize(
    "address",
    ["/records/record:01JD00000000000000000000ZZ", "/records/x", "/nothing", "/households/household:x"],
)
def test_an_address_that_leads_nowhere_is_a_page_that_says_so(lin: Visitor, address: str) -> None:
    page: Page = lin.open(address)
    assert page.status == 404
    assert page.has("error")


def test_a_record_its_author_removed_is_listed_apart_and_not_reviewed(
    block: Block, lin: Visitor, record: str
) -> None:
    block.edit(record, {"removed": True})
    block.follow()
    assert lin.open("/").one("count-submitted").text == "0"
    assert [row.attributes["data-id"] for row in lin.open("/?state=withdrawn").all("queue-row")] == [record]
    page = lin.open(f"/records/{record}")
    assert "采集人已作废" in page.html
    assert not page.has("approve")
