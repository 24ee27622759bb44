"""The commands `jinlin parked …`: changes that a follower could not handle, and another attempt at them."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from server.followers import PARKED_AFTER, Ledger


@click.group()
def parked() -> None:
    """Changes that the followers (merging, index, photos) gave up on after five failures. They lose no answers."""


@parked.command("list")
@click.pass_context
def list_parked(context: click.Context) -> None:
    """Show what is parked and what is waiting for its next attempt; never an answer."""
    ledger = _ledger(context)
    try:
        troubles = ledger.troubles() if ledger else []
    finally:
        if ledger:
            ledger.close()
    if not troubles:
        click.echo("没有搁置的变更。 Nothing is parked.")
        return
    table = Table("follower", "database", "id", "rev", "error", "attempts", "state", box=None)
    for trouble in troubles:
        state = "搁置 parked" if trouble.parked else "等待重试 waiting"
        attempts = f"{trouble.failures}/{PARKED_AFTER}"
        table.add_row(
            trouble.follower, trouble.database, trouble.doc_id, trouble.rev, trouble.error, attempts, state
        )
    Console(width=200, soft_wrap=True).print(table)
    click.echo("改正原因后运行 jinlin parked retry。 When the cause is mended, run `jinlin parked retry`.")


@parked.command()
@click.pass_context
def retry(context: click.Context) -> None:
    """Have every parked change tried again; the followers of `jinlin serve` or `jinlin work` do it at once."""
    ledger = _ledger(context)
    try:
        count = ledger.forgive() if ledger else 0
    finally:
        if ledger:
            ledger.close()
    if count == 0:
        click.echo("没有搁置的变更。 Nothing is parked.")
    else:
        click.echo(f"{count} 项变更将重试。 Parked changes that will be tried again: {count}")


def _ledger(context: click.Context) -> Ledger | None:
    """The ledger of the followers; None where they have never run."""
    from server.cli import effective

    path: Path = effective(context).settings.data / "followers.sqlite"
    return Ledger(path) if path.exists() else None
