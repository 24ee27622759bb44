"""Grafts with a judge over HTTP: somebody else writes between the question and the write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from uuid import uuid4

import pytest

from sync.couchdb import open_url
from sync.documents import Document
from sync.edits import once_per_document, still_extends
from sync.store import DocStore
from tests.contract.promises.making import doc, leaf_revs, rev


@pytest.fixture
def store(keeper_url: str) -> Iterator[DocStore]:
    name = f"judged-{uuid4().hex}"
    with closing(open_url(keeper_url)) as stores:
        yield stores.create(name)
        stores.delete(name)


class Alone:
    """A judge that takes a document only where nobody has a live leaf; `meanwhile` comes at its first question."""

    def __init__(self, store: DocStore, *meanwhile: Document) -> None:
        self._store = store
        self._meanwhile = list(meanwhile)
        self.seen: list[list[str]] = []

    def __call__(self, document: Document, leaves: Sequence[Document]) -> bool:
        if self._meanwhile:
            self._store.graft(self._meanwhile)
            self._meanwhile = []
        self.seen.append([leaf.rev for leaf in leaves])
        return not any(not leaf.deleted for leaf in leaves)


def test_what_is_refused_beside_a_late_leaf_is_withdrawn_and_counts_as_refused(store: DocStore) -> None:
    judge = Alone(store, doc("a", "b"))

    assert store.graft([doc("a", "a"), doc("free", "a")], judge) == ["refused", "stored"]
    assert judge.seen == [[], [], [rev(1, "b")]]
    live = [leaf.rev for leaf in store.leaves("a") if not leaf.deleted]
    assert live == [rev(1, "b")]
    assert store.get("free").rev == rev(1, "a")


def test_withdrawing_again_changes_nothing(store: DocStore) -> None:
    store.graft([doc("a", "a")], Alone(store, doc("a", "b")))
    before = store.leaves("a")

    assert store.graft([doc("a", "a")], Alone(store)) == ["known"]
    assert store.leaves("a") == before


def test_what_is_still_agreed_to_stays_and_nothing_is_asked_without_need(store: DocStore) -> None:
    asked: list[tuple[str, int]] = []

    def judge(document: Document, leaves: Sequence[Document]) -> bool:
        if not asked:
            store.graft([doc("a", "b")])
        asked.append((document.doc_id, len(leaves)))
        return True

    assert store.graft([doc("a", "a"), doc("b", "a")], judge) == ["stored", "stored"]
    assert asked == [("a", 0), ("b", 0), ("a", 1)]
    assert leaf_revs(store, "a") == [rev(1, "b"), rev(1, "a")]


def test_an_edit_whose_parent_is_taken_meanwhile_does_not_stand(store: DocStore) -> None:
    store.graft([doc("a", "a")])
    late = [doc("a", "ba")]

    def judge(document: Document, leaves: Sequence[Document]) -> bool:
        store.graft(late)
        return still_extends(document, leaves)

    assert store.graft([doc("a", "ca"), doc("b", "a")], once_per_document(judge)) == ["refused", "stored"]
    assert [leaf.rev for leaf in store.leaves("a") if not leaf.deleted] == [rev(2, "b")]


def test_an_edit_is_judged_again_as_if_it_had_not_been_written(store: DocStore) -> None:
    store.graft([doc("a", "a"), doc("a", "f")])
    late = [doc("a", "ef")]

    def judge(document: Document, leaves: Sequence[Document]) -> bool:
        store.graft(late)
        return still_extends(document, leaves)

    assert store.graft([doc("a", "ca")], once_per_document(judge)) == ["stored"]
    assert leaf_revs(store, "a") == [rev(2, "e"), rev(2, "c")]
