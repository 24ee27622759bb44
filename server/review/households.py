"""Households by search: rows of the index, paged by key, with counts that agree with the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, or_, select, tuple_
from sqlalchemy.sql import Select

from server.review.scope import Scope
from server.review.states import WITHDRAWN
from server.review.tables import files, grids, records

PAGE_ROWS = 50


@dataclass(frozen=True)
class Sought:
    """What is looked for: words that must all be found, and perhaps only households with something to settle."""

    words: tuple[str, ...] = ()
    only_open: bool = False
    grid: str = ""


@dataclass(frozen=True)
class Key:
    """A place between two rows: beyond this door, or before it going back."""

    door: str
    doc_id: str
    back: bool = False

    @classmethod
    def parse(cls, text: str) -> Key | None:
        """A key from its text form, or None for anything else."""
        direction, _, rest = text.partition("~")
        door, _, doc_id = rest.rpartition("~")
        return cls(door, doc_id, direction == "b") if doc_id and direction in ("a", "b") else None

    def __str__(self) -> str:
        return f"{'b' if self.back else 'a'}~{self.door}~{self.doc_id}"


@dataclass(frozen=True)
class Found:
    """Some households of the list, and what hangs on each. `total` counts the whole list, `before` the rows ahead."""

    rows: Sequence[Row[Any]]
    people: Mapping[str, int]
    visits: Mapping[str, Row[Any]]
    open_people: Mapping[str, int]
    total: int
    before: int
    older: Key | None
    newer: Key | None


def search(
    connection: Connection, scope: Scope, sought: Sought, key: Key | None, limit: int = PAGE_ROWS
) -> Found:
    """One page of the households of a scope, by door."""
    conditions = _conditions(scope, sought)
    total = _count(connection, conditions)
    back = key is not None and key.back
    place = tuple_(files.c.door, files.c.id)
    order = [column.desc() if back else column.asc() for column in (files.c.door, files.c.id)]
    query = (
        select(files, grids.c.name.label("grid_name")).where(*conditions).order_by(*order).limit(limit + 1)
    )
    query = query.select_from(files.outerjoin(grids, grids.c.database == files.c.database))
    if key:
        there = (key.door, key.doc_id)
        query = query.where(place < there if back else place > there)
    found = list(connection.execute(query))
    more, rows = len(found) > limit, found[:limit]
    if back:
        rows.reverse()
    ahead = _count(connection, [*conditions, place < (rows[0].door, rows[0].id)]) if rows and key else 0
    ids = [row.id for row in rows]
    return Found(
        rows,
        _people(connection, ids, files.c.removed.is_(False)),
        _visits(connection, ids),
        _people(connection, ids, files.c.open_count > 0),
        total,
        ahead,
        older=Key(rows[-1].door, rows[-1].id) if rows and (more or back) else None,
        newer=Key(rows[0].door, rows[0].id, True) if rows and ahead else None,
    )


def records_about(connection: Connection, database: str, doc_ids: Sequence[str]) -> list[Row[Any]]:
    """The records about any of these files, newest first."""
    about = (records.c.database == database, records.c.subject.in_(doc_ids), records.c.state != WITHDRAWN)
    return list(
        connection.execute(select(records).where(*about).order_by(records.c.captured_at.desc(), records.c.id))
    )


def persons_of(connection: Connection, database: str, household: str) -> list[str]:
    """Ids of the persons whose subject is a household."""
    query = select(files.c.id).where(
        files.c.database == database, files.c.subject == household, files.c.kind == "person"
    )
    return list(connection.scalars(query.order_by(files.c.id)))


def _conditions(scope: Scope, sought: Sought) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = [
        scope.covers(files),
        files.c.kind == "household",
        files.c.removed.is_(False),
    ]
    asked += [_holds(word) for word in sought.words]
    if sought.grid:
        asked.append(files.c.database == sought.grid)
    if sought.only_open:
        person = files.alias("open_person")
        of_people = select(person.c.subject).where(person.c.kind == "person", person.c.open_count > 0)
        asked.append(or_(files.c.open_count > 0, files.c.id.in_(of_people)))
    return asked


def _holds(word: str) -> ColumnElement[bool]:
    """Whether a word is in the household's own text or in that of one of its people."""
    person = files.alias()
    of_people = select(person.c.subject).where(
        person.c.kind == "person", person.c.search.contains(word, autoescape=True)
    )
    return or_(files.c.search.contains(word, autoescape=True), files.c.id.in_(of_people))


def _count(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    return connection.scalar(select(func.count()).select_from(files).where(*conditions)) or 0


def _people(connection: Connection, ids: Sequence[str], condition: ColumnElement[bool]) -> dict[str, int]:
    query = select(files.c.subject, func.count()).where(
        files.c.subject.in_(ids), files.c.kind == "person", condition
    )
    return {row[0]: row[1] for row in connection.execute(query.group_by(files.c.subject))}


def _visits(connection: Connection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    """By household: when the last record about it was captured, and how many wait."""
    waiting = func.sum(case((records.c.state == "submitted", 1), else_=0)).label("waiting")
    query: Select[Any] = select(records.c.subject, func.max(records.c.captured_at).label("last_at"), waiting)
    query = query.where(records.c.subject.in_(ids), records.c.state != WITHDRAWN).group_by(records.c.subject)
    return {row.subject: row for row in connection.execute(query)}
