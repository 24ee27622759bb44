"""Accounts from the terminal, and two processes at one file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.accounts import Accounts, lock_after
from server.cli import main
from server.passwords import matches

GRID = "350505001999001"


def jinlin(data: Path, *arguments: str, given: str = "long enough\n") -> Result:
    return CliRunner().invoke(main, ["user", *arguments], input=given, env={"JINLIN_DATA": str(data)})


def add(data: Path, name: str, *options: str, given: str = "long enough\n") -> Result:
    return jinlin(data, "add", name, *options, "--password-stdin", given=given)


def test_a_worker_is_added_with_his_grid(tmp_path: Path) -> None:
    done = add(
        tmp_path, "chen", "--role", "worker", "--scope", GRID, "--display-name", "陈", "--until", "2026-12-31"
    )
    assert done.exit_code == 0, done.output
    account = Accounts(tmp_path / "accounts.sqlite").find("chen")
    assert account is not None
    assert [(d.grant.role, d.grant.scope, d.ends_on) for d in account.grants] == [
        ("worker", GRID, date(2026, 12, 31))
    ]
    assert matches(account.password_hash, "long enough")
    assert "陈" in jinlin(tmp_path, "list").output


def test_the_password_is_asked_for_twice(tmp_path: Path) -> None:
    done = jinlin(tmp_path, "add", "admin", "--role", "admin", given="long enough\nlong enough\n")
    assert done.exit_code == 0, done.output
    assert "long enough" not in done.output
    assert jinlin(tmp_path, "add", "b2", "--role", "admin", given="long enough\nother\n").exit_code == 1


@pytest.mark.parametrize(
    ("role", "scope", "kept"),
    [
        ("street", "350505001000", "350505001"),
        ("district", "350505000000", "350505"),
        ("district", "350505", "350505"),
        ("community", "350505001000", "350505001000"),
        ("server", "all", ""),
        ("admin", "all", ""),
    ],
)
def test_a_padded_area_code_is_the_area(tmp_path: Path, role: str, scope: str, kept: str) -> None:
    assert add(tmp_path, "lin", "--role", role, "--scope", scope).exit_code == 0
    account = Accounts(tmp_path / "accounts.sqlite").find("lin")
    assert account is not None
    assert account.grants[0].grant.scope == kept


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("Chen", ["--role", "admin"], "a name is"),
        ("chen", ["--role", "worker"], "15 digits"),
        ("chen", ["--role", "worker", "--scope", "350505"], "15 digits"),
        ("chen", ["--role", "worker", "--scope", "第一网格"], "area code"),
        ("chen", ["--role", "admin", "--scope", GRID], "`all`"),
        ("chen", ["--role", "king"], "king"),
    ],
)
def test_what_cannot_be_is_said_clearly(tmp_path: Path, name: str, options: list[str], said: str) -> None:
    failed = add(tmp_path, name, *options)
    assert failed.exit_code != 0
    assert said in failed.output
    assert "Traceback" not in failed.output


def test_a_weak_password_a_second_account_and_an_unknown_one_are_said(tmp_path: Path) -> None:
    assert "8 to 256" in add(tmp_path, "chen", "--role", "admin", given="short\n").output
    assert add(tmp_path, "chen", "--role", "admin").exit_code == 0
    assert "already" in add(tmp_path, "chen", "--role", "admin").output
    for act in ("disable", "enable"):
        assert "no account 'wu'" in jinlin(tmp_path, act, "wu").output
    assert "no account 'wu'" in jinlin(tmp_path, "passwd", "wu", "--password-stdin").output


def test_a_password_is_changed_and_an_account_is_stopped(tmp_path: Path) -> None:
    add(tmp_path, "chen", "--role", "admin")
    accounts = Accounts(tmp_path / "accounts.sqlite")
    assert jinlin(tmp_path, "passwd", "chen", "--password-stdin", given="another one\n").exit_code == 0
    assert jinlin(tmp_path, "disable", "chen").exit_code == 0
    account = accounts.find("chen")
    assert account is not None
    assert (account.disabled, account.epoch, matches(account.password_hash, "another one")) == (True, 3, True)
    assert "disabled" in jinlin(tmp_path, "list").output


def test_a_hundred_guesses_at_once_are_a_hundred_attempts(tmp_path: Path) -> None:
    accounts, at = Accounts(tmp_path / "accounts.sqlite"), datetime(2026, 11, 22, tzinfo=UTC)
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: accounts.attempt("chen", at), range(40)))
    assert waits.count(0) == 5


def test_attempts_that_arrive_out_of_order_lock_nobody(tmp_path: Path) -> None:
    accounts, at = Accounts(tmp_path / "accounts.sqlite"), datetime(2026, 11, 22, tzinfo=UTC)
    assert accounts.attempt("chen", at) == 0
    assert accounts.attempt("chen", at - timedelta(milliseconds=1)) == 0


def test_two_processes_make_the_file_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: Accounts(tmp_path / "accounts.sqlite"), range(8)))
    assert all(accounts.all() == [] for accounts in made)


def test_the_lock_grows_from_seconds_to_a_quarter_of_an_hour() -> None:
    assert [lock_after(n) for n in (1, 4, 5, 6, 7, 11, 1000)] == [0, 0, 15, 30, 60, 900, 900]
