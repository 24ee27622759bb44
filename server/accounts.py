"""Accounts, devices, lock-out and audit of one server, in `<data>/accounts.sqlite`; never replicated.

Every method blocks: call it through `offload`. Times are passed in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sql
from sqlalchemy import NullPool, event

from server.access import Actor, Grant, Role
from server.account_tables import attempts, audit, devices, grants, metadata, stamp, users

FREE_ATTEMPTS = 5
FIRST_LOCK_S = 15
LONGEST_LOCK_S = 900
ATTEMPTS_KEPT_S = 86_400
"""A count of wrong passwords is forgotten after a day without any."""


class AccountExists(Exception):
    """There is an account of this name already; it was not touched."""


class NoSuchAccount(Exception):
    """No account has this name."""


@dataclass(frozen=True)
class DatedGrant:
    """A grant and the last day on which it counts; None: until it is taken away."""

    grant: Grant
    ends_on: date | None = None


@dataclass(frozen=True)
class Account:
    """One person or server that may sign in."""

    name: str
    display_name: str
    password_hash: str
    grants: tuple[DatedGrant, ...]
    disabled: bool
    epoch: int
    """Raised when the password changes or the account is disabled: everything signed before counts no more."""

    def actor(self, device: str | None, today: date) -> Actor:
        """Who this account is on that day."""
        valid = tuple(d.grant for d in self.grants if d.ends_on is None or d.ends_on >= today)
        return Actor(self.name, self.display_name, device, valid)


@dataclass(frozen=True)
class Device:
    """One incarnation of a local database, bound to an account."""

    name: str
    user: str
    refresh_hash: str | None
    previous_hash: str | None
    rotated_at: str
    revoked: bool


@dataclass(frozen=True)
class AuditRow:
    """Who did what, when. `detail` names things by id, never by answers."""

    at: str
    who: str
    what: str
    detail: str


class Accounts:
    """The accounts of a server; the file and its tables are made if they are not there."""

    def __init__(self, path: Path) -> None:
        self._engine = sql.create_engine(
            f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": 20}
        )
        event.listen(self._engine, "connect", _pragmas)
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        with self._write() as connection:
            metadata.create_all(connection)

    @contextmanager
    def _write(self) -> Iterator[sql.Connection]:
        """A write transaction that holds the lock from its beginning, so that what it reads still holds."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def add(self, account: Account, at: datetime) -> None:
        """Keep a new account; `AccountExists`."""
        with self._write() as connection:
            if _row(connection, account.name) is not None:
                raise AccountExists(account.name)
            connection.execute(
                users.insert().values(
                    name=account.name,
                    display_name=account.display_name,
                    password_hash=account.password_hash,
                    disabled=account.disabled,
                    epoch=account.epoch,
                    created_at=stamp(at),
                )
            )
            _insert_grants(connection, account.name, account.grants)

    def find(self, name: str) -> Account | None:
        """The account of this name, disabled or not."""
        with self._engine.connect() as connection:
            row = _row(connection, name)
            return None if row is None else _account(connection, row)

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(users.select().order_by(users.c.name)).mappings().all()
            return [_account(connection, row) for row in rows]

    def set_password(self, name: str, password_hash: str) -> None:
        """Replace the password; every sign-in from before counts no more. `NoSuchAccount`."""
        self._change(name, password_hash=password_hash, epoch=users.c.epoch + 1)

    def set_disabled(self, name: str, disabled: bool) -> None:
        """Stop an account, or let it in again; every sign-in from before counts no more. `NoSuchAccount`."""
        self._change(name, disabled=disabled, epoch=users.c.epoch + 1)

    def set_grants(self, name: str, given: Sequence[DatedGrant]) -> None:
        """Replace what an account was granted. `NoSuchAccount`."""
        with self._write() as connection:
            if _row(connection, name) is None:
                raise NoSuchAccount(name)
            connection.execute(grants.delete().where(grants.c.user == name))
            _insert_grants(connection, name, given)

    def _change(self, name: str, **values: Any) -> None:
        with self._write() as connection:
            changed = connection.execute(users.update().where(users.c.name == name).values(**values))
            if changed.rowcount == 0:
                raise NoSuchAccount(name)
            connection.execute(
                devices.update().where(devices.c.user == name).values(refresh_hash=None, previous_hash=None)
            )

    def attempt(self, name: str, at: datetime) -> int:
        """Count a password about to be tried; the seconds still to wait where it may not be tried now, else 0.

        Counted before it is looked at, so that a hundred guesses at once are a hundred attempts.
        """
        now_s = at.timestamp()
        with self._write() as connection:
            connection.execute(attempts.delete().where(attempts.c.last_s < now_s - ATTEMPTS_KEPT_S))
            row = connection.execute(attempts.select().where(attempts.c.account == name)).mappings().first()
            if row is not None and row["locked_until_s"] > now_s:
                return int(row["locked_until_s"] - now_s) + 1
            failures = (row["failures"] if row else 0) + 1
            lock_s = lock_after(failures)
            values = {
                "failures": failures,
                "last_s": now_s,
                "locked_until_s": now_s + lock_s if lock_s else 0.0,
            }
            if row is None:
                connection.execute(attempts.insert().values(account=name, **values))
            else:
                connection.execute(attempts.update().where(attempts.c.account == name).values(**values))
        return 0

    def succeeded(self, name: str) -> None:
        """The password was right: forget the wrong ones."""
        with self._write() as connection:
            connection.execute(attempts.delete().where(attempts.c.account == name))

    def device(self, name: str) -> Device | None:
        """The device of this name."""
        with self._engine.connect() as connection:
            return _device(connection, name)

    def bind(self, name: str, user: str, refresh_hash: str, at: datetime) -> bool:
        """Give a device to an account with a fresh refresh token; False if it is somebody else's."""
        with self._write() as connection:
            known = _device(connection, name)
            if known is not None and known.user != user:
                return False
            values = {
                "user": user,
                "refresh_hash": refresh_hash,
                "previous_hash": None,
                "rotated_at": stamp(at),
                "seen_at": stamp(at),
                "revoked": False,
            }
            if known is None:
                connection.execute(devices.insert().values(name=name, created_at=stamp(at), **values))
            else:
                connection.execute(devices.update().where(devices.c.name == name).values(**values))
        return True

    def rotate(
        self, name: str, old_hash: str, new_hash: str, at: datetime, *, grace_s: int, life_s: int
    ) -> bool:
        """Replace a device's refresh token, if `old_hash` is the current one.

        The one before it is taken too, once and for `grace_s`: its holder may never have got the reply.
        """
        with self._write() as connection:
            known = _device(connection, name)
            if known is None or known.revoked:
                return False
            age_s = at.timestamp() - datetime.fromisoformat(known.rotated_at).timestamp()
            if known.refresh_hash == old_hash and age_s <= life_s:
                previous: str | None = old_hash
            elif known.previous_hash == old_hash and age_s <= grace_s:
                previous = None
            else:
                return False
            connection.execute(
                devices.update()
                .where(devices.c.name == name)
                .values(
                    refresh_hash=new_hash, previous_hash=previous, rotated_at=stamp(at), seen_at=stamp(at)
                )
            )
        return True

    def sign_out(self, name: str) -> None:
        """Forget a device's refresh token; it may sign in again with a password."""
        with self._write() as connection:
            connection.execute(
                devices.update().where(devices.c.name == name).values(refresh_hash=None, previous_hash=None)
            )

    def revoke(self, name: str) -> None:
        """A device is lost: nothing signed for it counts any more, until its account signs in on it anew."""
        with self._write() as connection:
            connection.execute(
                devices.update()
                .where(devices.c.name == name)
                .values(refresh_hash=None, previous_hash=None, revoked=True)
            )

    def devices_of(self, user: str) -> list[Device]:
        """The devices of an account, by name."""
        with self._engine.connect() as connection:
            names = connection.scalars(
                sql.select(devices.c.name).where(devices.c.user == user).order_by(devices.c.name)
            ).all()
            return [found for name in names if (found := _device(connection, name)) is not None]

    def note(self, who: str, what: str, detail: str, at: datetime) -> None:
        """Write an audit row. `detail` names things by id, never by answers."""
        with self._write() as connection:
            connection.execute(audit.insert().values(at=stamp(at), who=who, what=what, detail=detail))

    def notes(self, limit: int = 1000) -> list[AuditRow]:
        """The latest audit rows, newest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(audit.select().order_by(audit.c.id.desc()).limit(limit)).mappings()
            return [AuditRow(row["at"], row["who"], row["what"], row["detail"]) for row in rows]


def lock_after(failures: int) -> int:
    """For how many seconds an account is locked after so many wrong passwords in a row."""
    over = failures - FREE_ATTEMPTS
    return 0 if over < 0 else min(FIRST_LOCK_S * 2 ** min(over, 30), LONGEST_LOCK_S)


def _pragmas(connection: Any, _record: Any) -> None:
    """Durable when a transaction returns; transactions are begun by hand (`_write`)."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")


def _row(connection: sql.Connection, name: str) -> sql.RowMapping | None:
    return connection.execute(users.select().where(users.c.name == name)).mappings().first()


def _account(connection: sql.Connection, row: sql.RowMapping) -> Account:
    given = connection.execute(
        grants.select().where(grants.c.user == row["name"]).order_by(grants.c.id)
    ).mappings()
    return Account(
        row["name"],
        row["display_name"],
        row["password_hash"],
        tuple(
            DatedGrant(
                Grant(cast(Role, g["role"]), g["scope"]),
                date.fromisoformat(g["ends_on"]) if g["ends_on"] else None,
            )
            for g in given
        ),
        bool(row["disabled"]),
        row["epoch"],
    )


def _insert_grants(connection: sql.Connection, name: str, given: Sequence[DatedGrant]) -> None:
    for dated in given:
        connection.execute(
            grants.insert().values(
                user=name,
                role=dated.grant.role,
                scope=dated.grant.scope,
                ends_on=dated.ends_on.isoformat() if dated.ends_on else None,
            )
        )


def _device(connection: sql.Connection, name: str) -> Device | None:
    row = connection.execute(devices.select().where(devices.c.name == name)).mappings().first()
    if row is None:
        return None
    return Device(
        row["name"],
        row["user"],
        row["refresh_hash"],
        row["previous_hash"],
        row["rotated_at"],
        bool(row["revoked"]),
    )
