"""Revision trees: which leaf wins, disjoint roots, stemming."""

import pytest

from sync.documents import Document
from sync.store import DocStore
from tests.contract.promises.making import doc, leaf_revs, line, rev


def history(generations: int, *, above: int = 0) -> tuple[str, ...]:
    """A path of that many revisions, newest first, the oldest of generation `above + 1`."""
    return tuple(f"{number}-{number:032x}" for number in range(above + generations, above, -1))


class Trees:
    @pytest.mark.parametrize(
        ("leaves", "winner"),
        [
            ([doc("a", "ba"), doc("a", "dca")], rev(3, "d")),
            ([doc("a", "fa"), doc("a", "ba")], rev(2, "f")),
            ([doc("a", "0a"), doc("a", "9a"), doc("a", "aa")], rev(2, "a")),
            ([doc("a", "fedca", deleted=True), doc("a", "ba")], rev(2, "b")),
            ([doc("a", "ba", deleted=True), doc("a", "ca", deleted=True)], rev(2, "c")),
            ([doc("a", "dca", deleted=True), doc("a", "fa", deleted=True)], rev(3, "d")),
            ([doc("a", "987654321cba"), doc("a", "f54321cba")], rev(12, "9")),
        ],
        ids=["longer", "greater", "digits", "live", "deleted", "deleted-longer", "as-numbers"],
    )
    @pytest.mark.parametrize("reverse", [False, True])
    def test_the_winner_is_live_then_longest_then_greatest(
        self, store: DocStore, leaves: list[Document], winner: str, reverse: bool
    ) -> None:
        store.graft(leaves[::-1] if reverse else leaves)

        assert leaf_revs(store, "a")[0] == winner
        assert next(store.changes()).leaves[0].rev == winner

    def test_get_gives_the_winner(self, store: DocStore) -> None:
        store.graft([doc("a", "dca", deleted=True), doc("a", "ba", floor=3)])

        assert (store.get("a").rev, store.get("a").fields) == (rev(2, "b"), {"floor": 3})

    def test_when_the_winner_is_deleted_the_other_leaf_is_shown(self, store: DocStore) -> None:
        store.graft([doc("a", "ba"), doc("a", "ca")])
        tombstone = store.put("a", {}, rev(2, "c"), deleted=True)

        assert store.get("a").rev == rev(2, "b")
        assert leaf_revs(store, "a") == [rev(2, "b"), tombstone]

    def test_histories_without_a_common_ancestor_are_a_conflict(self, store: DocStore) -> None:
        store.graft([doc("a", "ba"), doc("a", "dc"), doc("a", "fe", oldest=7)])

        assert leaf_revs(store, "a") == [rev(8, "f"), rev(2, "d"), rev(2, "b")]
        assert [leaf.path for leaf in store.leaves("a")] == [line("fe", 7), line("dc"), line("ba")]

    def test_a_longer_ancestry_lengthens_a_stemmed_history(self, store: DocStore) -> None:
        store.graft([doc("a", "ed", oldest=4)])
        assert store.get("a").path == line("ed", 4)
        assert store.graft([doc("a", "dcba")]) == ["known"]

        assert store.get("a").path == line("edcba")
        assert leaf_revs(store, "a") == [rev(5, "e")]
        assert store.get("a").fields == {"is": "e"}

    def test_a_longer_ancestry_joins_disjoint_roots(self, store: DocStore) -> None:
        store.graft([doc("a", "ed", oldest=4), doc("a", "cba")])
        assert leaf_revs(store, "a") == [rev(5, "e"), rev(3, "c")]
        store.graft([doc("a", "edcba")])

        assert leaf_revs(store, "a") == [rev(5, "e")]
        assert store.get("a").path == line("edcba")
        assert [[leaf.rev for leaf in change.leaves] for change in store.changes()] == [[rev(5, "e")]]

    def test_a_branch_finds_its_place_in_a_stemmed_history(self, store: DocStore) -> None:
        store.graft([doc("a", "ed", oldest=4), doc("a", "fdcba")])

        assert [leaf.path for leaf in store.leaves("a")] == [line("fdcba"), line("edcba")]

    def test_a_history_is_stemmed_at_a_thousand_generations(self, store: DocStore) -> None:
        whole = history(1200)
        store.graft([Document("a", whole)])

        assert store.get("a").path == whole[:1000]
        assert set(store.missing({"a": [whole[999], whole[1000]]})["a"].revs) == {whole[1000]}

    def test_grafting_a_stemmed_history_again_changes_nothing(self, store: DocStore) -> None:
        whole = Document("a", history(1200))
        store.graft([whole])
        before = list(store.changes())

        assert store.graft([whole]) == ["known"]
        assert list(store.changes()) == before

    def test_a_history_that_is_edited_on_and_on_stays_at_a_thousand(self, store: DocStore) -> None:
        whole = history(1000)
        store.graft([Document("a", whole)])
        edited = store.put("a", {"floor": 4}, whole[0])

        assert store.get("a").path == (edited, *whole[:999])
        assert leaf_revs(store, "a") == [edited]

    def test_a_long_history_grows_out_of_the_short_one_it_began_with(self, store: DocStore) -> None:
        whole = history(1200)
        store.graft([Document("a", whole[-1:])])
        store.graft([Document("a", whole)])

        assert leaf_revs(store, "a") == [whole[0]]

    def test_an_ancestor_is_kept_while_it_is_within_a_thousand_of_any_leaf(self, store: DocStore) -> None:
        whole = history(1200)
        short = (f"601-{'f' * 32}", *whole[600:])
        store.graft([Document("a", short), Document("a", whole)])

        assert [leaf.path[:1000] for leaf in store.leaves("a")] == [whole[:1000], short]
        assert store.missing({"a": whole}) == {}
        edited = store.put("a", {}, short[0])
        assert store.get("a", edited).path == (edited, *short)
