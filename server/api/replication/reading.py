"""Finding revisions in a store: by name, by `latest`, by `open_revs`. Pure but for the store it is given."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from server.api.replication.damage import OF_THE_DISK, spared
from sync.carrying import with_bytes
from sync.documents import Document
from sync.errors import Damaged, NotFound
from sync.revisions import generation
from sync.store import DocStore
from sync.wire import BadDocument, read_rev


@dataclass(frozen=True)
class Wanted:
    """A document that is asked for, in one revision or (None) as its winner."""

    doc_id: str
    rev: str | None = None


@dataclass(frozen=True)
class Absent:
    """What is asked for and not here."""

    doc_id: str
    rev: str
    error: str = "not_found"
    reason: str = "missing"


def found(store: DocStore, wanted: Sequence[Wanted], *, latest: bool) -> list[list[Document | Absent]]:
    """The answers to each, in order: with `latest` an inner revision is answered by all leaves that came of it."""
    leaves = spared(store.leaves_many, list({want.doc_id for want in wanted}))
    return [_answers(store, want, leaves.get(want.doc_id, ()), latest) for want in wanted]


def _answers(
    store: DocStore, want: Wanted, leaves: Sequence[Document] | Damaged, latest: bool
) -> list[Document | Absent]:
    named = want.rev or "undefined"
    if isinstance(leaves, Damaged):
        return [Absent(want.doc_id, named, "damaged", OF_THE_DISK)]
    if want.rev is None:
        return [leaves[0] if leaves else Absent(want.doc_id, named)]
    try:
        return _revision(store, want.doc_id, read_rev(want.rev), leaves, latest)
    except BadDocument as error:
        return [Absent(want.doc_id, named, error.slug, str(error))]
    except Damaged:
        return [Absent(want.doc_id, named, "damaged", OF_THE_DISK)]


def _revision(
    store: DocStore, doc_id: str, rev: str, leaves: Sequence[Document], latest: bool
) -> list[Document | Absent]:
    if latest:
        descendants: list[Document | Absent] = [leaf for leaf in leaves if rev in leaf.path]
        return descendants or [Absent(doc_id, rev)]
    for leaf in leaves:
        if leaf.rev == rev:
            return [leaf]
    if not any(rev in leaf.path for leaf in leaves):
        return [Absent(doc_id, rev)]
    try:
        return [store.get(doc_id, rev)]
    except NotFound:
        return [Absent(doc_id, rev)]


def open_revs(
    store: DocStore, doc_id: str, revs: Iterable[str] | None, *, latest: bool
) -> list[Document | Absent]:
    """The answers to each revision, each once; with `revs` None all leaves, winner last.

    `NotFound` for all leaves of an unknown document.
    """
    leaves = store.leaves(doc_id)
    if revs is None:
        if not leaves:
            raise NotFound(doc_id)
        return list(reversed(leaves))
    answers = [a for rev in revs for a in _revision(store, doc_id, read_rev(rev), leaves, latest)]
    return list({answer.rev: answer for answer in answers}.values())


def ancestry(store: DocStore, document: Document) -> list[dict[str, str]]:
    """`_revs_info`: each revision of the path, and whether its body can be read."""
    return [{"rev": rev, "status": _status(store, document.doc_id, rev)} for rev in document.path]


def _status(store: DocStore, doc_id: str, rev: str) -> str:
    try:
        return "deleted" if store.get(doc_id, rev).deleted else "available"
    except NotFound:
        return "missing"


def newest_shared(path: Sequence[str], revs: Collection[str]) -> int:
    """The generation of the newest revision of a path that is among these, 0 for none (`atts_since`)."""
    return next((generation(rev) for rev in path if rev in revs), 0)


def filled(store: DocStore, answer: Document | Absent) -> Document | Absent:
    """The same answer, with the bytes of its attachments where it is a document."""
    try:
        return with_bytes(store, answer) if isinstance(answer, Document) else answer
    except Damaged:
        return Absent(answer.doc_id, answer.rev, "damaged", OF_THE_DISK)
