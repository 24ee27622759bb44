"""The shipped forms, code lists and workflows. The only module of this package that reads files."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from forms.calendar import Calendar
from forms.definition import Definition, load
from forms.indicator_table import indicators as checked
from forms.workflow_table import table

LANGUAGES = ("zh-CN", "en")
"""What every text of a shipped form is written in."""

FOLDER = Path(__file__).parent / "definitions"


def read(path: Path) -> Any:
    """The JSON in a file."""
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def code_lists() -> dict[str, list[dict[str, Any]]]:
    """The shared code lists: name to items."""
    return {path.stem: read(path)["codes"] for path in sorted((FOLDER / "lists").glob("*.json"))}


@cache
def workflow(name: str) -> dict[str, Any]:
    """The workflow table of a name; raises KeyError if none is shipped."""
    return workflows()[name]


@cache
def workflows() -> dict[str, dict[str, Any]]:
    """Every shipped workflow table by its name."""
    return {path.stem: table(read(path)) for path in sorted((FOLDER / "workflows").glob("*.json"))}


@cache
def calendar() -> Calendar:
    """The working days of the years whose holiday notice was known when this version was made."""
    notices = [read(path) for path in sorted((FOLDER / "calendars").glob("*.json"))]
    return Calendar.of(*([day for notice in notices for day in notice[key]] for key in ("off", "worked")))


@cache
def indicators() -> dict[str, dict[str, Any]]:
    """The shipped indicators by name."""
    listed = [one for path in sorted((FOLDER / "indicators").glob("*.json")) for one in checked(read(path))]
    return {one["indicator"]: one for one in listed}


@cache
def shipped() -> list[Definition]:
    """The shipped forms, by name."""
    return [load(read(path), code_lists(), workflows(), LANGUAGES) for path in sorted(FOLDER.glob("*.json"))]
