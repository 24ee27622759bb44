"""The command `jinlin`. Each group of commands lives in its own module; here they meet."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from importlib import import_module
from threading import Event
from typing import Any, TypeVar

import click

from server.settings import SETTINGS, BadSetting, Effective, resolve
from sync.errors import StoreUnavailable

Command = TypeVar("Command", bound=Callable[..., Any])


def settings_flags(command: Command) -> Command:
    """Give a command one flag for each setting, and `--config`; they reach `effective`."""
    for row in reversed(SETTINGS):
        command = click.option(row.flag, row.name, metavar=row.kind.__name__.upper(), help=row.help)(command)
    return click.option("--config", "config", metavar="FILE", help="TOML file of settings")(command)


ELSEWHERE = {
    "backup": "server.commands.store:backup",
    "compact": "server.commands.store:compact",
    "demo": "server.demo:demo",
    "figures": "server.commands.figures:figures",
    "form": "server.commands.forms:form",
    "import": "server.imports:import_group",
    "index": "server.commands.index:index",
    "parked": "server.commands.parked:parked",
    "replicate": "server.commands.replicate:replicate",
    "restore": "server.commands.store:restore",
    "user": "server.commands.users:user",
    "verify": "server.commands.store:verify",
}
"""Commands and groups of other modules, imported when they are asked for: `jinlin web` starts without them."""


class Jinlin(click.Group):
    """The commands of this module and those of `ELSEWHERE`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = ELSEWHERE.get(cmd_name)
        if place is None:
            return super().get_command(ctx, cmd_name)
        module, _, name = place.partition(":")
        found: click.Command = getattr(import_module(module), name)
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what an operator can mend is one sentence."""
        try:
            return super().invoke(ctx)
        except (BadSetting, StoreUnavailable) as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Jinlin, context_settings={"help_option_names": ["-h", "--help"]})
@settings_flags
@click.pass_context
def main(context: click.Context, /, **flags: str | None) -> None:
    """Jinlin (近邻): offline-first forms and sync for neighbourhood grid work."""
    context.obj = _given(flags)


def _given(flags: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in flags.items() if value is not None}


def effective(context: click.Context, /, **flags: str | None) -> Effective:
    """The settings in force for a command: its own flags, `jinlin`'s, the environment, the file, the defaults."""
    return resolve(os.environ, {**(context.obj or {}), **_given(flags)})


@main.command()
@settings_flags
@click.pass_context
def serve(context: click.Context, /, **flags: str | None) -> None:
    """Run everything on this machine: the web and the followers."""
    from server import web, workers
    from server.garbage import collect_seldom
    from server.ports import PortTaken, check_port
    from server.process import share_one_heap
    from server.serving import run_together

    settings = effective(context, **flags).settings
    try:
        check_port(settings.host, settings.port)
    except PortTaken as error:
        raise click.ClickException(f"cannot listen on {error}") from error
    click.echo(f"近邻 Jinlin  http://{settings.host}:{settings.port}/   desk: /desk/   Ctrl-C stops it")
    share_one_heap()
    collect_seldom()  # what is there before the fork is shared, and is not to be touched
    context.exit(run_together(partial(web.run, settings), partial(workers.run, settings)))


@main.command()
@settings_flags
@click.pass_context
def web(context: click.Context, /, **flags: str | None) -> None:
    """Run the web processes alone."""
    from server.ports import PortTaken
    from server.web import run

    try:
        run(effective(context, **flags).settings)
    except PortTaken as error:
        raise click.ClickException(f"cannot listen on {error}") from error


@main.command()
@settings_flags
@click.pass_context
def work(context: click.Context, /, **flags: str | None) -> None:
    """Run the followers alone: merging, the review index."""
    from server.garbage import collect_seldom
    from server.process import share_one_heap
    from server.workers import run

    share_one_heap()
    collect_seldom()
    run(effective(context, **flags).settings, Event())


@main.command()
@settings_flags
@click.pass_context
def settings(context: click.Context, /, **flags: str | None) -> None:
    """Print the settings in force and where each came from; secrets are masked."""
    rows = [("setting", "value", "from", "environment")]
    for row, (name, value, origin) in zip(SETTINGS, effective(context, **flags).shown(), strict=True):
        rows.append((name, value, origin, row.env))
    widths = [max(len(cells[column]) for cells in rows) + 2 for column in range(3)]
    for *cells, env in rows:
        click.echo("".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + env)


if __name__ == "__main__":
    main()
