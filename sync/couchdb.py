"""The store promise over HTTP: a CouchDB 3, a Cloudant, a pouchdb-server, or another Jinlin."""

from sync.couch.pushing import Refusal
from sync.couch.store import CouchStore
from sync.couch.stores import CouchStores, open_url

__all__ = ["CouchStore", "CouchStores", "Refusal", "open_url"]
