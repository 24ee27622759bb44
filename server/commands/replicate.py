"""`jinlin replicate SOURCE TARGET`: every grid of one server to another, as often as it takes."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import click
from rich.console import Console

from server.app import new_ulid
from server.cli import effective
from server.opening import open_stores
from server.replicating import Outcome, Sending, chosen
from server.replicating_board import Board, explain
from server.settings import Settings
from sync.couchdb import CouchStores
from sync.errors import AccessRefused, Malformed, StoreUnavailable, SyncError
from sync.peer import Address, address
from sync.store import StoreSet

FAILED, REFUSED, INTERRUPTED = 1, 3, 130
"""Exit codes: something could not be sent; all was offered and some was refused; stopped before the end."""

_SHORTEST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0


@click.command()
@click.argument("source")
@click.argument("target")
@click.option("--continuous", is_flag=True, help="go on sending what changes, until Ctrl-C or SIGTERM")
@click.option(
    "--database", "databases", multiple=True, metavar="NAME", help="only this database; may be repeated"
)
@click.option(
    "--parallel", default=4, show_default=True, type=click.IntRange(1, 16), help="databases at once"
)
@click.option("--quiet", is_flag=True, help="say nothing but what went wrong")
@click.pass_context
def replicate(
    context: click.Context, source: str, target: str, continuous: bool, databases: tuple[str, ...], parallel: int,
    quiet: bool,
) -> None:  # fmt: skip
    """Send every grid of SOURCE to TARGET, with the directory and the forms.

    Each is `local` (this server's data folder) or the URL of a Jinlin's /db, an Apache CouchDB, a Cloudant or any
    server that speaks their protocol, as in https://NAME:PASSWORD@district.example/db; without a password it is
    asked for. iam+https://… signs in at IBM's IAM with the key in JINLIN_STORE_KEY, session+https://… for a cookie.
    Interrupted anywhere, the next run goes on from there and sends nothing twice.
    """
    settings = effective(context).settings
    logging.getLogger("ibm-cloud-sdk-core").setLevel(logging.CRITICAL)  # it would print traces of its own
    stop = threading.Event()
    with _stopping_on_signals(stop) as signals:
        origin, district = _endpoint(source, settings), _endpoint(target, settings)
        board = Board(Console(stderr=True), quiet=quiet)
        sending = Sending(
            origin, district, new_session=new_ulid, audience=board, parallel=parallel, stop=stop
        )
        try:
            with board.shown():
                code = _follow(sending, databases, board) if continuous else _once(sending, databases, board)
        finally:
            origin.close()
            district.close()
    interrupted = stop.is_set() and not continuous
    if interrupted:
        board.tell("停止了,再运行一次会接着传。 Stopped; run it again to go on.")
    context.exit(INTERRUPTED if interrupted and signal.SIGINT in signals else code)


def _once(sending: Sending, named: tuple[str, ...], board: Board) -> int:
    try:
        outcomes = sending.run(chosen(sending.source, named))
    except SyncError as error:
        raise click.ClickException(explain(error)) from error
    board.sum_up(outcomes)
    if any(outcome.error for outcome in outcomes):
        return FAILED
    return REFUSED if any(outcome.result and outcome.result.refused for outcome in outcomes) else 0


def _follow(sending: Sending, named: tuple[str, ...], board: Board) -> int:
    """Passes until the stop; the pause grows while nothing changes, and while something fails."""
    pause_s = _SHORTEST_PAUSE_S
    while not sending.stop.is_set():
        try:
            outcomes = sending.run(chosen(sending.source, named))
        except SyncError as error:
            board.warn(explain(error))
            outcomes = [Outcome("", error=error)]
        idle = not any(outcome.result and outcome.result.written for outcome in outcomes)
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S) if idle else _SHORTEST_PAUSE_S
        sending.stop.wait(pause_s)
    return 0


def _endpoint(text: str, settings: Settings) -> StoreSet:
    """The databases that an argument names, after asking whether they are there."""
    if text == "local":
        return open_stores(settings)
    try:
        at = address(text, settings.store_key if text.startswith("iam+") else "")
    except Malformed as error:
        raise click.UsageError(f"网址不对 {error}: use `local` or https://NAME:PASSWORD@host/db") from error
    if at.name and not at.secret:
        at = _with_password(at)
    stores = CouchStores(at, spool=settings.data if settings.data.is_dir() else None)
    try:
        stores.check()
    except AccessRefused as error:
        hint = "" if at.name or at.secret else " (https://NAME:PASSWORD@…)"
        raise click.ClickException(f"{at}: {explain(error)}{hint}") from error
    except StoreUnavailable as error:
        raise click.ClickException(f"{at}: {explain(error)}") from error
    return stores


def _with_password(at: Address) -> Address:
    return replace(at, secret=click.prompt(f"{at.name} @ {at} 密码 password", hide_input=True, err=True))


@contextmanager
def _stopping_on_signals(stop: threading.Event) -> Iterator[list[int]]:
    """The first signal ends the run after the batch in hand; which came, in order."""
    came: list[int] = []

    def note(number: int, _frame: object) -> None:
        if stop.is_set():
            sys.exit(INTERRUPTED)
        came.append(number)
        stop.set()

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
