"""One document out of CouchDB's JSON: `_id`, `_rev`, `_revisions`, `_deleted`, and the body without them."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from sync.documents import Document, Json
from sync.edits import Edit
from sync.errors import Malformed
from sync.revisions import generation, is_usual, parse
from sync.revtree import REVS_LIMIT_MAX
from sync.wire.attachments import read_attachments
from sync.wire.errors import BadDocument, DocumentTooLarge, read_object

PATH_MAX = REVS_LIMIT_MAX
"""Revisions read of an ancestry, the newest: as many as any store keeps, so that stemming is the store's own."""

_STRUCTURE = frozenset({"_id", "_rev", "_revisions", "_deleted", "_attachments"})
_IGNORED = _STRUCTURE | {"_revs_info", "_conflicts", "_deleted_conflicts", "_local_seq"}
"""Special members that are understood, or that a client may send back as it got them."""
_KEPT = frozenset(
    {
        "_access",
        "_replication_id",
        "_replication_state",
        "_replication_state_reason",
        "_replication_state_time",
        "_replication_stats",
    }
)
"""Special members that CouchDB keeps as if they were the document's own. Any other is refused."""
ID_BYTES_MAX = 7168
"""The longest document id, in UTF-8: what Cloudant takes. A CouchDB has no such limit."""


def read_document(member: Json, *, bytes_max: int) -> Document:
    """One document with foreign history (`new_edits=false`); `BadDocument` if it cannot be one."""
    fields = read_object(member)
    doc_id = read_id(fields.get("_id"))
    path = _path(fields)
    given = fields.get("_attachments")
    attachments = {} if given is None else read_attachments(given, generation(path[0]))
    own = _own(fields)
    return Document(doc_id, path, _body(own, bytes_max), _deleted(fields), attachments).knowing(own)


def read_edit(member: Json, doc_id: str | None = None, *, bytes_max: int) -> Edit:
    """One ordinary edit; its id is `doc_id` or the member's own. `BadDocument` if it cannot be one."""
    fields = read_object(member)
    rev = fields.get("_rev")
    parent = read_rev(rev) if rev is not None else None
    attachments = read_attachments(fields.get("_attachments"), generation(parent) + 1 if parent else 1)
    name = read_id(fields.get("_id") if doc_id is None else doc_id)
    return Edit(name, parent, _body(_own(fields), bytes_max), _deleted(fields), attachments)


def read_id(value: Json) -> str:
    """A legal document id; `BadDocument` for anything else."""
    if not isinstance(value, str):
        raise BadDocument("illegal_docid", "Document id must be a string")
    if not value:
        raise BadDocument("illegal_docid", "Document id must not be empty")
    if value[0] == "_" and not value.startswith("_design/"):
        raise BadDocument("illegal_docid", "Only reserved document ids may start with underscore.")
    if len(value.encode(errors="replace")) > ID_BYTES_MAX:
        raise BadDocument("illegal_docid", "Document id is too long")
    return value


def read_rev(value: Json) -> str:
    """A legal revision id in its one spelling; `BadDocument` for anything else."""
    if not isinstance(value, str):
        raise BadDocument("bad_request", "Invalid rev format")
    if is_usual(value):
        return value
    try:
        return "{}-{}".format(*parse(value))
    except Malformed as error:
        raise BadDocument("bad_request", str(error)) from error


def _path(fields: Mapping[str, Json]) -> tuple[str, ...]:
    """The path of revision ids, newest first. `Malformed` where none is named: no replicator sends such a document.

    A history that ends in another revision than `_rev` is not believed (PouchDB sends one where two generations have
    the same digest): the revision is taken without it.
    """
    rev = fields.get("_rev")
    history = fields.get("_revisions")
    if rev is None and history is None:
        raise Malformed("When `new_edits: false`, the document needs `_rev` or `_revisions` specified")
    path = () if history is None else unroll(history)
    if rev is None:
        return path
    own = read_rev(rev)
    return path if path[:1] == (own,) else (own,)


def unroll(history: Json) -> tuple[str, ...]:
    """The path of revision ids that a `_revisions` object `{start, ids}` stands for, newest first."""
    start = history.get("start") if isinstance(history, dict) else None
    ids = history.get("ids") if isinstance(history, dict) else None
    if type(start) is not int or not isinstance(ids, list) or not 0 < len(ids) <= start:
        raise BadDocument("doc_validation", "RevIds isn't a array of strings with a start.")
    path = []
    for age, digest in enumerate(ids[:PATH_MAX]):
        if type(digest) is not str:
            raise BadDocument("doc_validation", "RevIds isn't a array of strings.")
        path.append(read_rev(f"{start - age}-{digest}"))
    return tuple(path)


def _deleted(fields: Mapping[str, Json]) -> bool:
    value = fields.get("_deleted", False)
    if not isinstance(value, bool):
        raise BadDocument("doc_validation", "`_deleted` must be a boolean")
    return value


def _own(fields: Mapping[str, Json]) -> dict[str, Json]:
    """The members that are the document's, not CouchDB's."""
    own = dict(fields)
    for name in _IGNORED:
        own.pop(name, None)
    if "\n_" in "\n".join(
        ("", *own)
    ):  # one look at all names: a look at each took longer than writing the body
        bad = next((name for name in own if name[:1] == "_" and name not in _KEPT), None)
        if bad is not None:
            raise BadDocument("doc_validation", f"Bad special document member: {bad}")
    return own


def _body(own: Mapping[str, Json], bytes_max: int) -> bytes:
    try:
        body = orjson.dumps(own)
    except (TypeError, ValueError) as error:
        raise BadDocument("bad_json", "the document cannot be written as JSON") from error
    if len(body) > bytes_max:
        raise DocumentTooLarge(bytes_max)
    return body
