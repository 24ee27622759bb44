"""The commands of `jinlin import`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from forms.catalogue import shipped
from forms.identifiers import id_card_valid
from server.authoring import Place, Stamp
from server.directory import Grid
from server.imports.households import documents_of, known_of
from server.imports.roster import Household, Problem, Roster, Text, read
from server.imports.sheets import UnreadableFile, read_cells, write_template
from server.services import Services
from sync.documents import Document
from sync.errors import StoreUnavailable
from sync.store import DocStore

_LOCAL = ZoneInfo("Asia/Shanghai")
_SHOWN = 50
"""Bad rows that are printed; their count is always told."""


def _say(text: Text) -> str:
    """The sentence in the language of the shell, Chinese unless that is English."""
    words = next((os.environ[k] for k in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(k)), "")
    return text[1] if words.startswith("en") else text[0]


class _Refused(click.ClickException):
    def __init__(self, text: Text) -> None:
        super().__init__(_say(text))


@click.group("import")
def import_group() -> None:
    """Bring in what a community keeps already."""


@import_group.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("住户导入模板.xlsx"))
def template(file: Path) -> None:
    """Write an empty roster with instructions to FILE."""
    if file.exists():
        raise _Refused(
            (f"{file} 已存在,没有覆盖;请换个文件名", f"{file} exists and was not touched: name another")
        )
    try:
        write_template(file)
    except OSError as error:
        raise _Refused(
            (f"写不进 {file}:{error.strerror}", f"cannot write {file}: {error.strerror}")
        ) from error
    click.echo(
        _say((f"已写好 {file}:填“住户”表,再运行 jinlin import households", f"{file}: fill its first sheet"))
    )


@import_group.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--grid", "code", required=True, help="15-digit code of the grid")
@click.option("--dry-run", is_flag=True, help="check everything, write nothing")
@click.pass_context
def households(context: click.Context, file: Path, code: str, dry_run: bool) -> None:
    """Import the roster FILE (.xlsx, .xls or .csv) into a grid: wholly, or not at all."""
    from server.app import build_services
    from server.cli import effective

    if not file.is_file():
        raise _Refused((f"没有这个文件:{file}", f"there is no file {file}"))
    services = build_services(effective(context).settings)
    grid = _grid(services, code)
    roster = _read(file, services)
    if roster.problems:
        _show(roster)
        context.exit(1)
    try:
        _bring_in(services, grid, roster, dry_run=dry_run)
    except StoreUnavailable as error:
        raise _Refused((f"没有写入任何内容:{error}", f"nothing was written: {error}")) from error


def _grid(services: Services, code: str) -> Grid:
    grid = services.directory.grid_of_code(code)
    if grid is None:
        known = "、".join(g.code for g in services.directory.grids()) or "—"
        raise _Refused((f"没有网格 {code};已有:{known}", f"there is no grid {code}; there are: {known}"))
    return grid


def _read(file: Path, services: Services) -> Roster:
    try:
        cells = read_cells(file)
    except UnreadableFile as error:
        raise _Refused(error.said) from error
    return read(cells, services.clock().astimezone(_LOCAL).date(), id_card_valid)


def _show(roster: Roster) -> None:
    """Every bad row with its reason; nothing of the file is taken then."""
    console = Console(stderr=True)
    table = Table(_say(("行", "row")), _say(("列", "column")), _say(("问题", "problem")), box=None)
    for problem in roster.problems[:_SHOWN]:
        table.add_row(*_row(problem))
    console.print(table)
    count, rest = len(roster.problems), len(roster.problems) - _SHOWN
    if rest > 0:
        console.print(_say((f"……还有 {rest} 处", f"… and {rest} more")))
    said = (
        f"{count} 处要改,什么都没有导入;改好后再运行一次",
        f"{count} to mend; nothing was imported: mend and run again",
    )
    console.print(_say(said))


def _row(problem: Problem) -> tuple[str, str, str]:
    return str(problem.row), problem.column, _say(problem.said)


def _bring_in(services: Services, grid: Grid, roster: Roster, *, dry_run: bool) -> None:
    store = services.stores.open(grid.database)
    documents, there = _documents(services, grid, store, roster)
    made = len(roster.households) - there
    summary = f"{made} 户新建,{there} 户已在档案里(未改动)"
    if dry_run:
        click.echo(
            _say(
                (f"试运行:{summary};没有写入", f"dry run: {made} new, {there} already there; nothing written")
            )
        )
        return
    store.graft(documents)
    click.echo(
        _say(
            (
                f"已导入 {grid.name['zh-CN']}:{summary}",
                f"imported: {made} new, {there} already there, untouched",
            )
        )
    )


def _documents(services: Services, grid: Grid, store: DocStore, roster: Roster) -> tuple[list[Document], int]:
    """The documents to write, and how many households were there already."""
    known = known_of(store)
    place = Place(grid.database, grid.grid_path, _versions())
    stamp = Stamp(
        f"imp-{services.new_ulid().lower()}", "import", services.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    places = (services.directory.place(code) for code in grid.grid_path)
    address = "".join(p.name["zh-CN"] for p in places if p is not None)
    documents: list[Document] = []
    there = 0
    for household in _with_progress(roster.households):
        made = documents_of(household, known, address, place, stamp)
        documents += made
        there += not made
    return documents, there


def _with_progress(households: tuple[Household, ...]) -> Iterator[Household]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(households, description=_say(("整理", "preparing")))


def _versions() -> Mapping[str, int]:
    return {definition.form: definition.version for definition in shipped()}
