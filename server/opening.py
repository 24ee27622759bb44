"""Where the databases of a server are: for the web, the followers and commands alike, so without the web."""

from __future__ import annotations

from server.settings import BadSetting, Settings
from sync.errors import Malformed
from sync.sqlite import SqliteStores
from sync.store import StoreSet


def open_stores(settings: Settings) -> StoreSet:
    """The databases: those of a CouchDB-compatible server, or files in the data folder."""
    if settings.store:
        return _behind(settings)
    return SqliteStores(settings.data / "stores")


def _behind(settings: Settings) -> StoreSet:
    from sync.couchdb import open_url  # a client that takes memory, for those who need it
    from sync.patience import SERVING

    try:
        return open_url(settings.store, settings.store_key, SERVING, settings.data)
    except Malformed as error:
        raise BadSetting(f"store: {error}") from error
