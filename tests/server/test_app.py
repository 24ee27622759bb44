"""The app around its routes: headers, the phone app's files, health, and errors nobody foresaw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask

from server.api import phone
from server.app import SECURITY_POLICY
from server.logs import configure
from tests.support.site import Site


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>近邻</title>")
    (folder / "sw.js").write_text("// service worker")
    (folder / "assets" / "index-4f2a.js").write_text("export {};" * 300)
    (tmp_path / "secret.txt").write_text("outside")
    monkeypatch.setattr(phone, "FOLDER", folder)
    return folder


@pytest.mark.parametrize("path", ["/", "/healthz", "/db/", "/api/session", "/nowhere.txt", "/desk/"])
def test_every_reply_carries_the_strict_headers(site: Site, path: str) -> None:
    headers = site.client().get(path).headers
    assert headers["Content-Security-Policy"] == SECURITY_POLICY
    assert "unsafe" not in SECURITY_POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in headers


def test_over_https_a_browser_is_told_to_stay_there(site: Site) -> None:
    reply = site.client().get("/healthz", base_url="https://town.example")
    assert reply.headers["Strict-Transport-Security"].startswith("max-age=")


def test_the_page_and_the_service_worker_are_asked_for_each_time_and_assets_never_again(
    site: Site, built: Path
) -> None:
    cache = {
        path: site.client().get(path).headers["Cache-Control"] for path in ("/", "/sw.js", "/index.html")
    }
    assert set(cache.values()) == {"no-cache"}
    asset = site.client().get("/assets/index-4f2a.js")
    assert "immutable" in asset.headers["Cache-Control"]
    again = site.client().get("/", headers={"If-None-Match": site.client().get("/").headers["ETag"]})
    assert again.status_code == 304


def test_text_is_gzipped_for_who_asks(site: Site, built: Path) -> None:
    import gzip

    packed = site.client().get("/assets/index-4f2a.js", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == site.client().get("/assets/index-4f2a.js").data


def test_a_screen_of_the_app_is_its_page_and_a_missing_file_is_not(site: Site, built: Path) -> None:
    page = site.client().get("/households/x", headers={"Accept": "text/html"})
    assert (page.status_code, "近邻" in page.text) == (200, True)
    assert site.client().get("/assets/gone.js", headers={"Accept": "text/html"}).status_code == 404
    assert site.client().get("/gone.png").status_code == 404
    for impossible in ("x" * 600, "%00", "a/" * 5_000):
        assert site.client().get(f"/{impossible}").status_code == 404
    assert site.client().get("/api/nothing", headers={"Accept": "text/html"}).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("POST", "/_session"), ("GET", "/_session"), ("GET", "/_up")])
def test_outside_db_nothing_is_a_couchdbs(site: Site, built: Path, method: str, path: str) -> None:
    """A CouchDB that replicates with a name and password asks the host for a cookie; at a 404 it does without."""
    reply = site.client().open(path, method=method, headers={"Accept": "text/html"})
    assert reply.status_code == 404


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "//secret.txt"]
)
def test_nothing_outside_the_apps_folder_is_served(site: Site, built: Path, path: str) -> None:
    assert "outside" not in site.client().get(path).text


def test_an_app_that_is_not_built_says_how_to_build_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(phone, "FOLDER", tmp_path / "nothing")
    reply = site.client().get("/")
    assert (reply.status_code, "手机端尚未构建" in reply.text) == (503, True)


def test_health_is_ok_while_the_stores_can_be_written(site: Site) -> None:
    health = site.client().get("/healthz").json
    assert (health["status"], health["stores"]) == ("ok", {"writable": True})


def test_health_is_not_ok_without_its_folder(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    import server.api.health

    monkeypatch.setattr(server.api.health.os, "access", lambda *_: False)
    reply = site.client().get("/healthz")
    assert (reply.status_code, reply.json["status"]) == (503, "unavailable")


def test_what_nobody_foresaw_is_a_reference_and_nothing_else(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("error")
    _add(site.app, "/boom")
    reply = site.client().get("/boom")
    assert (reply.status_code, reply.json["error"]) == (500, "internal_error")
    reference = reply.json["reason"].removeprefix("reference ")
    logged = capsys.readouterr().err
    assert "陈家电话" not in reply.text + logged
    (line,) = [line for line in logged.splitlines() if reference in line]
    event = json.loads(line)
    assert (event["event"], event["kind"], event["path"]) == ("unforeseen", "ValueError", "/boom")
    assert "test_app.py" in event["frames"][-1]


def _add(app: Flask, path: str) -> None:
    def boom() -> str:
        raise ValueError("陈家电话 13800138000")

    app._got_first_request = False
    app.add_url_rule(path, "boom", boom)


def test_a_path_that_is_not_there_and_a_wrong_method_are_json(site: Site) -> None:
    assert site.client().get("/nowhere").json == {"error": "not_found", "reason": "missing"}
    wrong = site.client().post("/healthz")
    assert (wrong.status_code, wrong.json["error"]) == (405, "method_not_allowed")
