"""Everything a page about one document needs, read from the store at one moment, and not from the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.review.judge import judge, shown_answers
from server.review.library import Form, Library
from server.review.present import references
from server.review.readings import Reading, kind_of, read, read_all
from server.review.rows import Judgement, file_address, file_name, head_of
from server.review.states import Standing, standing
from sync.documents import Document, Json
from sync.errors import NotFound
from sync.store import DocStore

VERSIONS_MAX = 60
"""Most revisions whose bodies are looked up for a history."""


@dataclass(frozen=True)
class Dossier:
    """A record or file as it is now, with its form, its steps, its versions and the files around it."""

    database: str
    reading: Reading
    form: Form | None
    standing: Standing
    verdict: Judgement
    versions: Sequence[Document]
    related: Mapping[str, Reading]

    @property
    def answers(self) -> Mapping[str, Json]:
        """The answers as the form's merge rules show them."""
        return shown_answers(self.form, self.reading)

    @property
    def subject(self) -> Reading | None:
        return self.related.get(self.reading.subject or "")

    @property
    def dwelling(self) -> Reading | None:
        """The door this is about: the subject, or where the subject lives."""
        at = self.reading if self.reading.kind == "household" else self.subject
        if at is None or at.kind == "dwelling":
            return at
        return self.related.get(at.subject or "")

    @property
    def household(self) -> Reading | None:
        """The household this is about, directly or through a person."""
        at = self.subject
        return self.related.get(at.subject or "") if at is not None and at.kind == "person" else at


def open_dossier(store: DocStore, library: Library, doc_id: str) -> Dossier:
    """What the store holds of a document now; `NotFound` where no leaf is live."""
    leaves = store.leaves(doc_id)
    reading = read(leaves)
    if reading is None:
        raise NotFound(doc_id)
    form = library.find(reading.form, reading.form_version)
    related = _related(store, reading)
    subject = related.get(reading.subject or "")
    return Dossier(
        store.name,
        reading,
        form,
        standing(form, reading, steps_of(store, doc_id)),
        judge(form, reading, subject.answers if subject else None),
        _versions(store, leaves),
        related,
    )


def open_files(store: DocStore, library: Library, doc_ids: Sequence[str]) -> list[Dossier]:
    """Several files as they are now, without history, in the order asked for; absent ones are left out."""
    readings = read_all(store.leaves_many(doc_ids))
    subjects = read_all(store.leaves_many(sorted({r.subject for r in readings.values() if r.subject})))
    return [_file(store, library, readings[doc_id], subjects) for doc_id in doc_ids if doc_id in readings]


def _file(store: DocStore, library: Library, reading: Reading, near: Mapping[str, Reading]) -> Dossier:
    form, subject = library.find(reading.form, reading.form_version), near.get(reading.subject or "")
    verdict = judge(form, reading, subject.answers if subject else None)
    return Dossier(store.name, reading, form, standing(form, reading, []), verdict, [], near)


def steps_of(store: DocStore, doc_id: str) -> list[Mapping[str, Any]]:
    """The steps about a document, in the order of their ids."""
    ulid = doc_id.partition(":")[2]
    ids = [step_id for step_id, _ in store.all_ids(f"step:{ulid}:", f"step:{ulid};")]
    readings = read_all(store.leaves_many(ids))
    return [{**readings[step_id].body, "id": step_id} for step_id in ids if step_id in readings]


def called(reading: Reading) -> tuple[str, str]:
    """Address and name of a file, as far as its own answers say them."""
    return file_address(reading.answers), file_name(reading.answers)


def names_of(readings: Iterable[Reading]) -> dict[str, str]:
    """What a reference to each of these files is called: a person by name, a door by address."""
    found: dict[str, str] = {}
    for reading in readings:
        address, name = called(reading)
        found[reading.doc_id] = (name or address) if reading.kind == "person" else (address or name)
    return {doc_id: name for doc_id, name in found.items() if name}


def _related(store: DocStore, reading: Reading) -> dict[str, Reading]:
    """The files a document names, and those that these name as their own subject: three look-ups at most."""
    found: dict[str, Reading] = {}
    wanted = {*references(reading.answers), *([reading.subject] if reading.subject else [])}
    for _ in range(3):
        wanted -= found.keys()
        if not wanted:
            break
        arrived = read_all(store.leaves_many(sorted(wanted)))
        found |= arrived
        named = {doc_id for one in arrived.values() for doc_id in (one.subject, head_of(one)) if doc_id}
        wanted = {doc_id for doc_id in named if kind_of(doc_id) != "record"}
    return found


def _versions(store: DocStore, leaves: Sequence[Document]) -> list[Document]:
    """The revisions whose bodies are still here, those of live leaves first."""
    kept = {leaf.rev: leaf for leaf in leaves}
    for leaf in sorted(leaves, key=lambda leaf: leaf.deleted):
        for rev in leaf.path[1:]:
            if rev not in kept and len(kept) < VERSIONS_MAX:
                try:
                    kept[rev] = store.get(leaf.doc_id, rev)
                except NotFound:
                    break  # compaction and replication drop bodies from the oldest on
    return list(kept.values())
