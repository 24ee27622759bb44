"""What every document store promises (`sync/store.py`), one subject a module.

A leg is a subclass with a fixture `stores`:

    class TestSqlite(StoreContract):
        @pytest.fixture
        def stores(self, tmp_path):
            with closing(SqliteStores(tmp_path)) as stores:
                yield stores

Where a foreign peer is known to differ, the leg says so in `differences`, test name (with its parameters in brackets,
where it differs only there) → reason; such a test is expected
to fail, and fails the run if it passes.
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar
from uuid import uuid4

import pytest

from sync.store import DocStore, StoreSet
from tests.contract.promises.attachments import Attachments
from tests.contract.promises.databases import Databases
from tests.contract.promises.editing import Editing
from tests.contract.promises.feeds import Feeds
from tests.contract.promises.grafting import Grafting
from tests.contract.promises.judging import Judging
from tests.contract.promises.local import Local
from tests.contract.promises.purging import Purging
from tests.contract.promises.trees import Trees
from tests.contract.promises.upkeep import Upkeep


class StoreContract(Editing, Grafting, Judging, Trees, Feeds, Attachments, Local, Upkeep, Purging, Databases):
    """The whole contract."""

    differences: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(autouse=True)
    def _known_difference(self, request: pytest.FixtureRequest) -> None:
        node = request.node
        reason = self.differences.get(node.name, self.differences.get(node.originalname))
        if reason is not None:
            request.node.add_marker(pytest.mark.xfail(reason=reason, strict=True))

    @pytest.fixture
    def stores(self) -> Iterator[StoreSet]:
        """The set under test, empty or shared with databases of other names."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, stores: StoreSet) -> Iterator[DocStore]:
        """A new, empty database."""
        name = f"contract-{uuid4().hex}"
        yield stores.create(name)
        if name in stores.names():
            stores.delete(name)
