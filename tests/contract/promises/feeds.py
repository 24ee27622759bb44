"""Feeds: `changes` and `all_ids`."""

import pytest

from sync.capabilities import FindsChanges
from sync.documents import Change, Document, Leaf
from sync.errors import Malformed
from sync.store import DocStore
from tests.contract.promises.making import doc, ids, rev


class Feeds:
    def test_a_new_database_has_no_changes(self, store: DocStore) -> None:
        assert list(store.changes()) == []
        assert list(store.all_ids()) == []

    def test_changes_come_in_order_of_writing(self, store: DocStore) -> None:
        store.graft([doc("c", "a")])
        store.graft([doc("a", "a")])
        store.put("b", {})

        assert ids(store.changes()) == ["c", "a", "b"]

    def test_a_document_comes_once_at_its_latest_change(self, store: DocStore) -> None:
        first = store.put("a", {})
        store.put("b", {})
        second = store.put("a", {"floor": 3}, first)

        assert [(row.doc_id, row.leaves) for row in store.changes()][1] == ("a", (Leaf(second, False),))
        assert ids(store.changes()) == ["b", "a"]

    def test_a_change_names_all_leaves_winner_first(self, store: DocStore) -> None:
        store.graft([doc("a", "dca", deleted=True), doc("a", "ba"), doc("a", "ea")])
        [row] = store.changes()

        assert row.leaves == (Leaf(rev(2, "e"), False), Leaf(rev(2, "b"), False), Leaf(rev(3, "d"), True))
        assert row.deleted is False

    def test_a_deleted_document_is_a_change(self, store: DocStore) -> None:
        store.put("a", {}, store.put("a", {"floor": 3}), deleted=True)

        [row] = store.changes()
        assert row.deleted is True

    def test_the_arrival_of_a_losing_leaf_is_a_change(self, store: DocStore) -> None:
        store.graft([doc("a", "ca"), doc("b", "a")])
        since = store.info().update_seq
        store.graft([doc("a", "ba")])

        assert ids(store.changes(since)) == ["a"]

    def test_reading_goes_on_after_any_row(self, store: DocStore) -> None:
        store.graft([doc(f"{number}", "a") for number in range(7)])
        rows = list(store.changes())

        assert [ids(store.changes(row.seq)) for row in rows] == [ids(rows[n + 1 :]) for n in range(7)]

    def test_the_last_row_is_at_the_update_sequence(self, store: DocStore) -> None:
        store.graft([doc("a", "a"), doc("b", "a")])

        assert list(store.changes(store.info().update_seq)) == []
        assert list(store.changes(list(store.changes())[-1].seq)) == []

    @pytest.mark.parametrize("limit", [0, 1, 2, 5])
    def test_a_limit_bounds_the_rows(self, store: DocStore, limit: int) -> None:
        store.graft([doc(f"{number}", "a") for number in range(3)])

        assert ids(store.changes(limit=limit)) == ["0", "1", "2"][:limit]
        assert ids(store.changes(limit=limit, descending=True)) == ["2", "1", "0"][:limit]

    def test_pending_counts_what_a_feed_has_left(self, store: DocStore) -> None:
        store.graft([doc(f"{number}", "a", deleted=number == 2) for number in range(4)])
        store.graft([doc("0", "ba"), doc("1", "ba"), doc("1", "ca")])
        rows = list(store.changes())

        assert store.pending("0") == 4
        assert [store.pending(row.seq) for row in rows] == [3, 2, 1, 0]

    def test_a_feed_is_read_whole_in_pieces(self, store: DocStore) -> None:
        names = [f"{number:04d}" for number in range(2500)]
        store.graft([doc(name, "a") for name in names])
        rows = list(store.changes())

        assert ids(rows) == names
        assert ids(store.changes(descending=True)) == names[::-1]
        assert ids(store.changes(rows[1199].seq)) == names[1200:]
        assert ids(store.changes(limit=1500)) == names[:1500]
        assert [doc_id for doc_id, _ in store.all_ids()] == names
        assert [doc_id for doc_id, _ in store.all_ids(descending=True)] == names[::-1]

    def test_what_is_written_while_a_feed_is_read_comes_later_and_never_twice(self, store: DocStore) -> None:
        store.graft([doc(f"{number:04d}", "a") for number in range(1500)])
        feed = store.changes()
        seen: list[Change] = [next(feed)]
        store.graft([doc("0000", "ba"), doc("new", "a"), doc("1400", "ba")])
        seen += feed
        later = ids(store.changes(seen[-1].seq))

        assert len(ids(seen)) == len(set(ids(seen)))
        assert {*ids(seen), *later} == {"new", *(f"{number:04d}" for number in range(1500))}
        assert {"0000", "new"} <= {*later}

    def test_a_sequence_that_is_none_is_malformed(self, store: DocStore) -> None:
        with pytest.raises(Malformed):
            list(store.changes("yesterday"))

    def test_ids_come_in_byte_order(self, store: DocStore) -> None:
        names = ["B", "a", "a/b", "aa", "é", "聚", "\uff5e", "🏠"]
        store.graft([doc(name, "a") for name in reversed(names)])

        assert list(store.all_ids()) == [(name, rev(1, "a")) for name in names]

    def test_ids_have_bounds_and_both_belong_to_them(self, store: DocStore) -> None:
        store.graft([doc(name, "a") for name in "abcde"])

        def found(*bounds: str | None, **more: object) -> str:
            return "".join(doc_id for doc_id, _ in store.all_ids(*bounds, **more))  # type: ignore[arg-type]

        assert found("b", "d") == "bcd"
        assert found("bb") == "cde"
        assert found(None, "b") == "ab"
        assert found("d", "b") == ""
        assert found("d", "b", descending=True) == "dcb"
        assert found(descending=True, limit=2) == "ed"
        assert found(limit=2, skip=1) == "bc"
        assert found("c", skip=1) == "de"
        assert found(skip=9) == ""
        assert found(limit=0) == ""

    def test_ids_are_those_of_live_documents_with_their_winners(self, store: DocStore) -> None:
        store.graft(
            [doc("a", "a", deleted=True), doc("b", "ba"), doc("b", "ca"), doc("c", "ba", deleted=True)]
        )
        store.graft([Document("c", (rev(1, "a"),)), Document("c", (rev(1, "f"),))])

        assert list(store.all_ids()) == [("b", rev(2, "c")), ("c", rev(1, "f"))]

    def test_the_changes_of_some_documents_are_found(self, store: DocStore) -> None:
        store.graft([doc("a", "a"), doc("b", "ba"), doc("b", "ca"), doc("c", "a")])
        since = next(iter(store.changes())).seq
        assert isinstance(store, FindsChanges)

        assert store.changes_of(["b", "unknown", "a", "b"]) == list(store.changes())[:2]
        assert ids(store.changes_of(["a", "c"], since)) == ["c"]
        assert store.changes_of([]) == []
