"""Sets of databases: `StoreSet`."""

import pytest

from sync.errors import DatabaseExists, Malformed, NotFound
from sync.store import DocStore, StoreSet
from tests.contract.promises.making import doc


class Databases:
    def test_a_new_database_is_empty_and_among_the_names(self, stores: StoreSet, store: DocStore) -> None:
        assert store.name in stores.names()
        assert stores.names() == sorted(stores.names())
        assert stores.open(store.name).name == store.name
        assert (store.info().name, store.info().doc_count, store.info().doc_del_count) == (store.name, 0, 0)

    def test_a_database_is_the_same_through_another_door(self, stores: StoreSet, store: DocStore) -> None:
        store.put("a", {"floor": 3})

        assert stores.open(store.name).get("a").fields == {"floor": 3}
        assert stores.open(store.name).info() == store.info()

    def test_a_database_cannot_be_made_twice(self, stores: StoreSet, store: DocStore) -> None:
        store.put("a", {"floor": 3})

        with pytest.raises(DatabaseExists):
            stores.create(store.name)
        assert store.get("a").fields == {"floor": 3}

    @pytest.mark.parametrize("ending", ["", "/with/slash", "_$()+-", "/x-wal", "/sqlite"])
    def test_every_name_that_couchdb_takes_is_taken(
        self, stores: StoreSet, store: DocStore, ending: str
    ) -> None:
        name = f"x{store.name}{ending}"
        stores.create(name).put("a", {})
        try:
            assert name in stores.names()
            assert stores.open(name).info().doc_count == 1
            assert stores.update_seqs([name]) == {name: stores.open(name).info().update_seq}
        finally:
            stores.delete(name)

    @pytest.mark.parametrize(
        "name", ["", "A", "1a", "_a", "a.b", "a b", "../a", "/a", "é", "a\n", "a:b", "a" * 239, "a\x00b"]
    )
    def test_a_name_that_couchdb_refuses_is_malformed_and_never_there(
        self, stores: StoreSet, name: str
    ) -> None:
        with pytest.raises(Malformed):
            stores.create(name)
        with pytest.raises(NotFound):
            stores.open(name)
        with pytest.raises(NotFound):
            stores.delete(name)

    def test_an_unknown_database_is_not_found(self, stores: StoreSet) -> None:
        with pytest.raises(NotFound):
            stores.open("unknown-database")
        with pytest.raises(NotFound):
            stores.delete("unknown-database")

    def test_a_deleted_database_is_gone_for_those_who_hold_it_too(
        self, stores: StoreSet, store: DocStore
    ) -> None:
        store.put("a", {})
        stores.delete(store.name)

        assert store.name not in stores.names()
        for verb in (
            store.info,
            lambda: store.put("b", {}),
            lambda: store.get("a"),
            lambda: list(store.changes()),
        ):
            with pytest.raises(NotFound):
                verb()

    def test_a_database_made_again_is_another_one(self, stores: StoreSet, store: DocStore) -> None:
        store.put("a", {})
        before = store.info().uuid
        stores.delete(store.name)
        again = stores.create(store.name)

        assert again.info().uuid != before
        assert again.leaves("a") == store.leaves("a") == []
        store.put("b", {})
        assert again.info().doc_count == 1

    def test_update_seqs_follow_every_write(self, stores: StoreSet, store: DocStore) -> None:
        def told() -> str:
            return stores.update_seqs([store.name])[store.name]

        seen = [told()]
        made = store.put("a", {})
        seen.append(told())
        store.graft([doc("b", "a"), doc("c", "a")])
        seen.append(told())
        store.put("a", {"floor": 3}, made)
        seen.append(told())

        assert seen[-1] == store.info().update_seq
        assert len(set(seen)) == 4
        assert stores.update_seqs()[store.name] == seen[-1]

    def test_update_seqs_stay_while_nothing_is_written(self, stores: StoreSet, store: DocStore) -> None:
        store.graft([doc("a", "a")])
        before = stores.update_seqs([store.name])
        store.graft([doc("a", "a")])
        store.put_local("c", {})

        assert stores.update_seqs([store.name]) == before

    def test_update_seqs_leave_out_what_is_not_there(self, stores: StoreSet, store: DocStore) -> None:
        stores.update_seqs()
        stores.delete(store.name)

        assert stores.update_seqs([store.name, "unknown-database"]) == {}
        assert store.name not in stores.update_seqs()
