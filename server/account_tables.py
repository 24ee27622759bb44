"""The tables of `accounts.sqlite`. Instants are ISO-8601 UTC texts, or seconds since 1970 where they are compared."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("user", Text, ForeignKey("users.name"), nullable=False),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("ends_on", Text),
    Index("grants_by_user", "user"),
)

devices = Table(
    "devices",
    metadata,
    Column("name", Text, primary_key=True),
    Column("user", Text, ForeignKey("users.name"), nullable=False),
    Column("created_at", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
    Column("refresh_hash", Text),
    Column("previous_hash", Text),
    Column("rotated_at", Text, nullable=False),
    Column("revoked", Boolean, nullable=False),
    Index("devices_by_user", "user"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("account", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_s", Float, nullable=False),
    Column("locked_until_s", Float, nullable=False),
    Index("attempts_by_time", "last_s"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_by_time", "at"),
)


def stamp(at: datetime) -> str:
    """An instant as it is kept: ISO-8601 UTC with seconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
