"""The token in every form of a page: proof that the page which sends it came from here.

It is a keyed hash of the visit's cookie: the desk session, or before signing in a random `jinlin_visit`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from flask import Request

from server.refusals import CsrfFailed

FIELD = "csrf"
HEADER = "X-CSRF-Token"
VISIT_COOKIE = "jinlin_visit"


def check_csrf(request: Request, token_of: Callable[[str], str]) -> None:
    """`CsrfFailed` unless the request carries the token of its visit, and no other site sent it."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise CsrfFailed
    visit = request.cookies.get("jinlin_session") or request.cookies.get(VISIT_COOKIE)
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    if not visit or not hmac.compare_digest(token_of(visit).encode(), given.encode()):
        raise CsrfFailed
