"""A Jinlin that keeps its documents behind a URL: in another Jinlin, in `pouchdb-server`, in a real CouchDB."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import Literal

import httpx
import pytest

from sync.couchdb import open_url
from sync.store import StoreSet
from tests.support.foreign import foreign_server
from tests.support.live import Live, running
from tests.support.town import password_of, settle_town

Keeper = Literal["jinlin", "pouchdb-server", "couchdb"]
COUCHDB_URL = "COUCHDB_URL"

KEEPERS = [
    pytest.param("jinlin", id="jinlin"),
    pytest.param("pouchdb-server", id="pouchdb-server", marks=pytest.mark.foreign),
    pytest.param("couchdb", id="couchdb", marks=[pytest.mark.foreign, pytest.mark.couchdb]),
]
"""Whatever can keep documents for a Jinlin; a real CouchDB where `COUCHDB_URL` names one."""

FOREIGN_KEEPERS = [keeper for keeper in KEEPERS if keeper.id != "jinlin"]
WHOLE_KEEPERS = [keeper for keeper in KEEPERS if keeper.id != "pouchdb-server"]
"""Those that have all of CouchDB 3's requests (`_dbs_info`)."""


@contextmanager
def keeping(keeper: Keeper, folder: Path) -> Iterator[str]:
    """The URL of an empty server that keeps documents, with who may."""
    if keeper == "jinlin":
        settle_town(folder / "keeper", {"peer": ("server", "")})
        with running(folder / "keeper", web_processes=1) as server:
            yield server.db.replace("://", f"://peer:{password_of('peer')}@")
    elif keeper == "pouchdb-server":
        with foreign_server(folder / "keeper") as url:
            yield url
    else:
        with couchdb() as url, closing(open_url(url)) as stores:
            wipe(stores)
            yield url


@contextmanager
def couchdb() -> Iterator[str]:
    """The CouchDB that `COUCHDB_URL` names, for one module of tests at a time: they share its databases."""
    with (Path(gettempdir()) / "jinlin-tests-couchdb.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield os.environ[COUCHDB_URL]


@pytest.fixture(scope="module", params=KEEPERS)
def keeper_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the server that keeps the documents of a module of tests."""
    with keeping(request.param, tmp_path_factory.mktemp("kept")) as url:
        yield url


def empty(stores: StoreSet) -> None:
    """Remove the databases with what people wrote; those with grids and forms stay."""
    for name in stores.names():
        if name.startswith("grid-") or name == "quarantine":
            stores.delete(name)


def wipe(stores: StoreSet) -> None:
    """Remove the databases of a Jinlin."""
    empty(stores)
    for name in {"directory", "forms"}.intersection(stores.names()):
        stores.delete(name)


@contextmanager
def served(
    url: str, data: Path, command: Literal["web", "serve"] = "serve", **settings: object
) -> Iterator[Live]:
    """A Jinlin on the town of the tests whose documents are kept behind the URL."""
    with closing(open_url(url)) as stores:
        settle_town(data, stores=stores)
    with running(data, command, store=url, **settings) as server:
        yield server


def documents_of(server: Live, database: str) -> int:
    """How many documents a database has, asked of the server in front."""
    with server.client("peer") as peer:
        return int(peer.get(f"/db/{database}").json()["doc_count"])


def up(server: Live) -> bool:
    """Whether it says that it can take a document."""
    return httpx.get(f"{server.url}/healthz", timeout=30, trust_env=False).status_code == 200
