"""A neighbourhood for the journeys: the demo data, served by `jinlin serve`, met by real browsers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.browser.stage import Desk, Phone
from tests.support.live import ROOT, Live, free_port, start

PASSWORD = "demo-of-the-tests"


class Neighbourhood:
    """A server on demo data that can be stopped and started again, and who meets it."""

    def __init__(self, data: Path, playwright: Playwright, folder: Path) -> None:
        self.data, self._playwright, self._folder = data, playwright, folder
        self._port = free_port()
        self._people: list[Phone | Desk] = []
        self.server: Live = start(data, "serve", self._port)

    @property
    def url(self) -> str:
        return self.server.url

    def stop_server(self) -> None:
        """The server is gone: every connection is refused."""
        self.server.stop()

    def start_server(self) -> None:
        """The same server again, on the same data and port."""
        self.server = start(self.data, "serve", self._port)

    def phone(self, name: str) -> Phone:
        """A fresh phone with the app open."""
        phone = Phone(self._playwright, f"{self.url}/", self._folder / f"profile-{name}").start()
        self._people.append(phone)
        return phone

    def desk(self) -> Desk:
        """A fresh browser at the desk."""
        desk = Desk(self._playwright, self.url).start()
        self._people.append(desk)
        return desk

    def close(self) -> None:
        """Everybody goes home; then it is looked whether a page broke the security policy."""
        violations = [v for person in self._people for v in person.violations]
        for person in self._people:
            person.stop()
        if self.server.process.poll() is None:
            self.server.stop()
        assert violations == []


def make_demo(data: Path, *options: str) -> Path:
    """The demo data in a folder, by the command that makes it."""
    command(data, "demo", *options)
    return data


def command(data: Path, *words: str) -> str:
    """What `jinlin WORDS` prints on a data folder."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("JINLIN_")}
    env |= {"JINLIN_DATA": str(data), "JINLIN_DEMO_PASSWORD": PASSWORD}
    line = [sys.executable, "-m", "server.cli", *words]
    return subprocess.run(line, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Demo data to copy."""
    return make_demo(tmp_path_factory.mktemp("demo") / "data")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture
def neighbourhood(demo_data: Path, tmp_path: Path, playwright: Playwright) -> Iterator[Neighbourhood]:
    """A neighbourhood of its own for each journey."""
    data = tmp_path / "data"
    shutil.copytree(demo_data, data)
    place = Neighbourhood(data, playwright, tmp_path)
    try:
        yield place
    finally:
        place.close()
