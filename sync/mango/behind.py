"""A query that the store answers itself: a CouchDB behind has the indexes, since it has their design documents.

It is asked for ids only; documents are given out the same way whatever store they are in. What it does not answer
(sorting without an index, a server without CouchDB's `_find`) is searched for here.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.capabilities import FindsItself
from sync.documents import Json
from sync.mango.bookmarks import NONE, Bookmark
from sync.mango.errors import BadQuery
from sync.mango.found import Found
from sync.mango.query import Query
from sync.store import DocStore

_BEHIND = "behind"
"""Stands for an index in bookmarks that the server behind gave."""


def find(store: DocStore, query: Query) -> Found | None:
    """The page, as the store says; None where it is searched for here."""
    bookmark = query.bookmark
    if not isinstance(store, FindsItself) or (bookmark and bookmark.identity != _BEHIND):
        return None
    asked = {**_without_bookmark(query), "fields": ["_id"], "execution_stats": True}
    if bookmark:
        asked["bookmark"] = bookmark.place[0].decode()
    reply = store.find(asked)
    if reply is None:
        if bookmark:
            raise BadQuery("invalid_bookmark", "The index of this bookmark is gone; start again without it.")
        return None
    return _read(reply)


def explain(store: DocStore, query: Query) -> Mapping[str, Json] | None:
    """What the store says of a query that it answers."""
    return store.explain(_without_bookmark(query)) if isinstance(store, FindsItself) else None


def _without_bookmark(query: Query) -> dict[str, Json]:
    """The query as it came: bookmarks are ours, and a CouchDB does not take its own word for none."""
    return {name: value for name, value in query.given.items() if name != "bookmark"}


def _read(reply: Mapping[str, Json]) -> Found:
    stats = reply.get("execution_stats") or {}
    docs = int(stats.get("total_docs_examined", 0)) + int(stats.get("total_quorum_docs_examined", 0))
    return Found(
        ids=[str(row["_id"]) for row in reply["docs"]],
        keys_examined=int(stats.get("total_keys_examined", 0)),
        docs_examined=docs,
        bookmark=_bookmark(str(reply["bookmark"])),
        warnings=(str(reply["warning"]),) if reply.get("warning") else (),
    )


def _bookmark(text: str) -> str:
    return text if text == NONE else str(Bookmark(_BEHIND, (text.encode(), "")))
