"""How far a document has come: at the district, sent, in quarantine, or not known here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from server import quarantine
from server.media import MediaStore
from server.media_mentions import addresses
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

    "Sent" is a durable revision in the tree, wherever in it; "the district" knows by what it has confirmed
    (not asked yet: no district confirms in this version).
    """
    store = stores.open(database)
    missing = store.missing({doc_id: [rev] for doc_id, rev in revs.items()})
    aside = quarantine.find(stores, database, {doc_id: revs[doc_id] for doc_id in missing})
    photos = _photos(store, media, [doc_id for doc_id in revs if doc_id not in missing])
    return {doc_id: _receipt(doc_id, missing, aside, photos) for doc_id in revs}


def _receipt(
    doc_id: str,
    missing: Mapping[str, object],
    aside: Mapping[str, str],
    photos: Mapping[str, tuple[int, int]],
) -> Receipt:
    if doc_id in aside:
        return Receipt("quarantined", slug=aside[doc_id])
    return Receipt("unknown") if doc_id in missing else Receipt("sent", photos.get(doc_id))


def _photos(store: DocStore, media: MediaStore, doc_ids: list[str]) -> dict[str, tuple[int, int]]:
    """By document, how many of the originals it names are here; nothing for one that names none."""
    named = {
        doc_id: {a for leaf in leaves if not leaf.deleted for a in addresses(leaf.fields)}
        for doc_id, leaves in store.leaves_many(doc_ids).items()
    }
    return {
        doc_id: (media.kept(store.name, wanted), len(wanted)) for doc_id, wanted in named.items() if wanted
    }
