"""Foreign history: `graft` and `missing`."""

from dataclasses import replace
from itertools import permutations

import pytest

from sync.documents import Document
from sync.errors import Malformed
from sync.store import DocStore, Missing
from tests.contract.promises.making import doc, ids, leaf_revs, line, rev


def shown(store: DocStore) -> list[object]:
    """All that a store tells, but for the size of its file."""
    return [replace(store.info(), size_bytes=0), list(store.changes()), store.leaves_many(["a", "b"])]


class Grafting:
    def test_a_grafted_revision_comes_with_its_whole_ancestry(self, store: DocStore) -> None:
        store.graft([doc("a", "cba", floor=3)])

        assert store.get("a").path == line("cba")
        assert store.get("a").fields == {"floor": 3}

    def test_outcomes_are_told_in_order(self, store: DocStore) -> None:
        assert store.graft([doc("a", "a"), doc("b", "a")]) == ["stored", "stored"]
        assert store.graft([doc("c", "a"), doc("a", "a"), doc("b", "ba")]) == ["stored", "known", "stored"]

    def test_an_empty_batch_is_nothing(self, store: DocStore) -> None:
        assert store.graft([]) == []

    def test_grafting_twice_changes_nothing(self, store: DocStore) -> None:
        batch = [doc("a", "ba"), doc("a", "ca"), doc("b", "a", deleted=True)]
        store.graft(batch)
        before = shown(store)
        store.graft(batch)
        store.graft(list(reversed(batch)))

        assert shown(store) == before

    def test_a_known_revision_keeps_its_body(self, store: DocStore) -> None:
        store.graft([doc("a", "a", floor=3)])
        store.graft([doc("a", "a", floor=4), doc("a", "a", deleted=True)])

        assert store.get("a").fields == {"floor": 3}

    def test_an_ancestor_known_by_name_only_is_known_and_its_child_stays_the_leaf(
        self, store: DocStore
    ) -> None:
        store.graft([doc("a", "cba")])
        assert store.graft([doc("a", "ba", floor=4)]) == ["known"]

        [leaf] = store.leaves("a")
        assert (leaf.path, leaf.fields) == (line("cba"), {"is": "c"})

    def test_a_child_takes_the_place_of_its_parent(self, store: DocStore) -> None:
        store.graft([doc("a", "ba")])
        store.graft([doc("a", "dcba")])

        assert leaf_revs(store, "a") == [rev(4, "d")]

    def test_two_children_of_one_revision_are_a_conflict_that_both_survive(self, store: DocStore) -> None:
        store.graft([doc("a", "a")])
        store.graft([doc("a", "ba", who="chen")])
        store.graft([doc("a", "ca", who="zhang")])

        assert leaf_revs(store, "a") == [rev(2, "c"), rev(2, "b")]
        assert [leaf.fields["who"] for leaf in store.leaves("a")] == ["zhang", "chen"]
        assert [leaf.path for leaf in store.leaves("a")] == [line("ca"), line("ba")]

    def test_a_branch_may_leave_from_an_inner_revision(self, store: DocStore) -> None:
        store.graft([doc("a", "dcba"), doc("a", "eba")])

        assert leaf_revs(store, "a") == [rev(4, "d"), rev(3, "e")]
        assert store.get("a", rev(3, "e")).path == line("eba")

    def test_one_batch_may_hold_many_revisions_of_one_document(self, store: DocStore) -> None:
        outcomes = store.graft([doc("a", "a"), doc("a", "ba"), doc("b", "a"), doc("a", "ba"), doc("a", "ca")])

        assert outcomes == ["stored", "stored", "stored", "known", "stored"]
        assert leaf_revs(store, "a") == [rev(2, "c"), rev(2, "b")]
        assert sorted(ids(store.changes())) == ["a", "b"]
        assert store.get("a", rev(1, "a")).fields == {"is": "a"}

    def test_the_order_of_arrival_does_not_matter(self, store: DocStore) -> None:
        history = [doc("?", "dba"), doc("?", "cba"), doc("?", "ea", deleted=True), doc("?", "f")]
        orders = list(permutations(history))
        for number, order in enumerate(orders):
            for document in order:
                store.graft([Document(f"{number}", document.path, document.body, document.deleted)])

        wanted = [(line("dba"), False), (line("cba"), False), (line("f"), False), (line("ea"), True)]
        found = store.leaves_many([f"{number}" for number in range(len(orders))])
        assert len(found) == len(orders)
        for leaves in found.values():
            assert [(leaf.path, leaf.deleted) for leaf in leaves] == wanted

    def test_a_batch_may_be_large(self, store: DocStore) -> None:
        batch = [doc(f"{number:04d}", "a", n=number) for number in range(1300)]
        store.graft(batch)

        assert store.graft(batch) == ["known"] * 1300
        assert store.info().doc_count == 1300
        assert len(store.leaves_many([document.doc_id for document in batch])) == 1300
        assert store.missing({document.doc_id: [document.rev] for document in batch}) == {}

    @pytest.mark.parametrize(
        "path",
        [
            (rev(3, "c"), rev(1, "a")),
            (rev(1, "a"), rev(2, "b")),
            (rev(2, "b"), rev(2, "a")),
            (rev(1, "a"), "0-" + "f" * 32),
        ],
    )
    def test_a_path_with_a_gap_is_malformed_and_nothing_of_its_batch_is_stored(
        self, store: DocStore, path: tuple[str, ...]
    ) -> None:
        with pytest.raises(Malformed):
            store.graft([doc("good", "a"), Document("bad", path), doc("better", "a")])
        assert list(store.changes()) == []
        assert store.info().doc_count == 0

    def test_of_an_unknown_document_everything_is_missing(self, store: DocStore) -> None:
        wanted = [rev(2, "b"), rev(1, "c")]
        assert store.missing({"a": wanted}) == {"a": Missing(tuple(wanted), ())}

    def test_a_revision_is_known_wherever_it_is_in_the_tree(self, store: DocStore) -> None:
        store.graft([doc("a", "cba"), doc("a", "da", deleted=True)])

        assert store.missing({"a": [*line("cba"), rev(2, "d")]}) == {}

    def test_only_documents_that_lack_something_are_named(self, store: DocStore) -> None:
        store.graft([doc("a", "a"), doc("b", "a")])

        lacking = store.missing({"a": [rev(1, "a")], "b": [rev(1, "a"), rev(2, "f")], "c": []})
        assert lacking == {"b": Missing((rev(2, "f"),), (rev(1, "a"),))}

    def test_possible_ancestors_are_the_leaves_older_than_what_is_missing(self, store: DocStore) -> None:
        store.graft([doc("a", "ba"), doc("a", "fedca"), doc("a", "9a", deleted=True)])

        assert store.missing({"a": [rev(3, "8")]}) == {
            "a": Missing((rev(3, "8"),), (rev(2, "b"), rev(2, "9")))
        }
        assert store.missing({"a": [rev(2, "8")]}) == {"a": Missing((rev(2, "8"),), ())}
        assert set(store.missing({"a": [rev(1, "8"), rev(6, "8")]})["a"].possible_ancestors) == {
            rev(5, "f"),
            rev(2, "b"),
            rev(2, "9"),
        }
