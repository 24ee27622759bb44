"""Writes that nobody may take but nobody may lose: kept in the `quarantine` database, for servers and supervisors.

An entry holds all that is needed to admit it later: the document with its ancestry, where it was to go, who sent it
from which device, and why it was not taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.access import Actor
from server.admission import Quarantined
from sync.documents import Document, Json
from sync.store import StoreSet

DATABASE = "quarantine"


@dataclass(frozen=True)
class Entry:
    """One write in quarantine."""

    entry_id: str
    database: str
    document: Document
    sent_by: str
    device: str | None
    slug: str
    sentence: str
    received_at: str


def entry_id(database: str, doc_id: str, rev: str) -> str:
    """The id under which a revision is kept: a retry is the same entry."""
    named = "\n".join((database, doc_id, rev))
    return f"entry:{hashlib.sha256(named.encode()).hexdigest()[:32]}"


def keep(
    stores: StoreSet,
    database: str,
    actor: Actor,
    writes: Sequence[tuple[Document, Quarantined]],
    received_at: str,
) -> None:
    """Keep these writes; durable when it returns. What is kept already stays as it came first."""
    entries = [_entry(database, actor, document, why, received_at) for document, why in writes]
    stores.open(DATABASE).graft(entries)


def _entry(database: str, actor: Actor, document: Document, why: Quarantined, received_at: str) -> Document:
    key = entry_id(database, document.doc_id, document.rev)
    fields = {
        "database": database,
        "doc_id": document.doc_id,
        "path": list(document.path),
        "body": document.fields,
        "deleted": document.deleted,
        "sent_by": actor.name,
        "device": actor.device,
        "slug": why.slug,
        "sentence": why.sentence,
        "received_at": received_at,
        "status": "waiting",
    }
    return Document.of(key, [f"1-{key.partition(':')[2]}"], fields)


def find(stores: StoreSet, database: str, revs: Mapping[str, str]) -> dict[str, str]:
    """Of these revisions (by document id), the slug of each that is in quarantine."""
    keys = {entry_id(database, doc_id, rev): doc_id for doc_id, rev in revs.items()}
    found = stores.open(DATABASE).leaves_many(list(keys))
    return {keys[key]: leaves[0].fields["slug"] for key, leaves in found.items() if not leaves[0].deleted}


def entries(stores: StoreSet, database: str | None = None) -> Iterator[Entry]:
    """What is in quarantine, of one database or of all, by entry id."""
    store = stores.open(DATABASE)
    for key, _ in store.all_ids("entry:", "entry:\uffff"):
        found = _read(key, store.get(key).fields)
        if database is None or found.database == database:
            yield found


def _read(key: str, fields: Mapping[str, Json]) -> Entry:
    document = Document.of(fields["doc_id"], fields["path"], fields["body"], deleted=fields["deleted"])
    return Entry(
        key,
        fields["database"],
        document,
        fields["sent_by"],
        fields["device"],
        fields["slug"],
        fields["sentence"],
        fields["received_at"],
    )
