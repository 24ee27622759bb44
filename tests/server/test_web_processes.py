"""The web processes of one server, seen from outside."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import urlsplit

import psutil

from tests.support.live import Live

CONNECTIONS = 64
PATIENCE_S = 20


def test_connections_are_spread_over_the_web_processes(live: Live) -> None:
    address = urlsplit(live.url)
    _wait_until(lambda: len(_web(live, address.port, psutil.CONN_LISTEN)) == 2)
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection((address.hostname, address.port)))
        _wait_until(lambda: sum(_web(live, address.port, psutil.CONN_ESTABLISHED)) == CONNECTIONS)
        taken = _web(live, address.port, psutil.CONN_ESTABLISHED)
    assert len(taken) == 2
    assert min(taken) >= CONNECTIONS // 4


def _wait_until(holds: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until_s
        time.sleep(0.05)


def _web(live: Live, port: int | None, status: str) -> list[int]:
    """How many connections in this state each web process has, those with none left out."""
    web = psutil.Process(live.process.pid).children(recursive=True)
    each = (
        sum(c.status == status and c.laddr.port == port for c in process.net_connections()) for process in web
    )
    return [count for count in each if count]
