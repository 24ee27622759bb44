"""办理: one act on a record that asks something of who does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, redirect, render_template, request
from sqlalchemy import false, or_, select
from werkzeug.wrappers import Response

from forms.acts import act_form
from forms.check import check, finalise, prefill
from forms.days import local_date
from forms.deadlines import facts_of
from forms.filling import Filling
from forms.form import Form
from forms.kinds import answered
from server.access import Actor
from server.authoring import row_ulid
from server.native import offload
from server.refusals import NotMedia
from server.review.acts import ActNotAllowed, Hand, Intent, Moved, acts_for, decide, role_of
from server.review.asked import BLANK_ROWS, VEIL, Asked, Keep, padded, read
from server.review.desk import Desk, actor, desk, visitor
from server.review.library import label
from server.review.queue import Filter
from server.review.record_page import Opened, open_record
from server.review.stages import act_name
from server.review.tables import reading, records
from server.review.texts import Locale, say
from server.review.values import shown_instant
from sync.documents import Json

RECORDS_MAX = 50
"""Most records that a reference offers."""
ROWS_MORE = 5


@dataclass(frozen=True)
class Filled:
    """An act being filled in: what was said so far, and what is wrong with it, by path."""

    opened: Opened
    act: str
    form: Form
    said: Mapping[str, Any]
    context: Mapping[str, Any]
    wrong: Mapping[str, list[str]] = field(default_factory=dict)


def register(blueprint: Blueprint) -> None:
    """Add the act page's routes."""
    address = "/records/<doc_id>/acts/<act>"
    blueprint.add_url_rule(address, "act_form", show, methods=["GET"])
    blueprint.add_url_rule(address, "act_said", say_it, methods=["POST"])


def show(doc_id: str, act: str) -> str:
    """What the act asks, with what it begins with."""
    opened = offload(open_record, desk(), actor(), doc_id, Filter())
    form, context = _asking(opened, act)
    return _page(Filled(opened, act, form, prefill(form, {}, context), context), BLANK_ROWS)


def say_it(doc_id: str, act: str) -> Response | tuple[str, int] | str:
    """Carry the act out with what was said; the page again, with all of it, where something is wrong or has moved."""
    opened = offload(open_record, desk(), actor(), doc_id, Filter())
    form, context = _asking(opened, act)
    base = desk().services.new_ulid()
    said = offload(read, form, _sent(), lambda number: row_ulid(number, base), _keeper(opened))
    filled = Filled(opened, act, form, said, context)
    if request.form.get("more"):
        return _page(filled, ROWS_MORE)
    locale = visitor().locale
    found = [one for one in check(form, said, context, VEIL) if one.severity == "error"]
    if found:
        wrong: dict[str, list[str]] = {}
        for one in found:
            wrong.setdefault(one.path, []).append(label(one.message, locale))
        return _page(Filled(opened, act, form, said, context, wrong), 1), 400
    finished = {name: value for name, value in finalise(form, said, context).items() if answered(value)}
    intent = Intent(act, request.form.get("judged", ""), said=finished)
    try:
        offload(_carry_out, desk(), actor(), opened, intent)
    except Moved:
        return _page(filled, 1, say(locale, "act.moved")), 409
    return redirect(f"/desk/records/{doc_id}?done={act}", 303)


def _carry_out(desk: Desk, actor: Actor, opened: Opened, intent: Intent) -> None:
    store = desk.stores.open(opened.where.database)
    hand = Hand(actor, desk.device, opened.where.grid_code, desk.now())
    step_id = decide(store, opened.dossier, hand, intent, desk.services.new_ulid())
    desk.follower.refresh(store, [step_id])


def _asking(opened: Opened, act: str) -> tuple[Form, dict[str, Any]]:
    """The form of an act that this visitor may do now, and what its expressions read; `ActNotAllowed`."""
    dossier, where = opened.dossier, opened.where
    if act not in acts_for(dossier, actor(), where.grid_code) or act not in (dossier.form or {}).get(
        "acts", {}
    ):
        raise ActNotAllowed(act)
    now = desk().services.clock()
    context = {
        "now": desk().now(),
        "today": local_date(int(now.timestamp() * 1000)),
        "user": actor().name,
        "role": role_of(actor(), where.grid_code),
        "locale": visitor().locale,
        "subject": facts_of(dossier.standing.table, dossier.answers, dossier.standing.state),
    }
    return Form(act_form(dossier.form or {}, act)), context


def _page(filled: Filled, blank_rows: int, warning: str = "") -> str:
    opened, locale = filled.opened, visitor().locale
    dossier = opened.dossier
    answers = padded(filled.form, filled.said, blank_rows, lambda number: row_ulid(number, filled.act))
    asked = Asked(
        Filling(filled.form, answers, filled.context),
        locale,
        filled.wrong,
        offload(_references, desk(), opened, locale) if _refers(filled.form) else (),
    )
    return render_template(
        "desk/act.html",
        current="queue",
        controls=asked.controls(),
        act=filled.act,
        title=act_name(dossier.standing.table, filled.act, locale),
        about=label((dossier.form or {}).get("title"), locale),
        judged=dossier.standing.judged,
        media=f"/api/media/{dossier.database}/",
        back=f"/desk/records/{dossier.reading.doc_id}",
        warning=warning,
        wrong=bool(filled.wrong),
    )


def _refers(form: Form) -> bool:
    return any(node.question["type"] == "ref" for node in form.nodes.values())


def _references(desk: Desk, opened: Opened, locale: Locale) -> list[tuple[str, str]]:
    """Records of the grid that this one may refer to, newest first: about the same file, or of the same form."""
    own = opened.dossier.reading
    near = or_(records.c.form == own.form, records.c.subject == own.subject if own.subject else false())
    query = select(records.c.id, records.c.form, records.c.captured_at).where(
        records.c.database == opened.where.database, records.c.id != own.doc_id, near
    )
    with reading(desk.index) as connection:
        rows = list(connection.execute(query.order_by(records.c.captured_at.desc()).limit(RECORDS_MAX)))
    titles = desk.library.titles(locale)
    return [(row.id, f"{titles.get(row.form, row.form)} {shown_instant(row.captured_at)}") for row in rows]


def _keeper(opened: Opened) -> Keep:
    """Keeps a picture among the originals of the record's grid, or finds it there; what is none the check tells."""
    media, database, name = desk().services.media, opened.where.database, actor().name
    at = desk().services.clock()

    def keep(given: bytes | str) -> Mapping[str, Json]:
        try:
            address = given if isinstance(given, str) else media.keep(database, given, name, at)
        except NotMedia:
            return {}
        found = media.open(database, address)
        if found is None:
            return {}
        original, path = found
        return {"sha256": address, "type": original.content_type, "bytes": path.stat().st_size}

    return keep


@dataclass(frozen=True)
class _Form:
    """What a browser sent, with its files as bytes."""

    texts: Mapping[str, list[str]]
    files: Mapping[str, list[bytes]]

    def getlist(self, name: str) -> list[Any]:
        return [*self.texts.get(name, ()), *self.files.get(name, ())]


def _sent() -> _Form:
    texts = dict(request.form.lists())
    files = {name: [file.read() for file in several] for name, several in request.files.lists()}
    return _Form(texts, files)
