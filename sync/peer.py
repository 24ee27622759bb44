"""A connection to a CouchDB-compatible server, through IBM's Cloudant client: its URL, sign-in, retries and errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import (
    Authenticator,
    BasicAuthenticator,
    BearerTokenAuthenticator,
    NoAuthAuthenticator,
)
from ibmcloudant import CloudantV1
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from sync.errors import (
    AccessRefused,
    BatchTooLarge,
    Conflict,
    DatabaseExists,
    Malformed,
    MissingStub,
    NotFound,
    StoreUnavailable,
    SyncError,
)

CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 120

LONGEST_PAUSE_S = 20


class _Patience(Retry):
    """Retries that believe a server's Retry-After only so far."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        wanted_s = super().get_retry_after(response)
        return None if wanted_s is None else min(wanted_s, LONGEST_PAUSE_S)


_RETRIES = _Patience(
    total=5,
    connect=2,
    read=3,
    status=5,
    backoff_factor=0.5,
    backoff_max=LONGEST_PAUSE_S,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,  # every verb of ours may be repeated: revisions are named by what they hold
    raise_on_status=False,
)


@dataclass(frozen=True)
class Address:
    """Where a server is, and as whom we come. Its text never shows a secret."""

    url: str
    """Scheme, host, port and path; never a name or password, no slash at the end."""
    name: str = ""
    secret: str = ""

    def __repr__(self) -> str:
        return f"Address({self.url!r}, {self.name!r})"

    def __str__(self) -> str:
        return self.url


def address(url: str) -> Address:
    """The address that a URL like `https://name:password@host:port/path` spells; `Malformed` for anything else.

    Without a name the password is a bearer token: `https://:token@host/`.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Malformed("this is not the URL of a server") from error
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise Malformed("the URL of a server begins with http:// or https:// and has no ? and no #")
    where = f"[{host}]" if ":" in host else host
    bare = urlunsplit((parts.scheme, f"{where}:{port}" if port else where, parts.path.rstrip("/"), "", ""))
    return Address(bare, unquote(parts.username or ""), unquote(parts.password or ""))


class Line(threading.local):
    """Clients of one server, one for each thread: a connection never passes from one to another."""

    def __init__(self, to: Address) -> None:
        self.service = connect(to)


def connect(to: Address) -> CloudantV1:
    """A client that keeps its connection, waits within bounds, and repeats what a busy server put off."""
    service = CloudantV1(authenticator=_authenticator(to))
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=_RETRIES))
    service.set_http_client(session)
    service.set_http_config({"timeout": (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)})
    service.set_service_url(to.url)
    return service


def _authenticator(to: Address) -> Authenticator:
    try:
        if to.name:
            return BasicAuthenticator(to.name, to.secret)
        return BearerTokenAuthenticator(to.secret) if to.secret else NoAuthAuthenticator()
    except ValueError as error:
        raise Malformed("a name or password may not begin or end with a brace or a quotation mark") from error


@contextmanager
def translated(what: str) -> Iterator[None]:
    """The peer's refusals and silences as our errors. `what` is the database or document that was asked for."""
    try:
        yield
    except ApiException as error:
        raise _error(what, error) from error
    except requests.exceptions.SSLError as error:
        raise StoreUnavailable("the server's certificate is not trusted") from error
    except requests.exceptions.Timeout as error:
        raise StoreUnavailable("the server did not answer in time") from error
    except (requests.exceptions.RequestException, HTTPError) as error:
        raise StoreUnavailable("the server cannot be reached") from error


def _error(what: str, error: ApiException) -> SyncError:
    slug, reason = _said(error)
    match error.status_code:
        case 401:
            return AccessRefused("the server does not accept this name and password")
        case 403:
            return AccessRefused("the server does not allow this account to do that")
        case 404:
            return NotFound(what, "deleted" if reason == "deleted" else "missing")
        case 409:
            return Conflict(what)
        case 412 if slug == "missing_stub":
            return MissingStub(what, "")
        case 412:
            return DatabaseExists(what)
        case 413:
            return BatchTooLarge(what)
        case status if 400 <= status < 500 and status not in (408, 429):
            return Malformed(f"the server answers {status} {slug}".strip())
        case status:
            return StoreUnavailable(f"the server answers {status} {slug}".strip())


def _said(error: ApiException) -> tuple[str, str]:
    try:
        body = error.http_response.json()
        return str(body.get("error", "")), str(body.get("reason", ""))
    except (AttributeError, ValueError):
        return "", ""
