"""Counts by grid, for the overview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, case, func, select

from server.review.scope import Scope
from server.review.states import WITHDRAWN
from server.review.tables import files, grids, records


@dataclass(frozen=True)
class GridCounts:
    """A grid and what the index holds of it. `last_at` is when something was last received, empty for never."""

    grid: Row[Any]
    households: int = 0
    people: int = 0
    records: int = 0
    waiting: int = 0
    returned: int = 0
    last_at: str = ""


def overview(connection: Connection, scope: Scope) -> list[GridCounts]:
    """Every grid of a scope by code, counted in three queries however many there are."""
    of_files = {(row.database, row.kind): row for row in connection.execute(_files(scope))}
    of_records = {row.database: row for row in connection.execute(_records(scope))}
    listed = connection.execute(select(grids).where(scope.covers(grids)).order_by(grids.c.code))
    return [_counted(grid, of_files, of_records.get(grid.database)) for grid in listed]


def _counted(grid: Row[Any], of_files: dict[tuple[str, str], Row[Any]], mine: Row[Any] | None) -> GridCounts:
    kinds = {kind: row for (database, kind), row in of_files.items() if database == grid.database}
    last = [row.last_at for row in kinds.values()] + ([mine.last_at] if mine else [])
    return GridCounts(
        grid,
        kinds["household"].total if "household" in kinds else 0,
        kinds["person"].total if "person" in kinds else 0,
        mine.total if mine else 0,
        mine.waiting if mine else 0,
        mine.returned if mine else 0,
        max(last, default=""),
    )


def _files(scope: Scope) -> Any:
    latest = func.max(files.c.received_at).label("last_at")
    query = select(files.c.database, files.c.kind, func.count().label("total"), latest)
    query = query.where(files.c.database.in_(scope.databases()), files.c.removed.is_(False))
    return query.group_by(files.c.database, files.c.kind)


def _records(scope: Scope) -> Any:
    def in_state(state: str) -> Any:
        return func.sum(case((records.c.state == state, 1), else_=0)).label(label_of[state])

    label_of = {"submitted": "waiting", "returned": "returned"}
    latest = func.max(records.c.received_at).label("last_at")
    query = select(records.c.database, func.count().label("total"), *map(in_state, label_of), latest)
    return query.where(records.c.database.in_(scope.databases()), records.c.state != WITHDRAWN).group_by(
        records.c.database
    )
