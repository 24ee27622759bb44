"""What must be there before the first request: the system's databases, and the shipped forms in them."""

from __future__ import annotations

from contextlib import suppress

from forms import catalogue
from server import directory, quarantine
from server.publishing import FORMS, publish
from server.services import Services
from sync.errors import DatabaseExists
from sync.store import StoreSet


def prepare(services: Services) -> None:
    """Make what is missing; repeating it changes nothing, and two processes may do it at once. `FormChanged`."""
    make_databases(services.stores)
    publish_shipped(services.stores)


def make_databases(stores: StoreSet) -> None:
    """The databases that every server has."""
    for name in (FORMS, directory.DATABASE, quarantine.DATABASE):
        with suppress(DatabaseExists):
            stores.create(name)


def publish_shipped(stores: StoreSet) -> None:
    """Publish every shipped form that is not published in its version. `FormChanged`."""
    store = stores.open(FORMS)
    for definition in catalogue.shipped():
        publish(store, definition)
