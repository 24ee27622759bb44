"""Documents as CouchDB's JSON. The stored bytes of a body are spliced in, so a document is never dumped again."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

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
    following: Collection[str] = ()
    """Attachments whose bytes come after the document, as parts of their own."""


PLAIN = Extras()


def write_document(document: Document, extras: Extras = PLAIN) -> bytes:
    """The JSON text of a document in CouchDB's spelling and order, its stored body spliced in as it is.

    An attachment is written with its bytes where it has them, else as a stub.
    """
    tail: dict[str, Json] = {}
    if document.deleted:
        tail["_deleted"] = True
    if extras.revisions:
        tail["_revisions"] = roll(document.path)
    if extras.revs_info:
        tail["_revs_info"] = list(extras.revs_info)
    if extras.conflicts:
        tail["_conflicts"] = list(extras.conflicts)
    if extras.deleted_conflicts:
        tail["_deleted_conflicts"] = list(extras.deleted_conflicts)
    if document.attachments:
        tail["_attachments"] = {
            name: _with_data(part, name in extras.following) for name, part in document.attachments.items()
        }
    return splice({"_id": document.doc_id, "_rev": document.rev}, document.body, tail)


def write_inline(document: Document, extras: Extras = PLAIN) -> Iterator[bytes]:
    """The same text in pieces, for a document with attachments, each of which is read as it is written."""
    yield write_document(replace(document, attachments={}), extras)[:-1] + b',"_attachments":{'
    before = b""
    for name, part in document.attachments.items():
        shown = before + orjson.dumps(name) + b":" + orjson.dumps(_shown(part))
        before = b","
        if part.data is None:
            yield shown
            continue
        yield shown[:-1] + b',"data":"'
        yield from _base64(part.pieces())
        yield b'"}'
    yield b"}}"


def stubs(document: Document) -> dict[str, Json]:
    """`_attachments` of a document, without bytes."""
    return {name: _shown(replace(part, data=None)) for name, part in document.attachments.items()}


def splice(head: Mapping[str, Json], body: bytes, tail: Mapping[str, Json] = MappingProxyType({})) -> bytes:
    """One JSON object of the members of `head`, those of the object whose text is `body`, and those of `tail`."""
    inner = body.strip()[1:-1].strip()
    text = orjson.dumps(head)[:-1] + (b"," + inner if inner else b"")
    return text + (b"," + orjson.dumps(tail)[1:] if tail else b"}")


def roll(path: Iterable[str]) -> dict[str, Json]:
    """A path of revision ids as `_revisions`."""
    revs = list(path)
    return {"start": generation(revs[0]), "ids": [rev.partition("-")[2] for rev in revs]}


def _shown(part: Attachment, follows: bool = False) -> dict[str, Json]:
    """What is said of an attachment, but for bytes that it has and that do not follow."""
    shown: dict[str, Json] = {"content_type": part.content_type, "revpos": part.revpos, "digest": part.digest}
    if follows:
        return {**shown, "length": part.length_bytes, "follows": True}
    return shown if part.data is not None else {**shown, "length": part.length_bytes, "stub": True}


def _with_data(part: Attachment, follows: bool) -> dict[str, Json]:
    shown = _shown(part, follows)
    return shown if follows or part.data is None else {**shown, "data": b64encode(part.whole()).decode()}


def _base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        held = rest + piece
        ready = len(held) - len(held) % 3
        yield b64encode(held[:ready])
        rest = held[ready:]
    yield b64encode(rest)
