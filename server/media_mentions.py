"""Which documents name which originals: a follower of the grids, so that who reads a record sees its photos."""

from __future__ import annotations

import re
from collections.abc import Iterator

from server.media import MediaStore
from sync.documents import Change, Json
from sync.store import DocStore

_ADDRESS = re.compile(r"[0-9a-f]{64}")


class MediaMentions:
    """Keeps the ledger of mentions; repeating a change changes nothing."""

    name = "media"

    def __init__(self, media: MediaStore) -> None:
        self._media = media

    def handles(self, database: str) -> bool:
        return database.startswith("grid-")

    def handle(self, store: DocStore, changes: list[Change]) -> None:
        """Note what every live leaf of the changed documents names now."""
        found = store.leaves_many([change.doc_id for change in changes])
        named = {
            change.doc_id: {
                address
                for leaf in found.get(change.doc_id, ())
                if not leaf.deleted
                for address in addresses(leaf.fields)
            }
            for change in changes
        }
        self._media.ledger.mention(store.name, named)

    def sweep(self, store: DocStore) -> None:
        gone = self._media.ledger.documents(store.name).difference(doc_id for doc_id, _ in store.all_ids())
        self._media.ledger.mention(store.name, dict.fromkeys(gone, ()))


def addresses(value: Json) -> Iterator[str]:
    """Every original that answers name: the `sha256` of photo rows, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "sha256" and isinstance(inner, str) and _ADDRESS.fullmatch(inner):
                yield inner
            else:
                yield from addresses(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from addresses(inner)
