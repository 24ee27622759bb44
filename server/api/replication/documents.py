"""One document: read it, write it, delete it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from urllib.parse import quote, unquote

import orjson
from flask import Response, request

from server.api.replication.door import Entry, enter
from server.api.replication.multipart import mixed, related
from server.api.replication.paths import Routes
from server.api.replication.reading import Absent, ancestry, newest_shared, open_revs
from server.api.replication.replies import Text, gathered, listed, raw, reply, spliced, stream
from server.api.replication.requests import accepts_multipart, flag, parsed, received, spool, unpacked
from server.api.replication.requests import related as read_related
from server.api.replication.sending import as_json
from server.api.replication.taking import Row, keep_edits, keep_history
from server.errors import NotAdmitted
from server.native import offload
from sync import wire
from sync.carrying import with_bytes
from sync.documents import Document, Json
from sync.edits import Edit
from sync.errors import Conflict, Malformed, MissingStub, NotFound
from sync.wire import Extras

_OF_THE_TREE = ("conflicts", "deleted_conflicts", "revs_info", "meta")
"""Options whose answer changes while the revision stays: no ETag speaks for it."""


def get(name: str, doc_id: str = "", design: str = "") -> Response:
    """`GET /db/<name>/<id>`: the winner, one revision (`rev`), or several (`open_revs`)."""
    entry = enter(name, "read_database")
    doc_id = doc_id or f"_design/{design}"
    if "open_revs" in request.args:
        return _get_open_revs(entry, doc_id)
    rev, options = request.args.get("rev"), request.args
    since = _atts_since()
    document, extras = offload(_read, entry, doc_id, wire.read_rev(rev) if rev else None, options)
    if since is not None:
        if document.attachments and accepts_multipart("related"):
            return related(entry.store, document, extras, since)
        document = offload(with_bytes, entry.store, document, newest_shared(document.path, since))
    lasting = since in (None, []) and not any(flag(options, option) for option in _OF_THE_TREE)
    etag, text = document.rev if lasting else None, as_json(document, extras)
    return raw(text, etag=etag) if isinstance(text, bytes) else stream(chain(text, (b"\n",)), etag=etag)


def _atts_since() -> list[str] | None:
    """The revisions whose attachments the client has; None where it asks for no bytes at all."""
    since = parsed(request.args, "atts_since")
    if since is None:
        return [] if flag(request.args, "attachments") else None
    if not isinstance(since, list):
        raise Malformed("`atts_since` must be a JSON array of revisions")
    return [wire.read_rev(rev) for rev in since]


def _read(entry: Entry, doc_id: str, rev: str | None, options: Mapping[str, str]) -> tuple[Document, Extras]:
    store = entry.store
    document = _newest(entry, doc_id, rev) if flag(options, "latest") and rev else store.get(doc_id, rev)
    everything = flag(options, "meta")
    leaves: Sequence[Document] = ()
    if everything or flag(options, "conflicts") or flag(options, "deleted_conflicts"):
        leaves = [leaf for leaf in store.leaves(doc_id) if leaf.rev != document.rev]
    return document, Extras(
        revisions=flag(options, "revs"),
        conflicts=[
            leaf.rev for leaf in leaves if not leaf.deleted and (everything or flag(options, "conflicts"))
        ],
        deleted_conflicts=[
            leaf.rev for leaf in leaves if leaf.deleted and (everything or flag(options, "deleted_conflicts"))
        ],
        revs_info=ancestry(store, document) if everything or flag(options, "revs_info") else (),
    )


def _newest(entry: Entry, doc_id: str, rev: str) -> Document:
    for leaf in entry.store.leaves(doc_id):
        if rev in leaf.path:
            return leaf
    raise NotFound(doc_id)


def _get_open_revs(entry: Entry, doc_id: str) -> Response:
    asked = None if request.args["open_revs"] == "all" else parsed(request.args, "open_revs")
    if asked is not None and not isinstance(asked, list):
        raise Malformed("`open_revs` must be `all` or a JSON array of revisions")
    latest, since = flag(request.args, "latest"), _atts_since()
    answers = offload(open_revs, entry.store, doc_id, asked, latest=latest)
    extras = Extras(revisions=flag(request.args, "revs"))
    if accepts_multipart("mixed"):
        return mixed(entry.store, answers, extras, since or ())
    rows = (_opened(_with_bytes(entry, answer, since), extras) for answer in answers)
    return stream(gathered(listed(b"[", rows, b"\n]\n")))


def _with_bytes(entry: Entry, answer: Document | Absent, since: Collection[str] | None) -> Document | Absent:
    if since is None or isinstance(answer, Absent):
        return answer
    return offload(with_bytes, entry.store, answer, newest_shared(answer.path, since))


def _opened(answer: Document | Absent, extras: Extras) -> Text:
    if isinstance(answer, Absent):
        return orjson.dumps({"missing": answer.rev})
    return spliced(b'{"ok":', as_json(answer, extras), b"}")


def put(name: str, doc_id: str = "", design: str = "") -> Response:
    """`PUT /db/<name>/<id>`: an ordinary edit, or one revision with its history (`new_edits=false`)."""
    entry = enter(name, "write_documents")
    doc_id = doc_id or f"_design/{design}"
    if request.mimetype != "multipart/related":
        return _write(entry, doc_id, wire.load(unpacked()))
    with spool(entry.actor) as attachments:
        return _write(entry, doc_id, read_related(attachments))


def post(name: str) -> Response:
    """`POST /db/<name>`: an ordinary edit of the document named inside, or of a new one."""
    entry = enter(name, "write_documents")
    member = wire.load(received(typed=True))
    named = isinstance(member, dict) and "_id" in member
    return _write(entry, None if named else entry.services.new_id(), member)


def _write(entry: Entry, doc_id: str | None, member: Json) -> Response:
    bytes_max = entry.services.settings.document_bytes_max
    if request.args.get("new_edits") == "false":
        own = {**member, "_id": doc_id} if doc_id is not None and isinstance(member, dict) else member
        document = wire.read_document(own, bytes_max=bytes_max)
        left_out = offload(keep_history, entry, [document])
        row = left_out[0] if left_out else Row(document.doc_id, document.rev)
    else:
        edit = wire.read_edit(_with_rev(member), doc_id, bytes_max=bytes_max)
        row = offload(keep_edits, entry, [edit])[0]
    return answer(row, 201)


def _with_rev(member: Json) -> Json:
    """The document with the revision that `?rev=` or If-Match names, where it has none itself."""
    rev = named_rev()
    return {"_rev": rev, **member} if rev is not None and isinstance(member, dict) else member


def named_rev() -> str | None:
    """The revision that `?rev=` or If-Match names."""
    return request.args.get("rev") or request.headers.get("If-Match", "").strip('"') or None


def delete(name: str, doc_id: str = "", design: str = "") -> Response:
    """`DELETE /db/<name>/<id>?rev=`: an ordinary edit that deletes."""
    entry = enter(name, "write_documents")
    doc_id = wire.read_id(doc_id or f"_design/{design}")
    rev = named_rev()
    edit = Edit(doc_id, wire.read_rev(rev) if rev else None, b"{}", deleted=True)
    return answer(offload(_delete, entry, edit), 200)


def _delete(entry: Entry, edit: Edit) -> Row:
    entry.store.get(edit.doc_id)
    return keep_edits(entry, [edit])[0]


def copy(name: str, doc_id: str = "", design: str = "") -> Response:
    """`COPY /db/<name>/<id>`, `Destination: <id>[?rev=<rev>]`: the document as another, attachments too."""
    entry = enter(name, "write_documents")
    to, _, query = request.headers.get("Destination", "").partition("?")
    if not to:
        raise Malformed("Destination header is mandatory for COPY.")
    rev, parent = request.args.get("rev"), query.removeprefix("rev=")
    source = offload(entry.store.get, doc_id or f"_design/{design}", wire.read_rev(rev) if rev else None)
    whole = offload(with_bytes, entry.store, source)
    target, base = wire.read_id(unquote(to)), wire.read_rev(parent) if parent else None
    edit = Edit(target, base, whole.body, attachments=whole.attachments)
    return answer(offload(keep_edits, entry, [edit])[0], 201)


def answer(row: Row, status: int) -> Response:
    """The reply to a write of one document."""
    if row.error == "conflict":
        raise Conflict
    if row.error == "missing_stub":
        raise MissingStub(row.doc_id or "", row.reason)
    if row.error is not None:
        raise NotAdmitted(row.reason)
    location = (
        f"{request.host_url}db/{quote(request.view_args['name'], safe='')}/{quote(row.doc_id or '', safe='')}"  # type: ignore[index]
    )
    etag = row.rev if row.rev else None
    return reply(
        {"ok": True, "id": row.doc_id, "rev": row.rev},
        status,
        etag=etag,
        location=location if status == 201 else None,
    )


ROUTES: Routes = (
    ("POST", "/<segment:name>", post),
    ("GET", "/<segment:name>/<document:doc_id>", get),
    ("PUT", "/<segment:name>/<any_segment:doc_id>", put),
    ("DELETE", "/<segment:name>/<document:doc_id>", delete),
    ("COPY", "/<segment:name>/<document:doc_id>", copy),
    ("GET", "/<segment:name>/_design/<any_segment:design>", get),
    ("PUT", "/<segment:name>/_design/<any_segment:design>", put),
    ("DELETE", "/<segment:name>/_design/<any_segment:design>", delete),
    ("COPY", "/<segment:name>/_design/<any_segment:design>", copy),
)
