"""The web processes of one server, seen from outside."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import psutil
import pytest

from tests.support.live import Live

PATIENCE_S = 20
NEARLY = 10
"""Among many a quarter more is no matter, and pauses are short."""


@pytest.mark.parametrize(("connections", "apart"), [(4, 0), (64, NEARLY)])
def test_connections_are_spread_over_the_web_processes(live: Live, connections: int, apart: int) -> None:
    with _open(live, connections) as taken:
        assert len(taken) == 2
        assert max(taken) - min(taken) <= apart


def test_a_process_that_was_killed_has_no_share_any_more_and_the_one_in_its_place_has(live: Live) -> None:
    with _open(live, 6):
        killed = next(p for p in _web(live) if _count(live, p, psutil.CONN_ESTABLISHED))
        killed.kill()
        _wait_until(lambda: len(_listening(live)) == 2 and killed not in _web(live))
        with _open(live, 5, before=3) as taken:
            assert sorted(taken) == [4, 4]


@contextmanager
def _open(live: Live, connections: int, before: int = 0) -> Iterator[list[int]]:
    """Connections that say nothing, all at once; how many each process has then, beside those from before."""
    address = urlsplit(live.url)
    _wait_until(lambda: len(_listening(live)) == 2)
    with ExitStack() as stack:
        for _ in range(connections):
            stack.enter_context(socket.create_connection((address.hostname, address.port)))
        _wait_until(lambda: sum(_each(live)) == connections + before)
        yield _each(live)
    _wait_until(lambda: sum(_each(live)) in (0, before))


def _wait_until(holds: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until_s
        time.sleep(0.05)


def _web(live: Live) -> list[psutil.Process]:
    return psutil.Process(live.process.pid).children(recursive=True)


def _each(live: Live) -> list[int]:
    """How many connections each web process has, those with none left out."""
    return [n for p in _web(live) if (n := _count(live, p, psutil.CONN_ESTABLISHED))]


def _listening(live: Live) -> list[psutil.Process]:
    return [process for process in _web(live) if _count(live, process, psutil.CONN_LISTEN)]


def _count(live: Live, process: psutil.Process, status: str) -> int:
    port = urlsplit(live.url).port
    try:
        return sum(c.status == status and c.laddr.port == port for c in process.net_connections())
    except psutil.NoSuchProcess:
        return 0
