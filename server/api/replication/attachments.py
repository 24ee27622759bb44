"""Attachments of a document, one by one: read, put, taken away. They travel inside their documents as well."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, request

from server.api.replication.documents import answer, named_rev
from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.replies import begun, conditions, header_text
from server.api.replication.requests import attached, spool
from server.api.replication.sending import in_pieces
from server.api.replication.taking import Row, keep_edits
from server.native import offload
from sync import wire
from sync.documents import Attachment
from sync.edits import Edit
from sync.errors import NotFound
from sync.store import DocStore

NO_PART = "Document is missing attachment"


def get(name: str, part: str, doc_id: str = "", design: str = "") -> Response:
    """`GET /db/<name>/<id>/<attachment>`: its bytes, or a range of them, in pieces."""
    entry = enter(name, "read_database")
    rev = request.args.get("rev")
    doc_id = doc_id or f"_design/{design}"
    found = offload(_find, entry.store, doc_id, part, wire.read_rev(rev) if rev else None)
    response = Response(content_type=header_text(found.content_type))
    response.content_length = found.length_bytes
    response.set_etag(found.digest.removeprefix("md5-"))
    response.headers["Content-Disposition"] = "attachment"
    response.headers["Cache-Control"] = "must-revalidate"
    response.make_conditional(conditions(), accept_ranges=True, complete_length=found.length_bytes)
    if request.method == "GET" and response.status_code in (200, 206):
        asked = response.content_range
        response.response = begun(in_pieces(found.pieces(asked.start or 0, asked.stop)))
    return response


def _find(store: DocStore, doc_id: str, part: str, rev: str | None) -> Attachment:
    document = store.get(doc_id, rev)
    if part not in document.attachments:
        raise NotFound(part, NO_PART)
    return store.attachment(doc_id, part, document.rev)


def put(name: str, part: str, doc_id: str = "", design: str = "") -> Response:
    """`PUT /db/<name>/<id>/<attachment>?rev=`: an ordinary edit that adds or replaces it."""
    entry = enter(name, "write_documents")
    kind = request.content_type or "application/octet-stream"
    doc_id, parent = wire.read_id(doc_id or f"_design/{design}"), _parent()
    with spool(entry.actor) as attachments:
        added = wire.attachment(part, kind, attached(attachments))
        return answer(offload(_keep, entry, Edit(doc_id, parent, b"{}", attachments={part: added})), 201)


def delete(name: str, part: str, doc_id: str = "", design: str = "") -> Response:
    """`DELETE /db/<name>/<id>/<attachment>?rev=`: an ordinary edit that takes it away."""
    entry = enter(name, "write_documents")
    edit = Edit(wire.read_id(doc_id or f"_design/{design}"), _parent(), b"{}")
    return answer(offload(_drop, entry, edit, part), 200)


def _parent() -> str | None:
    rev = named_rev()
    return wire.read_rev(rev) if rev else None


def _keep(entry: Entry, edit: Edit) -> Row:
    """Make the edit on the body and the other attachments of its parent, if that is a leaf."""
    for leaf in entry.store.leaves(edit.doc_id):
        if leaf.rev == edit.parent:
            edit = replace(edit, body=leaf.body, attachments={**leaf.attachments, **edit.attachments})
    return keep_edits(entry, [edit])[0]


def _drop(entry: Entry, edit: Edit, part: str) -> Row:
    parent = entry.store.get(edit.doc_id, edit.parent)
    if part not in parent.attachments:
        raise NotFound(part, NO_PART)
    rest = {name: kept for name, kept in parent.attachments.items() if name != part}
    return keep_edits(entry, [replace(edit, body=parent.body, attachments=rest)])[0]


ROUTES: Routes = tuple(
    (method, rule, view)
    for rule in (
        "/<segment:name>/<document:doc_id>/<part:part>",
        "/<segment:name>/_design/<any_segment:design>/<part:part>",
    )
    for method, view in (("GET", get), ("PUT", put), ("DELETE", delete))
)
