"""Documents as CouchDB's JSON. The stored bytes of a body are spliced in, so a document is never dumped again."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from sync.documents import Attachment, Document, Json
from sync.revisions import generation


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
