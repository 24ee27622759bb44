"""The contract over HTTP: our adapter against our own server."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import ClassVar

import pytest

from sync.couchdb import CouchStores
from sync.peer import address
from sync.store import StoreSet
from tests.contract.promises import StoreContract
from tests.support.live import Live, live
from tests.support.town import password_of

__all__ = ["live"]


class TestJinlin(StoreContract):
    differences: ClassVar[Mapping[str, str]] = {
        "test_a_stub_that_no_ancestor_has_is_refused_with_its_batch": "each document of a batch stands alone: "
        "the others are stored, so that a stock PouchDB goes on",
        "test_what_is_written_while_a_feed_is_read_comes_later_and_never_twice": "a feed is read in pages, so what "
        "changes meanwhile may come twice",
    }

    @pytest.fixture
    def stores(self, live: Live) -> Iterator[StoreSet]:
        url = live.db.replace("://", f"://admin:{password_of('admin')}@")
        with closing(CouchStores(address(url))) as stores:
            yield stores
