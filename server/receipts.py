"""How far a document has come: at the district, sent, in quarantine, or not known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from server import quarantine
from server.media import MediaStore
from server.media_mentions import addresses
from sync import checkpoints
from sync.store import DocStore, StoreSet

Tier = Literal["sent", "district", "quarantined", "unknown"]


@dataclass(frozen=True)
class Receipt:
    """The tier of one revision; of a document here, how many of its originals are here too."""

    tier: Tier
    photos: tuple[int, int] | None = None
    """(here, named)"""
    slug: str = ""
    """Why it is in quarantine."""


def receipts(
    stores: StoreSet, media: MediaStore, database: str, revs: Mapping[str, str]
) -> dict[str, Receipt]:
    """The receipt of each revision, by document id.

    "Sent" is a durable revision in the tree, wherever in it; "district" is one that a replication of this database
    has delivered, as its checkpoints tell.
    """
    store = stores.open(database)
    missing = store.missing({doc_id: [rev] for doc_id, rev in revs.items()})
    aside = quarantine.find(stores, database, {doc_id: revs[doc_id] for doc_id in missing})
    here = {doc_id: rev for doc_id, rev in revs.items() if doc_id not in missing}
    delivered = checkpoints.delivered(store, here) if here else set()
    photos = _photos(store, media, list(here))

    def receipt(doc_id: str) -> Receipt:
        if doc_id in aside:
            return Receipt("quarantined", slug=aside[doc_id])
        if doc_id not in here:
            return Receipt("unknown")
        return Receipt("district" if doc_id in delivered else "sent", photos.get(doc_id))

    return {doc_id: receipt(doc_id) for doc_id in revs}


def _photos(store: DocStore, media: MediaStore, doc_ids: list[str]) -> dict[str, tuple[int, int]]:
    """By document, how many of the originals it names are here; nothing for one that names none."""
    named = {
        doc_id: {a for leaf in leaves if not leaf.deleted for a in addresses(leaf.fields)}
        for doc_id, leaves in store.leaves_many(doc_ids).items()
    }
    return {
        doc_id: (media.kept(store.name, wanted), len(wanted)) for doc_id, wanted in named.items() if wanted
    }
