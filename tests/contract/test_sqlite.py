"""The contract on the embedded store."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sync.sqlite import SqliteStores
from sync.store import StoreSet
from tests.contract.promises import StoreContract


class TestSqlite(StoreContract):
    @pytest.fixture
    def stores(self, tmp_path: Path) -> Iterator[StoreSet]:
        with closing(SqliteStores(tmp_path)) as stores:
            yield stores
