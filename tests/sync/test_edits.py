"""Ordinary edits as grafts that are made only where their parent is a leaf."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.documents import Attachment, Document
from sync.edits import Edit, once_per_document, revise, revise_all, still_extends
from sync.errors import Conflict, MissingStub
from sync.revisions import next_rev
from sync.sqlite import SqliteStores
from sync.store import DocStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DocStore]:
    stores = SqliteStores(tmp_path)
    yield stores.create("books")
    stores.close()


def test_the_first_edit_begins_a_document() -> None:
    assert revise(Edit("a", None, b'{"v":1}'), []) == Document("a", (next_rev(None, {"v": 1}),), b'{"v":1}')


def test_an_edit_extends_the_leaf_it_names() -> None:
    winner, loser = Document("a", ("2-b", "1-a")), Document("a", ("2-a", "1-a"))
    assert revise(Edit("a", "2-a", b"{}"), [winner, loser]).path == (next_rev("2-a", {}), "2-a", "1-a")


def test_an_edit_without_a_parent_extends_a_tombstone_and_nothing_else() -> None:
    tombstone = Document("a", ("2-b", "1-a"), deleted=True)
    assert revise(Edit("a", None, b"{}"), [tombstone]).parent == "2-b"
    with pytest.raises(Conflict):
        revise(Edit("a", None, b"{}"), [Document("a", ("1-a",))])


@pytest.mark.parametrize("leaves", [[], [Document("a", ("2-b", "1-a"))]])
def test_a_parent_that_is_no_leaf_conflicts(leaves: list[Document]) -> None:
    with pytest.raises(Conflict):
        revise(Edit("a", "1-a", b"{}"), leaves)


def test_a_stub_stands_for_what_the_parent_has() -> None:
    held = Attachment("text/plain", "md5-x", 1, 1)
    parent = Document("a", ("1-a",), attachments={"t": held})
    stub = {"t": Attachment("", "", 0, 2)}
    assert revise(Edit("a", "1-a", b"{}", attachments=stub), [parent]).attachments == {"t": held}
    with pytest.raises(MissingStub):
        revise(Edit("a", None, b"{}", attachments=stub), [])


def test_an_attachment_is_part_of_the_revision() -> None:
    plain = revise(Edit("a", None, b"{}"), [])
    part = {"t": Attachment("text/plain", "md5-x", 1, 1, b"x")}
    assert revise(Edit("a", None, b"{}", attachments=part), []).rev != plain.rev


def test_a_number_beyond_the_canonical_form_still_has_a_revision() -> None:
    edit = Edit("a", None, b'{"n":12345678901234567890}')
    assert revise(edit, []).rev == revise(edit, []).rev


def test_two_edits_of_one_parent_never_both_succeed(store: DocStore) -> None:
    """They are prepared on the same state; the judge asks again inside the transaction."""
    store.graft([Document("a", ("1-a",))])
    edits = [Edit("a", "1-a", b'{"v":%d}' % number) for number in range(8)]
    prepared = [document for edit in edits for document in revise_all(store, [edit])]
    outcomes: list[str] = []

    def make(document: Document) -> None:
        outcomes.extend(store.graft([document], still_extends))

    threads = [threading.Thread(target=make, args=(doc,)) for doc in prepared if isinstance(doc, Document)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["stored"]
    assert len(store.leaves("a")) == 1


def test_one_batch_makes_one_edit_of_a_document(store: DocStore) -> None:
    prepared = revise_all(
        store, [Edit("a", None, b'{"v":1}'), Edit("a", None, b'{"v":2}'), Edit("b", "1-x", b"{}")]
    )
    documents = [document for document in prepared if isinstance(document, Document)]
    assert store.graft(documents, once_per_document(still_extends)) == ["stored", "refused"]
    assert isinstance(prepared[2], Conflict)


def test_a_judge_sees_what_was_there_before_the_batch(store: DocStore) -> None:
    store.graft([Document("a", ("1-a",))])
    asked: list[tuple[str, list[str]]] = []

    def judge(document: Document, leaves: object) -> bool:
        asked.append((document.rev, [leaf.rev for leaf in leaves]))  # type: ignore[attr-defined]
        return document.doc_id != "c"

    batch = [
        Document("a", ("1-a",)),
        Document("a", ("2-b", "1-a")),
        Document("b", ("1-b",)),
        Document("c", ("1-c",)),
    ]
    assert store.graft(batch, judge) == ["known", "stored", "stored", "refused"]
    assert asked == [("2-b", ["1-a"]), ("1-b", []), ("1-c", [])]
    assert store.leaves("c") == []
