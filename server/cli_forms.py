"""`jinlin form …`: what a form author does from the terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from forms.boundary import crossings
from forms.catalogue import code_lists, workflows
from forms.definition import Definition, DefinitionInvalid, load
from forms.lines import line_of, lines


@click.group()
def form() -> None:
    """Forms: check a definition."""


@form.command()
@click.argument(
    "files", type=click.Path(exists=True, dir_okay=False, path_type=Path), nargs=-1, required=True
)
def check(files: tuple[Path, ...]) -> None:
    """Say everything that is wrong with form definitions, with line and path; exit 1 if anything is.

    What lies beyond the scope of this service (religion, labels on people, …) is warned of.
    """
    troubles = [trouble for file in files for trouble in _troubles(file)]
    for trouble in troubles:
        click.echo(trouble, err=True)
    if troubles:
        sys.exit(1)


def _troubles(file: Path) -> list[str]:
    try:
        text = file.read_text(encoding="utf-8")
        data = json.loads(text)
    except UnicodeDecodeError as error:
        return [f"{file}: not UTF-8 text (byte {error.start})"]
    except RecursionError:
        return [f"{file}: nested too deep"]
    except json.JSONDecodeError as error:
        return [f"{file}:{error.lineno}: not JSON: {error.msg} (column {error.colno})"]
    try:
        definition = load(data, code_lists(), workflows())
    except DefinitionInvalid as error:
        where = lines(text)
        said = [
            (line_of(where, path), path, message) for path, some in error.errors.items() for message in some
        ]
        return [f"{file}:{line}: {path or 'the whole'}: {message}" for line, path, message in sorted(said)]
    click.echo(f"{file}: {_summary(definition)}")
    where = lines(text)
    for path, subject in crossings(data):
        click.echo(f"{file}:{line_of(where, path)}: {path}: warning: this asks about {subject}; should it?")
    return []


def _summary(definition: Definition) -> str:
    count = len(definition.questions)
    return f"{definition.form} version {definition.version} loads ({count} questions at the top)"
