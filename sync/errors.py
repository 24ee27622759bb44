"""Errors of documents and their movement. They know nothing of HTTP; `server/errors.py` maps them.

    SyncError
    ├── NotFound            no such document, revision, database or attachment
    ├── Conflict            the parent of an edit is no leaf
    ├── Malformed           not what it should be: a broken envelope or document
    ├── DatabaseExists      a database of that name is there already
    └── StoreUnavailable    the store cannot take or give anything now; try again later
"""


class SyncError(Exception):
    """Anything this package raises on purpose."""


class NotFound(SyncError):
    """No such document, revision, database or attachment. `reason` is CouchDB's word: missing or deleted."""

    def __init__(self, what: str, reason: str = "missing") -> None:
        super().__init__(what)
        self.what = what
        self.reason = reason


class Conflict(SyncError):
    """The parent of an ordinary edit is not a leaf of the document's revision tree; nothing was stored."""


class Malformed(SyncError):
    """Input that cannot be a document, a revision or a request of the protocol; nothing was stored."""


class DatabaseExists(SyncError):
    """A database of that name is there already; it was not touched."""


class StoreUnavailable(SyncError):
    """The store cannot serve now (disk full, locked, unreachable); nothing half-written remains."""
