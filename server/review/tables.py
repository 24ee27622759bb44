"""The review index: SQLAlchemy Core tables that may be thrown away and followed again from zero.

SQLite beside the stores, or PostgreSQL where `JINLIN_INDEX` names one.
Nothing here is the truth: every row is computed from the leaves a store holds now.
`arrivals` alone is older than a rebuild: it keeps when this server first saw a document.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    text,
)

AREA_LEVELS = {6: "county", 9: "street", 12: "community", 15: "grid"}
"""Digits of an area code, and the column that holds the code of that level."""

metadata = MetaData()


def _key() -> list[Column[Any]]:
    return [Column("database", String(80), primary_key=True), Column("id", String(120), primary_key=True)]


def _area() -> list[Column[Any]]:
    """Where the database lies now, from `directory`; empty while that is not known, and then nobody may see it."""
    return [Column(name, String(15), nullable=False, default="") for name in AREA_LEVELS.values()]


grids = Table(
    "grids",
    metadata,
    Column("database", String(80), primary_key=True),
    Column("code", String(15), nullable=False, index=True),
    Column("name", JSON, nullable=False),
    *_area(),
)

records = Table(
    "records",
    metadata,
    *_key(),
    Column("form", String(80), nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("subject", String(120)),
    *_area(),
    Column("captured_by", String(80), nullable=False),
    Column("captured_at", String(30), nullable=False),
    Column("received_at", String(30), nullable=False),
    Column("state", String(40), nullable=False),
    Column("state_at", String(30)),
    Column("state_by", String(80)),
    Column("returned_count", Integer, nullable=False),
    Column("error_count", Integer, nullable=False),
    Column("warning_count", Integer, nullable=False),
    Column("open_count", Integer, nullable=False),
    Column("photo_count", Integer, nullable=False),
    Column("checked", Boolean, nullable=False),
    Column("judged", String(32), nullable=False),
    Column("context", JSON, nullable=False),
)
"""One row for each live record. `state` is `withdrawn` where its author removed it, whatever the steps say.

`judged` is the digest of what a reviewer would judge (`readings.judged`)."""

for level in ("county", "street", "community", "database"):
    Index(f"records_by_{level}", records.c[level], records.c.state, records.c.received_at, records.c.id)
Index("records_by_subject", records.c.subject, records.c.captured_at)
Index("records_by_id", records.c.id)
Index("records_by_form", records.c.form, records.c.form_version, records.c.checked)

files = Table(
    "files",
    metadata,
    *_key(),
    Column("kind", String(20), nullable=False),
    Column("form", String(80), nullable=False),
    Column("form_version", Integer, nullable=False),
    Column("subject", String(120)),
    *_area(),
    Column("captured_by", String(80), nullable=False),
    Column("captured_at", String(30), nullable=False),
    Column("received_at", String(30), nullable=False),
    Column("head", String(120)),
    Column("name", String(200), nullable=False),
    Column("address", String(300), nullable=False),
    Column("door", String(120), nullable=False),
    Column("search", Text, nullable=False),
    Column("open_count", Integer, nullable=False),
    Column("error_count", Integer, nullable=False),
    Column("warning_count", Integer, nullable=False),
    Column("checked", Boolean, nullable=False),
    Column("removed", Boolean, nullable=False),
)
"""One row for each live household, person, dwelling or other file.

A household's row says its head's name and its dwelling's address, and is written again when those files change.
"""

Index("files_by_subject", files.c.subject, files.c.kind)
Index("files_by_head", files.c.head)
Index("files_by_id", files.c.id)
for level in AREA_LEVELS.values():
    Index(f"files_by_{level}", files.c[level], files.c.kind, files.c.door, files.c.id)
Index("files_by_form", files.c.form, files.c.form_version, files.c.checked)

steps = Table(
    "steps",
    metadata,
    *_key(),
    Column("record", String(120), nullable=False),
    Column("act", String(40), nullable=False),
    Column("at", String(30), nullable=False),
    Column("by", String(80), nullable=False),
    Column("body", JSON, nullable=False),
    Index("steps_by_record", "database", "record"),
)
"""Steps wait here for their record, or their record's row is folded again when they come."""

findings = Table(
    "findings",
    metadata,
    *_key(),
    Column("no", Integer, primary_key=True),
    Column("path", String(300), nullable=False),
    Column("code", String(60), nullable=False),
    Column("severity", String(10), nullable=False),
    Column("message", JSON, nullable=False),
)

open_answers = Table(
    "open_answers",
    metadata,
    *_key(),
    Column("path", String(300), primary_key=True),
    Column("siblings", JSON, nullable=False),
)

flags = Table(
    "flags",
    metadata,
    *_key(),
    Column("flag", String(20), primary_key=True),
    Index("flags_by_flag", "flag", "database", "id"),
)

arrivals = Table("arrivals", metadata, *_key(), Column("received_at", String(30), nullable=False))

REBUILT = (grids, records, files, steps, findings, open_answers, flags)


def open_index(url: str) -> Engine:
    """The index at a SQLAlchemy URL, its tables made if they are not there."""
    return prepare(create_engine(url), metadata)


def prepare(engine: Engine, tables: MetaData) -> Engine:
    """The same engine with SQLite's manners and these tables. Preparing it twice changes nothing."""
    if engine.dialect.name == "sqlite" and not event.contains(engine, "begin", _begin):
        event.listen(engine, "connect", _manners)
        event.listen(engine, "begin", _begin)
        engine.dispose()  # connections that were opened without manners
    with writing(engine, "schema") as connection:
        tables.create_all(connection)
    return engine


def _manners(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: Engine, database: str) -> Iterator[Connection]:
    """A transaction that alone writes rows of this database, so that what it reads from the store is the newest."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": database})
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the index and writes nothing."""
    with engine.connect() as connection, connection.begin():
        yield connection
