"""Attachments of documents, read one by one. They are written inside their documents."""

from __future__ import annotations

from flask import Blueprint, Response, request

from server.api.replication.door import enter
from server.native import offload
from sync import wire
from sync.documents import Attachment
from sync.errors import NotFound
from sync.store import DocStore


def add_routes(blueprint: Blueprint) -> None:
    for rule in (
        "/<segment:name>/<document:doc_id>/<path:part>",
        "/<segment:name>/_design/<any_segment:design>/<path:part>",
    ):
        blueprint.add_url_rule(rule, endpoint="get_attachment", view_func=get, methods=["GET"])


def get(name: str, part: str, doc_id: str = "", design: str = "") -> Response:
    """`GET /db/<name>/<id>/<attachment>`: its bytes, or a range of them."""
    entry = enter(name, "read_database")
    rev = request.args.get("rev")
    doc_id = doc_id or f"_design/{design}"
    found = offload(_find, entry.store, doc_id, part, wire.read_rev(rev) if rev else None)
    response = Response(found.data or b"", mimetype=found.content_type)
    response.set_etag(found.digest.removeprefix("md5-"))
    response.headers["Content-Disposition"] = "attachment"
    response.headers["Cache-Control"] = "must-revalidate"
    response.make_conditional(request, accept_ranges=True, complete_length=found.length_bytes)
    return response


def _find(store: DocStore, doc_id: str, part: str, rev: str | None) -> Attachment:
    document = store.get(doc_id, rev)
    if part not in document.attachments:
        raise NotFound(part, "Document is missing attachment")
    return store.attachment(doc_id, part, document.rev)
