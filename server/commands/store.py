"""The commands that care for what a server keeps: backup, restore, verify, compact."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from server import backup as backups
from server import manifest, verifying
from server.backup import Refused
from server.cli import effective
from server.manifest import NoBackup
from server.settings import Settings
from sync.errors import NotFound, SyncError
from sync.sqlite import SqliteStores

_COLUMNS = (
    TextColumn("{task.description}"),
    BarColumn(),
    MofNCompleteColumn(),
    TextColumn("{task.fields[at]}"),
)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_context
def backup(context: click.Context, folder: Path) -> None:
    """Copy everything this server keeps into FOLDER, while it runs.

    Run again, it replaces the backup in FOLDER by a newer one; until that is whole, the older one stays.
    """
    settings = effective(context).settings
    with _explained(), _progress("备份 backup") as (expect, told):
        todo = backups.plan(settings.data)
        photos = sum(1 for _ in backups.originals(settings.data))
        expect(len(todo.databases) + len(todo.plain) + photos)
        made = backups.back_up(settings.data, folder, _stamp("%Y-%m-%dT%H:%M:%SZ"), told)
    click.echo(
        f"已备份 {len(made.files)} 个文件 files, {_mib(made.length_bytes)} → {folder}"
        + _not_included(settings)
    )


def _not_included(settings: Settings) -> str:
    lines = []
    if settings.store:
        lines.append(
            "文档在 CouchDB 里,请在那里备份。 The documents are kept by a CouchDB: back them up there."
        )
    if settings.index:
        lines.append("审核索引在另一个数据库里。 The review index is in another database: dump it there.")
    return "".join(f"\n{line}" for line in lines)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="set the data folder aside where it is not empty")
@click.pass_context
def restore(context: click.Context, folder: Path, replace: bool) -> None:
    """Put the backup in FOLDER into the data folder, after checking every digest. The server must be stopped.

    Every database gets a new epoch: phones see it and send what the backup does not have.
    """
    data = effective(context).settings.data
    with _explained(), _progress("恢复 restore") as (expect, told):
        expect(2 * len(manifest.read(folder).files))
        found, aside = backups.restore(
            folder, data, replace=replace, stamp=_stamp("%Y%m%dT%H%M%SZ"), epoch=int(time.time()), told=told
        )
    click.echo(f"已恢复 {found.made_at} 的备份,{len(found.files)} 个文件 files → {data}")
    if aside:
        click.echo(f"原来的数据在 the former data is in {aside}")


@click.command()
@click.argument("databases", nargs=-1)
@click.option(
    "--backup",
    "folder",
    type=click.Path(path_type=Path),
    help="check the digests of the backup in this folder",
)
@click.pass_context
def verify(context: click.Context, databases: tuple[str, ...], folder: Path | None) -> None:
    """Check every tree, digest, body, attachment and sequence; damage is named, and the exit code is 1.

    Without names, all databases and what stands beside them. It may run while the server does.
    """
    if folder is not None:
        _verify_backup(folder)
        return
    data = _own_files(context)
    count = 0
    with _progress("核对 verify") as (expect, told):
        stores = SqliteStores(data / "stores")
        try:
            names = list(databases) or _explicitly(stores.names)
            expect(len(names))
            for name in names:
                for problem in verifying.database_problems(stores, name):
                    count += 1
                    click.echo(f"{name}: {problem}")
                told(name)
        finally:
            stores.close()
    beside = [] if databases else list(verifying.beside_problems(data))
    for name, problem in [*beside, *verifying.photo_problems(data, databases or None)]:
        count += 1
        click.echo(f"{name}: {problem}")
    _conclude(count, f"{len(names)} 个数据库 databases")


def _verify_backup(folder: Path) -> None:
    with _explained(), _progress("核对 verify") as (expect, told):
        found = manifest.read(folder)
        expect(len(found.files))
        broken = list(manifest.problems(folder, found, told))
    for line in broken:
        click.echo(line)
    _conclude(len(broken), f"{found.made_at}, {len(found.files)} 个文件 files")


def _conclude(count: int, what: str) -> None:
    if count:
        click.echo(f"{what}: {count} 处损坏 problems; docs/runbook.md", err=True)
        raise SystemExit(1)
    click.echo(f"{what}: 完好 sound")


@click.command()
@click.argument("databases", nargs=-1)
@click.pass_context
def compact(context: click.Context, databases: tuple[str, ...]) -> None:
    """Forget what nobody needs any more: bodies of older revisions, attachments nobody names. It may run any time."""
    from server.opening import open_stores

    stores = open_stores(effective(context).settings)
    before = after = failed = 0
    try:
        with _explained(), _progress("压缩 compact") as (expect, told):
            names = list(databases) or stores.names()
            expect(len(names))
            for name in names:
                try:
                    store = stores.open(name)
                    before += store.info().size_bytes
                    store.compact()
                    after += store.info().size_bytes
                except SyncError as error:
                    failed += 1
                    text = "没有这个数据库 no such database" if isinstance(error, NotFound) else str(error)
                    click.echo(f"{name}: {text}", err=True)
                told(name)
    finally:
        stores.close()
    click.echo(f"{len(names) - failed} 个数据库 databases: {_mib(before)} → {_mib(after)}")
    if failed:
        raise SystemExit(1)


def _own_files(context: click.Context) -> Path:
    settings = effective(context).settings
    if settings.store:
        raise click.ClickException(
            "文档不在这里,在 CouchDB 里。 The documents are kept by a CouchDB, not here."
        )
    if not settings.data.is_dir():
        raise click.ClickException(f"{settings.data}: 没有这个数据目录。 There is no such data folder.")
    return settings.data


def _explicitly(names: Callable[[], list[str]]) -> list[str]:
    with _explained():
        return names()


@contextmanager
def _explained() -> Iterator[None]:
    """What an operator can mend is a sentence, and the exit code 1."""
    try:
        yield
    except (Refused, NoBackup, SyncError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or ''}: {error.strerror}") from error


@contextmanager
def _progress(what: str) -> Iterator[tuple[Callable[[int], None], Callable[[str], None]]]:
    """Says how many there are, and hears of each that is done; a bar where there is a terminal."""
    console = Console(stderr=True)
    with Progress(*_COLUMNS, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None, at="")
        yield (
            lambda total: progress.update(task, total=total),
            lambda name: progress.update(task, advance=1, at=name[-40:]),
        )


def _stamp(pattern: str) -> str:
    return datetime.now(UTC).strftime(pattern)


def _mib(count: int) -> str:
    return f"{count / 2**20:.1f} MiB"
