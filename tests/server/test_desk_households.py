"""Households: search, the page of one, and settling what people changed unseen; and the grids above them."""

from __future__ import annotations

import pytest

from server.authoring import stable_ulid
from server.directory import Place
from sync.causal import open_questions
from tests.support.block import CHEN, ZHANG, Block
from tests.support.pages import Page, Visitor, desk_of
from tests.support.site import Site
from tests.support.town import COMMUNITY, GRID_2

EARLY, LATE = "2026-11-21T01:00:00Z", "2026-11-21T02:00:00Z"


@pytest.fixture
def block(site: Site) -> Block:
    """The first grid with three households."""
    made = Block(site.services)
    for room, name, phone in (
        ("502", "陈建真", "13800138000"),
        ("1201", "欧阳小梅", "13900139111"),
        ("303", "李一", "13700137222"),
    ):
        made.household(room, name, phone)
    made.follow()
    return made


@pytest.fixture
def household(block: Block) -> str:
    """The household in 502, whose phone two workers have changed unseen."""
    doc_id = f"household:{stable_ulid('household', '502')}"
    block.edit_unseen(
        doc_id,
        (CHEN, {"contact_phone": "13811112222"}, EARLY),
        (ZHANG, {"contact_phone": "13933334444"}, LATE),
    )
    block.follow()
    return doc_id


@pytest.fixture
def lin(site: Site) -> Visitor:
    """The community's supervisor."""
    return desk_of(site, "lin")


@pytest.mark.parametrize(
    ("words", "doors"),
    [
        ("", 3),
        ("建真", 1),
        ("502", 1),
        ("22-1-502", 1),
        ("22栋1单元", 3),
        ("8000", 1),
        ("9111", 1),
        ("22 李", 1),
        ("50%", 0),
        ("没有", 0),
    ],
)
def test_households_are_found_by_name_door_or_phone(
    block: Block, lin: Visitor, words: str, doors: int
) -> None:
    page = lin.open(f"/households?q={words.replace('%', '%25')}")
    assert len(page.all("household-row")) == doors
    assert ("没有找到住户" in page.html) == (doors == 0)
    assert not doors or f"共 {doors} 条" in page.one("range").text


def test_the_list_is_by_door_as_people_count_and_masked(block: Block, lin: Visitor) -> None:
    rows = [row.text for row in lin.open("/households").all("household-row")]
    assert [row.split()[1] for row in rows] == ["李*", "陈*真", "欧阳*梅"]
    assert all("22栋***" in row for row in rows)


def test_only_those_with_open_questions(block: Block, household: str, lin: Visitor) -> None:
    person = f"person:{stable_ulid('person', '303')}"
    block.edit_unseen(person, (CHEN, {"name": "李壹"}, EARLY), (ZHANG, {"name": "李义"}, LATE))
    block.follow()
    rows = lin.open("/households?open=1").all("household-row")
    assert [row.text.split()[1] for row in rows] == ["李*", "陈*真"]


def test_a_household_page_shows_people_needs_and_history(block: Block, lin: Visitor) -> None:
    block.visit(1)
    block.follow()
    page = lin.open(f"/households/household:{stable_ulid('household', '502')}")
    member = page.one("member").text
    assert "陈建真" in member
    assert "户主" in member
    assert "138****8000" in member
    assert "13800138000" not in page.html
    assert "入户走访" in page.one("visit").text
    assert page.one("needs").text != "当前需求 没有登记需求。"


def test_a_person_who_is_not_in_the_list_is_shown_and_one_who_has_not_arrived_is_named_so(
    block: Block, lin: Visitor
) -> None:
    household = f"household:{stable_ulid('household', '502')}"
    block.write("person:01JD0000000000000000000001", "person", household, {"name": "陈小满"})
    row = "members.01JD0000000000000000000005"
    block.edit(household, {f"{row}.person_id": "person:01JD0000000000000000000002", f"{row}.relation": "20"})
    block.follow()
    members = [one.text for one in lin.open(f"/households/{household}").all("member")]
    assert len(members) == 3
    assert any("陈小满" in text for text in members)
    assert any("人员档案未到" in text for text in members)


def test_an_open_question_has_both_values_with_who_and_when(household: str, lin: Visitor) -> None:
    page = lin.open(f"/households/{household}")
    assert [value.text for value in page.all("value")] == ["139****4444", "138****2222"]
    question = page.one("question-contact_phone").text
    assert "Zhang 2026-11-21 10:00" in question
    assert "Chen 2026-11-21 09:00" in question


def answer(page_of: Visitor, household: str, pick: str, typed: str = "", **changed: str) -> Page:
    page = page_of.open(f"/households/{household}")
    picks = [one.attributes["value"] for one in page.all("pick")]
    fields = {"document": household, "path": "contact_phone", "seen": page.field("seen"), "typed": typed}
    chosen = picks[int(pick)] if pick.isdigit() else pick
    return page_of.send(f"/households/{household}/settle", {**fields, "pick": chosen, **changed})


def test_picking_a_value_is_an_edit_that_settles_the_question_for_everybody(
    block: Block, household: str, lin: Visitor
) -> None:
    page = answer(lin, household, "1")
    assert "已定下来" in page.one("notice").text
    assert not page.has("open-questions")
    body = block.store.get(household).fields
    assert body["answers"]["contact_phone"] == "13811112222"
    assert open_questions(body) == {}
    dot = body["causal"]["stamps"]["contact_phone"]
    assert body["causal"]["dots"][dot][1] == "lin"
    assert set(body["causal"]["context"]) >= {CHEN.device, ZHANG.device}


def test_a_value_may_be_typed_instead(block: Block, household: str, lin: Visitor) -> None:
    answer(lin, household, "other", "13955556666")
    assert block.store.get(household).fields["answers"]["contact_phone"] == "13955556666"


@pytest.mark.parametrize(
    ("pick", "typed"), [("other", "not a phone"), ("other", ""), ("", ""), ("dev-x:1", "")]
)
def test_a_value_that_does_not_fit_is_refused_and_kept_in_its_field(
    block: Block, household: str, lin: Visitor, pick: str, typed: str
) -> None:
    before = [leaf.rev for leaf in block.store.leaves(household)]
    page = answer(lin, household, pick, typed)
    assert page.status == 400
    assert page.one("typed").attributes["value"] == typed
    assert [leaf.rev for leaf in block.store.leaves(household)] == before


def test_a_third_value_that_came_meanwhile_is_never_written_over_unseen(
    block: Block, household: str, lin: Visitor
) -> None:
    page = lin.open(f"/households/{household}")
    fields = {
        "document": household,
        "path": "contact_phone",
        "seen": page.field("seen"),
        "pick": page.all("pick")[0].attributes["value"],
    }
    block.edit(household, {"contact_phone": "13700001111"})
    assert lin.send(f"/households/{household}/settle", fields).status == 409
    standing = {leaf.fields["answers"]["contact_phone"] for leaf in block.store.leaves(household)}
    assert "13700001111" in standing


def test_one_of_two_values_is_revealed_by_its_own_dot(site: Site, household: str, lin: Visitor) -> None:
    page = lin.open(f"/households/{household}")
    dot = page.all("pick")[1].attributes["value"]
    sent = {"csrf": page.field("csrf"), "path": "contact_phone", "dot": dot}
    assert lin.client.post(f"/desk/documents/{household}/reveal", data=sent).get_json() == {
        "value": "13811112222"
    }
    assert site.services.accounts.notes()[0].what == "reveal"


def test_a_street_sees_the_question_masked_and_cannot_settle_it(
    site: Site, block: Block, household: str
) -> None:
    gao = desk_of(site, "gao")
    page = gao.open(f"/households/{household}")
    assert not page.has("settle")
    assert "陈建真" not in page.html
    before = block.store.get(household).rev
    fields = {
        "document": household,
        "path": "contact_phone",
        "seen": page.field("seen"),
        "pick": page.all("pick")[0].attributes["value"],
    }
    assert gao.send(f"/households/{household}/settle", fields).status == 403
    assert block.store.get(household).rev == before


def test_only_files_of_this_household_are_settled_here(block: Block, household: str, lin: Visitor) -> None:
    other = f"household:{stable_ulid('household', '303')}"
    block.edit_unseen(
        other,
        (CHEN, {"contact_phone": "13811112222"}, EARLY),
        (ZHANG, {"contact_phone": "13933334444"}, LATE),
    )
    block.follow()
    assert answer(lin, household, "0", document=other).status == 404


def test_a_removed_row_beside_an_edit_is_asked_about(block: Block, lin: Visitor) -> None:
    household = f"household:{stable_ulid('household', '502')}"
    row = f"members.{stable_ulid('row', '502')}"
    block.edit_unseen(
        household, (CHEN, {f"{row}.removed": True}, EARLY), (ZHANG, {f"{row}.lives_here": False}, LATE)
    )
    block.follow()
    page = lin.open(f"/households/{household}")
    assert sorted(value.text for value in page.all("value")) == ["保留（另有修改）", "删除"]


def test_the_grids_of_an_area_are_counted_and_summed(site: Site, block: Block) -> None:
    site.services.directory.add_place(Place(COMMUNITY, {"zh-CN": "聚福社区"}, "community"))
    block.visit(1)
    block.visit(2, summary=None)
    block.follow()
    for name in ("lin", "gao", "he"):
        page = desk_of(site, name).open("/grids")
        assert [row.attributes["data-code"] for row in page.all("grid-row")] == [
            f"{COMMUNITY}00{n}" for n in (1, 2, 3)
        ]
        assert [one.text for one in page.all("waiting")] == ["2", "0", "0"]
        assert [page.one(f"sum-{name}").text for name in ("households", "people", "records")] == [
            "3",
            "3",
            "2",
        ]
        assert "第1网格" in page.html


def test_the_district_starts_at_the_grids_and_an_administrator_sees_none(site: Site, block: Block) -> None:
    assert len(desk_of(site, "he").open("/").all("grid-row")) == 3
    admin = desk_of(site, "admin").open("/grids")
    assert admin.has("empty")


def test_a_grid_of_another_street_is_not_listed(site: Site, block: Block) -> None:
    elsewhere = Block(site.services, database=GRID_2, code=f"{COMMUNITY}002")
    leaf = site.services.stores.open("directory").get(f"grid:{GRID_2.removeprefix('grid-')}")
    site.services.stores.open("directory").put(
        leaf.doc_id, {**leaf.fields, "code": "350505002001001"}, leaf.rev
    )
    elsewhere.follow("directory")
    assert len(desk_of(site, "gao").open("/grids").all("grid-row")) == 2
