"""The token in every form of a page: proof that the page which sends it came from here.

It is a keyed hash of the visit's cookie: the desk session, or before signing in a random `jinlin_visit`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Request

from server.refusals import CsrfFailed

FIELD = "csrf"
HEADER = "X-CSRF-Token"
VISIT_COOKIE = "jinlin_visit"


def check_site(request: Request) -> None:
    """`CsrfFailed` for what a browser sends in the name of another site; what is no browser says nothing of sites."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is None and origin is not None:
        site = "same-origin" if urlsplit(origin).netloc == request.host else "cross-site"
    if site not in (None, "same-origin", "none"):
        raise CsrfFailed


def check_csrf(request: Request, token_of: Callable[[str], str]) -> None:
    """`CsrfFailed` unless the request carries the token of its visit, and no other site sent it."""
    check_site(request)
    visit = request.cookies.get("jinlin_session") or request.cookies.get(VISIT_COOKIE)
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not visit or not hmac.compare_digest(token_of(visit).encode(), given.encode()):
        raise CsrfFailed
