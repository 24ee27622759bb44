"""What the operating system makes of us: a lock of native threads, and one process.

The verbs of this package run in gevent's native thread pool: a patched lock would wait there for a hub that is not
the holder's. The C queue under `queue.SimpleQueue` is left alone by gevent (it replaces the name in `queue` only;
`tests/sync/test_sqlite_sharing.py` proves it), so its one token is our lock.
"""

from __future__ import annotations

import os
from _queue import Empty, SimpleQueue
from collections.abc import Iterator
from contextlib import contextmanager


class NativeLock:
    """A mutual exclusion of native threads, not re-entrant. A greenlet never switches while it waits for it."""

    def __init__(self) -> None:
        self._token: SimpleQueue[None] = SimpleQueue()
        self._token.put(None)

    @contextmanager
    def held(self, timeout_s: float | None = None) -> Iterator[None]:
        """Hold the lock; raises `TimeoutError` if it was not free within `timeout_s`."""
        try:
            self._token.get(timeout=timeout_s)
        except Empty:
            raise TimeoutError from None
        try:
            yield
        finally:
            self._token.put(None)


class OneProcess:
    """The process that opened the first file. SQLite forbids a connection, and its locks, to cross a fork."""

    def __init__(self) -> None:
        self._pid: int | None = None

    def check(self) -> None:
        """Raises `RuntimeError` in a child of the process that called this first."""
        pid = os.getpid()
        if self._pid is None:
            self._pid = pid
        elif self._pid != pid:
            raise RuntimeError("a set of databases that was used before a fork; make one after it")
