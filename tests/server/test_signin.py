"""Signing in from a phone, a program and the desk; and being stopped."""

from __future__ import annotations

import base64
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Response
from flask.testing import FlaskClient

from server import desk_session
from server.access import Grant
from server.accounts import DatedGrant
from server.refusals import CsrfFailed
from server.signin import REFRESH_GRACE_S, STANDING_S, actor_of
from tests.support.clock import Clock, set_clock
from tests.support.site import Site
from tests.support.town import COMMUNITY, GRID_1, GRIDS, password_of

DEVICE = "dev-chen000001"


@pytest.fixture
def clock(site: Site) -> Clock:
    return set_clock(site)


@pytest.fixture
def web(site: Site, clock: Clock) -> FlaskClient:
    return site.client()


def sign_in(web: FlaskClient, name: str = "chen", **given: Any) -> Any:
    return web.post("/api/session", json={"name": name, "password": password_of(name), **given})


def as_bearer(session: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {session['access_token']}"}


def refresh(web: FlaskClient, session: dict[str, Any]) -> Any:
    return web.post("/api/session/refresh", json={"refresh_token": session["refresh_token"]})


def test_a_phone_learns_who_it_is_and_which_grids_it_keeps(web: FlaskClient) -> None:
    reply = sign_in(web, device=DEVICE)
    assert reply.status_code == 200
    session = reply.json
    assert session["user"] == {
        "name": "chen",
        "display_name": "Chen",
        "roles": [{"role": "worker", "scope": f"{COMMUNITY}001"}],
    }
    assert [(g["code"], g["database"], g["role"]) for g in session["grids"]] == [
        (f"{COMMUNITY}001", GRID_1, "worker")
    ]
    assert session["grids"][0]["grid_path"] == ["350505", "350505001", COMMUNITY, f"{COMMUNITY}001"]
    assert (session["device"], session["server_time"]) == (DEVICE, "2026-11-22T01:00:00Z")
    assert reply.headers["Cache-Control"] == "no-store"
    without = web.get("/api/session", headers=as_bearer(session)).json
    assert without == {
        k: v for k, v in session.items() if k not in ("access_token", "refresh_token", "expires_at")
    }


def test_community_staff_keep_every_grid_below(web: FlaskClient) -> None:
    grids = sign_in(web, "lin").json["grids"]
    assert {(g["database"], g["role"]) for g in grids} == {(d, "community") for d in GRIDS.values()}


@pytest.mark.parametrize("name", ["gao", "he", "admin", "peer"])
def test_everybody_else_keeps_none(web: FlaskClient, name: str) -> None:
    assert sign_in(web, name).json["grids"] == []


def test_a_server_makes_a_device_name_where_none_is_proposed(web: FlaskClient) -> None:
    names = {sign_in(web).json["device"] for _ in range(2)}
    assert len(names) == 2
    assert all(re.fullmatch("dev-[a-z2-7]{10}", name) for name in names)


@pytest.mark.parametrize("device", ["", "dev-", "dev-Ä", "zhang", "dev-a/b", 7])
def test_a_device_name_of_another_shape_is_not_taken(web: FlaskClient, device: object) -> None:
    assert sign_in(web, device=device).status_code == 400


def test_a_device_stays_with_its_account(web: FlaskClient) -> None:
    sign_in(web, device=DEVICE)
    taken = sign_in(web, "zhang", device=DEVICE)
    assert (taken.status_code, taken.json["error"]) == (403, "device_taken")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"name":1,"password":"x"}',
        b"\xff",
        b"[" * 100_000,
        b'{"name":"\\ud800","password":"x"}',
    ],
)
def test_a_broken_request_is_a_bad_request(web: FlaskClient, body: bytes) -> None:
    assert web.post("/api/session", data=body).status_code == 400


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(web: FlaskClient) -> None:
    wrong = web.post("/api/session", json={"name": "chen", "password": "wrong"})
    unknown = web.post("/api/session", json={"name": "nobody", "password": "wrong"})
    assert (wrong.status_code, wrong.json) == (unknown.status_code, unknown.json)
    assert wrong.json["error"] == "unauthorized"


def test_an_unknown_name_costs_as_much_argon2_as_a_wrong_password(
    web: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server import passwords

    verified: list[str] = []

    class Counting:
        def verify(self, password_hash: str, password: str) -> bool:
            verified.append(password_hash.rpartition("$")[0].rpartition("$")[0])
            return passwords.PasswordHasher().verify(password_hash, password)

    monkeypatch.setattr(passwords, "HASHER", Counting())
    web.post("/api/session", json={"name": "chen", "password": "wrong"})
    web.post("/api/session", json={"name": "nobody", "password": "wrong"})
    assert len(verified) == 2
    assert verified[0] == verified[1]  # the same algorithm, memory, rounds


def test_the_reason_is_in_the_readers_language(web: FlaskClient) -> None:
    body = {"name": "chen", "password": "wrong"}
    assert web.post("/api/session", json=body).json["reason"] == "用户名或密码错误"
    english = web.post("/api/session", json=body, headers={"Accept-Language": "en"})
    assert english.json["reason"] == "Name or password is incorrect."


class TestLockOut:
    """Wrong passwords make an account wait, longer each time; the right one ends it."""

    def wrong(self, web: FlaskClient, times: int = 1) -> Any:
        for _ in range(times):
            reply = web.post("/api/session", json={"name": "chen", "password": "wrong"})
        return reply

    def test_it_begins_after_the_fifth(self, web: FlaskClient) -> None:
        assert self.wrong(web, 5).status_code == 401
        locked = self.wrong(web)
        assert (locked.status_code, locked.json["error"]) == (429, "locked_out")
        assert 0 < int(locked.headers["Retry-After"]) <= 16

    def test_the_right_password_waits_too(self, web: FlaskClient, clock: Clock) -> None:
        self.wrong(web, 5)
        assert sign_in(web).status_code == 429
        clock.pass_s(16)
        assert sign_in(web).status_code == 200
        assert self.wrong(web, 4).status_code == 401

    def test_it_backs_off(self, web: FlaskClient, clock: Clock) -> None:
        waits = []
        self.wrong(web, 5)
        for _ in range(9):
            wait_s = int(self.wrong(web).headers["Retry-After"])
            waits.append(wait_s)
            clock.pass_s(wait_s)
            assert self.wrong(web).status_code == 401
        assert waits == sorted(waits)
        assert waits[-1] == 901

    def test_it_outlives_the_process(self, site: Site, web: FlaskClient) -> None:
        self.wrong(web, 5)
        site.app.extensions.pop("jinlin-signin")
        assert sign_in(web).status_code == 429

    def test_others_go_on(self, web: FlaskClient) -> None:
        session = sign_in(web, device=DEVICE).json
        self.wrong(web, 6)
        assert sign_in(web, "zhang").status_code == 200
        assert web.get("/api/session", headers=as_bearer(session)).status_code == 200
        assert refresh(web, session).status_code == 200

    def test_basic_is_counted_with_the_rest(self, site: Site, web: FlaskClient) -> None:
        pair = base64.b64encode(b"chen:wrong").decode()
        codes = [
            web.get(f"/db/{GRID_1}", headers={"Authorization": f"Basic {pair}"}).status_code for _ in range(6)
        ]
        assert codes == [401] * 5 + [429]


def test_twenty_connections_at_once_with_the_right_password_are_no_guesses(
    site: Site, web: FlaskClient
) -> None:
    with ThreadPoolExecutor(20) as pool:
        replies = list(
            pool.map(lambda _: site.client().get(f"/db/{GRID_1}", headers=site.basic("chen")), range(20))
        )
    assert {reply.status_code for reply in replies} == {200}


class TestRefresh:
    """A refresh token is used up by use; the phone whose reply was lost is not locked out."""

    def test_it_gives_new_tokens(self, web: FlaskClient) -> None:
        session = sign_in(web, device=DEVICE).json
        renewed = refresh(web, session).json
        assert renewed["device"] == DEVICE
        assert renewed["refresh_token"] != session["refresh_token"]
        assert web.get("/api/session", headers=as_bearer(renewed)).status_code == 200

    def test_the_token_before_is_taken_once_more(self, web: FlaskClient, clock: Clock) -> None:
        session = sign_in(web, device=DEVICE).json
        refresh(web, session)  # the reply is lost
        clock.pass_s(REFRESH_GRACE_S - 60)
        again = refresh(web, session)
        assert again.status_code == 200
        assert refresh(web, session).status_code == 401
        assert refresh(web, again.json).status_code == 200

    def test_after_the_grace_it_is_not(self, web: FlaskClient, clock: Clock) -> None:
        session = sign_in(web, device=DEVICE).json
        refresh(web, session)
        clock.pass_s(REFRESH_GRACE_S + 1)
        assert refresh(web, session).status_code == 401

    def test_an_older_one_is_not_and_the_device_goes_on(self, web: FlaskClient) -> None:
        first = sign_in(web, device=DEVICE).json
        second = refresh(web, first).json
        third = refresh(web, second).json
        assert refresh(web, first).status_code == 401
        assert refresh(web, third).status_code == 200

    def test_signing_in_again_on_the_device_ends_the_old_token(self, web: FlaskClient) -> None:
        old = sign_in(web, device=DEVICE).json
        sign_in(web, device=DEVICE)
        assert refresh(web, old).status_code == 401

    def test_signing_out_ends_it(self, web: FlaskClient, clock: Clock) -> None:
        session = sign_in(web, device=DEVICE).json
        assert web.delete("/api/session", headers=as_bearer(session)).status_code == 200
        assert refresh(web, session).status_code == 401

    def test_it_ends_after_its_life(self, site: Site, web: FlaskClient, clock: Clock) -> None:
        session = sign_in(web, device=DEVICE).json
        clock.pass_s(site.services.settings.refresh_token_s + 1)
        assert refresh(web, session).status_code == 401

    @pytest.mark.parametrize(
        "token", ["", "x", "dev-chen000001.", "dev-chen000001.guess", ".", "dev-nobody.x"]
    )
    def test_a_guess_is_nothing(self, web: FlaskClient, token: str) -> None:
        sign_in(web, device=DEVICE)
        assert web.post("/api/session/refresh", json={"refresh_token": token}).status_code == 401

    def test_no_token_is_kept_in_the_clear(self, site: Site, web: FlaskClient) -> None:
        session = sign_in(web, device=DEVICE).json
        kept = b"".join(path.read_bytes() for path in site.data.glob("accounts.sqlite*"))
        assert session["refresh_token"].rpartition(".")[2].encode() not in kept
        assert password_of("chen").encode() not in kept


class TestBeingStopped:
    """A stop counts at once where it was made, and everywhere within `STANDING_S`."""

    def tokens(self, web: FlaskClient) -> tuple[dict[str, Any], dict[str, str]]:
        session = sign_in(web, device=DEVICE).json
        bearer = as_bearer(session)
        assert web.get(f"/db/{GRID_1}", headers=bearer).status_code == 200
        return session, bearer

    def test_an_access_token_ends(self, site: Site, web: FlaskClient, clock: Clock) -> None:
        _, bearer = self.tokens(web)
        clock.pass_s(site.services.settings.access_token_s + 1)
        assert web.get("/api/session", headers=bearer).status_code == 401

    def test_a_disabled_account(self, site: Site, web: FlaskClient, clock: Clock) -> None:
        session, bearer = self.tokens(web)
        site.services.accounts.set_disabled("chen", True)
        clock.pass_s(STANDING_S)
        assert web.get(f"/db/{GRID_1}", headers=bearer).status_code == 401
        assert refresh(web, session).status_code == 401
        assert sign_in(web).status_code == 401

    def test_a_lost_device(self, site: Site, web: FlaskClient, clock: Clock) -> None:
        session, bearer = self.tokens(web)
        other = as_bearer(sign_in(web, device="dev-other00001").json)
        site.services.accounts.revoke(DEVICE)
        clock.pass_s(STANDING_S)
        assert web.get("/api/session", headers=bearer).status_code == 401
        assert refresh(web, session).status_code == 401
        assert web.get("/api/session", headers=other).status_code == 200

    def test_a_changed_password(self, site: Site, web: FlaskClient, clock: Clock) -> None:
        session, bearer = self.tokens(web)
        basic = site.basic("chen")
        assert web.get(f"/db/{GRID_1}", headers=basic).status_code == 200
        from server.passwords import hashed

        site.services.accounts.set_password("chen", hashed("another password"))
        clock.pass_s(STANDING_S)
        assert web.get("/api/session", headers=bearer).status_code == 401
        assert web.get(f"/db/{GRID_1}", headers=basic).status_code == 401
        assert refresh(web, session).status_code == 401

    def test_a_grant_that_was_taken_away(self, site: Site, web: FlaskClient, clock: Clock) -> None:
        _, bearer = self.tokens(web)
        site.services.accounts.set_grants("chen", [])
        clock.pass_s(STANDING_S)
        assert web.get(f"/db/{GRID_1}", headers=bearer).status_code == 403

    def test_a_grant_whose_last_day_is_over(self, site: Site, web: FlaskClient, clock: Clock) -> None:
        grant = DatedGrant(Grant("worker", f"{COMMUNITY}001"), clock.now.date())
        site.services.accounts.set_grants("chen", [grant])
        _, bearer = self.tokens(web)
        clock.pass_s(15 * 3600 - 1)  # 09:00 in China now; the day ends at 16:00 UTC
        bearer = as_bearer(sign_in(web, device=DEVICE).json)
        assert web.get(f"/db/{GRID_1}", headers=bearer).status_code == 200
        clock.pass_s(2)
        assert web.get(f"/db/{GRID_1}", headers=bearer).status_code == 403


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer x",
        "Bearer a.b",
        "Basic",
        "Basic !!",
        "Basic Y2hlbg==",
        "Digest x",
        "Basic /w==",
        "Basic \xe9",
        "Bearer \xe9",
    ],
)
def test_credentials_that_are_none(web: FlaskClient, header: str) -> None:
    assert web.get(f"/db/{GRID_1}", headers={"Authorization": header}).status_code == 401


def test_a_token_cannot_be_made_into_another(web: FlaskClient) -> None:
    session = sign_in(web, device=DEVICE).json
    payload, signature = session["access_token"].rsplit(".", 1)
    forged = payload.replace(payload[5], "A" if payload[5] != "A" else "B", 1)
    headers = {"Authorization": f"Bearer {forged}.{signature}"}
    assert web.get("/api/session", headers=headers).status_code == 401


def test_a_refresh_token_or_a_desk_cookie_is_no_access_token(site: Site, web: FlaskClient) -> None:
    session = sign_in(web, device=DEVICE).json
    web.set_cookie("jinlin_session", session["access_token"])
    assert web.get("/api/session").status_code == 401
    headers = {"Authorization": f"Bearer {session['refresh_token']}"}
    assert web.get("/api/session", headers=headers).status_code == 401


def test_a_right_basic_password_is_verified_once_in_minutes(
    site: Site, web: FlaskClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from server import signin

    asked: list[str] = []
    real = signin.matches
    monkeypatch.setattr(signin, "matches", lambda *given: asked.append("") or real(*given))
    for _ in range(3):
        assert web.get(f"/db/{GRID_1}", headers=site.basic("chen")).status_code == 200
    assert len(asked) == 1
    clock.pass_s(signin.BASIC_S + 1)
    web.get(f"/db/{GRID_1}", headers=site.basic("chen"))
    assert len(asked) == 2


def test_the_secret_is_read_by_its_owner_only(site: Site, web: FlaskClient) -> None:
    sign_in(web)
    secret = site.data / "secret.key"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert len(secret.read_bytes()) >= 32


class TestDesk:
    """Cookies and the token in every form. The routes here stand for the desk's pages."""

    @pytest.fixture
    def desk(self, site: Site, clock: Clock) -> FlaskClient:
        from flask import request

        def begin() -> Response:
            desk_session.check_csrf()
            response = Response("in")
            desk_session.begin(response, request.form["name"], request.form["password"])
            return response

        site.app.add_url_rule("/t/form", "t_form", desk_session.csrf_token)
        site.app.add_url_rule("/t/in", "t_in", begin, methods=["POST"])
        site.app.add_url_rule("/t/act", "t_act", lambda: actor_of(request).name, methods=["GET", "POST"])
        return site.client()

    def sign_in(self, desk: FlaskClient) -> Any:
        token = desk.get("/t/form").text
        return desk.post("/t/in", data={"name": "lin", "password": password_of("lin"), "csrf": token})

    def test_a_session_reads_and_acts(self, desk: FlaskClient) -> None:
        assert self.sign_in(desk).status_code == 200
        assert desk.get("/t/act").text == "lin"
        assert desk.post("/t/act", data={"csrf": desk.get("/t/form").text}).text == "lin"

    def test_its_cookie_is_shut_off_from_scripts_and_other_sites(self, desk: FlaskClient) -> None:
        cookie = self.sign_in(desk).headers.getlist("Set-Cookie")[0]
        assert cookie.startswith("jinlin_session=")
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie
        token = desk.get("/t/form", base_url="https://localhost").text
        form = {"name": "lin", "password": password_of("lin"), "csrf": token}
        secure = desk.post("/t/in", data=form, base_url="https://localhost")
        assert "Secure" in secure.headers.getlist("Set-Cookie")[0]

    @pytest.mark.parametrize("token", ["", "0" * 64, "中"])
    def test_an_act_without_the_token_of_the_visit_does_nothing(self, desk: FlaskClient, token: str) -> None:
        self.sign_in(desk)
        refused = desk.post("/t/act", data={"csrf": token})
        assert (refused.status_code, refused.json["error"]) == (403, "csrf_failed")

    def test_the_token_of_another_visit_is_none(self, site: Site, desk: FlaskClient) -> None:
        self.sign_in(desk)
        other = site.client().get("/t/form").text
        assert desk.post("/t/act", data={"csrf": other}).status_code == 403

    def test_another_site_cannot_sign_somebody_in(self, desk: FlaskClient) -> None:
        form = {"name": "lin", "password": password_of("lin")}
        assert desk.post("/t/in", data=form).status_code == 403
        token = desk.get("/t/form").text
        cross = {"Sec-Fetch-Site": "cross-site"}
        assert desk.post("/t/in", data={**form, "csrf": token}, headers=cross).status_code == 403

    def test_a_cookie_does_not_open_db(self, desk: FlaskClient) -> None:
        self.sign_in(desk)
        assert desk.get(f"/db/{GRID_1}").status_code == 401

    def test_a_session_ends(self, site: Site, desk: FlaskClient, clock: Clock) -> None:
        self.sign_in(desk)
        clock.pass_s(site.services.settings.desk_session_s + 1)
        assert desk.get("/t/act").status_code == 401

    def test_a_disabled_account_loses_its_session(self, site: Site, desk: FlaskClient, clock: Clock) -> None:
        self.sign_in(desk)
        site.services.accounts.set_disabled("lin", True)
        clock.pass_s(STANDING_S)
        assert desk.get("/t/act").status_code == 401

    def test_a_failure_of_csrf_is_a_refusal_in_both_languages(self) -> None:
        assert set(CsrfFailed().words) == {"zh-CN", "en"}


def test_sign_ins_are_in_the_audit_log_without_passwords(site: Site, web: FlaskClient) -> None:
    web.post("/api/session", json={"name": "chen", "password": "wrong-secret"})
    sign_in(web, device=DEVICE)
    notes = site.services.accounts.notes()
    assert [(n.who, n.what, n.detail) for n in notes] == [
        ("chen", "sign_in", DEVICE),
        ("chen", "sign_in_failed", ""),
    ]
