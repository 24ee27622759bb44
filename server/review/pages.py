"""The desk's blueprint: who visits, in which language, and the modules of its pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import Blueprint, g, redirect, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from server import desk_session
from server.access import may
from server.refusals import CsrfFailed, NotSignedIn
from server.review import (
    act_page,
    form_pages,
    grid_page,
    household_pages,
    queue_page,
    record_page,
    reveal,
    sign_in_page,
)
from server.review.acts import ActNotAllowed
from server.review.desk import Visitor
from server.review.scope import reaches
from server.review.texts import locale_of, say, say_or
from server.review.values import shown_instant
from server.signin import actor_of
from sync.errors import Conflict, NotFound, StoreUnavailable

LANGUAGE_COOKIE = "jinlin_language"
OPEN_TO_ALL = frozenset({"desk.sign_in", "desk.static", "desk.language"})
"""Endpoints that need nobody signed in."""

_SERVER = Path(__file__).parent.parent

blueprint = Blueprint(
    "desk",
    __name__,
    url_prefix="/desk",
    template_folder=str(_SERVER / "templates"),
    static_folder=str(_SERVER / "static" / "desk"),
    static_url_path="/static",
)

MODULES = (sign_in_page, queue_page, record_page, act_page, household_pages, grid_page, form_pages, reveal)
for module in MODULES:
    module.register(blueprint)


@blueprint.before_request
def meet() -> Response | None:
    """Know the visitor and refuse forms that no page of this visit made; strangers are sent to sign in."""
    locale = locale_of(request.cookies.get(LANGUAGE_COOKIE), request.headers.get("Accept-Language"))
    g.visitor = Visitor(None, locale)
    if request.endpoint == "desk.static":
        return None
    try:
        someone = actor_of(request)
    except NotSignedIn:
        return _stranger()
    g.visitor = Visitor(someone, locale)
    if not may(someone, "open_desk") and request.endpoint not in OPEN_TO_ALL | {"desk.sign_out"}:
        raise ActNotAllowed("open_desk")
    return None


@blueprint.context_processor
def shared() -> dict[str, Any]:
    """What every template may use."""
    visitor: Visitor = g.visitor
    return {
        "t": lambda key, **values: say(visitor.locale, key, **values),
        "t_or": lambda key, fallback: say_or(visitor.locale, key, fallback),
        "locale": visitor.locale,
        "actor": visitor.actor,
        "csrf": desk_session.csrf_token(),
        "here": request.full_path.rstrip("?") if request.method == "GET" else "/desk/",
        "nav": _nav(visitor),
        "notice": _notice(visitor),
        "notice_of": _notice_of(),
    }


@blueprint.app_template_filter("local")
def local(value: object) -> str:
    """An instant as date and minute in Asia/Shanghai."""
    return shown_instant(value)


@blueprint.route("/language", methods=["POST"])
def language() -> Response:
    """Keep the chosen language, and go back to the page it was chosen on."""
    response = redirect(sign_in_page.own_page(request.form.get("next", "")), 303)
    chosen = locale_of(request.form.get("to"), None)
    response.set_cookie(
        LANGUAGE_COOKIE, chosen, max_age=365 * 86400, samesite="Lax", path="/desk/", httponly=True
    )
    return response


@blueprint.route("/<path:rest>")
def nowhere(rest: str) -> tuple[str, int]:
    """Any other address under the desk."""
    return _wrong("not_found", 404)


@blueprint.after_request
def private(response: Response) -> Response:
    """Pages hold personal information: no cache keeps them."""
    if request.endpoint != "desk.static":
        response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.errorhandler(NotFound)
def not_found(_error: NotFound) -> tuple[str, int]:
    """There is no such page or document."""
    return _wrong("not_found", 404)


@blueprint.errorhandler(ActNotAllowed)
def not_allowed(_error: ActNotAllowed) -> tuple[str, int]:
    """The visitor may not do this, or not here."""
    return _wrong("not_allowed", 403)


@blueprint.errorhandler(CsrfFailed)
def expired(_error: CsrfFailed) -> tuple[str, int]:
    """A form without this visit's token."""
    return _wrong("csrf", 403)


@blueprint.errorhandler(Conflict)
def moved(_error: Conflict) -> tuple[str, int]:
    """A file was edited between reading and writing it."""
    return _wrong("moved", 409)


@blueprint.errorhandler(StoreUnavailable)
def unavailable(_error: StoreUnavailable) -> tuple[str, int]:
    """The store cannot be read now."""
    return _wrong("unavailable", 503)


@blueprint.errorhandler(HTTPException)
def refused(error: HTTPException) -> tuple[str, int]:
    """Whatever else is wrong with a request."""
    words = {404: "not_found", 405: "not_found", 413: "too_large"}
    return _wrong(words.get(error.code or 400, "bad_request"), error.code or 400)


def _stranger() -> Response | None:
    if request.endpoint in OPEN_TO_ALL:
        if request.method == "POST":
            desk_session.check_csrf()
        return None
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/desk/"
    return redirect(sign_in_page.address(wanted), 303)


def _wrong(what: str, status: int) -> tuple[str, int]:
    return render_template("desk/error.html", what=what), status


def _nav(visitor: Visitor) -> list[tuple[str, str]]:
    """The pages that the visitor has something on."""
    if visitor.actor is None:
        return []
    of_records = [("queue", "desk.queue"), ("households", "desk.household_list")]
    nav = of_records if reaches(visitor.actor, "read_file") else []
    nav += [("grids", "desk.grid_list")] if reaches(visitor.actor, "see_grid") else []
    return nav + ([("forms", "desk.form_list")] if may(visitor.actor, "publish_forms") else [])


def _notice(visitor: Visitor) -> str:
    """What the page before has done, from the query: one of a few fixed sentences."""
    done, approved = request.args.get("done", ""), request.args.get("approved", "")
    if approved.isdigit():
        return say(visitor.locale, "queue.bulk_done", count=int(approved))
    return say_or(visitor.locale, f"record.done.{done}", say(visitor.locale, "record.done")) if done else ""


def _notice_of() -> str:
    """The page of the record that the notice is about, where another one is shown now."""
    doc_id = request.args.get("of", "")
    return f"/desk/records/{doc_id}" if re.fullmatch(r"record:[0-9A-Z]{26}", doc_id) else ""
