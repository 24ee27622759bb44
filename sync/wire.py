"""CouchDB's JSON <-> `Document`. Its spelling (`_id`, `_rev`, `_revisions`, …) is known here and nowhere else.

Reading is tolerant by document: what cannot be a document becomes a `Broken`, and the rest of the batch goes on.
Writing splices the stored bytes of a body into the reply, so a document is never dumped again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from sync.documents import Attachment, Document, Json
from sync.edits import Edit
from sync.errors import Malformed
from sync.revisions import generation, parse
from sync.slices import elements, members

REVS_LIMIT = 1000
"""Revisions of an ancestry that a store keeps, as CouchDB does by default (`_revs_limit`)."""
PATH_MAX = 10 * REVS_LIMIT
"""Revisions read of an ancestry, the newest: more than any store keeps, so that stemming is the store's own."""

_STRUCTURE = frozenset({"_id", "_rev", "_revisions", "_deleted", "_attachments"})
_IGNORED = _STRUCTURE | {"_revs_info", "_conflicts", "_deleted_conflicts", "_local_seq"}
"""Special members that are understood, or that a client may send back as it got them. Any other is refused."""


class BadDocument(Exception):
    """One document that cannot be taken. `slug` is our word for it, the message CouchDB's where it has one."""

    def __init__(self, slug: str, sentence: str) -> None:
        super().__init__(sentence)
        self.slug = slug


class DocumentTooLarge(BadDocument):
    """The body of one document is beyond the limit."""

    def __init__(self, bytes_max: int) -> None:
        super().__init__("document_too_large", f"the document is larger than {bytes_max} bytes")


@dataclass(frozen=True)
class Broken:
    """The place of a document in a batch that is none: what is known of it, and what is wrong."""

    doc_id: str | None
    rev: str | None
    slug: str
    sentence: str


@dataclass(frozen=True)
class Batch:
    """The body of `_bulk_docs`. Each member is parsed JSON, or a `Broken` where its text does not parse."""

    members: Sequence[Json | Broken]
    new_edits: bool = True


def load(text: bytes) -> Json:
    """Parsed JSON; `Malformed` for anything else."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Malformed("invalid UTF-8 JSON") from error


def load_object(text: bytes) -> dict[str, Json]:
    """A parsed JSON object; `Malformed` for anything else."""
    parsed = load(text)
    if not isinstance(parsed, dict):
        raise Malformed("Request body must be a JSON object")
    return parsed


def read_batch(text: bytes) -> Batch:
    """The body of `_bulk_docs`: parsed whole, or, where one document spoils that, document by document."""
    try:
        envelope = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _read_batch_in_slices(text)
    if not isinstance(envelope, dict):
        raise Malformed("Request body must be a JSON object")
    docs = envelope.get("docs")
    if docs is None:
        raise Malformed("POST body must include `docs` parameter.")
    if not isinstance(docs, list):
        raise Malformed("`docs` parameter must be an array.")
    return Batch(docs, _new_edits(envelope.get("new_edits", True)))


def _read_batch_in_slices(text: bytes) -> Batch:
    envelope = members(text)
    docs = envelope.get("docs")
    if docs is None:
        raise Malformed("POST body must include `docs` parameter.")
    new_edits = _new_edits(load(envelope.get("new_edits", b"true")))
    return Batch([_element(piece) for piece in elements(docs)], new_edits)


def _new_edits(value: Json) -> bool:
    if not isinstance(value, bool):
        raise Malformed("`new_edits` parameter must be a boolean.")
    return value


def _element(piece: bytes) -> Json | Broken:
    try:
        return orjson.loads(piece)
    except orjson.JSONDecodeError:
        return Broken(
            _salvaged(piece, "_id"), _salvaged(piece, "_rev"), "bad_json", "the document is not valid JSON"
        )


def _salvaged(piece: bytes, key: str) -> str | None:
    """A string member of a document that does not parse, or None."""
    try:
        value = orjson.loads(members(piece).get(key, b"null"))
    except (Malformed, orjson.JSONDecodeError):
        return None
    return value if isinstance(value, str) else None


def read_document(member: Json, *, bytes_max: int) -> Document:
    """One document with foreign history (`new_edits=false`); `BadDocument` if it cannot be one."""
    fields = _object(member)
    doc_id = read_id(fields.get("_id"))
    path = _path(fields)
    attachments = _attachments(fields.get("_attachments"), generation(path[0]))
    return Document(doc_id, path, _body(fields, bytes_max), _deleted(fields), attachments)


def read_edit(member: Json, doc_id: str | None = None, *, bytes_max: int) -> Edit:
    """One ordinary edit; its id is `doc_id` or the member's own. `BadDocument` if it cannot be one."""
    fields = _object(member)
    rev = fields.get("_rev")
    parent = read_rev(rev) if rev is not None else None
    attachments = _attachments(fields.get("_attachments"), generation(parent) + 1 if parent else 1)
    name = read_id(fields.get("_id") if doc_id is None else doc_id)
    return Edit(name, parent, _body(fields, bytes_max), _deleted(fields), attachments)


def _object(member: Json) -> dict[str, Json]:
    if not isinstance(member, dict):
        raise BadDocument("bad_request", "Document must be a JSON object")
    return member


def read_id(value: Json) -> str:
    """A legal document id; `BadDocument` for anything else."""
    if not isinstance(value, str):
        raise BadDocument("illegal_docid", "Document id must be a string")
    if not value:
        raise BadDocument("illegal_docid", "Document id must not be empty")
    if value[0] == "_" and not value.startswith("_design/"):
        raise BadDocument("illegal_docid", "Only reserved document ids may start with underscore.")
    if len(value) > 512:
        raise BadDocument("illegal_docid", "Document id is too long")
    return value


def read_rev(value: Json) -> str:
    """A legal revision id in its one spelling; `BadDocument` for anything else."""
    if not isinstance(value, str):
        raise BadDocument("bad_request", "Invalid rev format")
    try:
        return "{}-{}".format(*parse(value))
    except Malformed as error:
        raise BadDocument("bad_request", str(error)) from error


def _path(fields: Mapping[str, Json]) -> tuple[str, ...]:
    rev = fields.get("_rev")
    history = fields.get("_revisions")
    if rev is None and history is None:
        raise BadDocument(
            "bad_request", "When `new_edits: false`, the document needs `_rev` or `_revisions` specified"
        )
    first = read_rev(rev) if rev is not None else None
    if history is None:
        return (first,) if first else ()
    path = unroll(history)
    if first is not None and path[0] != first:
        raise BadDocument("doc_validation", "_rev and _revisions do not name the same revision")
    return path


def unroll(history: Json) -> tuple[str, ...]:
    """The path of revision ids that a `_revisions` object `{start, ids}` stands for, newest first."""
    start = history.get("start") if isinstance(history, dict) else None
    ids = history.get("ids") if isinstance(history, dict) else None
    if type(start) is not int or not isinstance(ids, list) or not 0 < len(ids) <= start:
        raise BadDocument("doc_validation", "RevIds isn't a array of strings with a start.")
    if not all(type(digest) is str for digest in ids):
        raise BadDocument("doc_validation", "RevIds isn't a array of strings.")
    return tuple(read_rev(f"{start - age}-{digest}") for age, digest in enumerate(ids[:PATH_MAX]))


def _deleted(fields: Mapping[str, Json]) -> bool:
    value = fields.get("_deleted", False)
    if not isinstance(value, bool):
        raise BadDocument("doc_validation", "`_deleted` must be a boolean")
    return value


def _body(fields: Mapping[str, Json], bytes_max: int) -> bytes:
    own: dict[str, Any] = {}
    for name, value in fields.items():
        if name[:1] != "_":
            own[name] = value
        elif name not in _IGNORED:
            raise BadDocument("doc_validation", f"Bad special document member: {name}")
    try:
        body = orjson.dumps(own)
    except (TypeError, ValueError) as error:
        raise BadDocument("bad_json", "the document cannot be written as JSON") from error
    if len(body) > bytes_max:
        raise DocumentTooLarge(bytes_max)
    return body


def _attachments(value: Json, revpos: int) -> dict[str, Attachment]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadDocument("doc_validation", "Attachments must be a JSON object.")
    return {name: _attachment(name, _object(given), revpos) for name, given in value.items()}


def _attachment(name: str, given: Mapping[str, Json], revpos: int) -> Attachment:
    kind = str(given.get("content_type", "application/octet-stream"))
    position = given.get("revpos", revpos)
    position = position if type(position) is int and 0 < position <= revpos else revpos
    if given.get("stub") is True or given.get("follows") is True:
        length = given.get("length", 0)
        return Attachment(kind, str(given.get("digest", "")), length if type(length) is int else 0, position)
    try:
        data = base64.b64decode(str(given.get("data", "")), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadDocument("bad_request", f"Invalid attachment data for {name}") from error
    return attachment(name, kind, data, position)


def attachment(name: str, content_type: str, data: bytes, revpos: int = 1) -> Attachment:
    """An attachment from its bytes; `BadDocument` for a name that CouchDB would not take."""
    if name.startswith("_"):
        raise BadDocument("bad_request", f"Attachment name '{name}' starts with prohibited character '_'")
    return Attachment(content_type, digest_of(data), len(data), revpos, data)


def digest_of(data: bytes) -> str:
    """An attachment's digest as CouchDB writes it."""
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    return "md5-" + base64.b64encode(md5).decode()


@dataclass(frozen=True)
class Extras:
    """What a reply shows of a document beside itself, as the request's options ask."""

    revisions: bool = False
    conflicts: Sequence[str] = ()
    deleted_conflicts: Sequence[str] = ()
    revs_info: Sequence[Mapping[str, str]] = field(default=())


PLAIN = Extras()


def write_document(document: Document, extras: Extras = PLAIN) -> bytes:
    """The JSON text of a document in CouchDB's spelling, its stored body spliced in as it is.

    An attachment is written with its bytes where it has them, else as a stub.
    """
    head: dict[str, Json] = {"_id": document.doc_id, "_rev": document.rev}
    if document.deleted:
        head["_deleted"] = True
    if document.attachments:
        head["_attachments"] = {name: _write_attachment(part) for name, part in document.attachments.items()}
    if extras.revisions:
        head["_revisions"] = roll(document.path)
    if extras.conflicts:
        head["_conflicts"] = list(extras.conflicts)
    if extras.deleted_conflicts:
        head["_deleted_conflicts"] = list(extras.deleted_conflicts)
    if extras.revs_info:
        head["_revs_info"] = list(extras.revs_info)
    return splice(head, document.body)


def splice(head: Mapping[str, Json], body: bytes) -> bytes:
    """One JSON object of the members of `head`, then those of the object whose text is `body`."""
    rest = body[1:].lstrip()
    return orjson.dumps(head)[:-1] + (rest if rest == b"}" else b"," + rest)


def roll(path: Iterable[str]) -> dict[str, Json]:
    """A path of revision ids as `_revisions`."""
    revs = list(path)
    return {"start": generation(revs[0]), "ids": [rev.partition("-")[2] for rev in revs]}


def _write_attachment(part: Attachment) -> dict[str, Json]:
    shown: dict[str, Json] = {"content_type": part.content_type, "revpos": part.revpos, "digest": part.digest}
    if part.data is not None:
        return {**shown, "data": base64.b64encode(part.data).decode()}
    return {**shown, "length": part.length_bytes, "stub": True}


def broken(member: Json, error: BadDocument) -> Broken:
    """What a batch keeps of a document that parses and is none."""
    known = member if isinstance(member, dict) else {}
    doc_id, rev = known.get("_id"), known.get("_rev")
    return Broken(
        doc_id if isinstance(doc_id, str) else None,
        rev if isinstance(rev, str) else None,
        error.slug,
        str(error),
    )
