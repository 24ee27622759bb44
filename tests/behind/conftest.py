"""The site of the tests, its documents kept by another server; each test begins with empty grids."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from server.app import create_app
from server.settings import load
from sync.couchdb import open_url
from tests.support.behind import empty
from tests.support.site import Site, close_site
from tests.support.town import settle_town


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The accounts of the town, made once."""
    data = tmp_path_factory.mktemp("accounts")
    settle_town(data)
    return data / "accounts.sqlite"


@pytest.fixture
def site(keeper_url: str, accounts: Path, tmp_path: Path) -> Iterator[Site]:
    """The app on a town of its own, kept elsewhere."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(accounts, data)
    with closing(open_url(keeper_url)) as stores:
        empty(stores)
        settle_town(data, {}, stores)
    made = Site(create_app(load({"JINLIN_DATA": str(data), "JINLIN_STORE": keeper_url})), data)
    yield made
    close_site(made)
