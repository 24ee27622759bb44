"""The small town of the tests: three grids, and the people who work in them."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from server.access import Grant, Role
from server.accounts import Account, Accounts, DatedGrant
from server.directory import Directory, Grid
from server.passwords import hashed
from server.startup import make_databases
from sync.sqlite import SqliteStores
from sync.store import StoreSet

COMMUNITY = "350505001999"
GRIDS = {
    f"{COMMUNITY}001": "grid-aaaaaaaaaaa2",
    f"{COMMUNITY}002": "grid-bbbbbbbbbbb3",
    f"{COMMUNITY}003": "grid-ccccccccccc4",
}
"""Databases by grid code."""
GRID_1, GRID_2, GRID_3 = GRIDS.values()

PEOPLE: dict[str, tuple[Role, str]] = {
    "chen": ("worker", f"{COMMUNITY}001"),
    "zhang": ("worker", f"{COMMUNITY}001"),
    "wu": ("worker", f"{COMMUNITY}002"),
    "lin": ("community", COMMUNITY),
    "gao": ("street", "350505001"),
    "he": ("district", "350505"),
    "fang": ("author", ""),
    "peer": ("server", ""),
    "admin": ("admin", ""),
}
"""Everybody's role and where it holds."""


def password_of(name: str) -> str:
    """The password of somebody in the tests."""
    return f"{name}-of-the-tests"


def grid_path(code: str) -> tuple[str, ...]:
    """Codes from the county down to a grid of the tests."""
    return (code[:6], code[:9], code[:12], code)


def settle_town(
    data: Path, people: dict[str, tuple[Role, str]] = PEOPLE, stores: StoreSet | None = None
) -> None:
    """Make accounts in a data folder, and grids in it (or in other stores), whether or not a server runs on it."""
    data.mkdir(parents=True, exist_ok=True)
    if stores is None:
        stores = SqliteStores(data / "stores")
        _settle_grids(stores)
        stores.close()
    else:
        _settle_grids(stores)
    for name, (role, scope) in people.items():
        add_user(data, name, role, scope)


def _settle_grids(stores: StoreSet) -> None:
    make_databases(stores)
    for name in set(GRIDS.values()) - set(stores.names()):
        stores.create(name)
    directory = Directory(stores, time.monotonic)
    for number, (code, database) in enumerate(GRIDS.items(), 1):
        names = {"zh-CN": f"第{number}网格", "en": f"Grid {number}"}
        directory.add_grid(Grid(code, names, database, "", grid_path(code)))


def add_user(data: Path, name: str, role: Role, scope: str) -> None:
    """Make an account with one role; its password is `password_of(name)`."""
    grants = (DatedGrant(Grant(role, scope)),)
    account = Account(name, name.title(), hashed(password_of(name)), grants, disabled=False, epoch=1)
    Accounts(data / "accounts.sqlite").add(account, datetime.now(UTC))
