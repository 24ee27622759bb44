"""Purging: leaves are taken away as if they had never been here."""

import pytest

from sync.errors import NotFound
from sync.store import DocStore, StoreSet
from tests.contract.promises.attachments import attached
from tests.contract.promises.making import doc, ids, leaf_revs, line, rev


class Purging:
    def test_a_document_whose_only_leaf_is_purged_is_nowhere_any_more(self, store: DocStore) -> None:
        store.graft([doc("a", "cba"), doc("b", "a")])

        assert store.purge({"a": [rev(3, "c")]}) == {"a": (rev(3, "c"),)}
        assert store.leaves_many(["a", "b"]).keys() == {"b"}
        assert (ids(store.changes()), [doc_id for doc_id, _ in store.all_ids()]) == (["b"], ["b"])
        assert store.missing({"a": line("cba")})["a"] == store.missing({"z": line("cba")})["z"]
        for named in (None, rev(3, "c"), rev(2, "b")):
            with pytest.raises(NotFound):
                store.get("a", named)

    def test_a_document_with_leaves_left_is_in_the_feed_again(self, store: DocStore) -> None:
        store.graft([doc("a", "dcba"), doc("a", "eba"), doc("b", "a")])
        before = list(store.changes())[-1].seq

        assert store.purge({"a": [rev(4, "d")]}) == {"a": (rev(4, "d"),)}
        [change] = store.changes(before)
        assert (change.doc_id, [leaf.rev for leaf in change.leaves]) == ("a", [rev(3, "e")])
        assert store.get("a").path == line("eba")
        assert set(store.missing({"a": line("dcba")})["a"].revs) == set(line("dc", oldest=3))

    def test_only_leaves_are_purged(self, store: DocStore) -> None:
        store.graft([doc("a", "cba")])
        before = list(store.changes())

        assert store.purge({"a": [rev(2, "b"), rev(3, "f")], "none": [rev(1, "a")], "b": []}) == {
            "a": (), "none": (), "b": (),
        }  # fmt: skip
        assert list(store.changes()) == before
        assert store.get("a").path == line("cba")

    def test_all_leaves_may_be_purged_at_once(self, store: DocStore) -> None:
        store.graft([doc("a", "dcba"), doc("a", "eba", deleted=True), doc("a", "f", oldest=7)])

        purged = store.purge({"a": [rev(3, "e"), rev(4, "d"), rev(2, "b"), rev(7, "f")]})
        assert set(purged["a"]) == {rev(3, "e"), rev(4, "d"), rev(7, "f")}
        assert store.leaves("a") == []

    def test_what_is_purged_is_not_counted(self, store: DocStore) -> None:
        store.graft([doc("a", "cba"), doc("b", "ba", deleted=True), doc("c", "a")])
        assert (store.info().doc_count, store.info().doc_del_count) == (2, 1)
        store.purge({"a": [rev(3, "c")], "b": [rev(2, "b")]})

        assert (store.info().doc_count, store.info().doc_del_count) == (1, 0)

    def test_a_document_that_keeps_a_deleted_leaf_only_counts_as_deleted(self, store: DocStore) -> None:
        store.graft([doc("a", "cba"), doc("a", "ea", deleted=True)])
        store.purge({"a": [rev(3, "c")]})

        assert (store.info().doc_count, store.info().doc_del_count) == (0, 1)

    def test_the_winner_is_that_of_what_is_left(self, store: DocStore) -> None:
        store.graft([doc("a", "cba"), doc("a", "ea", deleted=True)])
        store.purge({"a": [rev(3, "c")]})

        assert list(store.all_ids()) == []
        assert next(store.changes()).deleted
        assert [(leaf.rev, leaf.deleted) for leaf in store.leaves("a")] == [(rev(2, "e"), True)]
        with pytest.raises(NotFound) as caught:
            store.get("a")
        assert caught.value.reason == "deleted"

    def test_who_watches_sees_that_something_moved(self, stores: StoreSet, store: DocStore) -> None:
        store.graft([doc("a", "a"), doc("b", "a")])
        [before], info = stores.update_seqs([store.name]).values(), store.info()
        store.purge({"b": [rev(1, "a")]})
        [after] = stores.update_seqs([store.name]).values()

        assert after != before
        assert (store.info().purge_seq, store.info().uuid) != (info.purge_seq, info.uuid)
        assert store.info().uuid == info.uuid
        assert list(store.changes(after)) == []
        assert store.pending(after) == 0
        store.put("c", {})
        assert ids(store.changes(after)) == ["c"]
        assert store.info().purge_seq != info.purge_seq

    def test_what_was_purged_may_come_again(self, store: DocStore) -> None:
        store.graft([doc("a", "cba")])
        store.purge({"a": [rev(3, "c")]})

        assert store.graft([doc("a", "cba")]) == ["stored"]
        assert store.get("a").path == line("cba")
        store.purge({"a": [rev(3, "c")]})
        assert store.put("a", {}).startswith("1-")

    def test_attachments_go_with_the_last_revision_that_names_them(self, store: DocStore) -> None:
        shared, own = attached(b"shared"), attached(b"own")
        kept = store.put("a", {}, attachments={"p": shared})
        gone = store.put("b", {}, attachments={"p": shared, "q": own})
        store.purge({"b": [gone]})

        assert store.attachment("a", "p", kept).data == b"shared"
        with pytest.raises(NotFound):
            store.attachment("b", "q", gone)
        assert store.put("b", {}, attachments={"q": own})
        assert store.attachment("b", "q").data == b"own"

    def test_a_purge_of_more_than_a_request_takes_is_a_purge(self, store: DocStore) -> None:
        store.graft([doc(f"d{number}", "a") for number in range(250)])
        purged = store.purge({f"d{number}": [rev(1, "a")] for number in range(249)})

        assert purged == {f"d{number}": (rev(1, "a"),) for number in range(249)}
        assert [doc_id for doc_id, _ in store.all_ids()] == ["d249"]
        assert leaf_revs(store, "d249") == [rev(1, "a")]
