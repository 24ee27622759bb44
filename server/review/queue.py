"""The queue of records: filters, counts that agree with the list, and paging by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, select, tuple_
from sqlalchemy.sql import Select

from server.review.scope import Scope
from server.review.tables import files, findings, flags, grids, records

PAGE_ROWS = 50

Order = Literal["oldest", "newest"]


@dataclass(frozen=True)
class Filter:
    """What the list is to show; an empty field asks for nothing. Dates are days of Asia/Shanghai, both included."""

    state: str = "submitted"
    grid: str = ""
    form: str = ""
    worker: str = ""
    flag: str = ""
    begin_at: str = ""
    end_at: str = ""
    """Instants (ISO-8601 UTC) that bound `received_at`: from the first, before the second."""
    order: Order = "oldest"

    def conditions(self, scope: Scope, but: str = "") -> list[ColumnElement[bool]]:
        """The conditions of a query on `records`; `but` leaves one field out, for the counts of its choices."""
        wanted: dict[str, ColumnElement[bool]] = {
            "state": records.c.state == self.state,
            "grid": records.c.database == self.grid,
            "form": records.c.form == self.form,
            "worker": records.c.captured_by == self.worker,
            "begin_at": records.c.received_at >= self.begin_at,
            "end_at": records.c.received_at < self.end_at,
            "flag": exists().where(
                flags.c.database == records.c.database, flags.c.id == records.c.id, flags.c.flag == self.flag
            ),
        }
        if self.flag == "none":
            wanted["flag"] = ~exists().where(
                flags.c.database == records.c.database, flags.c.id == records.c.id
            )
        asked = [condition for name, condition in wanted.items() if name != but and getattr(self, name)]
        return [scope.covers(records), *asked]


@dataclass(frozen=True)
class Cursor:
    """A place between two rows: the row it follows (or precedes, going back)."""

    received_at: str
    doc_id: str
    back: bool = False

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """A cursor from its text form, or None for anything else."""
        direction, _, rest = text.partition("~")
        received_at, _, doc_id = rest.partition("~")
        return cls(received_at, doc_id, direction == "b") if doc_id and direction in ("a", "b") else None

    def __str__(self) -> str:
        return f"{'b' if self.back else 'a'}~{self.received_at}~{self.doc_id}"


@dataclass(frozen=True)
class Page:
    """Some rows of the list. `total` counts the whole list, `before` the rows ahead of this page."""

    rows: Sequence[Row[Any]]
    flags: Mapping[str, list[str]]
    findings: Mapping[str, Any]
    """The message of the first finding of each row that has one, by language."""
    total: int
    before: int
    older: Cursor | None
    newer: Cursor | None


def page(
    connection: Connection, scope: Scope, wanted: Filter, cursor: Cursor | None, limit: int = PAGE_ROWS
) -> Page:
    """One page of the list from a cursor on."""
    conditions = wanted.conditions(scope)
    total = connection.scalar(select(func.count()).select_from(records).where(*conditions)) or 0
    back = cursor is not None and cursor.back
    query = _listed().where(*conditions).order_by(*_sorted(wanted.order, back)).limit(limit + 1)
    if cursor:
        query = query.where(_beyond(cursor, wanted.order, back))
    found = list(connection.execute(query))
    more, rows = len(found) > limit, found[:limit]
    if back:
        rows.reverse()
    first, last = (rows[0], rows[-1]) if rows else (None, None)
    ahead = 0
    if first and cursor:
        earlier = _beyond(Cursor(first.received_at, first.id), wanted.order, True)
        ahead = connection.scalar(select(func.count()).select_from(records).where(*conditions, earlier)) or 0
    return Page(
        rows,
        _flags_of(connection, [row.id for row in rows]),
        _first_findings(connection, [row.id for row in rows]),
        total,
        ahead,
        older=Cursor(last.received_at, last.id) if last and (more if not back else True) else None,
        newer=Cursor(first.received_at, first.id, True) if first and ahead else None,
    )


def neighbours(
    connection: Connection, scope: Scope, wanted: Filter, here: Cursor
) -> tuple[str | None, str | None]:
    """The ids before and after a record in the list, whether or not it is still in it."""

    def nearest(back: bool) -> str | None:
        near = select(records.c.id).where(*wanted.conditions(scope), _beyond(here, wanted.order, back))
        return connection.scalar(near.order_by(*_sorted(wanted.order, back)).limit(1))

    return nearest(True), nearest(False)


def state_counts(connection: Connection, scope: Scope, wanted: Filter) -> dict[str, int]:
    """How many records each state would list under the other filters."""
    return counts(connection, scope, wanted, "state")


def counts(connection: Connection, scope: Scope, wanted: Filter, name: str) -> dict[str, int]:
    """How many records each choice of one field would list, the other filters as they are."""
    column = {
        "state": records.c.state, "grid": records.c.database, "form": records.c.form, "worker": records.c.captured_by,
    }[name]  # fmt: skip
    query = select(column, func.count()).where(*wanted.conditions(scope, but=name)).group_by(column)
    if name == "grid":
        query = query.where(records.c.database.in_(scope.databases()))
    return {row[0]: row[1] for row in connection.execute(query)}


def flag_counts(connection: Connection, scope: Scope, wanted: Filter) -> dict[str, int]:
    """How many records each flag would list, the other filters as they are."""
    joined = records.join(flags, and_(flags.c.database == records.c.database, flags.c.id == records.c.id))
    query = select(flags.c.flag, func.count()).select_from(joined)
    query = query.where(*wanted.conditions(scope, but="flag")).group_by(flags.c.flag)
    found = {row[0]: row[1] for row in connection.execute(query)}
    clean = select(func.count()).select_from(records).where(*replace(wanted, flag="none").conditions(scope))
    return {**found, "none": connection.scalar(clean) or 0}


def _listed() -> Select[Any]:
    """Records with the name and address of the file they are about."""
    joined = records.outerjoin(
        files, and_(files.c.database == records.c.database, files.c.id == records.c.subject)
    ).outerjoin(grids, grids.c.database == records.c.database)
    address, name = (func.coalesce(files.c[column], "").label(column) for column in ("address", "name"))
    return select(records, name, address, grids.c.name.label("grid_name")).select_from(joined)


def _sorted(order: Order, back: bool) -> list[ColumnElement[Any]]:
    rising = (order == "oldest") != back
    keys = (records.c.received_at, records.c.id)
    return [key.asc() if rising else key.desc() for key in keys]


def _beyond(cursor: Cursor, order: Order, back: bool) -> ColumnElement[bool]:
    """Rows after the cursor's in the order, or before it."""
    key, there = tuple_(records.c.received_at, records.c.id), (cursor.received_at, cursor.doc_id)
    return key > there if (order == "oldest") != back else key < there


def _flags_of(connection: Connection, doc_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    if doc_ids:
        query = select(flags.c.id, flags.c.flag).where(flags.c.id.in_(doc_ids)).order_by(flags.c.flag)
        for doc_id, flag in connection.execute(query):
            found.setdefault(doc_id, []).append(flag)
    return found


def _first_findings(connection: Connection, doc_ids: Sequence[str]) -> dict[str, Any]:
    query = select(findings.c.id, findings.c.message).where(findings.c.id.in_(doc_ids), findings.c.no == 0)
    return {row.id: row.message for row in connection.execute(query)}
