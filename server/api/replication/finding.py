"""`_find` and `_explain`: Mango queries. How they are answered is in `sync/mango/`."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import orjson
from flask import Response

from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.replies import gathered, listed, reply, stream
from server.api.replication.requests import received
from server.native import offload
from sync import mango, wire
from sync.documents import Document, Json
from sync.mango import Found, Query, Search
from sync.wire import Extras

_PIECE = 100


def find(name: str) -> Response:
    """`POST /db/<name>/_find`: the documents that a selector means."""
    entry = enter(name, "read_database")
    query = mango.read_query(wire.load_object(received()))
    began = time.monotonic()
    found = offload(Search(entry.store, query).run)
    tail: dict[str, Json] = {"bookmark": found.bookmark}
    if query.stats:
        tail["execution_stats"] = _stats(found, (time.monotonic() - began) * 1000)
    if found.warning:
        tail["warning"] = found.warning
    end = b"\n]," + orjson.dumps(tail)[1:] + b"\n"
    return stream(gathered(listed(b'{"docs":[', _rows(entry, query, found.ids), end)))


def _stats(found: Found, took_ms: float) -> dict[str, Json]:
    return {
        "total_keys_examined": found.keys_examined,
        "total_docs_examined": found.docs_examined,
        "total_quorum_docs_examined": 0,
        "results_returned": len(found.ids),
        "execution_time_ms": round(took_ms, 3),
    }


def _rows(entry: Entry, query: Query, ids: Sequence[str]) -> Iterator[bytes]:
    for at in range(0, len(ids), _PIECE):
        piece = ids[at : at + _PIECE]
        held = offload(entry.store.leaves_many, piece)
        for doc_id in piece:
            leaves = held.get(doc_id)
            if leaves and not leaves[0].deleted:
                yield _row(leaves, query)


def _row(leaves: Sequence[Document], query: Query) -> bytes:
    conflicts = [leaf.rev for leaf in leaves[1:] if not leaf.deleted] if query.conflicts else []
    text = wire.write_document(leaves[0], Extras(conflicts=conflicts))
    return orjson.dumps(mango.projected(orjson.loads(text), query.fields)) if query.fields else text


def explain(name: str) -> Response:
    """`POST /db/<name>/_explain`: how a query would be answered."""
    entry = enter(name, "read_database")
    query = mango.read_query(wire.load_object(received()))
    return reply(offload(mango.explained, entry.store, query))


ROUTES: Routes = (
    ("POST", "/<segment:name>/_find", find),
    ("POST", "/<segment:name>/_explain", explain),
)
