"""What all pages of the desk share in one process: the index, the forms, and this process's device."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from flask import current_app, g
from sqlalchemy import Engine

from server.access import Actor, may
from server.review import tables
from server.review.index import IndexFollower
from server.review.library import Library
from server.review.present import Sight
from server.review.texts import Locale
from server.services import Services, services
from sync.store import StoreSet

_EXTENSION = "jinlin-desk"
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_PEOPLE_FRESH = timedelta(seconds=30)


@dataclass
class _Roll:
    """Display names of accounts, and when they were read."""

    names: Mapping[str, str] = field(default_factory=dict)
    read_at: datetime | None = None


@dataclass(frozen=True)
class Desk:
    """Made once in a process, on its first page. Its verbs block: call them through `offload`."""

    services: Services
    index: Engine
    library: Library
    follower: IndexFollower
    device: str
    """A device name that no other process has: the dots and steps that this one writes carry it."""
    _roll: _Roll = field(default_factory=_Roll)

    @property
    def stores(self) -> StoreSet:
        return self.services.stores

    def now(self) -> str:
        """The time as documents write it: ISO-8601 UTC with seconds."""
        return stamp(self.services.clock())

    def people(self) -> Mapping[str, str]:
        """What each account of this server is called, at most half a minute old."""
        now, roll = self.services.clock(), self._roll
        if roll.read_at is None or now - roll.read_at > _PEOPLE_FRESH:
            roll.names = {account.name: account.display_name for account in self.services.accounts.all()}
            roll.read_at = now
        return roll.names


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page (None before sign-in), in which language."""

    actor: Actor | None
    locale: Locale


def desk() -> Desk:
    """The desk of the app that answers the current request."""
    held: dict[int, Desk] = current_app.extensions.setdefault(_EXTENSION, {})
    pid = os.getpid()  # a forked process is another device
    if pid not in held:
        held[pid] = _open(services())
    return held[pid]


def visitor() -> Visitor:
    """Who asks for the current page."""
    return cast(Visitor, g.visitor)


def actor() -> Actor:
    """The signed-in person of the current page; pages without one never ask."""
    someone = visitor().actor
    assert someone is not None
    return someone


def sight_of(actor: Actor, database: str, grid_code: str | None, locale: Locale) -> Sight:
    """What somebody sees of a document's page: P2 for those who may reveal, and P3 and P4 by one click."""
    if may(actor, "reveal", database, grid_code):
        return Sight(locale, frozenset({"P0", "P1", "P2"}), frozenset({"P3", "P4"}))
    return Sight(locale, frozenset({"P0", "P1"}))


def stamp(moment: datetime) -> str:
    """An instant in UTC as documents write it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def device_name(identity: str) -> str:
    """A device name (`dev-` and ten lower-case base 32 characters) from 32 random hex digits."""
    number, digits = int(identity, 16), ""
    for _ in range(10):
        number, digit = divmod(number, 32)
        digits += _BASE32[digit]
    return f"dev-{digits}"


def _open(parts: Services) -> Desk:
    index = tables.prepare(parts.index, tables.metadata)
    library = Library(parts.stores)
    follower = IndexFollower(index, parts.stores, library, lambda: stamp(parts.clock()))
    return Desk(parts, index, library, follower, device_name(parts.new_id()))
