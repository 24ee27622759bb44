"""The contract on a real CouchDB or Cloudant, where `COUCHDB_URL` names one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from sync.couchdb import CouchStores
from sync.peer import address
from sync.store import StoreSet
from tests.contract.promises import StoreContract
from tests.support.behind import COUCHDB_URL


@pytest.mark.foreign
@pytest.mark.couchdb
class TestCouchdb(StoreContract):
    @pytest.fixture
    def stores(self) -> Iterator[StoreSet]:
        with closing(CouchStores(address(os.environ[COUCHDB_URL]))) as stores:
            yield stores
