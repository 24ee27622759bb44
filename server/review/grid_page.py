"""网格: every grid of the visitor's area with its counts; at a district, the grids that were replicated to it."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint, render_template

from server.native import offload
from server.review.desk import Desk, actor, desk, visitor
from server.review.grids import GridCounts, overview
from server.review.library import label
from server.review.scope import Scope, reaches, scope_of
from server.review.tables import reading

SUMMED = ("households", "people", "records", "waiting", "returned")


def register(blueprint: Blueprint) -> None:
    """Add the grids' route."""
    blueprint.add_url_rule("/grids", "grid_list", show)


def show() -> str:
    """Grids by community, with sums."""
    locale = visitor().locale
    counted, names = offload(_count, desk(), scope_of(actor(), "see_grid"))
    groups = [
        {"name": label(names.get(code), locale) or code, "rows": [_row(one, locale) for one in rows]}
        for code, rows in groupby(counted, key=lambda one: one.grid.community)
    ]
    return render_template(
        "desk/grids.html",
        current="grids",
        groups=groups,
        sums={name: sum(getattr(one, name) for one in counted) for name in SUMMED},
        links=reaches(actor(), "read_file"),
    )


def _count(desk: Desk, scope: Scope) -> tuple[list[GridCounts], dict[str, Any]]:
    with reading(desk.index) as connection:
        counted = overview(connection, scope)
    places = {one.grid.community: desk.services.directory.place(one.grid.community) for one in counted}
    return counted, {code: place.name for code, place in places.items() if place}


def _row(one: GridCounts, locale: str) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(one, name) for name in SUMMED}
    name = label(one.grid.name, locale) or one.grid.code
    return {**row, "name": name, "code": one.grid.code, "database": one.grid.database, "last_at": one.last_at}
