"""A lock of the operating system's threads, which gevent's monkey-patching does not turn into a greenlet's lock.

The verbs of this package run in gevent's native thread pool: a patched lock would wait there for a hub that is not
the holder's. The C queue under `queue.SimpleQueue` is left alone by gevent (it replaces the name in `queue` only;
`tests/sync/test_sqlite_threads.py` proves it), so its one token is our lock.
"""

from __future__ import annotations

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
