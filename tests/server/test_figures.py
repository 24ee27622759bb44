"""`jinlin figures`: a grid's indicators, from its documents as they are merged and as they stood."""

from __future__ import annotations

import pytest
from click.testing import CliRunner, Result

from server.authoring import stable_ulid
from server.cli import main
from tests.support.block import CHEN, ZHANG, Block, Phone
from tests.support.site import Site
from tests.support.town import COMMUNITY

LIN = Phone("lin", "dev-linlinlinl")
GRID = f"{COMMUNITY}001"


@pytest.fixture
def block(site: Site) -> Block:
    made = Block(site.services)
    for room in ("501", "502", "503"):
        made.household(room)
    return made


def jinlin(site: Site, *words: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(site.data), "figures", *words])


def lines(result: Result) -> dict[str, list[str]]:
    """The words behind each indicator's Chinese name."""
    assert result.exit_code == 0, result.output
    return {words[0]: words[1:] for line in result.output.splitlines() if (words := line.split())}


def test_what_fell_into_the_period_counts_and_is_parted_by_what_it_was(site: Site, block: Block) -> None:
    block.visit(1, "501", at="2026-10-31T02:00:00Z")
    block.visit(2, "501", at="2026-11-03T02:00:00Z")
    block.visit(3, "502", at="2026-11-04T02:00:00Z", result="2")
    found = lines(jinlin(site, GRID, "--from", "2026-11-01", "--to", "2026-11-30"))
    assert found["走访次数"] == ["Visits", "2"]
    assert found["见到人了"][-1] == "1"
    assert found["没人在家"][-2:] == ["home", "1"]
    assert found["未遇率"] == ["Nobody", "home", "50.0%", "1", "/", "2"]
    assert found["诉求办结率"][-4:] == ["—", "0", "/", "0"]
    assert lines(jinlin(site, GRID, "--from", "2026-10-01", "--to", "2026-10-31"))["走访次数"] == [
        "Visits",
        "1",
    ]


def test_a_record_stands_where_its_steps_had_brought_it_at_the_end(site: Site, block: Block) -> None:
    household = f"household:{stable_ulid('household', '502')}"
    hazard = block.write(f"record:{stable_ulid('hazard', '1')}", "safety_hazard", household, {
        "category": "03", "level": "1", "description": "楼道堆物",
    }, at="2026-11-02T02:00:00Z")  # fmt: skip
    told = {"grade": "1", "duty_org": "物业", "duty_person": "周工", "deadline": "2026-12-01"}
    for no, act in enumerate(("classify", "assign")):
        block.step(hazard, act, LIN, "community", no=no, **told)
    block.step(hazard, "rectify", LIN, "steward", no=2, measures="已清理", photos_after=[])
    before = lines(jinlin(site, GRID, "--from", "2026-11-01", "--to", "2026-11-10"))
    assert before["隐患排查数"][-1] == "1"
    assert before["隐患整改率"][-4:] == ["0.0%", "0", "/", "1"]


def test_two_people_who_changed_one_file_unseen_are_counted_once(site: Site, block: Block) -> None:
    household = f"household:{stable_ulid('household', '501')}"
    block.edit_unseen(
        household,
        (CHEN, {"needs": ["01"]}, "2026-11-20T03:00:00Z"),
        (ZHANG, {"ebikes": 2}, "2026-11-20T03:01:00Z"),
    )
    assert lines(jinlin(site, GRID, "--to", "2026-11-30", "--from", "2026-11-01"))["建档率"][-1] == "3"


def test_few_people_are_not_told(site: Site, block: Block) -> None:
    assert lines(jinlin(site, GRID, "--from", "2026-11-01", "--to", "2026-11-30"))["一老一小占比"][-1] == "<5"


def test_a_form_that_has_not_arrived_is_told_and_not_counted(site: Site, block: Block) -> None:
    block.write(f"record:{stable_ulid('garden', '1')}", "visit", None, {"result": "1"})
    record = f"record:{stable_ulid('visit', 'far')}"
    block.write(record, "visit", None, {"result": "1"})
    winner = block.store.get(record)
    block.store.put(record, {**winner.fields, "form_version": 99}, winner.rev)
    result = jinlin(site, GRID, "--from", "2026-11-01", "--to", "2026-11-30")
    assert "1 documents were not counted" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["1"], f"there are: {GRID}"),
        ([GRID, "--from", "2026-13-01"], "write 2026-11-01"),
        ([GRID, "--from", "2026-12-02", "--to", "2026-12-01"], "2026-12-02 is after 2026-12-01"),
    ],
)
def test_what_is_no_grid_or_no_period_is_told(site: Site, words: list[str], said: str) -> None:
    result = jinlin(site, *words)
    assert (result.exit_code, said in result.output) == (1, True)
