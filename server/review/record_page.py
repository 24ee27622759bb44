"""记录页: one record with its answers, and the acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from forms.catalogue import calendar
from server.access import Actor
from server.media_mentions import addresses
from server.native import offload
from server.review import queue
from server.review.acts import ActNotAllowed, Hand, Intent, Moved, NeedsComment, acts_for, decide
from server.review.asking import parsed, query_of, wanted_of
from server.review.desk import Desk, actor, desk, sight_of, visitor
from server.review.dossier import Dossier, open_dossier
from server.review.queue import Cursor, Filter
from server.review.record_view import Typed, View, conflict_view, record_view
from server.review.scope import scope_of
from server.review.stages import due_lines
from server.review.tables import reading
from server.review.texts import say
from server.review.whereabouts import Whereabouts, find

COMMENT_MAX = 500
"""Characters of one comment that are kept."""


@dataclass(frozen=True)
class Opened:
    """A record opened by somebody: what it holds, where it lies, and its neighbours in his list."""

    dossier: Dossier
    where: Whereabouts
    previous: str | None
    following: str | None
    people: Mapping[str, str]
    originals: frozenset[str]
    """Those of its photos whose originals have been uploaded, by SHA-256."""


def register(blueprint: Blueprint) -> None:
    """Add the record page's routes."""
    blueprint.add_url_rule("/records/<doc_id>", "record", show, methods=["GET"])
    blueprint.add_url_rule("/records/<doc_id>", "act", act, methods=["POST"])
    blueprint.add_url_rule("/records/<doc_id>/again", "record_again", show_again, methods=["POST"])


def show(doc_id: str) -> str:
    """The record as it is now."""
    return _page(_record_id(doc_id), request.args, Typed(), returning="returning" in request.args)


def show_again(doc_id: str) -> str:
    """The record as it is now, with the comments typed on an earlier page of it."""
    given = parsed(request.form.get("list", ""))
    return _page(_record_id(doc_id), given, _typed(), returning=bool(request.form.get("returning")))


def act(doc_id: str) -> Response | tuple[str, int]:
    """Carry out an act and go on to the next record of the list; 409 with all that was typed if it moved."""
    given, typed = parsed(request.form.get("list", "")), _typed()
    intent = Intent(
        request.form.get("act", ""), request.form.get("judged", ""), typed.comment, typed.comments
    )
    try:
        opened = offload(carry_out, desk(), actor(), _record_id(doc_id), intent, wanted_of(given))
    except Moved as moved:
        view = View(
            moved.dossier, sight_of(actor(), moved.dossier.database, moved.grid_code, visitor().locale), {}
        )
        page = conflict_view(view, intent)
        return render_template("desk/conflict.html", current="queue", list_query=query_of(given), **page), 409
    except NeedsComment:
        wrong = say(visitor().locale, "record.return_empty")
        return _page(_record_id(doc_id), given, typed, returning=True, wrong=wrong), 400
    goes_on = intent.act in ("approve", "return")
    done = f"done={intent.act}" + (f"&of={opened.dossier.reading.doc_id}" if goes_on else "")
    query = query_of(given)
    here = "" if goes_on else f"/desk/records/{opened.dossier.reading.doc_id}"
    onward = here or (f"/desk/records/{opened.following}" if opened.following else "/desk/")
    return redirect(f"{onward}{query}{'&' if query else '?'}{done}", 303)


def open_record(desk: Desk, actor: Actor, doc_id: str, wanted: Filter) -> Opened:
    """Find and read a record for somebody; `NotFound` outside of what he may read."""
    scope = scope_of(actor, "read_file")
    with reading(desk.index) as connection:
        where = find(connection, doc_id, scope)
        previous, following = queue.neighbours(connection, scope, wanted, Cursor(where.received_at, doc_id))
    dossier = open_dossier(desk.stores.open(where.database), desk.library, doc_id)
    named = set(addresses(dossier.reading.answers))
    kept = desk.services.media.ledger.which_are_kept(where.database, named)
    return Opened(dossier, where, previous, following, desk.people(), frozenset(kept))


def carry_out(
    desk: Desk, actor: Actor, doc_id: str, intent: Intent, wanted: Filter, *, clean_only: bool = False
) -> Opened:
    """Write the step of an act, and bring the index up to it at once: the next list agrees with it."""
    opened = open_record(desk, actor, doc_id, wanted)
    flags = opened.dossier.standing.flags(opened.dossier.reading, opened.dossier.verdict)
    if clean_only and any(flags):
        raise ActNotAllowed("flagged")
    store = desk.stores.open(opened.where.database)
    hand = Hand(actor, desk.device, opened.where.grid_code, desk.now())
    step_id = decide(store, opened.dossier, hand, intent, desk.services.new_ulid())
    desk.follower.refresh(store, [step_id])
    return opened


def _page(doc_id: str, given: Mapping[str, str], typed: Typed, *, returning: bool, wrong: str = "") -> str:
    opened = offload(open_record, desk(), actor(), doc_id, wanted_of(given))
    dossier, where, locale = opened.dossier, opened.where, visitor().locale
    view = View(dossier, sight_of(actor(), where.database, where.grid_code, locale), opened.people)
    acts = acts_for(dossier, actor(), where.grid_code)
    query = query_of(given)
    own = f"/desk/records/{doc_id}{query}"
    return render_template(
        "desk/record.html",
        current="queue",
        **record_view(view, acts),
        received_at=where.received_at,
        originals=opened.originals,
        grid=where.named(locale),
        back=f"/desk/{query}",
        plain_href=own,
        return_href=f"{own}{'&' if query else '?'}returning=1",
        previous=_beside(opened.previous, query),
        next_one=_beside(opened.following, query),
        list_query=query,
        returning=returning and "return" in acts,
        typed=typed,
        warnings=[wrong] if wrong else [],
        remarks=_remarks(opened),
        due=due_lines(dossier, calendar(), desk().now(), locale),
    )


def _remarks(opened: Opened) -> list[str]:
    """What the reviewer should know before he acts, or why he cannot."""
    dossier, locale = opened.dossier, visitor().locale
    mine = dossier.reading.author == actor().name
    told = {
        "record.removed": dossier.reading.removed,
        "record.changed": dossier.standing.changed,
        "record.own": mine and dossier.standing.state.state == "submitted",
    }
    return [say(locale, key) for key, applies in told.items() if applies]


def _typed() -> Typed:
    comments = {
        name.removeprefix("comment:"): text.strip()[:COMMENT_MAX]
        for name, text in request.form.items()
        if name.startswith("comment:") and text.strip()
    }
    return Typed(request.form.get("comment", "").strip()[:COMMENT_MAX], comments)


def _beside(doc_id: str | None, query: str) -> str | None:
    return f"/desk/records/{doc_id}{query}" if doc_id else None


def _record_id(doc_id: str) -> str:
    return doc_id if ":" in doc_id else f"record:{doc_id}"
