"""A real server for a test: `jinlin web` or `jinlin serve` in processes of its own, stopped by pid."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from tests.support.town import password_of, settle_town

ROOT = Path(__file__).resolve().parents[2]
START_S = 40.0
_ENDS_WITH_US = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
"""So that a test run that is killed leaves no server behind (util-linux)."""
STOP_S = 25.0


@dataclass
class Live:
    """A running server: where it listens, where it keeps its data, and its process."""

    url: str
    data: Path
    process: subprocess.Popen[bytes]

    @property
    def db(self) -> str:
        """The CouchDB root."""
        return f"{self.url}/db"

    def client(self, name: str | None = None, device: str | None = None) -> httpx.Client:
        """An HTTP client, signed in with a token where somebody is named."""
        headers = {"Authorization": f"Bearer {self.token(name, device)}"} if name else {}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def session(self, name: str, device: str | None = None) -> dict[str, Any]:
        """What `/api/session` answers to somebody's right password."""
        body = {"name": name, "password": password_of(name), **({"device": device} if device else {})}
        reply = httpx.post(f"{self.url}/api/session", json=body, timeout=60, trust_env=False)
        assert reply.status_code == 200, reply.text
        session: dict[str, Any] = reply.json()
        return session

    def token(self, name: str, device: str | None = None) -> str:
        """Somebody's access token."""
        return str(self.session(name, device)["access_token"])

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise


def free_port() -> int:
    """A port nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(
    data: Path, command: Literal["web", "serve"] = "web", port: int | None = None, **settings: object
) -> Live:
    """Start a server on a data folder and wait until it is healthy. Settings by name: `web_processes=1`."""
    port = port or free_port()
    given = {"data": data, "port": port, "host": "127.0.0.1", **settings}
    env = {name: value for name, value in os.environ.items() if not name.startswith("JINLIN_")}
    env |= {f"JINLIN_{name.upper()}": str(value) for name, value in given.items()}
    data.mkdir(parents=True, exist_ok=True)
    with (data / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [*_ENDS_WITH_US, sys.executable, "-m", "server.cli", command],
            cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    live = Live(f"http://127.0.0.1:{port}", data, process)
    _wait_until_healthy(live)
    return live


def _wait_until_healthy(live: Live) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and live.process.poll() is None:
        try:
            if httpx.get(f"{live.url}/healthz", timeout=5, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    live.stop(signal.SIGKILL)
    raise AssertionError(f"the server did not start:\n{(live.data / 'server.log').read_text()[-4000:]}")


@contextmanager
def running(
    data: Path, command: Literal["web", "serve"] = "web", port: int | None = None, **settings: object
) -> Iterator[Live]:
    """`start`, and `stop` at the end."""
    live = start(data, command, port, **settings)
    try:
        yield live
    finally:
        if live.process.poll() is None:
            live.stop()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The web processes on the town of the tests (`tests.support.town`), one server for a module of tests."""
    data = tmp_path_factory.mktemp("live")
    settle_town(data)
    with running(data) as server:
        yield server
