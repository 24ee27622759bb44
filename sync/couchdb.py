"""The store promise over HTTP: a CouchDB 3, a Cloudant, a pouchdb-server, or another Jinlin."""

from sync.couch.store import CouchStore, Refusal
from sync.couch.stores import CouchStores, open_url

__all__ = ["CouchStore", "CouchStores", "Refusal", "open_url"]
