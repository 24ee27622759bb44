"""The desk's cookies: sign in, sign out, and the token for the forms of a page."""

from __future__ import annotations

from flask import Request, after_this_request, request
from werkzeug.wrappers import Response

from server import csrf
from server.accounts import Account
from server.services import services
from server.signin import COOKIE, signin


def csrf_token() -> str:
    """The token for the forms of the page that answers this request; it may set a cookie for the visit."""
    visit = request.cookies.get(COOKIE) or request.cookies.get(csrf.VISIT_COOKIE)
    if not visit:
        visit = signin().new_visit()
        after_this_request(lambda response: _set(response, csrf.VISIT_COOKIE, visit))
    return signin().csrf_token(visit)


def check_csrf(submitted: Request | None = None) -> None:
    """`CsrfFailed` unless the form came from a page of this visit."""
    csrf.check_csrf(submitted or request, signin().csrf_token)


def begin(response: Response, name: str, password: str) -> Account:
    """Sign in at the desk: sets the session's cookie on the response. `NotSignedIn`, `LockedOut`."""
    account = signin().password(name, password)
    _set(response, COOKIE, signin().cookie(account))
    response.delete_cookie(csrf.VISIT_COOKIE)
    return account


def end(response: Response) -> None:
    """Sign out at the desk: this browser forgets the session."""
    response.delete_cookie(COOKIE)


def _set(response: Response, name: str, value: str) -> Response:
    secure = request.is_secure or services().settings.secure_cookies
    response.set_cookie(name, value, httponly=True, samesite="Lax", secure=secure, path="/")
    return response
