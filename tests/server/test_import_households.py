"""A roster becomes files of a grid, once, and wholly or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.authoring import Place, Stamp
from server.imports.households import documents_of, known_of
from server.imports.roster import Household, Member
from sync.documents import Document
from sync.sqlite import SqliteStores
from sync.store import DocStore

PLACE = Place("grid-test", ("350505", "350505001999001"), {"dwelling": 1, "household": 1, "person": 1})
STAMP = Stamp("imp-1", "import", "2026-11-22T01:00:00Z")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DocStore]:
    stores = SqliteStores(tmp_path)
    yield stores.create("grid-test")
    stores.close()


def household(room: str = "101", *names: str) -> Household:
    members = tuple(Member(name, "02" if nth == 0 else "99") for nth, name in enumerate(names or ("陈真",)))
    return Household(2, "22栋", "1单元", room, members, "13800138000")


def made(store: DocStore, *households: Household) -> list[Document]:
    known = known_of(store)
    return [d for h in households for d in documents_of(h, known, "聚福小区", PLACE, STAMP)]


def test_a_row_becomes_a_dwelling_a_household_and_its_persons(store: DocStore) -> None:
    documents = made(store, household("101", "陈真", "王芳"))
    assert [d.doc_id.partition(":")[0] for d in documents] == ["dwelling", "household", "person", "person"]
    dwelling, home, head, _ = documents
    assert dwelling.fields["answers"] == {
        "building": "22", "unit": "1", "room_no": "101", "floor_no": 1, "use": "01",
        "address_full": "聚福小区22栋1单元101室",
    }  # fmt: skip
    assert home.fields["subject"] == dwelling.doc_id
    assert home.fields["answers"]["head_person_id"] == head.doc_id
    assert head.fields["subject"] == home.doc_id


def test_two_of_one_name_are_two_persons(store: DocStore) -> None:
    documents = made(store, household("101", "陈真", "陈真"))
    assert len({d.doc_id for d in documents}) == 4


def test_importing_twice_changes_nothing(store: DocStore) -> None:
    store.graft(made(store, household("101"), household("102")))
    seq = store.info().update_seq
    assert made(store, household("101"), household("102")) == []
    assert store.info().update_seq == seq


def test_a_door_that_has_a_household_is_left_alone(store: DocStore) -> None:
    store.graft(made(store, household("101", "陈真")))
    assert made(store, household("101", "林好")) == []


def test_a_known_empty_dwelling_gets_its_household(store: DocStore) -> None:
    dwelling = made(store, household("101"))[0]
    store.graft([dwelling])
    documents = made(store, household("101"))
    assert [d.doc_id.partition(":")[0] for d in documents] == ["household", "person"]
    assert documents[0].fields["subject"] == dwelling.doc_id
