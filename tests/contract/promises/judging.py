"""Grafts with a judge, who is asked inside the transaction."""

import pytest

from sync.documents import Document
from sync.store import DocStore
from tests.contract.promises.making import doc, leaf_revs, line, rev


class Judging:
    def test_only_what_the_judge_agrees_to_is_stored(self, store: DocStore) -> None:
        batch = [doc("a", "a"), doc("b", "a"), doc("c", "a")]

        assert store.graft(batch, lambda document, _: document.doc_id != "b") == [
            "stored",
            "refused",
            "stored",
        ]
        assert [change.doc_id for change in store.changes()] == ["a", "c"]
        assert store.missing({"b": [rev(1, "a")]}) != {}

    def test_the_judge_sees_every_leaf_the_store_holds_winner_first(self, store: DocStore) -> None:
        store.graft([doc("a", "dca", deleted=True), doc("a", "ba", who="chen")])
        seen: dict[str, list[tuple[tuple[str, ...], bool, object]]] = {}

        def judge(document: Document, leaves: object) -> bool:
            seen[document.doc_id] = [(leaf.path, leaf.deleted, leaf.fields) for leaf in leaves]  # type: ignore[attr-defined]
            return True

        store.graft([doc("a", "ea"), doc("new", "a")], judge)
        assert seen == {
            "a": [(line("ba"), False, {"who": "chen"}), (line("dca"), True, {"is": "d"})],
            "new": [],
        }

    def test_the_judge_is_asked_about_what_is_new_only(self, store: DocStore) -> None:
        store.graft([doc("a", "ba")])
        asked: list[tuple[str, str]] = []

        def judge(document: Document, _: object) -> bool:
            asked.append((document.doc_id, document.rev))
            return False

        assert store.graft([doc("a", "ba"), doc("a", "a"), doc("a", "cba")], judge) == [
            "known",
            "known",
            "refused",
        ]
        assert asked == [("a", rev(3, "c"))]
        assert leaf_revs(store, "a") == [rev(2, "b")]

    def test_a_judge_that_fails_leaves_everything_as_it_was(self, store: DocStore) -> None:
        def judge(document: Document, _: object) -> bool:
            if document.doc_id == "b":
                raise ZeroDivisionError
            return True

        with pytest.raises(ZeroDivisionError):
            store.graft([doc("a", "a"), doc("b", "a")], judge)
        assert list(store.changes()) == []
        assert store.graft([doc("a", "a")]) == ["stored"]
