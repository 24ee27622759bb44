"""`_index`: the indexes of a database. An index is a design document, so it replicates as one."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from flask import Response, request

from server.api.replication.documents import answer
from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.replies import reply
from server.api.replication.requests import number, received
from server.api.replication.taking import keep_edits
from server.errors import NotServed
from server.native import offload
from sync import mango, wire
from sync.documents import Json
from sync.edits import Edit
from sync.errors import NotFound
from sync.mango import BadQuery
from sync.mango.index import DESIGN, LANGUAGE

_SEARCHING = ("text", "nouveau")


def indexes(name: str) -> Response:
    """`GET /db/<name>/_index`: the definitions that are stored, and the one index there always is."""
    entry = enter(name, "read_database")
    limit, skip = number(request.args, "limit"), number(request.args, "skip", 0)
    rows = [mango.ALL_DOCS, *(index.shown() for index in offload(mango.indexes_of, entry.store))]
    stop = None if limit is None else skip + limit
    return reply({"total_rows": len(rows), "indexes": rows[skip:stop]})


def make_index(name: str) -> Response:
    """`POST /db/<name>/_index`: store a definition (administrators, servers)."""
    entry = enter(name, "administer_database")
    body = wire.load_object(received())
    if body.get("type") in _SEARCHING:
        raise NotServed("indexes for searching in texts are not made here; those of type json are")
    index = mango.read_index(body)
    doc_id = wire.read_id(index.ddoc)
    told = {"id": doc_id, "name": index.name}
    leaves = offload(entry.store.leaves, doc_id)
    is_there = bool(leaves) and not leaves[0].deleted
    fields = leaves[0].fields if is_there else {"language": LANGUAGE}
    if fields.get("language") != LANGUAGE:
        raise BadQuery("invalid_ddoc_lang", "Existing design doc has an invalid language.")
    views = fields.get("views")
    views = views if isinstance(views, dict) else {}
    if views.get(index.name) == index.view():
        return reply({"result": "exists", **told})
    changed = {**fields, "views": {**views, index.name: index.view()}}
    _write(entry, doc_id, leaves[0].rev if is_there else None, changed)
    return reply({"result": "created", **told})


def delete_index(name: str, design: str, view: str) -> Response:
    """`DELETE /db/<name>/_index/<design>/json/<name>`: forget a definition (administrators, servers)."""
    entry = enter(name, "administer_database")
    _delete(entry, design, view)
    return reply({"ok": True})


def delete_indexes(name: str) -> Response:
    """`POST /db/<name>/_index/_bulk_delete`: forget all definitions in some design documents."""
    entry = enter(name, "administer_database")
    designs = wire.load_object(received()).get("docids")
    if not isinstance(designs, list) or not all(isinstance(design, str) for design in designs):
        raise BadQuery("invalid_bulk_docs", "Bulk Delete requires an array of non-null docids.")
    success: list[Json] = []
    fail: list[Json] = []
    for design in designs:
        doc_id = DESIGN + design.removeprefix(DESIGN)
        try:
            _delete(entry, doc_id)
            success.append({"id": doc_id, "ok": True})
        except NotFound:
            fail.append({"id": doc_id, "error": "not_found"})
    return reply({"success": success, "fail": fail})


def _delete(entry: Entry, design: str, view: str | None = None) -> None:
    """Forget one definition of a design document, or all; what else is in it stays."""
    held = offload(entry.store.get, DESIGN + design.removeprefix(DESIGN))
    going = {index.name for index in mango.indexes_in(held.doc_id, held.fields) if view in (None, index.name)}
    if not going:
        raise NotFound(view or design)
    views = {name: shown for name, shown in held.fields["views"].items() if name not in going}
    rest = {name: value for name, value in held.fields.items() if name != "views"}
    if views:
        _write(entry, held.doc_id, held.rev, {**rest, "views": views})
    elif rest.keys() == {"language"}:
        _write(entry, held.doc_id, held.rev, {}, deleted=True)
    else:
        _write(entry, held.doc_id, held.rev, rest)


def _write(
    entry: Entry, doc_id: str, parent: str | None, fields: Mapping[str, Json], deleted: bool = False
) -> None:
    edit = Edit(doc_id, parent, orjson.dumps(dict(fields)), deleted)
    answer(offload(keep_edits, entry, [edit])[0], 201)


ROUTES: Routes = (
    ("GET", "/<segment:name>/_index", indexes),
    ("POST", "/<segment:name>/_index", make_index),
    ("POST", "/<segment:name>/_index/_bulk_delete", delete_indexes),
    ("DELETE", "/<segment:name>/_index/<any_segment:design>/json/<any_segment:view>", delete_index),
    ("DELETE", "/<segment:name>/_index/_design/<any_segment:design>/json/<any_segment:view>", delete_index),
)
