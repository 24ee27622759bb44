"""The local documents of a database behind HTTP: checkpoints, which are never replicated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.couch.answers import durable, json_of, reading
from sync.documents import Json, written
from sync.errors import Conflict, NotFound, StoreUnavailable
from sync.peer import Line

_ATTEMPTS = 5


@dataclass(frozen=True)
class Locals:
    """The local documents of one database (see `DocStore`)."""

    name: str
    line: Line

    def get(self, local_id: str) -> tuple[str, dict[str, Json]]:
        """Revision and members; `NotFound`."""
        with reading(f"_local/{local_id}"):
            found = json_of(self.line.service.get_local_document(self.name, local_id))
            return str(found["_rev"]), {name: value for name, value in found.items() if name[:1] != "_"}

    def put(self, local_id: str, fields: Mapping[str, Json]) -> str:
        """The revision of the stored one is named, as older servers compare it; somebody else's is overwritten."""
        for _ in range(_ATTEMPTS):
            member = {**fields, **self._rev(local_id)}
            try:
                with reading(f"_local/{local_id}"):
                    answer = self.line.service.put_local_document(
                        self.name, local_id, written(member), content_type="application/json"
                    )
                    return str(json_of(durable(answer))["rev"])
            except Conflict:
                continue
        raise StoreUnavailable("a local document is being written by others all the time")

    def delete(self, local_id: str) -> None:
        """Remove one; `NotFound`."""
        self.get(local_id)
        with reading(f"_local/{local_id}"), self.line.once():
            self.line.service.delete_local_document(self.name, local_id)

    def _rev(self, local_id: str) -> dict[str, str]:
        try:
            return {"_rev": self.get(local_id)[0]}
        except NotFound:
            return {}
