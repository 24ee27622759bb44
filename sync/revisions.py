"""Revision ids: `<generation>-<digest>`, made deterministically from what they name (ADR 4)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

import rfc8785

from sync.documents import Json
from sync.errors import Malformed

_REV = re.compile(r"([1-9][0-9]{0,9})-(\S{1,255})")
_HEX = re.compile(r"[0-9a-f]{32}")
_USUAL = re.compile(r"[1-9][0-9]{0,9}-[0-9a-f]{32}")


def generation(rev: str) -> int:
    """The number before the dash: how many edits led here."""
    return int(rev.partition("-")[0])


def is_usual(text: str) -> bool:
    """Whether this is a revision id as nearly all are, 32 lower-case hex digits: `parse` would change nothing."""
    return _USUAL.fullmatch(text) is not None


def parse(text: str) -> tuple[int, str]:
    """Generation and digest of a revision id; `Malformed` for anything else. A 32-digit hex digest is lower-cased."""
    match = _REV.fullmatch(text)
    if match is None:
        raise Malformed("Invalid rev format")
    digest = match[2]
    if len(digest) == 32:
        digest = digest.lower()
        if _HEX.fullmatch(digest) is None:
            raise Malformed("Invalid rev format")
    return int(match[1]), digest


def rank(rev: str) -> tuple[int, bytes]:
    """What CouchDB orders revisions by: the generation, then the digest, 32 hex digits as the 16 bytes they mean."""
    number, _, digest = rev.partition("-")
    return int(number), bytes.fromhex(digest) if _HEX.fullmatch(digest) else digest.encode()


def next_rev(parent: str | None, fields: Mapping[str, Json], *, deleted: bool = False) -> str:
    """The revision id of an edit of `parent` (None: a new document) that gives it this body.

    The first 32 hex digits of SHA-256 over the canonical JSON (RFC 8785) of `[parent, deleted, body]`:
    the same edit of the same parent has the same id on every machine, so a retry writes nothing new.
    `forms/app/src/db/revision.ts` computes the same; `forms/vectors/revisions.json` holds both to it.
    """
    digest = hashlib.sha256(rfc8785.dumps([parent, deleted, dict(fields)])).hexdigest()[:32]
    return f"{generation(parent) + 1 if parent else 1}-{digest}"
