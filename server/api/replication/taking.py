"""The last two steps of a write: take it? (admission), and keep it (graft), in one transaction of the store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from server.account_tables import stamp
from server.admission import Admitted, Quarantined, Refused, admit
from server.api.replication.damage import OF_THE_DISK
from server.api.replication.door import Entry
from server.quarantine import keep
from sync.documents import Document
from sync.edits import Edit, once_per_document, revise_all, still_extends
from sync.errors import Conflict, DamagedDocument, MissingStub
from sync.store import Judge, Outcome

Verdict = Admitted | Quarantined | Refused


@dataclass(frozen=True)
class Row:
    """What became of one document of a write. `taken`: it is durable here, in its database or in quarantine."""

    doc_id: str | None
    rev: str | None
    error: Literal["forbidden", "conflict", "missing_stub"] | None = None
    reason: str = ""

    @property
    def taken(self) -> bool:
        return self.error is None

    def as_error(self) -> dict[str, str | None]:
        """The row of a reply that tells a client what was not taken."""
        named = {"id": self.doc_id, "rev": self.rev, "error": self.error, "reason": self.reason}
        return {member: value for member, value in named.items() if value is not None}


CONFLICT = "Document update conflict."


def refused(doc_id: str | None, rev: str | None, slug: str, sentence: str) -> Row:
    """A refusal. It is always `forbidden`: on any other word stock PouchDB never sends what follows."""
    return Row(doc_id, rev, "forbidden", f"{slug}: {sentence}")


class Admissions:
    """The judge of one batch: asks admission inside the transaction, and remembers what it said.

    A document is judged on what the store holds of it and on what this batch has already brought of it.
    """

    def __init__(self, entry: Entry) -> None:
        self._actor = entry.actor.within(entry.grid_code)
        self._open = self._actor.trusted or not entry.store.name.startswith("grid-")
        self._brought: dict[str, dict[str, Document]] = {}
        self.verdicts: dict[tuple[str, str], Verdict] = {}

    def __call__(self, document: Document, leaves: Sequence[Document]) -> bool:
        if self._open:
            return True
        brought = self._brought.get(document.doc_id, {})
        before = [other for rev, other in brought.items() if rev != document.rev] if brought else ()
        verdict = admit(self._actor, document, [*leaves, *before] if before else leaves)
        self.verdicts[document.doc_id, document.rev] = verdict
        if not isinstance(verdict, Admitted):
            return False
        self._brought[document.doc_id] = {**brought, document.rev: document}
        return True

    def row(self, document: Document) -> Row:
        """The row of a document that was not stored: what this judge said, or that the store does not take it."""
        verdict = self.verdicts.get((document.doc_id, document.rev))
        if isinstance(verdict, Refused):
            return Row(document.doc_id, document.rev, "forbidden", verdict.reason)
        if isinstance(verdict, Quarantined):
            return Row(document.doc_id, document.rev)
        sentence = (
            "the server that keeps the documents does not take this one; it may be larger than it allows"
        )
        return refused(document.doc_id, document.rev, "not_taken", sentence)

    def set_aside(self, documents: Iterable[Document]) -> list[tuple[Document, Quarantined]]:
        """Those documents that belong in quarantine, with why."""
        aside = {key: verdict for key, verdict in self.verdicts.items() if isinstance(verdict, Quarantined)}
        if not aside:
            return []
        named = (((document.doc_id, document.rev), document) for document in documents)
        return [(document, aside[key]) for key, document in named if key in aside]


def keep_history(entry: Entry, documents: Sequence[Document]) -> list[Row]:
    """Graft documents that bring their own revisions; a row for each that was not taken, when all is durable.

    What the store cannot take for its own sake (a stub that nothing stored explains, damage where it belongs) is found
    by halves and refused, and the rest is stored.
    """
    admissions = Admissions(entry)
    try:
        outcomes = _graft(entry, documents, admissions, admissions)
    except (MissingStub, DamagedDocument) as error:
        half = len(documents) // 2
        if not half:
            return [_not_grafted(document, error) for document in documents]
        return [*keep_history(entry, documents[:half]), *keep_history(entry, documents[half:])]
    left_out = (
        document for document, outcome in zip(documents, outcomes, strict=True) if outcome == "refused"
    )
    return [row for document in left_out if not (row := admissions.row(document)).taken]


def _not_grafted(document: Document, why: MissingStub | DamagedDocument) -> Row:
    slug, sentence = ("missing_stub", str(why)) if isinstance(why, MissingStub) else ("damaged", OF_THE_DISK)
    return refused(document.doc_id, document.rev, slug, sentence)


def keep_edits(entry: Entry, edits: Sequence[Edit]) -> list[Row]:
    """Make ordinary edits; one row for each, in order, when all is durable."""
    admissions = Admissions(entry)
    attempts = revise_all(entry.store, edits)
    documents = [attempt for attempt in attempts if isinstance(attempt, Document)]
    judge = once_per_document(lambda doc, leaves: still_extends(doc, leaves) and admissions(doc, leaves))
    outcomes = iter(_graft(entry, documents, judge, admissions))
    return [
        _edited(edit, attempt, next(outcomes), admissions)
        if isinstance(attempt, Document)
        else _not_made(edit, attempt)
        for edit, attempt in zip(edits, attempts, strict=True)
    ]


def _graft(
    entry: Entry, documents: Sequence[Document], judge: Judge, admissions: Admissions
) -> Sequence[Outcome]:
    """Store what the judge lets through, then put aside what belongs in quarantine; all of it durable."""
    outcomes = entry.store.graft(documents, judge)
    aside = admissions.set_aside(documents)
    if aside:
        parts = entry.services
        keep(parts.stores, entry.store.name, entry.actor, aside, stamp(parts.clock()))
    return outcomes


def _not_made(edit: Edit, why: Conflict | MissingStub) -> Row:
    if isinstance(why, MissingStub):
        return Row(edit.doc_id, None, "missing_stub", why.name)
    return Row(edit.doc_id, None, "conflict", CONFLICT)


def _edited(edit: Edit, document: Document, outcome: Outcome, admissions: Admissions) -> Row:
    if outcome == "stored":
        return Row(document.doc_id, document.rev)
    if outcome == "refused" and (document.doc_id, document.rev) in admissions.verdicts:
        return admissions.row(document)
    return Row(edit.doc_id, None, "conflict", CONFLICT)
