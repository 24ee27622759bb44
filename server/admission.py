"""Is a document taken? From the actor, the document, and what the store holds of that document, nothing else (ADR 2).

    Admitted      it is stored
    Quarantined   nobody may take it, but it may be somebody's words: kept apart, and answered as taken
    Refused       a row `forbidden` in the reply

Wrong answers are never a reason: they are findings, computed afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from server.access import Actor
from server.provenance import Held, doubt
from sync.documents import Document, Json
from sync.registers import read
from sync.revisions import generation

BYTES_MAX = 2**20
GENERATIONS_MAX = 1_000
"""How many generations a revision may be ahead of those known."""

STAFF = frozenset({"worker", "community"})
FILES = frozenset({"household", "person", "dwelling", "grid_unit", "merchant"})
_ULID = "[0-7][0-9A-HJKMNP-TV-Z]{25}"
_DOCUMENT = re.compile(rf"(household|person|dwelling|grid_unit|merchant|record):{_ULID}", re.ASCII)
_STEP = re.compile(rf"step:({_ULID})(?::(.+)-{_ULID})", re.ASCII)
_RULING = re.compile(rf"step:{_ULID}:ruling-.*", re.ASCII)
_CHANGING = ("answers", "causal", "home")


@dataclass(frozen=True)
class Admitted:
    """Taken as it is."""


@dataclass(frozen=True)
class Quarantined:
    """Kept where only servers read, until a supervisor admits or declines it."""

    slug: str
    sentence: str

    @property
    def reason(self) -> str:
        return f"{self.slug}: {self.sentence}"


@dataclass(frozen=True)
class Refused:
    """Not kept at all; the client has it still, and is told why."""

    slug: str
    sentence: str

    @property
    def reason(self) -> str:
        return f"{self.slug}: {self.sentence}"


Verdict = Admitted | Quarantined | Refused
ADMITTED = Admitted()


def admit(actor: Actor, document: Document, current: Sequence[Document]) -> Verdict:
    """What becomes of a pushed revision. `current` are the stored leaves of its document, deleted ones too.

    The actor is to be seen within the grid of the database (`Actor.within`): a role elsewhere says nothing here.
    A revision that is known already is admitted, and changes nothing.
    """
    if actor.trusted:
        return ADMITTED
    for leaf in current:
        if document.rev in leaf.path:
            return ADMITTED
    refusal = _refuse(actor, document)
    if refusal is not None:
        return refusal
    highest = max(generation(leaf.rev) for leaf in current) if current else 1
    if generation(document.rev) > highest + GENERATIONS_MAX:
        return Quarantined("generation", "its generation is far beyond those known here")
    if document.doc_id.startswith("step:"):
        return _admit_step(actor, document, current)
    live = [leaf for leaf in current if not leaf.deleted]
    if current and not live:
        return Quarantined("gone", "this document was removed here, or moved to another grid")
    verdict = _doubt_edit(actor, document, live) if live else _doubt_creation(actor, document.fields)
    if verdict is not None:
        return verdict
    held = [Held(read(leaf.fields), leaf.rev in document.path) for leaf in live]
    doubted = doubt(document.fields, actor.name, actor.device, held)
    return ADMITTED if doubted is None else Quarantined(doubted.slug, doubted.sentence)


def _refuse(actor: Actor, document: Document) -> Refused | None:
    """What nobody but a server may write, and what is no document of a grid."""
    if actor.roles.isdisjoint(STAFF):
        return Refused("not_staff", "only staff of this grid write here")
    if _DOCUMENT.fullmatch(document.doc_id) is None:
        if _RULING.fullmatch(document.doc_id):
            return Refused("ruling", "only the home server rules on competing acts")
        if _STEP.fullmatch(document.doc_id) is None:
            return Refused("unknown_kind", "no kind of document has an id like this")
    if document.deleted:
        return Refused("deletion", "only servers delete; void it by an answer instead")
    if len(document.body) > BYTES_MAX:
        return Refused("too_large", f"a document has at most {BYTES_MAX} bytes")
    if document.attachments:
        return Refused("attachment", "photos go to /api/media, not into documents")
    return None


def _admit_step(actor: Actor, document: Document, current: Sequence[Document]) -> Verdict:
    """A step has one revision, ever, and it is an act of the one who pushes it."""
    matched, fields = _STEP.fullmatch(document.doc_id), document.fields
    if matched is None:
        return Refused("unknown_kind", "no kind of document has an id like this")
    ulid, device = matched[1], matched[2]
    if current:
        return Quarantined("step_changed", "a step is never edited")
    if fields.get("by") != actor.name:
        return Quarantined("foreign_author", "the step is in another's name")
    if not any(fields.get("role") == grant.role for grant in actor.grants):
        return Quarantined("foreign_role", "its author has no such role here")
    if actor.device is not None and not (device == actor.device == fields.get("device", actor.device)):
        return Quarantined("foreign_device", "the step names another device")
    kind, _, of = str(fields.get("record")).partition(":")
    if of != ulid or not (kind == "record" or kind in FILES):
        return Quarantined("foreign_record", "the step's id does not belong to the record it names")
    if document.parent is not None:
        return Quarantined("step_changed", "a step is never edited")
    return ADMITTED


def _doubt_creation(actor: Actor, fields: Mapping[str, Json]) -> Quarantined | None:
    """A new document is in the pusher's name and of a grid of his. What it leaves out is a finding, later."""
    if fields.get("captured_by", actor.name) not in (actor.name, None):
        return Quarantined("foreign_author", "it is in another's name")
    if fields.get("device", actor.device) not in (actor.device, None):
        return Quarantined("foreign_device", "it names another device")
    grid_path = fields.get("grid_path")
    if grid_path is not None and not _covers(actor, grid_path):
        return Quarantined("foreign_grid", "it belongs to a grid that is not its author's")
    home = fields.get("home")
    if home is not None and (not isinstance(home, dict) or home.get("move", 0) != 0):
        return Quarantined("move", "only servers move documents")
    return None


def _covers(actor: Actor, grid_path: Json) -> bool:
    code = grid_path[-1] if isinstance(grid_path, list) and grid_path else None
    if isinstance(code, str):
        for grant in actor.grants:
            if grant.covers(code):
                return True
    return False


def _doubt_edit(actor: Actor, document: Document, live: Sequence[Document]) -> Quarantined | None:
    """An edit changes answers; a record is edited by its author or community staff, a file by all."""
    fields = document.fields
    if document.doc_id.startswith("record:") and "community" not in actor.roles:
        author = live[0].fields.get("captured_by")
        if author is not None and author != actor.name:
            return Quarantined("foreign_record", "only its author or community staff edit a record")
    fixed = _fixed(fields)
    if not any(fixed == _fixed(leaf.fields) for leaf in live):
        return Quarantined("envelope", "what is fixed when a document is made was changed")
    if not _among(fields.get("home"), (leaf.fields.get("home") for leaf in live)):
        return Quarantined("move", "only servers move documents")
    return None


def _fixed(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in fields.items() if name not in _CHANGING}


def _among(value: Json, others: Iterable[Json]) -> bool:
    return any(value == other for other in others)
