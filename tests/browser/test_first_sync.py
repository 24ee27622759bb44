"""The first sync of a whole grid, broken off half-way: it goes on, also where the server was restored meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Request, expect

from server.demo.town import GRIDS
from tests.browser.conftest import PASSWORD, Neighbourhood, command
from tests.browser.stage import Phone
from tests.browser.test_first_light import door, open_household
from tests.browser.test_two_phones import CHEN, ZHANG, edit_household, sync

SLOW_BYTES_S = 40_000


def begin(phone: Phone) -> None:
    """Sign in where the signal is bad."""
    network = phone.context.new_cdp_session(phone.page)
    slow = {
        "offline": False,
        "latency": 0,
        "downloadThroughput": SLOW_BYTES_S,
        "uploadThroughput": SLOW_BYTES_S,
    }
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", slow)
    sign_in(phone)


def sign_in(phone: Phone) -> None:
    phone.at("login-name").fill("chen")
    phone.at("login-password").fill(PASSWORD)
    phone.tap("login-submit")


def progress(phone: Phone) -> tuple[int, int]:
    """Documents that are on the phone, and of how many."""
    shown = phone.at("sync-progress")
    done, total = (shown.get_attribute(name) for name in ("aria-valuenow", "aria-valuemax"))
    return int(done or 0), int(total or 0)


def wait_until(phone: Phone, documents: int) -> int:
    """Wait until so many documents are there, but not all."""
    expect(phone.at("sync-progress")).to_be_visible()
    phone.page.wait_for_function(
        "n => Number(document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')) >= n",
        arg=documents,
    )
    done, total = progress(phone)
    assert documents <= done < total
    return done


def listen(phone: Phone) -> list[str]:
    """What the phone asks the server from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(f"{request.method} {request.url}")

    phone.context.on("request", note)
    return asked


def finish(phone: Phone) -> None:
    """Wait until the phone can be used without a network, and begin to use it."""
    expect(phone.at("sync-done")).to_be_visible(timeout=60_000)
    done, total = progress(phone)
    assert done == total > 0
    expect(phone.page.get_by_text(f"{GRIDS[0].households} 户")).to_be_visible()
    phone.tap("sync-start")


def contact_phone(phone: Phone) -> str:
    """The number of the household that is open."""
    phone.tap("edit-household")
    number = phone.at("input-contact_phone").input_value()
    phone.tap("back")
    return number


def test_a_first_sync_that_was_killed_half_way_goes_on_where_it_was(neighbourhood: Neighbourhood) -> None:
    phone = neighbourhood.phone("chen")
    begin(phone)
    wait_until(phone, 300)
    asked = listen(phone)
    phone.kill_tab()
    finish(phone)
    parts = [url for url in asked if f"{GRIDS[0].database}/snapshot" in url]
    assert len(parts) == 1
    assert "since=" in parts[0]
    assert [url for url in asked if "_bulk_get" in url or "_revs_diff" in url] == []

    # An edit goes each way.
    other = neighbourhood.phone("zhang")
    other.sign_in("zhang", PASSWORD)
    open_household(phone, door(7))
    edit_household(phone, CHEN)
    sync(phone)
    sync(other)
    open_household(other, door(7))
    assert contact_phone(other) == CHEN
    edit_household(other, ZHANG)
    sync(other)
    sync(phone)
    open_household(phone, door(7))
    assert contact_phone(phone) == ZHANG
    assert phone.problems == other.problems == []


def admins(neighbourhood: Neighbourhood) -> httpx.Client:
    """An administrator's client of `/db/`."""
    return httpx.Client(
        base_url=f"{neighbourhood.url}/db", auth=("admin", PASSWORD), timeout=60, trust_env=False
    )


def copies(admin: httpx.Client, database: str) -> list[dict[str, Any]]:
    """New records, six like each old one."""
    asked = {"include_docs": "true", "startkey": '"record:"', "endkey": '"record:~"'}
    rows = admin.get(f"/{database}/_all_docs", params=asked).json()["rows"]
    docs = [row["doc"] for row in rows]
    return [{**doc, "_id": f"record:01JD{number:022}"} for number, doc in enumerate(docs * 6)]


def held(admin: httpx.Client, database: str) -> set[str]:
    """Ids of what the server has in a grid or, waiting for a supervisor, in quarantine."""
    here = admin.get(f"/{database}/_all_docs").json()["rows"]
    waiting = admin.get("/quarantine/_all_docs", params={"include_docs": "true"}).json()["rows"]
    return {row["id"] for row in here} | {row["doc"]["doc_id"] for row in waiting}


def test_what_a_restored_server_has_lost_comes_back_from_a_phone_that_was_half_way(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    database = GRIDS[0].database
    command(neighbourhood.data, "backup", str(tmp_path / "copy"))
    with admins(neighbourhood) as admin:
        before = len(held(admin, database))
        lost = copies(admin, database)
        body = {"docs": lost, "new_edits": False}
        assert admin.post(f"/{database}/_bulk_docs", json=body).json() == []

    phone = neighbourhood.phone("chen")
    begin(phone)
    reached = wait_until(phone, before + 100)
    phone.tap("sync-pause")
    neighbourhood.stop_server()
    command(neighbourhood.data, "restore", str(tmp_path / "copy"), "--replace")
    neighbourhood.start_server()
    with admins(neighbourhood) as admin:
        assert not held(admin, database) & {doc["_id"] for doc in lost}
    asked = listen(phone)
    phone.tap("sync-resume")
    expect(phone.at("sync-signed-out")).to_be_visible()  # the backup is older than this sign-in
    phone.tap("sync-sign-in")
    sign_in(phone)
    finish(phone)
    places = ["since=" in url for url in asked if f"{database}/snapshot" in url]
    assert places == [True, False]  # the first is void, and it begins anew
    with admins(neighbourhood) as admin:
        back = held(admin, database) & {doc["_id"] for doc in lost}
    assert len(back) >= reached - before
    assert phone.problems == []
