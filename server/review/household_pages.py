"""住户: search, the page of one household, and settling what people changed unseen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request
from sqlalchemy import Row, select
from werkzeug.wrappers import Response

from server.access import Actor, may
from server.native import offload
from server.review import households
from server.review.acts import ActNotAllowed, Hand
from server.review.desk import Desk, actor, desk, sight_of, visitor
from server.review.dossier import Dossier, open_dossier, open_files
from server.review.household_view import home_view, record_rows, row_view
from server.review.households import Found, Key, Sought
from server.review.library import label
from server.review.present import Presenter, Sight
from server.review.rows import head_of
from server.review.scope import Scope, reaches, scope_of
from server.review.settling import BadValue, settle, typed_value
from server.review.stages import state_name
from server.review.states import table_of
from server.review.tables import grids, reading
from server.review.texts import Locale, say
from server.review.values import SHANGHAI
from server.review.whereabouts import Whereabouts, find
from sync.errors import Conflict, NotFound

WORDS_MAX = 6


@dataclass(frozen=True)
class Home:
    """A household with its people and its door, as they are now, and the records about any of them."""

    household: Dossier
    persons: Sequence[Dossier]
    dwelling: Dossier | None
    where: Whereabouts
    records: Sequence[Row[Any]]
    people: Mapping[str, str]

    @property
    def files(self) -> list[Dossier]:
        return [self.household, *self.persons, *([self.dwelling] if self.dwelling else [])]


def register(blueprint: Blueprint) -> None:
    """Add the households' routes."""
    blueprint.add_url_rule("/households", "household_list", show_list)
    blueprint.add_url_rule("/households/<doc_id>", "household", show, methods=["GET"])
    blueprint.add_url_rule("/households/<doc_id>/settle", "settle", settle_one, methods=["POST"])


def show_list() -> str:
    """Households of the visitor's area, by door; `q` looks for words."""
    scope, given = scope_of(actor(), "read_file"), request.args
    if not reaches(actor(), "read_file"):
        raise ActNotAllowed("read_file")
    words = tuple(given.get("q", "").lower().split())[:WORDS_MAX]
    sought = Sought(words, bool(given.get("open")), given.get("grid", ""))
    found, names = offload(_search, desk(), scope, sought, Key.parse(given.get("at", "")))
    locale = visitor().locale
    return render_template(
        "desk/households.html",
        current="households",
        q=given.get("q", ""),
        only_open=sought.only_open,
        page=found,
        grids=[{"value": name, "label": label(words, locale) or name} for name, words in names.items()],
        grid=sought.grid,
        rows=[row_view(row, found, locale) for row in found.rows],
        older=_turned(given, found.older),
        newer=_turned(given, found.newer),
    )


def show(doc_id: str) -> str:
    """One household with everything about it."""
    return _page(doc_id)


def settle_one(doc_id: str) -> Response | tuple[str, int]:
    """Settle one open question of the household, of one of its people or of its door."""
    form = request.form
    try:
        offload(_settle, desk(), actor(), doc_id, form)
    except Conflict:
        return _page(doc_id, wrong=say(visitor().locale, "open.moved"), typed=form), 409
    except BadValue:
        key = "open.bad_value" if form.get("typed", "").strip() else "open.pick"
        return _page(doc_id, wrong=say(visitor().locale, key), typed=form), 400
    return redirect(f"/desk/households/{doc_id}?done=settle", 303)


def _page(doc_id: str, wrong: str = "", typed: Mapping[str, str] | None = None) -> str:
    home = offload(_open, desk(), actor(), doc_id)
    locale, where = visitor().locale, home.where
    sight = sight_of(actor(), where.database, where.grid_code, locale)
    today = desk().services.clock().astimezone(SHANGHAI).date()
    return render_template(
        "desk/household.html",
        current="households",
        **home_view(home.household, home.persons, home.dwelling, sight, home.people, today),
        records=record_rows(home.records, home.people, desk().library.titles(locale), _state_names(locale)),
        grid=where.named(locale),
        edits=may(actor(), "edit_file", where.database, where.grid_code),
        wrong=wrong,
        typed=typed or {},
    )


def _state_names(locale: Locale) -> Callable[[Row[Any]], str]:
    library = desk().library
    return lambda row: state_name(table_of(library.find(row.form, row.form_version)), row.state, locale)


def _search(desk: Desk, scope: Scope, sought: Sought, key: Key | None) -> tuple[Found, dict[str, Any]]:
    with reading(desk.index) as connection:
        query = select(grids.c.database, grids.c.name).where(scope.covers(grids)).order_by(grids.c.code)
        names = {row.database: row.name for row in connection.execute(query)}
        return households.search(connection, scope, sought, key), names


def _open(desk: Desk, actor: Actor, doc_id: str) -> Home:
    """Read a household for somebody; `NotFound` outside of what he may read."""
    if not doc_id.startswith("household:"):
        raise NotFound(doc_id)
    with reading(desk.index) as connection:
        where = find(connection, doc_id, scope_of(actor, "read_file"))
        persons = households.persons_of(connection, where.database, doc_id)
        about = households.records_about(connection, where.database, [doc_id, *persons])
    store = desk.stores.open(where.database)
    household = open_dossier(store, desk.library, doc_id)
    named = [
        row.get("person_id")
        for row in household.reading.answers.get("members") or []
        if isinstance(row, dict)
    ]
    ids = dict.fromkeys(
        [*(one for one in (head_of(household.reading), *named) if isinstance(one, str)), *persons]
    )
    door = household.reading.subject
    dwelling = next(iter(open_files(store, desk.library, [door] if door else [])), None)
    return Home(household, open_files(store, desk.library, list(ids)), dwelling, where, about, desk.people())


def _settle(desk: Desk, actor: Actor, household: str, form: Mapping[str, str]) -> None:
    home = _open(desk, actor, household)
    if not may(actor, "edit_file", home.where.database, home.where.grid_code):
        raise ActNotAllowed("edit_file")
    doc_id, path, store = (
        form.get("document", ""),
        form.get("path", ""),
        desk.stores.open(home.where.database),
    )
    if doc_id not in {file.reading.doc_id for file in home.files}:
        raise NotFound(doc_id)
    dossier = next(file for file in home.files if file.reading.doc_id == doc_id)
    siblings = {one["dot"]: one["value"] for one in dossier.verdict.open_answers.get(path, [])}
    if not siblings:
        raise Conflict(doc_id)
    if form.get("pick") == "other":
        question = Presenter(dossier.form, Sight("zh-CN", frozenset())).find(path)
        value = typed_value(dossier.form, question, form.get("typed", ""))
    elif form.get("pick") in siblings:
        value = siblings[form["pick"]]
    else:
        raise BadValue(path)
    hand = Hand(actor, desk.device, home.where.grid_code, desk.now())
    settle(store, hand, doc_id, path, value, form.get("seen", ""))
    desk.follower.refresh(store, [doc_id])


def _turned(given: Mapping[str, str], key: Key | None) -> str | None:
    if key is None:
        return None
    asked = {name: given[name] for name in ("q", "open", "grid") if given.get(name)}
    return "/desk/households?" + urlencode({**asked, "at": str(key)})
