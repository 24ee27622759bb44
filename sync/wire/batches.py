"""JSON envelopes, and the batch of `_bulk_docs`: what cannot be a document becomes a `Broken`, the rest goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from sync.documents import Json
from sync.errors import Malformed
from sync.slices import elements, members
from sync.wire.errors import BadDocument


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
