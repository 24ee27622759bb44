"""Who is asking: credentials to `Actor`.

    a phone     password → access token (signed, short) and refresh token (random, of one device, rotated, revocable)
    a program   Basic on `/db/`; a password that was right is remembered for minutes under a keyed hash
    the desk    a signed cookie, and a CSRF token in every form
    the wire    a signed cookie of its own (`/db/_session`), for CouchDB's clients that want one

Access tokens and cookies are believed by their signature; that the account is not disabled, its password the same
and the device not revoked is asked again every `STANDING_S` seconds. So a stop counts at once in the process that
made it, and within that time in all others.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Literal, cast

from flask import Request, current_app
from itsdangerous import BadData, URLSafeSerializer

from server.access import Actor
from server.accounts import Account, Accounts
from server.csrf import check_csrf, check_site
from server.native import offload
from server.passwords import matches
from server.refusals import CsrfFailed, DeviceTaken, LockedOut, NotSignedIn
from server.remembered import Remembered
from server.secret import read_or_make
from server.services import Services, services
from server.turns import Turns

__all__ = ["CsrfFailed", "DeviceTaken", "LockedOut", "NotSignedIn", "SignIn", "Tokens", "actor_of", "signin"]

STANDING_S = 15.0
BASIC_S = 300.0
REFRESH_GRACE_S = 86_400
"""For how long the refresh token before the current one is taken, once: a phone may have lost the reply in a lift."""
COOKIE = "jinlin_session"
WIRE_COOKIE = "AuthSession"
"""What CouchDB's clients look for; it is sent below `/db` only, and no page of another site makes a browser send it."""
Audience = Literal["desk", "wire"]
_EXTENSION = "jinlin-signin"
_LOCAL = timezone(timedelta(hours=8))
"""Grants end at the end of a day in China."""
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_WRONG = ("用户名或密码错误", "Name or password is incorrect.")


@dataclass(frozen=True)
class Tokens:
    """What a phone gets when it signs in or refreshes."""

    access_token: str
    refresh_token: str
    expires_at: datetime


@dataclass(frozen=True)
class Lives:
    """How long what is given counts, in seconds."""

    access_s: int
    refresh_s: int
    desk_s: int


class SignIn:
    """Passwords and tokens of one server. Its methods may be called from any greenlet; what blocks is offloaded."""

    def __init__(
        self,
        accounts: Accounts,
        secret: bytes,
        lives: Lives,
        clock: Callable[[], datetime],
        new_token: Callable[[], str],
    ) -> None:
        self._accounts = accounts
        self._secret = secret
        self._lives = lives
        self._clock = clock
        self._new_token = new_token
        self._standing: Remembered[Account | None] = Remembered(4_096)
        self._right: Remembered[int] = Remembered(1_024)
        self._turns = Turns()

    def password(self, name: str, password: str) -> Account:
        """The account whose password this is; `NotSignedIn`, or `LockedOut` while it must wait.

        Who comes with the same right password while it is being looked at gets the same answer: a program that opens
        twenty connections at once has not guessed twenty times.
        """
        name = name[:64]
        key = self._key(name, password)
        with self._turns.turn(key) as waited:
            account = self._look(name, None) if waited else None
            if account is None or self._right.get(key, self._now_s()) != account.epoch:
                account = self._verified(name, password)
                self._right.put(key, account.epoch, self._now_s() + BASIC_S)
        return account

    def _verified(self, name: str, password: str) -> Account:
        wait_s = offload(self._accounts.attempt, name, self._clock())
        if wait_s:
            raise LockedOut(wait_s)
        account = offload(self._accounts.find, name)
        right = offload(matches, account.password_hash if account else None, password)
        if account is None or not right or account.disabled:
            if account is not None:
                offload(self._accounts.note, name, "sign_in_failed", "", self._clock())
            raise NotSignedIn(*_WRONG)
        offload(self._accounts.succeeded, name)
        self.forget(name)
        return account

    def _key(self, name: str, password: str) -> bytes:
        """What a right password is remembered under: it cannot be turned back, and nothing else has it."""
        return hmac.digest(self._secret, f"{len(name)}:{name}{password}".encode(), "sha256")

    def tokens(self, account: Account, device: str) -> Tokens:
        """Bind a device to the account and sign it in; its old refresh token counts no more. `DeviceTaken`."""
        refresh = f"{device}.{self._new_token()}"
        if not offload(self._accounts.bind, device, account.name, _digest(refresh), self._clock()):
            raise DeviceTaken
        offload(self._accounts.note, account.name, "sign_in", device, self._clock())
        self.forget(account.name, device)
        return self._tokens(account, device, refresh)

    def refresh(self, refresh_token: str) -> tuple[Account, str, Tokens]:
        """Account, device and new tokens for a refresh token, which is thereby used up; `NotSignedIn`."""
        device, now = refresh_token.rpartition(".")[0], self._clock()
        fresh = f"{device}.{self._new_token()}"
        taken = offload(
            self._accounts.rotate,
            device,
            _digest(refresh_token),
            _digest(fresh),
            now,
            grace_s=REFRESH_GRACE_S,
            life_s=self._lives.refresh_s,
        )
        bound = offload(self._accounts.device, device) if taken else None
        account = offload(self._accounts.find, bound.user) if bound else None
        if account is None or account.disabled:
            raise NotSignedIn
        self.forget(account.name, device)
        return account, device, self._tokens(account, device, fresh)

    def sign_out(self, actor: Actor) -> None:
        """End the device's sign-in: its refresh token counts no more."""
        if actor.device is not None:
            offload(self._accounts.sign_out, actor.device)
            offload(self._accounts.note, actor.name, "sign_out", actor.device, self._clock())

    def forget(self, name: str, device: str | None = None) -> None:
        """Ask the accounts again at the next request of this account."""
        self._standing.drop((name, device))
        self._standing.drop((name, None))

    def of_access_token(self, token: str) -> Actor:
        """Who an access token speaks for; `NotSignedIn`."""
        return self._of_signed(token, "access")

    def of_cookie(self, value: str, audience: Audience = "desk") -> Actor:
        """Who a cookie of that audience speaks for; `NotSignedIn`."""
        return self._of_signed(value, audience)

    def of_basic(self, name: str, password: str) -> Actor:
        """Who a bare name and password speak for, on no device; `NotSignedIn`, `LockedOut`."""
        account = self._look(name, None)
        if account is None or self._right.get(self._key(name, password), self._now_s()) != account.epoch:
            account = self.password(name, password)
        return account.actor(None, self._today())

    def cookie(self, account: Account, audience: Audience = "desk") -> str:
        """A session of the account, as the value of its cookie; it counts for that audience only."""
        expires_s = self._now_s() + self._lives.desk_s
        return self._signer(audience).dumps(
            [account.name, None, account.epoch, int(expires_s), self._new_token()]
        )

    def csrf_token(self, visit: str) -> str:
        """The token that belongs in the forms of a visit (the value of its cookie)."""
        return hmac.digest(self._secret, b"csrf:" + visit.encode(), "sha256").hex()

    def new_visit(self) -> str:
        """A name for the visit of somebody who is not signed in yet."""
        return self._new_token()

    def _tokens(self, account: Account, device: str, refresh: str) -> Tokens:
        expires_at = self._clock() + timedelta(seconds=self._lives.access_s)
        payload = [account.name, device, account.epoch, int(expires_at.timestamp()), ""]
        return Tokens(self._signer("access").dumps(payload), refresh, expires_at)

    def _of_signed(self, text: str, kind: str) -> Actor:
        try:
            name, device, epoch, expires_s, _ = self._signer(kind).loads(text)
        except (BadData, ValueError, TypeError) as error:
            raise NotSignedIn from error
        account = self._look(name, device) if self._now_s() < expires_s else None
        if account is None or account.epoch != epoch:
            raise NotSignedIn
        return account.actor(device, self._today())

    def _look(self, name: str, device: str | None) -> Account | None:
        """The account if it stands, and the device with it, as known for `STANDING_S`."""
        key, now_s = (name, device), self._now_s()
        if self._standing.expired(key, now_s):
            self._standing.put(key, offload(self._read_standing, name, device), now_s + STANDING_S)
        return self._standing.get(key, now_s)

    def _read_standing(self, name: str, device: str | None) -> Account | None:
        account = self._accounts.find(name)
        if account is None or account.disabled:
            return None
        if device is not None:
            bound = self._accounts.device(device)
            if bound is None or bound.revoked or bound.refresh_hash is None or bound.user != name:
                return None
        return account

    def _signer(self, kind: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=kind, signer_kwargs={"digest_method": hashlib.sha256})

    def _today(self) -> date:
        return self._clock().astimezone(_LOCAL).date()

    def _now_s(self) -> float:
        return self._clock().timestamp()


def actor_of(request: Request) -> Actor:
    """Who sent the request: Bearer, Basic (on `/db/`), or the cookie for its path; `NotSignedIn`, `LockedOut`.

    With a cookie, a request that changes something must come from this site, at the desk with the token of its visit
    (`CsrfFailed`).
    """
    kind, _, rest = request.headers.get("Authorization", "").partition(" ")
    replication = request.path.startswith("/db/") or request.path == "/db"
    if kind.lower() == "bearer":
        return signin().of_access_token(rest.strip())
    if kind.lower() == "basic" and replication:
        return signin().of_basic(*_basic_pair(rest))
    cookie = request.cookies.get(WIRE_COOKIE if replication else COOKIE)
    if kind or cookie is None:
        raise NotSignedIn
    actor = signin().of_cookie(cookie, "wire" if replication else "desk")
    if request.method not in _SAFE_METHODS:
        if replication:
            check_site(request)
        else:
            check_csrf(request, signin().csrf_token)
    return actor


def signin() -> SignIn:
    """The sign-in of the app that answers the current request, made at its first use."""
    made = current_app.extensions.get(_EXTENSION)
    return cast(SignIn, made or current_app.extensions.setdefault(_EXTENSION, _made(services())))


def _made(parts: Services) -> SignIn:
    settings = parts.settings

    def new_token() -> str:
        return parts.new_id() + parts.new_id()

    return SignIn(
        parts.accounts,
        read_or_make(settings.data / "secret.key", new_token),
        Lives(settings.access_token_s, settings.refresh_token_s, settings.desk_session_s),
        parts.clock,
        new_token,
    )


def _basic_pair(text: str) -> tuple[str, str]:
    try:
        name, colon, password = base64.b64decode(text, validate=True).decode().partition(":")
    except ValueError as error:  # what is not ASCII, not base64, not UTF-8
        raise NotSignedIn from error
    if not colon:
        raise NotSignedIn
    return name, password


def _digest(token: str) -> str:
    """A refresh token as it is kept: it is random enough that a fast hash hides it."""
    return hashlib.sha256(token.encode()).hexdigest()
