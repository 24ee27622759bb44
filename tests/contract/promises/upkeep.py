"""What keeps a database small: how many ancestors are kept, and that a limit is honoured by every way of writing."""

import pytest

from sync.documents import Attachment, Document
from sync.errors import Malformed
from sync.store import DocStore
from tests.contract.promises.attachments import attached
from tests.contract.promises.making import doc, leaf_revs, line, rev

STUB = Attachment("", "", 0, 0)


class Upkeep:
    def test_a_thousand_generations_are_kept_until_somebody_says_otherwise(self, store: DocStore) -> None:
        assert store.revs_limit() == 1000
        store.set_revs_limit(3)
        assert store.revs_limit() == 3

    @pytest.mark.parametrize("limit", [0, -1, 10_001, 2**64])
    def test_a_limit_that_nobody_can_keep_is_malformed(self, store: DocStore, limit: int) -> None:
        with pytest.raises(Malformed):
            store.set_revs_limit(limit)
        assert store.revs_limit() == 1000

    def test_edits_beyond_the_limit_forget_the_oldest_ancestors(self, store: DocStore) -> None:
        store.set_revs_limit(3)
        revs = [store.put("a", {"n": 0})]
        for number in range(1, 6):
            revs.insert(0, store.put("a", {"n": number}, revs[0]))

        assert store.get("a").path == tuple(revs[:3])
        assert set(store.missing({"a": revs})["a"].revs) == set(revs[3:])

    def test_foreign_history_is_kept_within_the_limit(self, store: DocStore) -> None:
        store.set_revs_limit(2)
        store.graft([doc("a", "edcba"), doc("b", "cba"), doc("b", "dcba")])

        assert store.get("a").path == line("ed", 4)
        assert [leaf.path for leaf in store.leaves("b")] == [line("dc", 3)]

    def test_a_limit_below_an_unsent_edit_makes_a_conflict_that_nobody_made(self, store: DocStore) -> None:
        store.set_revs_limit(1)
        store.graft([doc("a", "a")])
        store.graft([doc("a", "cb", oldest=2)])

        assert leaf_revs(store, "a") == [rev(3, "c"), rev(1, "a")]

    def test_a_stub_is_explained_by_a_parent_that_this_edit_makes_forgotten(self, store: DocStore) -> None:
        store.set_revs_limit(1)
        first = store.put("a", {}, attachments={"p": attached(b"light")})
        second = store.put("a", {"n": 1}, first, attachments={"p": STUB})

        assert store.get("a").path == (second,)
        assert store.attachment("a", "p").data == b"light"

    def test_a_tree_follows_a_new_limit_when_it_is_written_to(self, store: DocStore) -> None:
        store.graft([doc("a", "dcba")])
        store.set_revs_limit(2)
        store.graft([Document("a", line("edcba"))])

        assert store.get("a").path == line("ed", 4)
        store.set_revs_limit(1000)
        store.graft([Document("a", line("fedcba"))])
        assert store.get("a").path == line("fedcba")
