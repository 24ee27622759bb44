"""The verbs of `sync/couchdb.py`, one subject a module."""
