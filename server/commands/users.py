"""`jinlin user …`: accounts from the terminal, by whoever may read the data folder."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar, get_args

import click
from rich.console import Console
from rich.table import Table

from server.access import Grant, Role
from server.accounts import Account, AccountExists, Accounts, DatedGrant, NoSuchAccount
from server.passwords import WeakPassword, hashed

_NAME = re.compile(r"[a-z][a-z0-9_.-]{1,31}", re.ASCII)
_SCOPE_DIGITS: dict[Role, tuple[int, ...]] = {
    "worker": (15,),
    "community": (12,),
    "street": (9,),
    "district": (6,),
    "author": (0,),
    "server": (0, 6, 9, 12, 15),
    "admin": (0,),
}
"""How many digits of an area code a role may be given for; 0 is everything (`--scope all`)."""

T = TypeVar("T")


@click.group()
def user() -> None:
    """Accounts: add, list, disable, change the password."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice(get_args(Role)), required=True)
@click.option(
    "--scope", default="all", show_default=True, help="code of the grid, community, street or district"
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="last day on which the role counts")
@click.option("--display-name", help="the name people read [default: NAME]")
@click.option("--password-stdin", is_flag=True, help="read the password from standard input")
@click.pass_context
def add(
    context: click.Context,
    name: str,
    role: Role,
    scope: str,
    until: datetime | None,
    display_name: str | None,
    password_stdin: bool,
) -> None:
    """Add an account with one role. The password is asked for, or read with --password-stdin."""
    if _NAME.fullmatch(name) is None:
        raise click.ClickException(
            "a name is 2 to 32 lower-case letters, digits, dots, dashes; a letter first"
        )
    granted = DatedGrant(Grant(role, _scope(role, scope)), until.date() if until else None)
    account = Account(name, display_name or name, _password(password_stdin), (granted,), False, 1)
    _told(lambda: _accounts(context).add(account, datetime.now(UTC)))
    click.echo(f"{name}: {role} {granted.grant.scope or 'all'}")


@user.command(name="list")
@click.pass_context
def list_(context: click.Context) -> None:
    """Every account with its roles."""
    table = Table("name", "", "roles", "state", box=None)
    for account in _accounts(context).all():
        table.add_row(
            account.name, account.display_name, _roles(account), "disabled" if account.disabled else ""
        )
    Console().print(table)


@user.command()
@click.argument("name")
@click.pass_context
def disable(context: click.Context, name: str) -> None:
    """Stop an account: its devices and sessions count no more, within 15 seconds everywhere."""
    _told(lambda: _accounts(context).set_disabled(name, True))


@user.command()
@click.argument("name")
@click.pass_context
def enable(context: click.Context, name: str) -> None:
    """Let a disabled account in again."""
    _told(lambda: _accounts(context).set_disabled(name, False))


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="read the password from standard input")
@click.pass_context
def passwd(context: click.Context, name: str, password_stdin: bool) -> None:
    """Change a password. Every sign-in from before counts no more; a phone keeps what it holds."""
    accounts = _accounts(context)
    if accounts.find(name) is None:
        raise click.ClickException(f"there is no account {name!r}")
    password_hash = _password(password_stdin)
    _told(lambda: accounts.set_password(name, password_hash))


def _accounts(context: click.Context) -> Accounts:
    from server.cli import effective  # it registers this group

    settings = effective(context).settings
    settings.data.mkdir(parents=True, exist_ok=True)
    return Accounts(settings.data / "accounts.sqlite")


def _scope(role: Role, text: str) -> str:
    """The area code of a scope, without the zeros that pad a street's or a district's to twelve digits."""
    code = "" if text == "all" else text
    if code and not (code.isascii() and code.isdigit()):
        raise click.ClickException("a scope is an area code in digits, or `all`")
    if len(code) == 12 and 12 not in _SCOPE_DIGITS[role]:
        code = next((code[:n] for n in (6, 9) if set(code[n:]) == {"0"}), code)
    if len(code) not in _SCOPE_DIGITS[role]:
        lengths = " or ".join(f"{n} digits" if n else "`all`" for n in _SCOPE_DIGITS[role])
        raise click.ClickException(f"the scope of a {role} is {lengths}")
    return code


def _password(from_stdin: bool) -> str:
    """The hash of the password given; a weak one is asked for again by whoever runs the command."""
    if from_stdin:
        text = sys.stdin.readline().rstrip("\r\n")
    else:
        text = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    try:
        return hashed(text)
    except WeakPassword as error:
        raise click.ClickException(str(error)) from error


def _roles(account: Account) -> str:
    return ", ".join(
        f"{d.grant.role} {d.grant.scope or 'all'}" + (f" until {_day(d.ends_on)}" if d.ends_on else "")
        for d in account.grants
    )


def _day(day: date) -> str:
    return day.isoformat()


def _told(act: Callable[[], T]) -> T:
    """What the act gives; its errors in words for a terminal."""
    try:
        return act()
    except AccountExists as error:
        raise click.ClickException(f"there is an account {str(error)!r} already") from error
    except NoSuchAccount as error:
        raise click.ClickException(f"there is no account {str(error)!r}") from error
