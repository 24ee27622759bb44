"""`_session`: a name and a password for a cookie, as CouchDB gives one, and who the request is."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request

from server.access import Actor
from server.api.replication.paths import Routes
from server.api.replication.replies import reply
from server.api.replication.requests import received
from server.csrf import check_site
from server.errors import NotJson
from server.refusals import NotSignedIn
from server.services import services
from server.signin import WIRE_COOKIE, actor_of, signin
from sync import wire
from sync.documents import Json
from sync.errors import Malformed

_HANDLERS = ["cookie", "default"]


def sign_in() -> Response:
    """`POST /db/_session` with `name` and `password`, a form or JSON. `NotSignedIn`, `LockedOut`, `CsrfFailed`."""
    check_site(request)
    account = signin().password(*_pair(_given()))
    value = signin().cookie(account, "wire")
    response = reply({"ok": True, "name": account.name, "roles": _roles(signin().of_cookie(value, "wire"))})
    response.set_cookie(
        WIRE_COOKIE,
        value,
        max_age=services().settings.desk_session_s,
        path="/db",
        secure=_is_secure(),
        httponly=True,
        samesite="Strict",
    )
    return response


def who() -> Response:
    """`GET /db/_session`: who the request is; nobody, where it does not say."""
    named = "Authorization" in request.headers
    info: dict[str, Json] = {"authentication_handlers": _HANDLERS}
    try:
        actor = actor_of(request)
    except NotSignedIn:
        if named:
            raise
        return reply({"ok": True, "userCtx": {"name": None, "roles": []}, "info": info})
    info["authenticated"] = "default" if named else "cookie"
    return reply({"ok": True, "userCtx": {"name": actor.name, "roles": _roles(actor)}, "info": info})


def sign_out() -> Response:
    """`DELETE /db/_session`: the browser forgets its cookie."""
    response = reply({"ok": True})
    response.delete_cookie(WIRE_COOKIE, path="/db", secure=_is_secure(), httponly=True, samesite="Strict")
    return response


def _given() -> Mapping[str, Json]:
    if request.mimetype == "application/x-www-form-urlencoded":
        return request.form
    try:
        return wire.load_object(received(typed=True))
    except NotJson as error:
        kinds = "'application/x-www-form-urlencoded' or 'application/json'"
        raise NotJson(f"Content-Type must be {kinds}") from error


def _pair(given: Mapping[str, Json]) -> tuple[str, str]:
    name, password = given.get("name", given.get("username")), given.get("password", "")
    if not isinstance(name, str) or not isinstance(password, str):
        raise Malformed("request body must contain a username")
    return name, password


def _roles(actor: Actor) -> list[str]:
    return sorted({"_admin" if role == "admin" else role for role in actor.roles})


def _is_secure() -> bool:
    return request.is_secure or services().settings.secure_cookies


ROUTES: Routes = (
    ("POST", "/_session", sign_in),
    ("GET", "/_session", who),
    ("DELETE", "/_session", sign_out),
)
