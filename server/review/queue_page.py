"""待审: the queue of records, and approving several at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request
from sqlalchemy import Row, select
from werkzeug.wrappers import Response

from server.access import Actor
from server.native import offload
from server.review import queue
from server.review.acts import ActNotAllowed, Intent, Moved
from server.review.asking import narrowed, parsed, query_of, wanted_of
from server.review.desk import Desk, actor, desk, visitor
from server.review.library import label
from server.review.marks import FLAGS
from server.review.masking import mask_address, mask_name
from server.review.queue import Cursor, Filter, Page
from server.review.record_page import carry_out
from server.review.scope import Scope, reaches, scope_of
from server.review.stages import state_name
from server.review.tables import grids, reading
from server.review.texts import Locale, say_or
from sync.errors import NotFound

STATES = ("submitted", "returned", "approved")
PICKS_MAX = 500
"""Records that one click may approve."""

Left = Mapping[str, str]
"""A picked record that was left as it was: id, name, why."""


@dataclass(frozen=True)
class Listing:
    """One page of the queue with the counts around it, read at one moment."""

    page: Page
    counts: Mapping[str, Mapping[str, int]]
    """By field: how many each of its values would list."""
    grid_names: Mapping[str, Any]
    people: Mapping[str, str]


def register(blueprint: Blueprint) -> None:
    """Add the queue's routes."""
    blueprint.add_url_rule("/", "queue", show)
    blueprint.add_url_rule("/approve", "approve_many", approve_many, methods=["POST"])


def show() -> str | Response:
    """The queue; for those who may not read records, the grids, or the forms instead."""
    if not reaches(actor(), "read_file"):
        return redirect("/desk/grids" if reaches(actor(), "see_grid") else "/desk/forms")
    return _page(request.args, scope_of(actor(), "read_file"))


def approve_many() -> str | Response:
    """Approve each picked record that has not moved and has no flag; say which were left and why."""
    given = parsed(request.form.get("list", ""))
    done, left = offload(
        _approve_each, desk(), actor(), request.form.getlist("pick")[:PICKS_MAX], wanted_of(given)
    )
    if left:
        return _page(given, scope_of(actor(), "read_file"), done, left)
    query = query_of(given)
    return redirect(f"/desk/{query}{'&' if query else '?'}approved={done}", 303)


def _page(given: Mapping[str, str], scope: Scope, done: int = 0, left: Sequence[Left] = ()) -> str:
    wanted = wanted_of(given)
    listing = offload(_list, desk(), scope, wanted, Cursor.parse(given.get("at", "")))
    locale = visitor().locale
    page = listing.page
    return render_template(
        "desk/queue.html",
        current="queue",
        wanted=wanted,
        from_on=given.get("from", "") if wanted.begin_at else "",
        to_on=given.get("to", "") if wanted.end_at else "",
        filtered=narrowed(given),
        tabs=_tabs(given, listing, locale),
        choices=[_choice(name, given, listing, locale) for name in ("grid", "form", "worker", "flag")],
        rows=[_row(row, listing, given, locale) for row in page.rows],
        bulk=wanted.state == "submitted" and bool(scope_of(actor(), "review").codes),
        page=page,
        older=_turned(given, page.older),
        newer=_turned(given, page.newer),
        list_query=query_of(given),
        left=left,
        approved=done,
    )


def _list(desk: Desk, scope: Scope, wanted: Filter, cursor: Cursor | None) -> Listing:
    with reading(desk.index) as connection:
        counts = {
            name: queue.counts(connection, scope, wanted, name)
            for name in ("state", "grid", "form", "worker")
        }
        counts["flag"] = queue.flag_counts(connection, scope, wanted)
        names = {row.database: row.name for row in connection.execute(select(grids.c.database, grids.c.name))}
        return Listing(queue.page(connection, scope, wanted, cursor), counts, names, desk.people())


def _approve_each(desk: Desk, actor: Actor, picks: Sequence[str], wanted: Filter) -> tuple[int, list[Left]]:
    left: list[Left] = []
    for pick in picks:
        doc_id, _, judged = pick.partition(" ")
        why = _approve(desk, actor, doc_id, judged, wanted)
        if why:
            left.append({"id": doc_id, "why": why})
    return len(picks) - len(left), left


def _approve(desk: Desk, actor: Actor, doc_id: str, judged: str, wanted: Filter) -> str:
    """Why a picked record was left as it was; empty when it is approved."""
    try:
        carry_out(desk, actor, doc_id, Intent("approve", judged), wanted, clean_only=True)
    except Moved:
        return "changed"
    except ActNotAllowed as error:
        return "flagged" if str(error) == "flagged" else "not_allowed"
    except NotFound:
        return "not_allowed"
    return ""


def _tabs(given: Mapping[str, str], listing: Listing, locale: Locale) -> list[dict[str, Any]]:
    found = listing.counts["state"]
    names = [*STATES, *sorted(found.keys() - set(STATES))]
    return [
        {
            "name": name,
            "label": state_name(None, name, locale),
            "count": found.get(name, 0),
            "href": f"/desk/{query_of(given, state=name)}",
        }
        for name in names
    ]


def _choice(name: str, given: Mapping[str, str], listing: Listing, locale: Locale) -> dict[str, Any]:
    """A filter with the values that would list something, and the chosen one even where it would not."""
    found = dict(listing.counts[name])
    chosen = given.get(name, "")
    if chosen:
        found.setdefault(chosen, 0)
    words = {value: _named(name, value, listing, locale) for value in found}
    order = (
        [flag for flag in ("none", *FLAGS) if flag in found]
        if name == "flag"
        else sorted(found, key=words.__getitem__)
    )
    options = [{"value": value, "label": words[value], "count": found[value]} for value in order]
    return {"name": name, "value": chosen, "options": options}


def _named(name: str, value: str, listing: Listing, locale: Locale) -> str:
    if name == "grid":
        return label(listing.grid_names.get(value), locale) or value
    if name == "form":
        return desk().library.titles(locale).get(value, value)
    if name == "flag":
        return say_or(locale, f"flag.{value}", value)
    return listing.people.get(value, value)


def _row(row: Row[Any], listing: Listing, given: Mapping[str, str], locale: Locale) -> dict[str, Any]:
    """A row as a list may show it: P2 masked."""
    flags = listing.page.flags.get(row.id, [])
    return {
        "id": row.id,
        "href": f"/desk/records/{row.id}{query_of(given)}",
        "judged": row.judged,
        "received_at": row.received_at,
        "captured_at": row.captured_at,
        "said": label(listing.page.findings.get(row.id), locale),
        "address": mask_address(row.address),
        "name": mask_name(row.name),
        "form": desk().library.titles(locale).get(row.form, row.form),
        "worker": listing.people.get(row.captured_by, row.captured_by),
        "grid": label(row.grid_name, locale) or row.database,
        "errors": row.error_count,
        "warnings": row.warning_count,
        "flags": flags,
        "clean": not flags,
        "photos": row.photo_count,
    }


def _turned(given: Mapping[str, str], cursor: Cursor | None) -> str | None:
    if cursor is None:
        return None
    query = query_of(given)
    return f"/desk/{query}{'&' if query else '?'}at={cursor}"
