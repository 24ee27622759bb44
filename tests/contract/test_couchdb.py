"""The contract on a real CouchDB or Cloudant, where `COUCHDB_URL` names one."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import ClassVar

import pytest

from sync.couchdb import CouchStores
from sync.peer import address
from sync.store import DocStore, StoreSet
from tests.contract.promises import StoreContract
from tests.support.behind import couchdb


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with couchdb() as url:
        yield url


@pytest.mark.foreign
@pytest.mark.couchdb
class TestCouchdb(StoreContract):
    differences: ClassVar[Mapping[str, str]] = {
        "test_a_document_that_keeps_a_deleted_leaf_only_counts_as_deleted": "a purge does not count again what is left",
    }

    @pytest.fixture
    def stores(self, url: str) -> Iterator[StoreSet]:
        with closing(CouchStores(address(url))) as stores:
            yield stores

    def test_a_database_made_again_is_another_one(self, stores: StoreSet, store: DocStore) -> None:
        time.sleep(1.1)  # a CouchDB tells two of one name apart by the second they were made
        super().test_a_database_made_again_is_another_one(stores, store)
