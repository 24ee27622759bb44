"""The contract over HTTP: our adapter against our own server."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from sync.couchdb import CouchStores
from sync.peer import address
from sync.store import StoreSet
from tests.contract.promises import StoreContract
from tests.support.live import Live, live
from tests.support.town import password_of

__all__ = ["live"]


class TestJinlin(StoreContract):
    @pytest.fixture
    def stores(self, live: Live) -> Iterator[StoreSet]:
        url = live.db.replace("://", f"://admin:{password_of('admin')}@")
        with closing(CouchStores(address(url))) as stores:
            yield stores
