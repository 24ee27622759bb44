"""Where a document is, by the index, and how far somebody may see there."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from server.review.acts import ActNotAllowed
from server.review.library import label
from server.review.scope import Scope
from server.review.tables import files, grids, records
from server.review.texts import Locale
from sync.errors import NotFound


@dataclass(frozen=True)
class Whereabouts:
    """A document's database, when it was first received, and the grid it lies in."""

    database: str
    received_at: str
    grid_code: str
    grid_name: dict[str, str]

    def named(self, locale: Locale) -> str:
        return label(self.grid_name, locale) or self.grid_code


def find(connection: Connection, doc_id: str, scope: Scope) -> Whereabouts:
    """Where a record or file of this scope is; `NotFound` for an unknown one, `ActNotAllowed` outside of the scope."""
    table = records if doc_id.startswith("record:") else files
    query = select(table.c.database, table.c.received_at, grids.c.code, grids.c.name)
    query = query.select_from(table.outerjoin(grids, grids.c.database == table.c.database))
    found = connection.execute(query.where(table.c.id == doc_id, scope.covers(table)).limit(1)).first()
    if found is None:
        known = connection.scalar(select(table.c.id).where(table.c.id == doc_id).limit(1))
        raise NotFound(doc_id) if known is None else ActNotAllowed(doc_id)
    return Whereabouts(found.database, found.received_at, found.code or "", found.name or {})
