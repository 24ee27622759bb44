"""The servers that are measured: a Jinlin on a town with many grids, `pouchdb-server`, and any CouchDB by URL."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx

from server.directory import Directory, Grid
from sync.sqlite import SqliteStores
from tests.bench.documents import DEVICE
from tests.support.foreign import foreign_server
from tests.support.live import Live, running
from tests.support.town import COMMUNITY, grid_path, settle_town

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
PEER_KEY = "JINLIN_BENCH_PEER"
BY = "lin"
"""The community's supervisor may write in all its grids (the first 996 of a bench), from one device."""
STREET = COMMUNITY[:9]


@dataclass(frozen=True)
class Side:
    """A server as its clients see it."""

    name: str
    root: str
    """URL of the CouchDB root, without credentials."""
    authorization: str = ""
    is_ours: bool = False

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": self.authorization} if self.authorization else {}

    def client(self) -> httpx.Client:
        """An HTTP client of this side."""
        return httpx.Client(base_url=self.root, headers=self.headers, timeout=600, trust_env=False)

    def fresh(self, database: str) -> None:
        """Make a database empty: ours are never used twice."""
        if not self.is_ours:
            with self.client() as client:
                client.delete(f"/{database}")
                client.put(f"/{database}").raise_for_status()

    def drop(self, database: str) -> None:
        """Remove a foreign database, so that the next repetition finds the peer as this one did."""
        if not self.is_ours:
            with self.client() as client:
                client.delete(f"/{database}")


@dataclass
class Jinlin:
    """A running server of ours, and its grids that no repetition has used yet."""

    live: Live
    unused: list[tuple[str, str]] = field(default_factory=list)

    def side(self, name: str = "Jinlin") -> Side:
        """The side as a phone sees it, signed in this moment: access tokens are short."""
        return Side(name, self.live.db, f"Bearer {self.live.token(BY, DEVICE)}", is_ours=True)

    def grid(self) -> tuple[str, str]:
        """Code and database of a grid nothing was written to."""
        return self.unused.pop(0)


def database_name(number: int) -> str:
    """The database of a grid by number."""
    digits = ""
    for _ in range(12):
        number, digit = divmod(number, 32)
        digits = ALPHABET[digit] + digits
    return f"grid-{digits}"


@contextmanager
def jinlin(
    folder: Path, grids: int, command: Literal["web", "serve"] = "web", **settings: object
) -> Iterator[Jinlin]:
    """A server with so many empty grids, beside those of the tests' town."""
    data = folder / "data"
    settle_town(data)
    made = []
    stores = SqliteStores(data / "stores")
    directory = Directory(stores, time.monotonic)
    for number in range(4, 4 + grids):
        code, database = f"{STREET}{999 - number // 1000}{number % 1000:03}", database_name(10_000 + number)
        stores.create(database)
        names = {"zh-CN": f"第{number}网格", "en": f"Grid {number}"}
        directory.add_grid(Grid(code, names, database, "", grid_path(code)))
        made.append((code, database))
    stores.close()
    with running(data, command, **settings) as live:
        yield Jinlin(live, made)


@contextmanager
def peers(folder: Path) -> Iterator[list[Side]]:
    """`pouchdb-server`, always, and the CouchDB that `JINLIN_BENCH_PEER` names."""
    with ExitStack() as stack:
        found = [Side("pouchdb-server", stack.enter_context(foreign_server(folder / "peer")))]
        if url := os.environ.get(PEER_KEY):
            found.append(_named(url))
        yield found


def _named(url: str) -> Side:
    parts = urlsplit(url)
    pair = base64.b64encode(f"{parts.username}:{parts.password}".encode()).decode()
    root = f"{parts.scheme}://{parts.hostname}:{parts.port or 5984}{parts.path.rstrip('/')}"
    with httpx.Client(base_url=root, headers={"Authorization": f"Basic {pair}"}, trust_env=False) as client:
        told = client.get("/").raise_for_status().json()
    kind = "CouchDB" if "couchdb" in told else "CouchDB-compatible"
    return Side(f"{kind} {told.get('version', '')}".rstrip(), root, f"Basic {pair}")
