"""`jinlin form …`: what a form author does from the terminal."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from sqlalchemy.exc import SQLAlchemyError

from forms.catalogue import FOLDER, code_lists
from server.form_files import read_book, read_definition, read_form, told
from server.manuscripts import Manuscript, Refused

if TYPE_CHECKING:
    from server.accounts import Accounts
    from server.publishing import Publication
    from sync.store import DocStore

T = TypeVar("T")


@click.group()
def form() -> None:
    """Forms: check and publish them, make one of an XLSForm workbook, and a workbook of one."""


@form.command()
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
def check(files: tuple[Path, ...]) -> None:
    """Say everything that is wrong with definitions or workbooks, each with its place; exit 1 if anything is.

    What lies beyond the scope of this service (religion, labels on people, …) is warned of.
    """
    found = _read(files)
    for file, manuscript in found.items():
        click.echo(f"{file}: {_summary(manuscript.definition)}")
        _remark(file, manuscript)
    if len(found) < len(set(files)):
        sys.exit(1)


@form.command()
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="say what would be published, write nothing")
@click.pass_context
def publish(context: click.Context, files: tuple[Path, ...], dry_run: bool) -> None:
    """Publish definitions (JSON) or workbooks on this server; phones get them when they next synchronise.

    All files are looked at first: if anything is wrong with one of them, nothing is published. What is published
    already stays as it is. The audit trail names the user of this machine.
    """
    from server.publishing import authored, in_its_places, publish_as, successor

    def proposed(manuscript: Manuscript) -> Publication:
        with in_its_places(manuscript):
            return successor(store, authored(store, manuscript.definition))

    def published(manuscript: Manuscript) -> Publication:
        with in_its_places(manuscript):
            return publish_as(who, manuscript.definition, store, accounts, datetime.now(UTC))

    store, accounts = _server(context)
    who = f"terminal:{getpass.getuser()}"
    found = _read(files)
    checked = _each(found, proposed)
    if len(checked) < len(set(files)):
        click.echo("什么都没有发布。 Nothing was published.", err=True)
        sys.exit(1)
    made = checked if dry_run else _each(found, published)
    for file, one in made.items():
        click.echo(f"{file}: {_news(one, dry_run=dry_run)}")
        _remark(file, found[file])
    if len(made) < len(found):
        sys.exit(1)


@form.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out", "folder", default=".", type=click.Path(path_type=Path), help="the folder to write into"
)
def import_(file: Path, folder: Path) -> None:
    """Make a definition (JSON) of an XLSForm workbook, .xlsx or .xls.

    What cannot be carried is named by sheet, row and column, and the rest is imported. Exit 1 where the form is
    broken; nothing is written then. Tables of choices (.csv) are looked for beside the workbook.
    """
    found = _unless_refused(file, lambda: read_book(file))
    if found is None:
        click.echo("什么都没有导入。 Nothing was imported.", err=True)
        sys.exit(1)
    _remark(file, found)
    text = json.dumps(found.definition, ensure_ascii=False, indent=1)
    _write(folder / f"{found.definition['form']}.json", f"{text}\n".encode())
    click.echo(_summary(found.definition))


@form.command()
@click.argument("name", metavar="FORM|FILE")
@click.option(
    "--out", "folder", default=".", type=click.Path(path_type=Path), help="the folder to write into"
)
def export(name: str, folder: Path) -> None:
    """Make an XLSForm workbook of a shipped form, by its name, or of a definition (JSON) in a file."""
    from forms.xlsform.exporting import TooLong, write_workbook

    shipped = FOLDER / f"{name}.json"
    file = shipped if Path(name).name == name and shipped.is_file() else Path(name)
    found = _unless_refused(file, lambda: read_definition(file))
    if found is None:
        sys.exit(1)
    try:
        workbook = write_workbook(found.definition, code_lists())
    except TooLong as error:
        raise click.ClickException(
            f"有的文字太长，一格放不下。 A text is too long for a cell: {error}"
        ) from error
    _write(folder / f"{found.definition['form']}.xlsx", workbook)


def _server(context: click.Context) -> tuple[DocStore, Accounts]:
    """The published forms and the accounts of this server; what is not there is not made."""
    from server.accounts import Accounts
    from server.cli import effective
    from server.opening import open_stores
    from server.publishing import FORMS
    from sync.errors import NotFound

    settings = effective(context).settings
    data = settings.data.resolve()
    try:
        if not (data / "accounts.sqlite").exists():
            raise NotFound(str(data))
        return open_stores(settings).open(FORMS), Accounts(data / "accounts.sqlite")
    except NotFound:
        raise click.ClickException(
            f"{data} 里没有近邻的数据；请用 jinlin --data 文件夹 form publish 指明。 "
            f"There is no server's data in {data}: name its folder, jinlin --data FOLDER form publish …"
        ) from None
    except (OSError, SQLAlchemyError) as error:
        raise click.ClickException(
            f"{data} 读写不了；请用运行服务的那个用户来运行。 "
            f"{data} cannot be read and written: run this as the user that runs the server."
        ) from error


def _news(made: Publication, *, dry_run: bool) -> str:
    """What was published, or would be."""
    name = f"{made.form['form']} {made.form['version']}"
    if not made.is_new:
        return (
            f"{name} 已发布过，内容相同，没有改动。 It is published already, word for word: nothing was done."
        )
    first = made.before is None
    zh = "新表单" if first else f"第 {made.before} 版之后的新版本"
    en = "a new form" if first else f"a new version after {made.before}"
    if dry_run:
        return f"{name} {zh}，可以发布。 It is {en} and can be published; nothing was."
    return f"{name} {zh}，已发布，手机下次同步时收到。 It is {en}, published; phones get it when they next synchronise."


def _read(files: tuple[Path, ...]) -> dict[Path, Manuscript]:
    """The forms in those files that hold one; what is wrong with the others is told."""
    return _each({file: file for file in files}, read_form)


def _each(given: Mapping[Path, Any], act: Callable[[Any], T]) -> dict[Path, T]:
    """What an act gives for each file, but for those that are refused, which is told."""
    made = {file: _unless_refused(file, partial(act, one)) for file, one in given.items()}
    return {file: one for file, one in made.items() if one is not None}


def _unless_refused(file: Path, act: Callable[[], T]) -> T | None:
    try:
        return act()
    except Refused as error:
        for remark in error.remarks:
            click.echo(told(file, remark), err=True)
        return None


def _summary(definition: dict[str, Any]) -> str:
    count = len(definition["questions"])
    return f"{definition['form']} version {definition['version']} loads ({count} questions at the top)"


def _remark(file: Path, found: Manuscript) -> None:
    for remark in found.remarks:
        click.echo(told(file, remark))


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"cannot write {file}: {error.strerror}") from error
    click.echo(f"{file}")
