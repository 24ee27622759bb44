"""Who acts in a journey: a phone in somebody's hand, a supervisor at a desk. Both are real Chromium.

A `Phone` has a profile folder of its own, so that closing and opening it again is what it is for a person:
what was not written to disk is gone. Its tab can be killed as Android kills it, without a word to the page.
"""

from __future__ import annotations

import os
import shutil
import signal
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from playwright.sync_api import BrowserContext, Locator, Page, Playwright, expect

PHONE_SIZE = {"width": 360, "height": 740}
DESK_SIZE = {"width": 1280, "height": 800}
SLOW_MS = 20_000
_FLAGS = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync")  # fmt: skip
_WATCH = """
addEventListener('securitypolicyviolation', e => {
  console.error('CSP-VIOLATION ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile);
});
"""


def chromium_path() -> str:
    """The system's Chromium; the tests never download one."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "the browser journeys need Chromium: make browser-ready"
    return found


def flags() -> list[str]:
    """How Chromium is started; as root it has no sandbox to offer."""
    return [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]


@dataclass
class Phone:
    """A phone with its own profile on `url`. Positions are those the phone believes to be at."""

    playwright: Playwright
    url: str
    profile: Path
    size: dict[str, int] = field(default_factory=lambda: dict(PHONE_SIZE))
    position: tuple[float, float] = (25.1169, 118.9145)
    language: str = "zh-CN"
    offline: bool = False
    violations: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def start(self) -> Phone:
        """Open the browser, at the app's address."""
        self.context: BrowserContext = self.playwright.chromium.launch_persistent_context(
            str(self.profile),
            executable_path=chromium_path(),
            args=flags(),
            viewport={"width": self.size["width"], "height": self.size["height"]},
            device_scale_factor=2,
            is_mobile=True,
            has_touch=True,
            locale=self.language,
            timezone_id="Asia/Shanghai",
            geolocation={"latitude": self.position[0], "longitude": self.position[1], "accuracy": 12},
            permissions=["geolocation"],
        )
        self.context.set_default_timeout(SLOW_MS)
        self.context.add_init_script(_WATCH)
        self.context.set_offline(self.offline)
        self.page = self.context.pages[0]
        self._listen(self.page)
        self.page.goto(self.url)
        return self

    def stop(self) -> None:
        """Close the browser; its profile stays."""
        self.context.close()

    def restart(self) -> None:
        """Close and open the browser."""
        self.stop()
        self.start()

    def cut(self) -> None:
        """No signal."""
        self.offline = True
        self.context.set_offline(True)

    def reach(self) -> None:
        """Signal again."""
        self.offline = False
        self.context.set_offline(False)

    def kill_tab(self) -> None:
        """End the renderer process as a phone short of memory does, and open the app in a new tab."""
        renderers = [p for p in self._browser().children(recursive=True) if "--type=renderer" in p.cmdline()]
        with self.page.expect_event("crash"):
            for process in renderers:
                process.send_signal(signal.SIGKILL)
        fresh = self.context.new_page()
        self.page.close()
        self.page = fresh
        self._listen(fresh)
        fresh.goto(self.url)

    def _browser(self) -> psutil.Process:
        """The browser process that owns this phone's profile."""
        mine = f"--user-data-dir={self.profile}"
        return next(
            p
            for p in psutil.Process().children(recursive=True)
            if mine in (words := p.cmdline()) and not any(w.startswith("--type=") for w in words)
        )

    def _listen(self, page: Page) -> None:
        page.on("console", lambda message: self._heard(message.text))
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _heard(self, text: str) -> None:
        if "CSP-VIOLATION" in text or "Content Security Policy" in text:
            self.violations.append(text)

    def at(self, testid: str) -> Locator:
        """The element of that test id."""
        return self.page.get_by_test_id(testid)

    def tap(self, testid: str) -> None:
        """Tap the first element of that test id."""
        self.at(testid).first.tap()

    def go(self, tab: str) -> None:
        """To one of the four tabs, from wherever the phone is: `today`, `households`, `records`, `me`."""
        for _ in range(5):
            expect(self.at(f"tab-{tab}").or_(self.at("back")).first).to_be_visible()
            if self.at(f"tab-{tab}").is_visible():
                break
            self.tap("back")
        self.tap(f"tab-{tab}")

    def sign_in(self, name: str, password: str) -> None:
        """Sign in and load the grid, until the app says that it can be used offline."""
        self.at("login-name").fill(name)
        self.at("login-password").fill(password)
        self.tap("login-submit")
        expect(self.at("sync-done")).to_be_visible(timeout=60_000)
        self.tap("sync-start")
        expect(self.at("tab-today")).to_be_visible()


@dataclass
class Desk:
    """A supervisor's browser on the pages of the desk."""

    playwright: Playwright
    url: str
    size: dict[str, int] = field(default_factory=lambda: dict(DESK_SIZE))
    language: str = "zh-CN"
    violations: list[str] = field(default_factory=list)

    def start(self) -> Desk:
        """Open the browser at the desk."""
        self.browser = self.playwright.chromium.launch(executable_path=chromium_path(), args=flags())
        self.context = self.browser.new_context(
            viewport={"width": self.size["width"], "height": self.size["height"]},
            locale=self.language,
            timezone_id="Asia/Shanghai",
        )
        self.context.set_default_timeout(SLOW_MS)
        self.context.add_init_script(_WATCH)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self._heard(message.text))
        self.page.goto(f"{self.url}/desk/")
        return self

    def _heard(self, text: str) -> None:
        if "CSP-VIOLATION" in text or "Content Security Policy" in text:
            self.violations.append(text)

    def stop(self) -> None:
        """Close the browser."""
        self.browser.close()

    def at(self, testid: str) -> Locator:
        """The element of that test id."""
        return self.page.get_by_test_id(testid)

    def sign_in(self, name: str, password: str) -> None:
        """Sign in, until the queue is there."""
        self.at("desk-name").fill(name)
        self.at("desk-password").fill(password)
        self.at("desk-submit").click()
        expect(self.at("desk-user")).to_be_visible()
