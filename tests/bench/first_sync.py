"""P3: the first sync in the real phone app (Chromium), beside stock PouchDB that pulls the same in the same browser.

The app: from the page that begins it until the phone can be used without a network, the published forms and the book
of the screens included. PouchDB: its `replicate` alone, with its defaults and in batches of 1,000.
`BENCH_SLOWER=4` slows the CPU of the pages down.
"""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import Page, Playwright, expect, sync_playwright

from tests.bench.documents import batches
from tests.bench.harness import Row, compared, interleaved
from tests.bench.pushing import check, push
from tests.bench.sides import BY, Jinlin, jinlin
from tests.browser.stage import Phone, chromium_path, flags
from tests.forms.phone import bundle
from tests.support.town import add_user, password_of

FIGURE = "P3"
DOCUMENTS = int(os.environ.get("BENCH_FIRST_SYNC", "10000"))
SLOWER = int(os.environ.get("BENCH_SLOWER", "1"))
WORKER = "luo"
_SOURCE = Path(__file__).with_suffix(".ts")
_WATCH = """
addEventListener('DOMContentLoaded', () => {
  const seen = new Set()
  new MutationObserver(() => {
    for (const name of ['sync-progress', 'sync-done']) {
      if (seen.has(name) || !document.querySelector(`[data-testid=${name}]`)) continue
      seen.add(name)
      performance.mark(name)
    }
  }).observe(document, { childList: true, subtree: true })
})
"""
_TAKEN = "() => performance.measure('first', 'sync-progress', 'sync-done').duration / 1000"


def measure(folder: Path) -> list[Row]:
    """Seconds until everything is in the phone."""
    with jinlin(folder / "web", 1) as server, sync_playwright() as playwright:
        code, database = server.grid()
        add_user(server.live.data, WORKER, "worker", code)
        bodies = batches(0, DOCUMENTS, code, database, BY)
        push(server.side(), database, bodies)
        check(server.side(), {database: bodies})
        script = bundle(folder, _SOURCE, "browser")
        sides = {"the app": lambda n: _app(playwright, server, folder / f"profile-{n}")}
        for name, size in (("stock PouchDB", None), ("stock PouchDB, batches of 1,000", 1000)):
            sides[name] = lambda _, size=size: _stock(playwright, server, script, database, size)
        slower = f", CPU {SLOWER}× slower" if SLOWER > 1 else ""
        what = f"first sync of {DOCUMENTS:,} in Chromium{slower}"
        return compared(FIGURE, what, interleaved(sides), "s", more_is_better=False)


def _app(playwright: Playwright, server: Jinlin, profile: Path) -> float:
    """On a phone that was never used."""
    phone = Phone(playwright, f"{server.live.url}/", profile).start()
    phone.context.add_init_script(_WATCH)
    phone.page.reload()
    _slow(phone.page)
    phone.at("login-name").fill(WORKER)
    phone.at("login-password").fill(password_of(WORKER))
    phone.tap("login-submit")
    expect(phone.at("sync-done")).to_be_visible(timeout=300_000)
    shown = phone.at("sync-progress").get_attribute("aria-valuenow")
    taken = float(phone.page.evaluate(_TAKEN))
    phone.stop()
    if int(shown or 0) < DOCUMENTS:
        raise AssertionError(f"the phone says {shown} documents")
    return taken


def _stock(
    playwright: Playwright, server: Jinlin, script: Path, database: str, batch_size: int | None
) -> float:
    """In a page of the same origin, in a browser of its own."""
    address = f"{server.live.url}/bench"
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=flags())
    page = browser.new_page()
    page.set_default_timeout(300_000)
    page.route(address, lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.goto(address)
    page.add_script_tag(path=str(script), type="module")
    page.wait_for_function("() => 'pull' in window")
    _slow(page)
    token = server.live.token(WORKER, "dev-yyyyyyyyyy")
    given = [f"{server.live.db}/{database}", token, batch_size, DOCUMENTS]
    taken_ms = page.evaluate("given => pull(...given)", given)
    browser.close()
    return float(taken_ms) / 1000


def _slow(page: Page) -> None:
    if SLOWER > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
