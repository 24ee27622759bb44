"""Signing in to the desk, and out of it."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request

from server import desk_session
from server.access import may
from server.refusals import LockedOut, NotSignedIn
from server.review.desk import visitor
from server.review.texts import say
from server.review.values import SHANGHAI
from server.services import services


def register(blueprint: Blueprint) -> None:
    """Add the sign-in routes."""
    blueprint.add_url_rule("/sign-in", "sign_in", sign_in, methods=["GET", "POST"])
    blueprint.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])


def address(wanted: str) -> str:
    """The sign-in page that goes on to a wanted page."""
    return "/desk/sign-in" + (f"?{urlencode({'next': wanted})}" if wanted not in ("/desk/", "/desk") else "")


def own_page(target: str) -> str:
    """A page of the desk to go on to; the start page for any other address."""
    return target if target.startswith("/desk/") and "//" not in target and "\\" not in target else "/desk/"


def sign_in() -> Response | str | tuple[str, int]:
    """The form; with a right name and password of somebody who uses the desk, a session."""
    if request.method == "GET":
        return _form(own_page(request.args.get("next", "/desk/")))
    wanted, locale = own_page(request.form.get("next", "/desk/")), visitor().locale
    response = make_response(redirect(wanted, 303))
    try:
        account = desk_session.begin(
            response, request.form.get("name", "").strip(), request.form.get("password", "")
        )
    except LockedOut as locked:
        return _form(wanted, say(locale, "sign_in.locked", seconds=locked.wait_s)), 429
    except NotSignedIn:
        return _form(wanted, say(locale, "sign_in.bad")), 401
    today = services().clock().astimezone(SHANGHAI).date()
    if not may(account.actor(None, today), "open_desk"):
        return _form(wanted, say(locale, "sign_in.no_desk")), 403
    return response


def sign_out() -> Response:
    """End the session."""
    response = make_response(redirect("/desk/sign-in", 303))
    desk_session.end(response)
    return response


def _form(wanted: str, failure: str = "") -> str:
    name = request.form.get("name", "").strip()
    return render_template("desk/sign_in.html", next=wanted, name=name, failure=failure)
