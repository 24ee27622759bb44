"""Attachments in CouchDB's JSON: base64, a stub, or a promise that the bytes follow as a part of their own."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from sync.documents import Attachment, Json
from sync.wire.errors import BadDocument, read_object
from sync.wire.spool import Received


def read_attachments(value: Json, revpos: int) -> dict[str, Attachment]:
    """The `_attachments` of a document; `revpos` is the generation of those that name none. `BadDocument`."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadDocument("doc_validation", "Attachments must be a JSON object.")
    return {name: _attachment(name, read_object(given), revpos) for name, given in value.items()}


def _attachment(name: str, given: Mapping[str, Json], revpos: int) -> Attachment:
    kind = str(given.get("content_type", "application/octet-stream"))
    position = given.get("revpos", revpos)
    position = position if type(position) is int and 0 < position <= revpos else revpos
    if given.get("stub") is True or given.get("follows") is True:
        length = given.get("length", 0)
        return Attachment(kind, str(given.get("digest", "")), length if type(length) is int else 0, position)
    return attachment(name, kind, _data(name, given.get("data", "")), position)


def _data(name: str, value: Json) -> bytes | Received:
    """The bytes of an attachment: base64 in JSON, or what came as a part (`read_related`)."""
    if isinstance(value, Received):
        return value
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadDocument("bad_request", f"Invalid attachment data for {name}") from error


def attachment(name: str, content_type: str, data: bytes | Received, revpos: int = 1) -> Attachment:
    """An attachment from its bytes; `BadDocument` for a name that CouchDB would not take."""
    if name.startswith("_"):
        raise BadDocument("bad_request", f"Attachment name '{name}' starts with prohibited character '_'")
    received = Received.of(data) if isinstance(data, bytes) else data
    return Attachment(content_type, received.digest, received.length_bytes, revpos, received.data)
