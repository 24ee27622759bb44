"""How we sign in at another server: by password, by a cookie session, by IBM's IAM, or with a token.

A secret never appears in a message: what goes wrong here is `AccessRefused` or `StoreUnavailable` in our own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import requests
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import (
    Authenticator,
    BasicAuthenticator,
    BearerTokenAuthenticator,
    IAMAuthenticator,
    NoAuthAuthenticator,
)
from ibmcloudant import CouchDbSessionAuthenticator
from ibmcloudant.couchdb_session_token_manager import CouchDbSessionTokenManager
from requests.cookies import get_cookie_header

from sync.errors import AccessRefused, Malformed, StoreUnavailable

SignIn = Literal["none", "basic", "session", "iam", "bearer"]


class _Cookies(CouchDbSessionTokenManager):  # type: ignore[misc]  # no types
    def request_token(self) -> requests.Response:
        answer: requests.Response = super().request_token()
        if not answer.ok:
            raise ApiException(answer.status_code, http_response=answer)
        return answer


class _Session(CouchDbSessionAuthenticator):  # type: ignore[misc]  # no types
    """A cookie session (CouchDB 3, Cloudant with legacy credentials); one for each client."""

    def __init__(self, name: str, password: str) -> None:
        super().__init__(name, password)
        self.token_manager = _Cookies(name, password)
        self.validate()

    def authenticate(self, req: dict[str, object]) -> None:
        with _signing_in("the server does not accept this name and password"):
            super().authenticate(req)

    def renewer(self, session: requests.Session) -> Callable[[requests.PreparedRequest], bool]:
        """What signs a refused request anew: a server that was restarted may have forgotten its sessions."""

        def renew(request: requests.PreparedRequest) -> bool:
            if str(request.url).endswith("/_session") and request.method == "POST":
                return False
            self.token_manager.expire_time = 0
            self.authenticate({})
            request.headers.pop("Cookie", None)
            cookie = get_cookie_header(session.cookies, request)
            if cookie:
                request.headers["Cookie"] = cookie
            return bool(cookie)

        return renew


class _Iam(IAMAuthenticator):  # type: ignore[misc]  # no types
    """A token of IBM's IAM for an API key, renewed before it ends; threads may share it."""

    def authenticate(self, req: dict[str, object]) -> None:
        with _signing_in("IAM does not accept this API key"):
            super().authenticate(req)


def authenticator(way: SignIn, name: str, secret: str, iam_url: str | None = None) -> Authenticator:
    """Whoever signs our requests; `Malformed` for secrets that cannot be meant."""
    try:
        match way:
            case "none":
                return NoAuthAuthenticator()
            case "basic":
                return BasicAuthenticator(name, secret)
            case "session":
                return _Session(name, secret)
            case "bearer":
                return BearerTokenAuthenticator(secret)
            case "iam":
                return _Iam(secret, url=iam_url)
    except ValueError:
        raise Malformed(
            "a name, password or key may not begin or end with a brace or quotation mark"
        ) from None


def session_of(signer: Authenticator) -> _Session | None:
    """The signer, if it keeps a cookie session."""
    return signer if isinstance(signer, _Session) else None


@contextmanager
def _signing_in(refused: str) -> Iterator[None]:
    try:
        yield
    except ApiException as error:
        if error.status_code in (400, 401, 403):
            raise AccessRefused(refused) from None
        raise StoreUnavailable(f"signing in: the server answers {error.status_code}") from None
    except (StopIteration, KeyError, ValueError):
        raise StoreUnavailable("signing in: the server gives neither session nor token") from None
