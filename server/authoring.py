"""First revisions of files, records and steps that the server's own commands write (import, demo data)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from sync import causal
from sync.documents import Document, Json
from sync.revisions import next_rev

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True)
class Place:
    """Where documents go. `versions` gives the published version of each form."""

    database: str
    grid_path: tuple[str, ...]
    versions: Mapping[str, int]


@dataclass(frozen=True)
class Stamp:
    """Who writes a document, on which device, and when (ISO-8601 UTC)."""

    device: str
    by: str
    at: str


def stable_ulid(*names: str) -> str:
    """A ULID made from names instead of from the clock: the same names give the same id."""
    number = int.from_bytes(hashlib.sha256("\0".join(names).encode()).digest()[:16])
    digits = ""
    for _ in range(26):
        number, digit = divmod(number, 32)
        digits = _CROCKFORD[digit] + digits
    return digits


def row_ulid(position: int, *names: str) -> str:
    """A ULID for the row at this position: rows are shown in the order of their ids, so the head stays first."""
    return f"{position:010}" + stable_ulid(*names)[10:]


def first_revision(
    doc_id: str, form: str, subject: str | None, answers: Mapping[str, Json], place: Place, stamp: Stamp
) -> Document:
    """A new file or record. What is None is left unanswered, not answered with nothing."""
    given = {name: value for name, value in answers.items() if value is not None}
    fields: dict[str, Json] = {
        "form": form,
        "form_version": place.versions[form],
        "subject": subject,
        "grid_path": list(place.grid_path),
        "captured_at": stamp.at,
        "captured_by": stamp.by,
        "device": stamp.device,
        "clock_offset_s": 0,
        "home": {"grid": place.database, "move": 0},
        "answers": given,
        "causal": causal.create(given, f"{stamp.device}:1", stamp.at, stamp.by),
    }
    return Document.of(doc_id, [next_rev(None, fields)], fields)
