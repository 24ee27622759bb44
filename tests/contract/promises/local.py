"""Local documents: checkpoints, never replicated."""

import pytest

from sync.errors import NotFound
from sync.store import DocStore


class Local:
    def test_a_local_document_comes_back_with_a_revision(self, store: DocStore) -> None:
        made = store.put_local("Aa/é 聚", {"last_seq": "17", "history": [1]})

        assert made == "0-1"
        assert store.get_local("Aa/é 聚") == ("0-1", {"last_seq": "17", "history": [1]})

    def test_each_writing_counts_its_revision_on(self, store: DocStore) -> None:
        store.put_local("c", {"n": 1})

        assert store.put_local("c", {"n": 2}) == "0-2"
        assert store.get_local("c") == ("0-2", {"n": 2})

    def test_local_documents_are_no_documents(self, store: DocStore) -> None:
        before = store.info()
        store.put_local("c", {})

        assert list(store.changes()) == []
        assert list(store.all_ids()) == []
        assert store.leaves("c") == store.leaves("_local/c") == []
        assert (store.info().doc_count, store.info().update_seq) == (before.doc_count, before.update_seq)

    def test_a_local_document_can_be_deleted(self, store: DocStore) -> None:
        store.put_local("c", {})
        store.delete_local("c")

        with pytest.raises(NotFound):
            store.get_local("c")
        with pytest.raises(NotFound):
            store.delete_local("c")

    def test_an_unknown_local_document_is_not_found(self, store: DocStore) -> None:
        with pytest.raises(NotFound):
            store.get_local("unknown")
