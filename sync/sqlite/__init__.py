"""The embedded store: one SQLite file for each database, and the folder of them."""

from sync.sqlite.store import SqliteStore
from sync.sqlite.stores import SqliteStores

__all__ = ["SqliteStore", "SqliteStores"]
