"""The web processes of one server, seen from outside."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import psutil

from tests.support.live import Live

CONNECTIONS = 64
PATIENCE_S = 20


def test_connections_are_spread_over_the_web_processes(live: Live) -> None:
    address = urlsplit(live.url)
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection((address.hostname, address.port)))
        until_s = time.monotonic() + PATIENCE_S
        while sum(taken := _taken(live, address.port)) < CONNECTIONS and time.monotonic() < until_s:
            time.sleep(0.05)
    assert sum(taken) == CONNECTIONS
    assert len(taken) == 2
    assert min(taken) >= CONNECTIONS // 4


def _taken(live: Live, port: int | None) -> list[int]:
    """How many connections each web process has accepted, those with none left out."""
    web = psutil.Process(live.process.pid).children(recursive=True)
    each = (
        sum(c.status == psutil.CONN_ESTABLISHED and c.laddr.port == port for c in process.net_connections())
        for process in web
    )
    return [count for count in each if count]
