"""What the parts of one server share: made once in `app.py`, handed to whoever needs it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app
from sqlalchemy import Engine

from server.accounts import Accounts
from server.candidates import Candidates
from server.directory import Directory
from server.media import MediaStore
from server.settings import Settings
from server.watching import Watch
from sync.store import StoreSet

EXTENSION = "jinlin"


@dataclass(frozen=True)
class Services:
    """The running server's parts, its clock and its makers of ids."""

    settings: Settings
    stores: StoreSet
    accounts: Accounts
    directory: Directory
    index: Engine
    media: MediaStore
    candidates: Candidates
    watch: Watch
    clock: Callable[[], datetime]
    """Now, in UTC."""
    new_ulid: Callable[[], str]
    new_id: Callable[[], str]
    """An id for a document that came without: 32 hex digits."""

    def close(self) -> None:
        """Close what is open, files and connections."""
        self.stores.close()
        self.index.dispose()


def services() -> Services:
    """The services of the app that answers the current request."""
    return cast(Services, current_app.extensions[EXTENSION])
