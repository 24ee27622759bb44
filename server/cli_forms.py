"""`jinlin form …`: what a form author does from the terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from forms.catalogue import FOLDER, code_lists
from server.form_files import FormFile, Refused, from_json, from_workbook, read_form


@click.group()
def form() -> None:
    """Forms: check a definition, make one of an XLSForm workbook, and a workbook of one."""


@form.command()
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True)
def check(files: tuple[Path, ...]) -> None:
    """Say everything that is wrong with definitions or workbooks, each with its place; exit 1 if anything is.

    What lies beyond the scope of this service (religion, labels on people, …) is warned of.
    """
    broken = False
    for file in files:
        try:
            found = read_form(file)
        except Refused as error:
            _tell(error)
            broken = True
        else:
            click.echo(f"{file}: {_summary(found.definition)}")
            _remark(found)
    if broken:
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
    try:
        found = from_workbook(file)
    except Refused as error:
        _tell(error)
        sys.exit(1)
    _remark(found)
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
    try:
        definition = from_json(
            shipped if Path(name).name == name and shipped.is_file() else Path(name)
        ).definition
        workbook = write_workbook(definition, code_lists())
    except Refused as error:
        _tell(error)
        sys.exit(1)
    except TooLong as error:
        raise click.ClickException(
            f"有的文字太长，一格放不下。 A text is too long for a cell: {error}"
        ) from error
    _write(folder / f"{definition['form']}.xlsx", workbook)


def _summary(definition: dict[str, Any]) -> str:
    count = len(definition["questions"])
    return f"{definition['form']} version {definition['version']} loads ({count} questions at the top)"


def _tell(error: Refused) -> None:
    for remark in error.remarks:
        click.echo(remark, err=True)


def _remark(found: FormFile) -> None:
    for remark in found.remarks:
        click.echo(remark)


def _write(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"cannot write {file}: {error.strerror}") from error
    click.echo(f"{file}")
