"""Bookmarks: where a page of a query ended, so that the next one goes on behind it, whatever was written meanwhile."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import orjson

from sync.collation import Key
from sync.documents import Json
from sync.mango.errors import BadQuery

NONE = "nil"
"""What CouchDB calls the bookmark of a page without a document."""
Place = tuple[Key, str]
"""A key, and the id that orders documents of the same key."""


@dataclass(frozen=True)
class Bookmark:
    """The place of the last document that was given."""

    identity: str
    """Of the index that was read; empty where it was the documents themselves."""
    place: Place

    def __str__(self) -> str:
        key, doc_id = self.place
        return base64.urlsafe_b64encode(orjson.dumps([self.identity, key.hex(), doc_id])).decode()


def read(text: Json) -> Bookmark | None:
    """The bookmark that a text is; `BadQuery` for one of somebody else."""
    if text in (NONE, "", None):
        return None
    try:
        identity, key, doc_id = orjson.loads(base64.urlsafe_b64decode(text.encode("ascii")))
        if isinstance(identity, str) and isinstance(doc_id, str):
            return Bookmark(identity, (bytes.fromhex(key), doc_id))
    except (AttributeError, TypeError, ValueError, binascii.Error):
        pass
    raise BadQuery("invalid_bookmark", f"Invalid bookmark value: {orjson.dumps(text).decode()[:200]}")
