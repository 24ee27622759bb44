"""Node for the journeys: stock PouchDB, and `pouchdb-server` as a foreign CouchDB-compatible server.

`pouchdb-server` 4.2.0 is of 2019: it needs `--unhandled-rejections=warn` to survive a client that hangs up on a
current Node, and no install script (its native store is never loaded: it runs in memory).
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.live import free_port

FOLDER = Path(__file__).resolve().parents[1] / "journeys" / "node"
START_S = 40.0


def installed() -> Path:
    """The folder of the Node journeys, its packages installed from the lock file (once, whoever asks first)."""
    if shutil.which("npm") is None:
        raise AssertionError(
            "the journeys need Node and npm; install them (Debian: apt-get install nodejs npm)"
        )
    with (FOLDER / "package-lock.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = FOLDER / "node_modules" / ".package-lock.json"
        wanted = FOLDER / "package-lock.json"
        if not mark.exists() or mark.stat().st_mtime < wanted.stat().st_mtime:
            subprocess.run(["npm", "ci", "--no-progress"], cwd=FOLDER, check=True, capture_output=True)
            os.utime(mark)
    return FOLDER


def run_node(script: str, arguments: Sequence[str] | dict[str, Any], timeout_s: float = 300) -> Any:
    """Run a script of the journeys with arguments (a dict goes as one JSON argument); the JSON it prints last."""
    given = [json.dumps(arguments)] if isinstance(arguments, dict) else list(arguments)
    done = subprocess.run(
        ["node", script, *given], cwd=installed(), capture_output=True, text=True, timeout=timeout_s
    )
    assert done.returncode == 0, f"{script}: {done.stderr[-4000:]}{done.stdout[-2000:]}"
    return json.loads(done.stdout.strip().rpartition("\n")[2])


@contextmanager
def foreign_server(folder: Path) -> Iterator[str]:
    """`pouchdb-server` in memory on a free port of this machine; its URL. It writes its log into the folder."""
    port = free_port()
    program = installed() / "node_modules" / "pouchdb-server" / "bin" / "pouchdb-server"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "foreign.log").open("wb") as log:
        process = subprocess.Popen(
            ["node", "--unhandled-rejections=warn", str(program),
             "--in-memory", "--host", "127.0.0.1", "--port", str(port), "--no-stdout-logs"],
            cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_up(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_up(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url, timeout=5, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("pouchdb-server did not start")


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a `pouchdb-server` for a module of tests."""
    with foreign_server(tmp_path_factory.mktemp("foreign")) as url:
        yield url
