"""The web half: one Flask app, made of services and routes. Clock, chance and identity come in here."""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from server import errors
from server.accounts import Accounts
from server.api import candidates, forms, health, media, phone, receipts, replication, session, snapshot
from server.candidates import Candidates
from server.directory import Directory
from server.logs import configure
from server.media import MediaStore
from server.opening import open_stores
from server.packing import pack
from server.review import pages
from server.review.tables import open_index
from server.services import EXTENSION, Services
from server.settings import Settings
from server.startup import make_databases, prepare
from server.ulids import ulid
from server.watching import Watch

SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(self)",
}
_HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}


def create_app(settings: Settings) -> Flask:
    """The app that serves everything: phone app, desk, `/api/` and `/db/`; what must be there is made."""
    app = unopened_app(settings)
    app.extensions[EXTENSION] = parts = build_services(settings)
    prepare(parts)
    return app


def unopened_app(settings: Settings) -> Flask:
    """The same app without its services: nothing is open, so that it can be made before a fork."""
    configure(settings.log_level)
    app = Flask("server", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=settings.request_bytes_max, SESSION_COOKIE_SECURE=settings.secure_cookies
    )
    errors.register(app, new_reference=lambda: uuid.uuid4().hex[:12])
    _register_routes(app)
    app.after_request(pack)
    app.after_request(_secure)
    app.wsgi_app = replication.SegmentsKept(app.wsgi_app, "/db/")  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def build_services(settings: Settings) -> Services:
    """The parts of a server on this data folder, which is made if it is not there; also for commands without web."""
    settings.data.mkdir(parents=True, exist_ok=True)
    stores = open_stores(settings)
    make_databases(stores)
    return Services(
        settings=settings,
        stores=stores,
        accounts=Accounts(settings.data / "accounts.sqlite"),
        directory=Directory(stores, time.monotonic),
        index=open_index(settings.index or f"sqlite:///{settings.data / 'index.sqlite'}"),
        media=MediaStore(settings.data / "media"),
        candidates=Candidates(settings.data / "candidates"),
        watch=Watch(stores.update_seqs, settings.watch_interval_ms / 1000),
        clock=now,
        new_ulid=new_ulid,
        new_id=lambda: uuid.uuid4().hex,
    )


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def new_ulid() -> str:
    """A fresh ULID of this moment."""
    return ulid(time.time_ns() // 1_000_000, secrets.token_bytes(10))


def _register_routes(app: Flask) -> None:
    app.url_map.merge_slashes = False
    app.url_map.converters.update(replication.CONVERTERS, screen=phone.Screen)
    for module in (replication, session, receipts, snapshot, media, forms, candidates, health, pages, phone):
        app.register_blueprint(module.blueprint)


def url_rules() -> list[str]:
    """Every route this server has, as written, without starting one."""
    app = Flask("server", static_folder=None)
    _register_routes(app)
    return sorted({rule.rule for rule in app.url_map.iter_rules()})


def _secure(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.is_secure:
        for name, value in _HTTPS_HEADERS.items():
            response.headers.setdefault(name, value)
    return response
