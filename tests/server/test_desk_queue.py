"""The queue: what is listed, what is counted, and approving several at once."""

from __future__ import annotations

import pytest

from server.review import queue
from server.review.queue import Cursor, Filter
from server.review.scope import Scope
from server.review.tables import reading
from tests.support.block import CHEN, ZHANG, Block
from tests.support.pages import Visitor, desk_of
from tests.support.site import Site
from tests.support.town import COMMUNITY, GRID_2


@pytest.fixture
def block(site: Site) -> Block:
    """The first grid with one household."""
    made = Block(site.services)
    made.household()
    return made


@pytest.fixture
def lin(site: Site) -> Visitor:
    """The community's supervisor."""
    return desk_of(site, "lin")


def test_an_empty_queue_says_that_everything_is_done(block: Block, lin: Visitor) -> None:
    page = lin.open("/")
    assert "都审完了" in page.one("empty").text
    assert page.one("count-submitted").text == "0"


def test_a_waiting_record_is_listed_with_its_household_masked(block: Block, lin: Visitor) -> None:
    record = block.visit()
    block.follow()
    row = lin.open("/").one("queue-row")
    assert row.attributes["data-id"] == record
    assert "22栋*** 陈*真" in row.text
    assert "502" not in row.text
    assert "Chen" in row.text


def test_counts_agree_with_what_each_filter_lists(block: Block, lin: Visitor) -> None:
    for no in range(3):
        block.visit(no, phone=CHEN)
    block.visit(7, phone=ZHANG, summary=None)
    block.visit(8, phone=ZHANG, geo="25.117600 118.915900 0 240")
    block.follow()
    listed = {
        query: len(lin.open(f"/{query}").all("queue-row"))
        for query in ("", "?worker=zhang", "?flag=none", "?flag=findings", "?flag=inaccurate")
    }
    assert listed == {"": 5, "?worker=zhang": 2, "?flag=none": 3, "?flag=findings": 2, "?flag=inaccurate": 1}
    page = lin.open("/")
    assert page.one("count-submitted").text == "5"
    assert "Zhang (2)" in page.one("filter-worker").text
    assert "没有提示 (3)" in page.one("filter-flag").text
    assert "定位精度差 (1)" in page.one("filter-flag").text


def test_dates_are_days_of_shanghai_both_included(block: Block, lin: Visitor) -> None:
    block.now = "2026-11-21T15:59:59Z"
    block.visit(1)
    block.follow()
    block.now = "2026-11-21T16:00:00Z"
    block.visit(2)
    block.follow()
    assert len(lin.open("/?from=2026-11-21&to=2026-11-21").all("queue-row")) == 1
    assert len(lin.open("/?from=2026-11-21&to=2026-11-22").all("queue-row")) == 2
    assert len(lin.open("/?from=2026-11-22").all("queue-row")) == 1


def test_a_date_that_is_none_asks_for_nothing(block: Block, lin: Visitor) -> None:
    block.visit()
    block.follow()
    assert len(lin.open("/?from=yesterday&at=nonsense&order=x").all("queue-row")) == 1


@pytest.mark.parametrize("order", ["oldest", "newest"])
def test_paging_forth_and_back_shows_each_record_once(block: Block, order: queue.Order) -> None:
    for no in range(11):
        block.now = f"2026-11-22T00:00:{no // 3:02}Z"  # several records share each second
        block.visit(no)
        block.follow()
    everything, wanted = Scope((COMMUNITY,)), Filter(order=order)
    pages = []
    with reading(block.services.index) as connection:
        turned: Cursor | None = None
        while not pages or turned:
            pages.append(queue.page(connection, everything, wanted, turned, limit=4))
            turned = pages[-1].older
        back = queue.page(connection, everything, wanted, pages[2].newer, limit=4)
    forth = [row.id for page in pages for row in page.rows]
    assert len(forth) == len(set(forth)) == 11
    assert [page.before for page in pages] == [0, 4, 8]
    assert {page.total for page in pages} == {11}
    assert [row.id for row in back.rows] == [row.id for row in pages[1].rows]
    assert pages[0].newer is None


def test_a_supervisor_sees_only_the_grids_of_his_area(site: Site, block: Block) -> None:
    elsewhere = Block(site.services, database=GRID_2, code=f"{COMMUNITY}002")
    elsewhere.visit(2, room="999")
    elsewhere.follow()
    block.visit()
    block.follow()
    with reading(site.services.index) as connection:
        narrow = queue.page(connection, Scope((f"{COMMUNITY}002",)), Filter(), None)
        none = queue.page(connection, Scope(()), Filter(), None)
        other = queue.page(connection, Scope(("350505002",)), Filter(), None)
    assert [row.database for row in narrow.rows] == [GRID_2]
    assert (none.total, other.total) == (0, 0)


def test_clean_records_are_approved_together_and_the_others_are_left(block: Block, lin: Visitor) -> None:
    clean = [block.visit(no) for no in (1, 2)]
    flagged = block.visit(3, summary=None)
    moved = block.visit(4)
    block.follow()
    boxes = {
        e.attributes["value"].split()[0]: e
        for e in lin.open("/").elements
        if e.attributes.get("name") == "pick"
    }
    assert "disabled" in boxes[flagged].attributes
    assert "disabled" not in boxes[clean[0]].attributes
    block.edit(moved, {"summary": "补充：燃气已检查。"})
    page = lin.send(
        "/approve", {"pick": [boxes[one].attributes["value"] for one in (*clean, flagged, moved)]}
    )
    left = page.one("bulk-left").text
    assert "打开后又有变化" in left
    assert "有检查提示" in left
    assert page.one("notice").text == "已通过 2 条。"
    assert page.one("count-approved").text == "2"
    assert [len(block.steps(one)) for one in (*clean, flagged, moved)] == [1, 1, 0, 0]


def test_the_queue_speaks_english_when_asked(block: Block, lin: Visitor) -> None:
    assert "Nothing is waiting" in lin.send("/language", {"to": "en", "next": "/desk/"}).one("empty").text


def test_a_language_switch_never_leaves_the_desk(block: Block, lin: Visitor) -> None:
    for target in ("https://elsewhere.example/", "//elsewhere.example", "/desk//elsewhere.example", "/db/"):
        reply = lin.client.post("/desk/language", data={"csrf": lin.open("/").field("csrf"), "next": target})
        assert reply.headers["Location"] == "/desk/"
