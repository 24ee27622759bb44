"""The index: a pure function of what the stores hold, in whatever order it arrives."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, event, select

from server.authoring import stable_ulid
from server.cli import main
from server.review import tables
from server.services import Services
from sync.documents import Change
from tests.support.block import CHEN, ZHANG, Block
from tests.support.pages import desk_of
from tests.support.site import Site
from tests.support.town import GRIDS


@pytest.fixture
def block(site: Site) -> Block:
    """The first grid with a household and three visits at different places of their lives."""
    made = Block(site.services)
    made.household()
    approved, returned, open_one = (made.visit(no) for no in range(3))
    made.step(approved, "approve", ZHANG, "community", no=1)
    made.step(returned, "return", ZHANG, "community", no=2, comment="请补全")
    made.edit_unseen(
        open_one,
        (CHEN, {"summary": "陈。"}, "2026-11-21T01:00:00Z"),
        (ZHANG, {"summary": "张。"}, "2026-11-21T02:00:00Z"),
    )
    made.visit(3, summary=None)
    return made


def rows_of(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in an order of its own."""
    with tables.reading(engine) as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in tables.metadata.sorted_tables
        }


def changes_of(block: Block) -> list[Change]:
    return list(block.store.changes())


def test_states_come_from_the_steps(block: Block) -> None:
    block.follow()
    with tables.reading(block.services.index) as connection:
        states = sorted(connection.scalars(select(tables.records.c.state)))
    assert states == ["approved", "returned", "submitted", "submitted"]


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_arrival_and_any_repetition_gives_the_same_rows(block: Block, seed: int) -> None:
    block.follow()
    expected = rows_of(block.services.index)
    with tables.writing(block.services.index, "schema") as connection:
        for table in tables.REBUILT:
            if table is not tables.grids:
                connection.execute(table.delete())
    chance, changes = Random(seed), changes_of(block) * 2
    chance.shuffle(changes)
    while changes:
        size = chance.randint(1, 4)
        block.follower.handle(block.store, changes[:size])
        changes = changes[size:]
    assert rows_of(block.services.index) == expected


def test_steps_that_come_before_their_record_wait_for_it(block: Block) -> None:
    steps = [change for change in changes_of(block) if change.doc_id.startswith("step:")]
    block.follower.handle(block.store, steps)
    rest = [change for change in changes_of(block) if not change.doc_id.startswith("step:")]
    block.follower.handle(block.store, rest)
    in_order = rows_of(block.services.index)
    block.follow()
    assert rows_of(block.services.index) == in_order


def test_a_rebuild_gives_the_same_rows_and_keeps_when_things_were_received(block: Block) -> None:
    block.follow()
    block.services.stores.open("directory")
    before = rows_of(block.services.index)
    block.now = "2027-01-01T00:00:00Z"
    block.follower.rebuild()
    assert rows_of(block.services.index) == before


def test_what_was_purged_is_in_no_row_of_any_table(block: Block) -> None:
    block.follow()
    ids = [change.doc_id for change in changes_of(block)]
    record = next(doc_id for doc_id in ids if doc_id.startswith("record:"))
    household = next(doc_id for doc_id in ids if doc_id.startswith("household:"))
    step = next(doc_id for doc_id in ids if doc_id.startswith("step:"))
    gone = {record, household, step}
    leaves = block.store.leaves_many(sorted(gone))
    block.store.purge({doc_id: [leaf.rev for leaf in found] for doc_id, found in leaves.items()})
    block.follower.sweep(block.store)
    swept = rows_of(block.services.index)
    assert not [row for rows in swept.values() for row in rows if gone.intersection(map(str, row[:2]))]
    block.follower.rebuild()
    assert rows_of(block.services.index) == swept


def test_a_rebuild_drops_rows_that_no_store_holds(block: Block) -> None:
    block.follow()
    before = rows_of(block.services.index)
    with tables.writing(block.services.index, "schema") as connection:
        for table in (tables.records, tables.files, tables.steps):
            stray = connection.execute(select(table)).first()
            assert stray is not None
            connection.execute(table.insert(), {**stray._mapping, "id": f"{stray.id}-stray"})
    block.follower.rebuild()
    assert rows_of(block.services.index) == before


def test_the_command_rebuilds_the_index_of_a_data_folder(
    site: Site, block: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JINLIN_DATA", str(site.data))
    result = CliRunner().invoke(main, ["index", "rebuild"])
    assert result.exit_code == 0, result.output
    page = desk_of(site, "lin").open("/")
    assert page.one("count-submitted").text == "2"


def test_a_deleted_document_leaves_the_index(block: Block) -> None:
    block.follow()
    doc_id = next(doc_id for doc_id, _ in block.store.all_ids("record:", "record;"))
    block.store.put(doc_id, {}, block.store.get(doc_id).rev, deleted=True)
    block.follow()
    with tables.reading(block.services.index) as connection:
        left = [table.name for table in (tables.records, tables.findings, tables.flags, tables.open_answers)
                if connection.execute(select(table).where(table.c.id == doc_id)).first()]  # fmt: skip
    assert left == []


def test_a_household_is_called_by_its_head_and_door_whichever_comes_last(block: Block) -> None:
    household = f"household:{stable_ulid('household', '502')}"
    changes = {
        change.doc_id.partition(":")[0]: change
        for change in changes_of(block)
        if not change.doc_id.startswith(("record", "step"))
    }
    for kind in ("household", "person", "dwelling"):
        block.follower.handle(block.store, [changes[kind]])
    block.edit(f"person:{stable_ulid('person', '502')}", {"name": "陈建国"})
    block.follower.handle(block.store, [c for c in changes_of(block) if c.doc_id.startswith("person:")])
    with tables.reading(block.services.index) as connection:
        row = connection.execute(select(tables.files).where(tables.files.c.id == household)).one()
    assert (row.name, row.address) == ("陈建国", "22栋1单元502")
    assert "8000" in row.search


def test_rows_lie_where_the_directory_says_even_when_it_speaks_later(site: Site, block: Block) -> None:
    with tables.writing(site.services.index, "schema") as connection:
        connection.execute(tables.grids.delete())
    block.follow()
    with tables.reading(site.services.index) as connection:
        assert set(connection.scalars(select(tables.records.c.community))) == {""}
    block.follow("directory")
    with tables.reading(site.services.index) as connection:
        assert set(connection.scalars(select(tables.records.c.grid))) == {next(iter(GRIDS))}


def test_records_that_came_before_their_form_are_checked_when_it_comes(site: Site, block: Block) -> None:
    form = dict(site.services.stores.open("forms").get("form:visit:1").fields)
    late = {**form, "version": 7}
    block.place.versions["visit"] = 7  # type: ignore[index]  # a plain dict in this test
    record = block.visit(8, summary=None)
    block.follow()
    row = select(tables.records.c.checked, tables.records.c.error_count).where(tables.records.c.id == record)
    with tables.reading(site.services.index) as connection:
        assert tuple(connection.execute(row).one()) == (False, 0)
    site.services.stores.open("forms").put("form:visit:7", late)
    block.follow("forms")
    with tables.reading(site.services.index) as connection:
        assert tuple(connection.execute(row).one()) == (True, 1)
    block.place.versions["visit"] = 1  # type: ignore[index]


def test_a_batch_asks_no_more_however_many_documents_it_has(site: Site, block: Block) -> None:
    def statements(changes: list[Change]) -> int:
        asked: list[str] = []
        listen = lambda _c, _cursor, statement, *_: asked.append(statement)  # noqa: E731
        event.listen(site.services.index, "before_cursor_execute", listen)
        block.follower.handle(block.store, changes)
        event.remove(site.services.index, "before_cursor_execute", listen)
        return len(asked)

    few = [change for change in changes_of(block) if change.doc_id.startswith("record:")]
    for no in range(20, 60):
        block.visit(no)
    many = [change for change in changes_of(block) if change.doc_id.startswith("record:")]
    assert (len(few), len(many)) == (4, 44)
    assert statements(few) == statements(many)


def test_a_document_that_is_no_file_and_no_record_does_no_harm(block: Block) -> None:
    for doc_id, body in {
        "step:": {}, "step:x": {"record": 5}, "record:": {"answers": 1}, "notes": {"a": 1},
        "household:1": {"answers": {"name": ["x"]}, "causal": {"dots": {"a": 1}}},
    }.items():  # fmt: skip
        block.store.put(doc_id, body)
    block.follow()
    assert len(rows_of(block.services.index)["records"]) == 5


def test_the_index_of_two_processes_is_one(site: Site, block: Block) -> None:
    services: Services = site.services
    other = tables.open_index(str(services.index.url))
    block.follow()
    assert rows_of(other) == rows_of(services.index)
    other.dispose()
