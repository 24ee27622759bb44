"""A supervisor's act: judged on what he saw, written as one new step, never an edit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from forms.workflow import Someone
from server.access import TABLE, Actor, may
from server.review.dossier import Dossier
from sync.documents import Json
from sync.store import DocStore

COMMENT_CHARACTERS = 2
"""A comment shorter than this says nothing (catalogue 3.5.1)."""


class Moved(Exception):
    """The record is no longer what the page showed; nothing was written."""

    def __init__(self, dossier: Dossier, grid_code: str | None) -> None:
        super().__init__(dossier.reading.doc_id)
        self.dossier = dossier
        self.grid_code = grid_code


class NeedsComment(Exception):
    """A return without a word of what is to be mended; nothing was written."""


class ActNotAllowed(Exception):
    """The state, the role, the separation of duties or what is left unsaid forbids it; nothing was written."""


@dataclass(frozen=True)
class Intent:
    """What somebody wants to do to a record, and the digest of the record as his page showed it."""

    act: str
    judged: str
    comment: str = ""
    comments: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Json] = field(default_factory=dict)
    """What the act asked."""

    @property
    def fields(self) -> dict[str, Json]:
        said = dict(self.said)
        if self.comment:
            said["comment"] = self.comment
        if self.comments:
            said["comments"] = dict(self.comments)
        return said


@dataclass(frozen=True)
class Hand:
    """Who acts, through which device of this server, where, and when (ISO-8601 UTC)."""

    actor: Actor
    device: str
    grid_code: str | None
    at: str


def decide(store: DocStore, dossier: Dossier, hand: Hand, intent: Intent, new_ulid: str) -> str:
    """Write the step of an act on a record; durable when it returns the step's id.

    Raises `Moved`, `NeedsComment` or `ActNotAllowed`, with nothing written.
    """
    if intent.judged != dossier.standing.judged:
        raise Moved(dossier, hand.grid_code)
    if intent.act not in acts_for(dossier, hand.actor, hand.grid_code):
        raise ActNotAllowed(intent.act)
    said = [intent.comment, *intent.comments.values()]
    if intent.act == "return" and not any(len(text) >= COMMENT_CHARACTERS for text in said):
        raise NeedsComment(intent.act)
    if not dossier.standing.is_complete(intent.act, intent.fields):
        raise ActNotAllowed(intent.act)
    step_id = f"step:{dossier.reading.doc_id.partition(':')[2]}:{hand.device}-{new_ulid}"
    store.put(step_id, step_body(dossier, hand, intent))
    return step_id


def step_body(dossier: Dossier, hand: Hand, intent: Intent) -> dict[str, Json]:
    """The body of a step: what it saw of the record and of its steps."""
    return {
        "record": dossier.reading.doc_id,
        "act": intent.act,
        "at": hand.at,
        "by": hand.actor.name,
        "role": role_of(hand.actor, hand.grid_code),
        "device": hand.device,
        "after": [step["id"] for step in dossier.standing.steps],
        "seen": dict(dossier.reading.context),
        "fields": intent.fields,
    }


def acts_for(dossier: Dossier, actor: Actor, grid_code: str | None) -> list[str]:
    """The acts that the workflow table and the access table allow this person on this record now."""
    if dossier.reading.removed or not may(actor, "review", dossier.database, grid_code):
        return []
    roles = frozenset({role_of(actor, grid_code)})
    return dossier.standing.acts(Someone(actor.name, roles, dossier.reading.author == actor.name))


def role_of(actor: Actor, grid_code: str | None) -> str:
    """The role in which somebody reviews in a grid; empty for nobody's."""
    reviewing = TABLE["grid", "review"] & actor.within(grid_code).roles
    return min(reviewing, default="")
