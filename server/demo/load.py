"""Puts the demo town into a server: places, grids, accounts, files, visits. Repeating it changes nothing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from server.access import Grant
from server.accounts import Account, DatedGrant
from server.demo.files import homes_of
from server.demo.pictures import pictures
from server.demo.town import ACCOUNTS, GRIDS, PLACES, DemoGrid
from server.demo.visits import records_of
from server.directory import Grid
from server.passwords import HASHER, matches
from server.services import Services
from server.startup import prepare
from sync.documents import Document
from sync.errors import DatabaseExists

_PIECE = 500


def load_accounts(services: Services, password: str) -> None:
    """The demo accounts, all with this password, however short: they are for trying things out."""
    for demo in ACCOUNTS:
        known = services.accounts.find(demo.name)
        if known is None:
            grants = tuple(DatedGrant(Grant(role, scope)) for role, scope in demo.grants)
            account = Account(demo.name, demo.display_name, HASHER.hash(password), grants, False, 1)
            services.accounts.add(account, services.clock())
        elif not matches(known.password_hash, password):
            services.accounts.set_password(demo.name, HASHER.hash(password))


def load_town(services: Services, today: date, told: Callable[[int, int], None]) -> None:
    """Places, grids and all their documents; `told` is called with (documents written, documents in all)."""
    prepare(services)
    for place in PLACES:
        services.directory.add_place(place)
    work: list[tuple[DemoGrid, Sequence[Document]]] = []
    for number, grid in enumerate(GRIDS):
        homes, files = homes_of(grid, today)
        records = list(records_of(grid, homes, today)) if number == 0 else []
        work.append((grid, [*files, *records]))
    total = sum(len(documents) for _, documents in work)
    written = 0
    for number, (grid, documents) in enumerate(work):
        services.directory.add_grid(Grid(grid.code, grid.name, grid.database, "local", grid.path))
        try:
            store = services.stores.create(grid.database)
        except DatabaseExists:
            store = services.stores.open(grid.database)
        if number == 0:
            for picture in pictures():
                services.media.keep(grid.database, picture.data, "chen", services.clock())
        for start in range(0, len(documents), _PIECE):
            store.graft(documents[start : start + _PIECE])
            written += len(documents[start : start + _PIECE])
            told(written, total)


def demo_password(data: Path, chosen: str) -> str:
    """The password of all demo accounts: the one chosen, the one kept from before, or a new random one."""
    kept = data / "demo-password"
    if not chosen and kept.is_file():
        return kept.read_text().strip()
    password = chosen or "-".join(secrets.token_hex(2) for _ in range(3))
    data.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(password + "\n")
    return password
