"""Ordinary edits: `put`, `get`, `leaves`."""

import pytest

from sync.errors import Conflict, Malformed, NotFound
from sync.store import DocStore
from tests.contract.promises.making import doc, leaf_revs, line, rev, why_not_found

ODD_IDS = [
    "record:01JD0000000000000000000000",
    "a/b",
    "a%2Fb",
    "a b+c?d#e&f",
    "聚福社区",
    "\N{HOUSE BUILDING}🏠",
    "e\N{COMBINING ACUTE ACCENT}",
    "\N{LATIN SMALL LETTER E WITH ACUTE}",
    '"quoted"',
    "'; DROP TABLE docs; --",
    ".",
    "x" * 500,
]

BODIES = [
    {},
    {"text": "聚福社区 3幢 2单元\n\t\"'\\", "empty": "", "emoji": "🏠"},
    {"int": 9007199254740991, "negative": -1, "zero": 0, "half": 0.5, "small": 1e-9},
    {"yes": True, "no": False, "nothing": None, "list": [1, [2, []]], "object": {"a": {"b": {}}}},
    {"": "a name may be empty", "a.b": 1, "members": [{"row": "01JD", "name": "陈"}]},
]


class Editing:
    def test_a_new_document_has_generation_one_and_its_body(self, store: DocStore) -> None:
        made = store.put("a", {"floor": 3})

        found = store.get("a")
        assert (found.doc_id, found.path, found.fields, found.deleted) == ("a", (made,), {"floor": 3}, False)
        assert made.startswith("1-")

    def test_an_edit_becomes_the_winner_and_remembers_its_parent(self, store: DocStore) -> None:
        first = store.put("a", {"floor": 3})
        second = store.put("a", {"floor": 4}, first)

        assert second.startswith("2-")
        assert store.get("a").path == (second, first)
        assert store.get("a").fields == {"floor": 4}
        assert leaf_revs(store, "a") == [second]

    def test_the_same_edit_of_the_same_parent_has_the_same_revision_elsewhere(self, store: DocStore) -> None:
        assert store.put("a", {"floor": 3}) == store.put("b", {"floor": 3})

    @pytest.mark.parametrize("doc_id", ODD_IDS)
    def test_any_text_can_be_an_id(self, store: DocStore, doc_id: str) -> None:
        made = store.put(doc_id, {"n": 1})

        assert store.get(doc_id).doc_id == doc_id
        assert [change.doc_id for change in store.changes()] == [doc_id]
        assert store.missing({doc_id: [made]}) == {}

    def test_ids_that_look_alike_are_different_documents(self, store: DocStore) -> None:
        for number, doc_id in enumerate(ODD_IDS):
            store.put(doc_id, {"n": number})

        assert [store.get(doc_id).fields["n"] for doc_id in ODD_IDS] == list(range(len(ODD_IDS)))

    @pytest.mark.parametrize("fields", BODIES)
    def test_a_body_comes_back_as_it_was(self, store: DocStore, fields: dict[str, object]) -> None:
        store.put("a", fields)

        assert store.get("a").fields == fields

    def test_an_edit_of_a_revision_that_is_no_leaf_is_a_conflict(self, store: DocStore) -> None:
        first = store.put("a", {"floor": 3})
        second = store.put("a", {"floor": 4}, first)

        with pytest.raises(Conflict):
            store.put("a", {"floor": 5}, first)
        assert leaf_revs(store, "a") == [second]
        assert store.get("a").fields == {"floor": 4}

    def test_an_edit_without_parent_of_a_live_document_is_a_conflict(self, store: DocStore) -> None:
        store.put("a", {"floor": 3})
        before = store.info()

        with pytest.raises(Conflict):
            store.put("a", {"floor": 4})
        with pytest.raises(Conflict):
            store.put("a", {"floor": 3})
        assert store.info().update_seq == before.update_seq

    def test_an_edit_of_an_unknown_revision_is_a_conflict(self, store: DocStore) -> None:
        store.put("a", {})

        with pytest.raises(Conflict):
            store.put("a", {"floor": 4}, rev(1, "f"))
        with pytest.raises(Conflict):
            store.put("unknown", {"floor": 4}, rev(1, "f"))
        assert store.leaves("unknown") == []

    def test_a_deleted_document_is_not_found_but_its_revision_is(self, store: DocStore) -> None:
        first = store.put("a", {"floor": 3})
        tombstone = store.put("a", {"why": "moved"}, first, deleted=True)

        with pytest.raises(NotFound) as caught:
            store.get("a")
        assert caught.value.reason == "deleted"
        found = store.get("a", tombstone)
        assert (found.deleted, found.fields) == (True, {"why": "moved"})
        assert [leaf.deleted for leaf in store.leaves("a")] == [True]

    def test_a_new_edit_of_a_deleted_document_extends_the_tombstone(self, store: DocStore) -> None:
        first = store.put("a", {"floor": 3})
        tombstone = store.put("a", {}, first, deleted=True)
        again = store.put("a", {"floor": 5})

        assert store.get("a").path == (again, tombstone, first)
        assert again.startswith("3-")
        assert leaf_revs(store, "a") == [again]

    def test_a_tombstone_can_be_edited_by_name(self, store: DocStore) -> None:
        store.graft([doc("a", "ba"), doc("a", "ca", deleted=True)])
        again = store.put("a", {"back": True}, rev(2, "c"))

        assert set(leaf_revs(store, "a")) == {again, rev(2, "b")}
        assert store.get("a", again).path == (again, *line("ca"))

    def test_an_edit_of_one_leaf_leaves_the_others_alone(self, store: DocStore) -> None:
        store.graft([doc("a", "ba"), doc("a", "ca")])
        edited = store.put("a", {"is": "edited"}, rev(2, "b"))

        assert leaf_revs(store, "a") == [edited, rev(2, "c")]
        assert store.get("a", rev(2, "c")).fields == {"is": "c"}

    def test_an_inner_revision_keeps_its_body_until_compaction(self, store: DocStore) -> None:
        first = store.put("a", {"floor": 3})
        store.put("a", {"floor": 4}, first)

        assert store.get("a", first).fields == {"floor": 3}
        assert store.get("a", first).path == (first,)

    def test_compaction_forgets_inner_bodies_and_nothing_else(self, store: DocStore) -> None:
        first = store.put("a", {"floor": 3})
        second = store.put("a", {"floor": 4}, first)
        store.graft([doc("b", "ba"), doc("b", "ca"), doc("c", "dba", deleted=True)])
        before = [store.leaves_many(["a", "b", "c"]), list(store.changes()), store.info().update_seq]
        store.compact()

        assert why_not_found(lambda: store.get("a", first)) == "missing"
        assert [store.leaves_many(["a", "b", "c"]), list(store.changes()), store.info().update_seq] == before
        assert store.get("a").path == (second, first)
        assert store.missing({"a": [first]}) == {}

    @pytest.mark.parametrize("wanted", [None, rev(1, "f")])
    def test_what_is_not_there_is_not_found(self, store: DocStore, wanted: str | None) -> None:
        with pytest.raises(NotFound) as caught:
            store.get("unknown", wanted)
        assert caught.value.reason == "missing"

    def test_an_unknown_revision_of_a_known_document_is_not_found(self, store: DocStore) -> None:
        store.put("a", {})

        with pytest.raises(NotFound) as caught:
            store.get("a", rev(1, "f"))
        assert caught.value.reason == "missing"

    def test_leaves_of_many_documents_leave_out_the_unknown(self, store: DocStore) -> None:
        store.graft([doc("a", "ba"), doc("a", "ca"), doc("b", "a"), doc("c", "a")])

        found = store.leaves_many(["b", "unknown", "a"])
        assert {doc_id: [leaf.rev for leaf in leaves] for doc_id, leaves in found.items()} == {
            "a": [rev(2, "c"), rev(2, "b")],
            "b": [rev(1, "a")],
        }
        assert store.leaves_many([]) == {}
        assert store.leaves("unknown") == []

    def test_info_counts_live_and_deleted_documents(self, store: DocStore) -> None:
        store.graft(
            [doc("a", "a"), doc("b", "ba"), doc("b", "ca", deleted=True), doc("c", "a", deleted=True)]
        )
        assert (store.info().doc_count, store.info().doc_del_count) == (2, 1)

        store.put("a", {}, rev(1, "a"), deleted=True)
        store.put("c", {"back": True})
        store.graft([doc("c", "fa")])
        assert (store.info().doc_count, store.info().doc_del_count) == (2, 1)

    @pytest.mark.parametrize("value", ["\ud800", 2**64, -(2**63) - 1], ids=["surrogate", "above", "below"])
    def test_what_json_cannot_say_is_malformed_and_nothing_is_stored(
        self, store: DocStore, value: object
    ) -> None:
        with pytest.raises(Malformed):
            store.put("a", {"floor": value})
        assert store.leaves("a") == []
