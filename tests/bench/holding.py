"""Thousands of held long-polls from one process: bare sockets, so that the client weighs little."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from tests.bench.sides import Side

AT_ONCE = 50
"""Connections that are being opened at a time."""


class Held:
    """Phones that wait for a change. Use inside a running event loop."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._parts = urlsplit(side.root)
        self._waits: list[asyncio.Task[float]] = []
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def hold(self, databases: Sequence[str], since: str) -> None:
        """One long-poll for each name, all held when this returns: the server has sent the head of each reply."""
        opened = await asyncio.gather(*(self._open(database, since) for database in databases))
        self._waits = [asyncio.create_task(_answered(reader, writer)) for reader, writer in opened]

    async def _open(self, database: str, since: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with self._gate:
            reader, writer = await asyncio.open_connection(self._parts.hostname, self._parts.port, limit=4096)
            writer.write(
                f"GET {self._parts.path}/{database}/_changes?feed=longpoll&style=all_docs&heartbeat=10000"
                f"&since={since}&limit=100 HTTP/1.1\r\nHost: {self._parts.netloc}\r\n"
                f"Accept-Encoding: gzip\r\nAuthorization: {self._side.authorization}\r\n\r\n".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 200"):
                raise AssertionError(head.decode())
            return reader, writer

    @property
    def waiting(self) -> int:
        """How many have no answer yet."""
        return sum(not wait.done() for wait in self._waits)

    async def answered(self) -> list[float]:
        """When each got the row it waited for, on the clock of `time.perf_counter`."""
        return await asyncio.gather(*self._waits)


async def _answered(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> float:
    """A held request ends with the change it waited for."""
    await reader.readuntil(b"\r\n0\r\n\r\n")
    at = time.perf_counter()
    writer.close()
    return at
