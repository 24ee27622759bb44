"""`/db/_session`: CouchDB's clients sign in for a cookie, and no other site can use it."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from server.signin import STANDING_S
from tests.support.clock import Clock, set_clock
from tests.support.site import Site
from tests.support.town import GRID_1, password_of

CHEN = {"name": "chen", "password": password_of("chen")}
WRONG = (401, "unauthorized", "Name or password is incorrect.")
LOCAL = f"/db/{GRID_1}/_local/cp"


@pytest.fixture
def clock(site: Site) -> Clock:
    return set_clock(site)


@pytest.fixture
def web(site: Site, clock: Clock) -> FlaskClient:
    return site.client()


@pytest.fixture
def signed_in(web: FlaskClient) -> FlaskClient:
    assert web.post("/db/_session", json=CHEN).status_code == 200
    return web


@pytest.mark.parametrize("how", ["json", "data"])
def test_a_name_and_a_password_are_given_a_cookie_that_opens_db(web: FlaskClient, how: str) -> None:
    given: dict[str, Any] = {how: CHEN}
    reply = web.post("/db/_session", **given)
    assert (reply.status_code, reply.json) == (200, {"ok": True, "name": "chen", "roles": ["worker"]})
    assert web.get(f"/db/{GRID_1}").status_code == 200
    assert web.put(LOCAL, json={}).status_code == 201
    assert web.get("/db/_session").json == {
        "ok": True,
        "userCtx": {"name": "chen", "roles": ["worker"]},
        "info": {"authentication_handlers": ["cookie", "default"], "authenticated": "cookie"},
    }
    assert web.get("/db/directory").status_code == 403


def test_its_cookie_is_shut_off_from_scripts_other_sites_and_other_paths(
    site: Site, web: FlaskClient
) -> None:
    def cookie(base_url: str) -> set[str]:
        reply = web.post("/db/_session", json=CHEN, base_url=base_url)
        (header,) = reply.headers.getlist("Set-Cookie")
        return {part for part in header.split("; ") if not part.startswith(("AuthSession=", "Expires="))}

    life = f"Max-Age={site.services.settings.desk_session_s}"
    assert cookie("http://localhost") == {"HttpOnly", "SameSite=Strict", "Path=/db", life}
    assert "Secure" in cookie("https://localhost")


@pytest.mark.parametrize(
    ("body", "kind", "answer"),
    [
        ('{"name":"chen","password":"wrong"}', "application/json", WRONG),
        ('{"username":"nobody"}', "application/json", WRONG),
        ("name=chen&password=wrong", "application/x-www-form-urlencoded",
         WRONG),
        ("{}", "application/json", (400, "bad_request", "request body must contain a username")),
        ('{"name":1,"password":"x"}', "application/json", (400, "bad_request", "request body must contain a username")),
        ("[", "application/json", (400, "bad_request", "invalid UTF-8 JSON")),
        ("name=chen", "text/plain", (415, "bad_content_type", "Content-Type must be "
         "'application/x-www-form-urlencoded' or 'application/json'")),
    ],
)  # fmt: skip
def test_anything_else_is_given_none(
    web: FlaskClient, body: str, kind: str, answer: tuple[int, str, str]
) -> None:
    reply = web.post("/db/_session", data=body, content_type=kind)
    assert (reply.status_code, reply.json["error"], reply.json["reason"]) == answer
    assert "Set-Cookie" not in reply.headers
    assert web.get(f"/db/{GRID_1}").status_code == 401


def test_guesses_here_are_counted_with_all_others(web: FlaskClient) -> None:
    for _ in range(5):
        assert web.post("/db/_session", json={**CHEN, "password": "guess"}).status_code == 401
    assert web.post("/db/_session", json=CHEN).status_code == 429
    assert web.post("/api/session", json=CHEN).status_code == 429


def test_who_brings_nothing_is_nobody_and_who_brings_something_wrong_is_told(
    site: Site, web: FlaskClient
) -> None:
    nobody = {
        "ok": True,
        "userCtx": {"name": None, "roles": []},
        "info": {"authentication_handlers": ["cookie", "default"]},
    }
    assert web.get("/db/_session").json == nobody
    web.set_cookie("AuthSession", "nonsense", path="/db")
    assert web.get("/db/_session").json == nobody
    assert web.get(f"/db/{GRID_1}").status_code == 401
    assert site.client().get("/db/_session", headers={"Authorization": "Basic eDp5"}).status_code == 401
    basic = site.client("admin").get("/db/_session").json
    assert (basic["userCtx"]["roles"], basic["info"]["authenticated"]) == (["_admin"], "default")


def test_signing_out_forgets_it(signed_in: FlaskClient) -> None:
    assert signed_in.delete("/db/_session").json == {"ok": True}
    assert signed_in.get(f"/db/{GRID_1}").status_code == 401
    assert signed_in.get("/db/_session").json["userCtx"]["name"] is None


def test_it_ends(site: Site, signed_in: FlaskClient, clock: Clock) -> None:
    clock.pass_s(site.services.settings.desk_session_s + 1)
    assert signed_in.get(f"/db/{GRID_1}").status_code == 401


def test_a_disabled_account_loses_it(site: Site, signed_in: FlaskClient, clock: Clock) -> None:
    site.services.accounts.set_disabled("chen", True)
    clock.pass_s(STANDING_S)
    assert signed_in.get(f"/db/{GRID_1}").status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
        {"Origin": "http://elsewhere.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": "null"},
    ],
)
def test_another_site_writes_nothing_with_it(signed_in: FlaskClient, headers: dict[str, str]) -> None:
    for method, path in [
        ("PUT", LOCAL),
        ("POST", f"/db/{GRID_1}/_bulk_docs"),
        ("DELETE", LOCAL),
        ("POST", "/db/_session"),
    ]:
        reply = signed_in.open(path, method=method, json={"docs": [], **CHEN}, headers=headers)
        assert (reply.status_code, reply.json["error"]) == (403, "csrf_failed")
    assert signed_in.get(LOCAL).status_code == 404


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin", "Origin": "null"}]
)
def test_this_site_and_what_is_no_browser_write(signed_in: FlaskClient, headers: dict[str, str]) -> None:
    assert signed_in.put(LOCAL, json={}, headers=headers).status_code == 201


def test_it_opens_nothing_but_db_and_no_other_cookie_opens_db(signed_in: FlaskClient, site: Site) -> None:
    cookie = signed_in.get_cookie("AuthSession", path="/db")
    assert cookie is not None
    other = site.client()
    other.set_cookie("jinlin_session", cookie.value)
    assert other.get("/api/session").status_code == 401
    assert other.get(f"/db/{GRID_1}").status_code == 401
