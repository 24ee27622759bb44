"""A connection to a CouchDB-compatible server, through IBM's Cloudant client: its URL, sign-in, retries and errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import Authenticator
from ibmcloudant import CloudantV1
from urllib3.exceptions import HTTPError

from sync.errors import (
    AccessRefused,
    BatchTooLarge,
    Conflict,
    DatabaseExists,
    Malformed,
    MissingStub,
    NotACouch,
    NotFound,
    StoreUnavailable,
    SyncError,
)
from sync.patience import SENDING, Adapter, Patience, timeouts
from sync.signing_in import SignIn, authenticator, session_of

TOO_LARGE = (
    "more than the server takes (Cloudant: 1 MB a document, 10 MB an attachment, 64 MB a request; "
    "CouchDB: its max_document_size, max_attachment_size and max_http_request_size)"
)


@dataclass(frozen=True)
class Address:
    """Where a server is, and as whom we come. Its text never shows a secret."""

    url: str
    """Scheme, host, port and path; never a name or password, no slash at the end."""
    name: str = ""
    secret: str = ""
    way: SignIn = "none"
    iam_url: str | None = None
    """Where IAM gives tokens; None: IBM's public address."""

    def __repr__(self) -> str:
        return f"Address({self.url!r}, {self.name!r})"

    def __str__(self) -> str:
        return self.url


def address(url: str, key: str = "") -> Address:
    """The address that a URL like `https://name:password@host:port/path` spells; `Malformed` for anything else.

    Without a name the password is a bearer token: `https://:token@host/`. `session+https://name:password@host` signs in
    for a cookie, `iam+https://host` with an API key of IBM's IAM. `key` is the API key, token or password where it
    stands in no URL.
    """
    given, _, rest = url.partition("+") if url.startswith(("session+", "iam+")) else ("", "", url)
    try:
        parts = urlsplit(rest)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Malformed("this is not the URL of a server") from error
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise Malformed("the URL of a server begins with http:// or https:// and has no ? and no #")
    where = f"[{host}]" if ":" in host else host
    bare = urlunsplit((parts.scheme, f"{where}:{port}" if port else where, parts.path.rstrip("/"), "", ""))
    name, secret = unquote(parts.username or ""), key or unquote(parts.password or "")
    if (given == "session" and not name) or (given == "iam" and not secret):
        raise Malformed("session+ needs a name and a password, iam+ an API key (JINLIN_STORE_KEY)")
    return Address(bare, name, secret, _way(given, name, secret))


def _way(given: str, name: str, secret: str) -> SignIn:
    if given == "iam":
        return "iam"
    if given == "session":
        return "session"
    if name:
        return "basic"
    return "bearer" if secret else "none"


class Line(threading.local):
    """One client for each thread: a connection never passes from one to another."""

    def __init__(self, to: Address, patience: Patience, shared: Authenticator | None) -> None:
        signer = shared or authenticator(to.way, to.name, to.secret, to.iam_url)
        self._adapter = Adapter(patience)
        session = requests.Session()
        for scheme in ("http://", "https://"):
            session.mount(scheme, self._adapter)
        self.service = _client(to, signer, session, patience)
        kept = session_of(signer)
        if kept is not None:
            self._adapter.renew = kept.renewer(session)

    def once(self) -> AbstractContextManager[None]:
        """In here this thread's requests must not be carried out twice, so an unclear end is not tried again."""
        return self._adapter.once()

    def flowing(self) -> AbstractContextManager[None]:
        """In here the body of an answer to this thread is left unread, for what is too long to be in memory."""
        return self._adapter.flowing()


def connect(to: Address, patience: Patience = SENDING) -> Line:
    """Clients that keep their connections, wait within bounds, and repeat what a busy server put off."""
    shared = authenticator(to.way, to.name, to.secret, to.iam_url)
    return Line(to, patience, None if session_of(shared) else shared)


def _client(to: Address, signer: Authenticator, session: requests.Session, patience: Patience) -> CloudantV1:
    service = CloudantV1(authenticator=signer)
    service.set_http_client(session)
    service.set_http_config(timeouts(patience))
    service.set_service_url(to.url)
    kept = session_of(signer)
    if kept is not None:
        kept.token_manager.http_config = timeouts(patience)
    return service


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


def reason_of(error: SyncError) -> str:
    """The peer's own words for a refusal, or ours."""
    cause = error.__cause__
    return (_said(cause)[1] if isinstance(cause, ApiException) else "") or str(error)


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
            return BatchTooLarge(f"{what}: {TOO_LARGE}")
        case status if 200 <= status < 300:
            return NotACouch("the server's answer is not JSON")
        case 501:
            return Malformed("the server does not have that")
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
