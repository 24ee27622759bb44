"""The follower that keeps the review index: rows recomputed from the leaves a store holds now.

Idempotent: the same leaves give the same rows, in whatever order and however often their changes come.
A step whose record is not here waits in `steps`; when either arrives, the record's state is folded again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, delete, insert, or_, select, update

from server.review import tables
from server.review.judge import judge
from server.review.library import Library
from server.review.readings import Reading, kind_of, read_all
from server.review.rows import Judgement, Row, file_columns, head_of, photo_count, shared_columns
from server.review.states import Standing, standing
from sync.documents import Change, Json
from sync.store import DocStore, StoreSet

BATCH = 200
"""Documents in one transaction."""


class IndexFollower:
    """Follows every grid, `directory` and `forms` into the index; never writes a store."""

    name = "index"

    def __init__(self, engine: Engine, stores: StoreSet, library: Library, now: Callable[[], str]) -> None:
        self._engine = engine
        self._stores = stores
        self._library = library
        self._now = now

    def handles(self, database: str) -> bool:
        """Grids, and the two databases that say where they lie and what was asked."""
        return database.startswith("grid-") or database in ("directory", "forms")

    def handle(self, store: DocStore, changes: list[Change]) -> None:
        """Bring the rows of these changes up to what the stores hold now."""
        ids = [change.doc_id for change in changes]
        if store.name == "directory":
            self._place(store, ids)
        elif store.name == "forms":
            self._check_again(ids)
        else:
            self.refresh(store, ids)

    def refresh(self, store: DocStore, doc_ids: Iterable[str]) -> None:
        """Recompute the rows of these documents of one grid; ids of steps bring their records along."""
        remaining = iter(dict.fromkeys(doc_ids))
        while batch := list(islice(remaining, BATCH)):
            with tables.writing(self._engine, store.name) as connection:
                _Batch(connection, store, self._library, self._now()).write(batch)

    def sweep(self, store: DocStore) -> None:
        """Forget the rows of documents that a grid does not have, their arrival too: purged, they never came."""
        if not store.name.startswith("grid-"):
            return
        unseen = iter(sorted(self._rowed(store.name).difference(doc_id for doc_id, _ in store.all_ids())))
        while batch := list(islice(unseen, BATCH)):
            there = store.leaves_many(batch)
            gone = [doc_id for doc_id in batch if doc_id not in there]
            self.refresh(store, gone)
            with tables.writing(self._engine, store.name) as connection:
                table = tables.arrivals
                connection.execute(delete(table).where(table.c.database == store.name, table.c.id.in_(gone)))

    def _rowed(self, database: str) -> set[str]:
        """Every document with a row; all but steps have that of their arrival."""
        with tables.reading(self._engine) as connection:
            return {
                doc_id
                for table in (tables.arrivals, tables.steps)
                for doc_id in connection.scalars(select(table.c.id).where(table.c.database == database))
            }

    def rebuild(self, tell: Callable[[str, int], None] = lambda _name, _count: None) -> None:
        """Throw away every row but arrivals, and follow every store from zero; `tell(database, documents)`."""
        with tables.writing(self._engine, "schema") as connection:
            for table in tables.REBUILT:
                connection.execute(delete(table))
        names = self._stores.names()
        for name in sorted(filter(self.handles, names), key=lambda name: (name != "directory", name)):
            store, count = self._stores.open(name), 0
            changes = store.changes()
            while batch := list(islice(changes, BATCH)):
                self.handle(store, batch)
                count += len(batch)
            tell(name, count)

    def _place(self, store: DocStore, doc_ids: Sequence[str]) -> None:
        """Take over what `directory` says of grids: their names, and whose scope their rows are in."""
        places = read_all(store.leaves_many([doc_id for doc_id in doc_ids if kind_of(doc_id) == "grid"]))
        for reading in places.values():
            database, code = reading.body.get("database"), reading.body.get("code")
            if not (isinstance(database, str) and isinstance(code, str)):
                continue
            area = area_columns(code)
            with tables.writing(self._engine, database) as connection:
                connection.execute(delete(tables.grids).where(tables.grids.c.database == database))
                row = {"database": database, "code": code, "name": reading.body.get("name") or {}, **area}
                connection.execute(insert(tables.grids), [row])
                for table in (tables.records, tables.files):
                    connection.execute(update(table).where(table.c.database == database).values(area))

    def _check_again(self, form_ids: Iterable[str]) -> None:
        """Judge the documents that came before the form they were filled with."""
        for form_id in form_ids:
            _, _, rest = form_id.partition(":")
            name, _, version = rest.rpartition(":")
            if not version.isdigit():
                continue
            for database, doc_ids in self._unchecked(name, int(version)).items():
                self.refresh(self._stores.open(database), doc_ids)

    def _unchecked(self, form: str, version: int) -> dict[str, list[str]]:
        waiting: dict[str, list[str]] = {}
        with tables.reading(self._engine) as connection:
            for table in (tables.records, tables.files):
                same = (table.c.form == form, table.c.form_version == version, table.c.checked.is_(False))
                for row in connection.execute(select(table.c.database, table.c.id).where(*same)):
                    waiting.setdefault(row.database, []).append(row.id)
        return waiting


def area_columns(code: str) -> Row:
    """The column of each level of an area code; empty for levels the code does not reach."""
    return {name: code[:digits] if len(code) >= digits else "" for digits, name in tables.AREA_LEVELS.items()}


class _Batch:
    """Some documents of one database, inside the transaction that alone may write their rows."""

    def __init__(self, connection: Connection, store: DocStore, library: Library, now: str) -> None:
        self._connection = connection
        self._store = store
        self._library = library
        self._now = now
        self._database = store.name

    def write(self, doc_ids: Sequence[str]) -> None:
        """All rows of these documents, of the records whose steps are among them, and of the households that are
        called by the persons and doors among them."""
        readings = read_all(self._store.leaves_many(doc_ids))
        step_ids = [doc_id for doc_id in doc_ids if kind_of(doc_id) == "step"]
        self._write_steps(step_ids, readings)
        owners = {record_of(doc_id, readings.get(doc_id)) for doc_id in step_ids}
        others = {doc_id for doc_id in doc_ids if kind_of(doc_id) != "step" and not doc_id.startswith("_")}
        further = (owners | self._called_by(others)) - others
        readings |= read_all(self._store.leaves_many(sorted(further)))
        self._write_others(sorted(others | further), readings)

    def _called_by(self, doc_ids: Iterable[str]) -> set[str]:
        """Households whose rows say what these persons and dwellings are called."""
        named = [doc_id for doc_id in doc_ids if kind_of(doc_id) in ("person", "dwelling")]
        table = tables.files
        beside = or_(table.c.subject.in_(named), table.c.head.in_(named))
        query = select(table.c.id).where(
            table.c.database == self._database, table.c.kind == "household", beside
        )
        return set(self._connection.scalars(query)) if named else set()

    def _write_steps(self, step_ids: Sequence[str], readings: Mapping[str, Reading]) -> None:
        rows = [
            {
                "record": record_of(doc_id, readings[doc_id]),
                "act": str(readings[doc_id].body.get("act", "")),
                "at": str(readings[doc_id].body.get("at", "")),
                "by": str(readings[doc_id].body.get("by", "")),
                "body": dict(readings[doc_id].body),
                "id": doc_id,
            }
            for doc_id in step_ids
            if doc_id in readings
        ]
        self._replace(tables.steps, step_ids, rows)

    def _write_others(self, doc_ids: Sequence[str], readings: Mapping[str, Reading]) -> None:
        live = [readings[doc_id] for doc_id in doc_ids if doc_id in readings]
        near = {**readings, **self._near(live)}
        judged = self._judge(live, near)
        received = self._received([reading.doc_id for reading in live])
        standings = self._standings(live)
        area = self._area()
        record_rows, file_rows, flag_rows = [], [], []
        for reading in live:
            verdict = judged[reading.doc_id]
            row = {
                "id": reading.doc_id,
                **area,
                **shared_columns(reading, received[reading.doc_id]),
                **verdict.columns(),
            }
            if reading.kind == "record":
                stand = standings[reading.doc_id]
                photos = photo_count(reading.answers)
                record_rows.append(
                    {**row, **stand.columns(), "photo_count": photos, "context": reading.context}
                )
                flag_rows += [{"id": reading.doc_id, "flag": flag} for flag in stand.flags(reading, verdict)]
            else:
                file_rows.append({**row, **file_columns(reading, near)})
        self._replace(tables.records, doc_ids, record_rows)
        self._replace(tables.files, doc_ids, file_rows)
        self._replace(tables.flags, doc_ids, flag_rows)
        self._write_judgements(doc_ids, judged)

    def _write_judgements(self, doc_ids: Sequence[str], judged: Mapping[str, Judgement]) -> None:
        found = [{"id": doc_id, **row} for doc_id, one in judged.items() for row in one.findings]
        asked = [
            {"id": doc_id, "path": path, "siblings": siblings}
            for doc_id, one in judged.items()
            for path, siblings in one.open_answers.items()
        ]
        self._replace(tables.findings, doc_ids, found)
        self._replace(tables.open_answers, doc_ids, asked)

    def _near(self, live: Sequence[Reading]) -> dict[str, Reading]:
        """The subjects and heads of all these documents, in one look-up."""
        wanted = {doc_id for reading in live for doc_id in (reading.subject, head_of(reading)) if doc_id}
        return read_all(self._store.leaves_many(sorted(wanted)))

    def _judge(self, live: Sequence[Reading], near: Mapping[str, Reading]) -> dict[str, Judgement]:
        return {reading.doc_id: self._judged(reading, near.get(reading.subject or "")) for reading in live}

    def _judged(self, reading: Reading, subject: Reading | None) -> Judgement:
        form = self._library.find(reading.form, reading.form_version)
        return judge(form, reading, subject.answers if subject else None)

    def _standings(self, live: Sequence[Reading]) -> dict[str, Standing]:
        """Where each record stands, all steps of all of them read in one query."""
        records = {reading.doc_id: reading for reading in live if reading.kind == "record"}
        several: dict[str, list[Json]] = {doc_id: [] for doc_id in records}
        same = (tables.steps.c.database == self._database, tables.steps.c.record.in_(list(records)))
        for row in self._connection.execute(select(tables.steps).where(*same).order_by(tables.steps.c.id)):
            several[row.record].append({**row.body, "id": row.id})
        return {
            doc_id: standing(self._library.find(reading.form, reading.form_version), reading, several[doc_id])
            for doc_id, reading in records.items()
        }

    def _received(self, doc_ids: Sequence[str]) -> dict[str, str]:
        """When this server first saw each document; now, where it is new."""
        table = tables.arrivals
        rows = [{"database": self._database, "id": doc_id, "received_at": self._now} for doc_id in doc_ids]
        if rows:
            # SQLite's or PostgreSQL's insert, and no more: the other would take 3 MiB in every process
            dialect = import_module(f"sqlalchemy.dialects.{self._connection.dialect.name}")
            self._connection.execute(dialect.insert(table).on_conflict_do_nothing(), rows)
        known = select(table.c.id, table.c.received_at).where(
            table.c.database == self._database, table.c.id.in_(doc_ids)
        )
        return {row.id: row.received_at for row in self._connection.execute(known)}

    def _area(self) -> Row:
        code = self._connection.scalar(
            select(tables.grids.c.code).where(tables.grids.c.database == self._database)
        )
        return area_columns(code or "")

    def _replace(self, table: Table, doc_ids: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        """Exactly these rows for these documents."""
        gone = delete(table).where(table.c.database == self._database, table.c.id == bindparam("doc_id"))
        if doc_ids:
            self._connection.execute(gone, [{"doc_id": doc_id} for doc_id in doc_ids])
        if rows:
            self._connection.execute(insert(table), [{"database": self._database, **row} for row in rows])


def record_of(step_id: str, reading: Reading | None) -> str:
    """The record (or file) a step is about: what its body names, if its id agrees."""
    ulid = step_id.split(":")[1] if step_id.count(":") > 1 else ""
    named = reading.body.get("record") if reading else None
    return named if isinstance(named, str) and named.partition(":")[2] == ulid else f"record:{ulid}"
