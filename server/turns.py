"""One at a time for each key: whoever comes while the same is being asked waits for that answer first.

Requests wait here, not native threads: in a gevent worker, where threads are not patched, a lock of `threading`
would stop every request of the process.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from gevent import monkey
from gevent.lock import Semaphore


class Turns:
    """Turns by key; other keys do not wait."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._turns: dict[Hashable, tuple[AbstractContextManager[Any], int]] = {}

    @contextmanager
    def turn(self, key: Hashable) -> Iterator[bool]:
        """Hold the turn of this key; gives whether somebody else had it when we came."""
        with self._guard:
            lock, waiting = self._turns.get(key) or (_lock(), 0)
            self._turns[key] = (lock, waiting + 1)
        try:
            with lock:
                yield waiting > 0
        finally:
            with self._guard:
                lock, waiting = self._turns.pop(key)
                if waiting > 1:
                    self._turns[key] = (lock, waiting - 1)


def _lock() -> AbstractContextManager[Any]:
    """A lock that lets the others of its kind go on: greenlets in a gevent worker, else threads."""
    return Semaphore() if monkey.is_module_patched("socket") else threading.Lock()
