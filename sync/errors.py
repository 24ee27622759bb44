"""Errors of documents and their movement. They know nothing of HTTP; `server/errors.py` maps them.

SyncError
├── NotFound            no such document, revision, database or attachment
├── Conflict            the parent of an edit is no leaf
├── Malformed           not what it should be: a broken envelope or document
│   ├── MissingStub     an attachment without bytes that no stored ancestor has
│   └── BatchTooLarge   more in one request than the peer takes
├── DatabaseExists      a database of that name is there already
└── StoreUnavailable    the store cannot take or give anything now; try again later
    ├── NoRoom          its disk is full
    ├── Unindexed       an index cannot be read or brought up to date; the documents can be read
    ├── Damaged         its file is not what was written
    │   └── DamagedDocument     of one document; the others can be read and written
    ├── AccessRefused   the peer does not accept our name and password, or what we ask for
    └── NotACouch       what answers at a URL is no CouchDB-compatible server
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


class MissingStub(Malformed):
    """An attachment came as a stub, and no stored ancestor of the revision has it; nothing of the call was stored.

    `doc_id` tells which document of the batch to leave out or to send whole (CouchDB: 412 `missing_stub`).
    """

    def __init__(self, doc_id: str, name: str) -> None:
        super().__init__(f"no ancestor of {doc_id} has the attachment {name}")
        self.doc_id = doc_id
        self.name = name


class DatabaseExists(SyncError):
    """A database of that name is there already; it was not touched."""


class StoreUnavailable(SyncError):
    """The store cannot serve now (disk full, locked, unreachable); nothing half-written remains."""


class NoRoom(StoreUnavailable):
    """The disk of the store is full; nothing of the call was stored. What is there can still be read."""


class Unindexed(StoreUnavailable):
    """An index cannot be read or brought up to date now. Documents are not concerned: who searches reads them."""


class Damaged(StoreUnavailable):
    """The file of the store is not what was written: a bad disk, or a foreign hand. `jinlin verify` names the place."""


class DamagedDocument(Damaged):
    """One document of the store is not what was written; a call without it goes on."""


class BatchTooLarge(Malformed):
    """More in one request than the peer takes; nothing of it was stored. Smaller ones may pass."""


class AccessRefused(StoreUnavailable):
    """The peer does not accept our name and password, or does not let this account do that; nothing was stored."""


class NotACouch(StoreUnavailable):
    """What answers at a URL is not a CouchDB-compatible server; nothing was sent to it but the question."""
