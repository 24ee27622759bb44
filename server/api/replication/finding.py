"""`_find`, `_explain` and `_index`: Mango queries.

Indexes are stored as the design documents CouchDB would store, and replicate; a query reads the documents in order of
id, from the id its selector names on, and is bounded in time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence

import orjson
from flask import Response

from server.api.replication.documents import answer
from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.query import Found, Query, Search, projected, read_query
from server.api.replication.replies import gathered, listed, reply, stream
from server.api.replication.requests import received
from server.api.replication.taking import keep_edits
from server.errors import NotServed
from server.native import offload
from sync import mango, wire
from sync.documents import Document, Json
from sync.edits import Edit
from sync.errors import Malformed, NotFound
from sync.wire import Extras

_PIECE = 100
_WARNING = "No matching index found, create an index to optimize query time."
_ALL_DOCS = {"ddoc": None, "name": "_all_docs", "type": "special", "def": {"fields": [{"_id": "asc"}]}}


def find(name: str) -> Response:
    """`POST /db/<name>/_find`: the documents that a selector means."""
    entry = enter(name, "read_database")
    query = read_query(wire.load_object(received()))
    began = time.monotonic()
    found = offload(Search(entry.store, query).run)
    tail: dict[str, Json] = {"bookmark": found.bookmark, "warning": _WARNING}
    if query.stats:
        tail["execution_stats"] = _stats(found, (time.monotonic() - began) * 1000)
    end = b"\n]," + orjson.dumps(tail)[1:] + b"\n"
    return stream(gathered(listed(b'{"docs":[', _rows(entry, query, found.ids), end)))


def _stats(found: Found, took_ms: float) -> dict[str, Json]:
    return {
        "total_keys_examined": 0,
        "total_docs_examined": found.examined,
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
    return orjson.dumps(projected(orjson.loads(text), query.fields)) if query.fields else text


def explain(name: str) -> Response:
    """`POST /db/<name>/_explain`: how a query would be answered: always by reading the documents."""
    entry = enter(name, "read_database")
    body = wire.load_object(received())
    query = read_query(body)
    opts = {"use_index": [], "bookmark": "nil", "r": 1, "stable": False, "update": True, "stale": False}
    shown: dict[str, Json] = {
        "dbname": entry.store.name,
        "index": _ALL_DOCS,
        "partitioned": False,
        "selector": query.selector,
        "opts": {**opts, "conflicts": query.conflicts, "execution_stats": query.stats},
        "limit": query.limit,
        "skip": query.skip,
        "fields": body.get("fields") or "all_fields",
    }
    return reply(shown)


def indexes(name: str) -> Response:
    """`GET /db/<name>/_index`: the definitions that are stored, and the one index there always is."""
    entry = enter(name, "read_database")
    rows = offload(_stored, entry)
    return reply({"total_rows": len(rows) + 1, "indexes": [_ALL_DOCS, *rows]})


def _stored(entry: Entry) -> list[Json]:
    ids = [doc_id for doc_id, _ in entry.store.all_ids("_design/", "_design0")]
    found = []
    for doc_id, leaves in sorted(entry.store.leaves_many(ids).items()):
        fields = leaves[0].fields
        views = fields.get("views")
        if fields.get("language") == "query" and isinstance(views, dict):
            found += [_described(doc_id, view, definition) for view, definition in sorted(views.items())]
    return found


def _described(doc_id: str, view: str, definition: Json) -> Json:
    options = definition.get("options") if isinstance(definition, dict) else None
    described = options.get("def") if isinstance(options, dict) else None
    return {"ddoc": doc_id, "name": view, "type": "json", "partitioned": False, "def": described or {}}


def make_index(name: str) -> Response:
    """`POST /db/<name>/_index`: store a definition (administrators, servers)."""
    entry = enter(name, "administer_database")
    body = wire.load_object(received())
    fields = _index_fields(body)
    definition: dict[str, Json] = {"fields": [{field: direction} for field, direction in fields.items()]}
    partial = body["index"].get("partial_filter_selector")
    if partial is not None:
        mango.predicate(partial)
        definition["partial_filter_selector"] = partial
    digest = hashlib.sha256(orjson.dumps(definition)).hexdigest()[:40]
    design, view = (_text(body, member) or digest for member in ("ddoc", "name"))
    doc_id = wire.read_id("_design/" + design.removeprefix("_design/"))
    mapped = {"fields": fields, "partial_filter_selector": partial or {}}
    shown = {"map": mapped, "reduce": "_count", "options": {"def": definition}}
    held = offload(entry.store.leaves, doc_id)
    stored = held[0].fields if held and not held[0].deleted else {}
    views = stored.get("views")
    views = views if isinstance(views, dict) else {}
    told = {"id": doc_id, "name": view}
    if views.get(view) == shown:
        return reply({"result": "exists", **told})
    changed = {**stored, "language": "query", "views": {**views, view: shown}}
    _write(entry, doc_id, held[0].rev if stored else None, changed)
    return reply({"result": "created", **told})


def _index_fields(body: Mapping[str, Json]) -> dict[str, str]:
    if body.get("type", "json") != "json":
        raise NotServed("only indexes of type json are stored")
    index = body.get("index")
    given = index.get("fields") if isinstance(index, dict) else None
    if not isinstance(given, list) or not given:
        raise Malformed("`index` must have a list of `fields`.")
    fields: dict[str, str] = {}
    for part in given:
        spec = {part: "asc"} if isinstance(part, str) else part
        if (
            not isinstance(spec, dict)
            or len(spec) != 1
            or not all(v in ("asc", "desc") for v in spec.values())
        ):
            raise Malformed("Each of `fields` must be a name, or a name with its direction.")
        fields.update(spec)
    return fields


def _text(body: Mapping[str, Json], member: str) -> str | None:
    value = body.get(member)
    if value is not None and (not isinstance(value, str) or not value):
        raise Malformed(f"`{member}` must be a string.")
    return value


def _write(
    entry: Entry, doc_id: str, parent: str | None, fields: Mapping[str, Json], deleted: bool = False
) -> None:
    edit = Edit(doc_id, parent, orjson.dumps(dict(fields)), deleted)
    answer(offload(keep_edits, entry, [edit])[0], 201)


def delete_index(name: str, design: str, view: str) -> Response:
    """`DELETE /db/<name>/_index/<design>/json/<name>`: forget a definition (administrators, servers)."""
    entry = enter(name, "administer_database")
    doc_id = "_design/" + design.removeprefix("_design/")
    held = offload(entry.store.get, doc_id)
    views = held.fields.get("views")
    if held.fields.get("language") != "query" or not isinstance(views, dict) or view not in views:
        raise NotFound(view)
    rest = {name: definition for name, definition in views.items() if name != view}
    if rest:
        _write(entry, doc_id, held.rev, {**held.fields, "views": rest})
    else:
        _write(entry, doc_id, held.rev, {}, deleted=True)
    return reply({"ok": True})


ROUTES: Routes = (
    ("POST", "/<segment:name>/_find", find),
    ("POST", "/<segment:name>/_explain", explain),
    ("GET", "/<segment:name>/_index", indexes),
    ("POST", "/<segment:name>/_index", make_index),
    ("DELETE", "/<segment:name>/_index/<any_segment:design>/json/<any_segment:view>", delete_index),
    ("DELETE", "/<segment:name>/_index/_design/<any_segment:design>/json/<any_segment:view>", delete_index),
)
