"""Waiting for a database to change without holding a thread.

One greenlet in a process asks the store for the sequences of all databases that somebody waits for, and wakes
exactly those whose database moved. It runs only while somebody waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import gevent
from gevent.event import Event

from server.native import offload
from sync.errors import StoreUnavailable


@dataclass(eq=False)
class _Waiter:
    database: str
    seq: str
    moved: Event = field(default_factory=Event)


class _Circle(threading.local):
    """The waiters of one hub: greenlets of different threads cannot wake each other cheaply."""

    def __init__(self) -> None:
        self.waiters: set[_Waiter] = set()
        self.watching = False


class Watch:
    """Held requests wait here for their database to move past the sequence they have read."""

    def __init__(self, update_seqs: Callable[[Iterable[str]], Mapping[str, str]], interval_s: float) -> None:
        self._update_seqs = update_seqs
        self._interval_s = interval_s
        self._circle = _Circle()
        self.stopping = False
        """True when the process is about to end: every wait returns, and nobody should wait again."""

    def moved(self, database: str, seq: str, timeout_s: float) -> bool:
        """Wait until the database's sequence is no longer `seq` (or it is gone); False after `timeout_s`."""
        if self.stopping:
            return False
        waiter = _Waiter(database, seq)
        circle = self._circle
        circle.waiters.add(waiter)
        if not circle.watching:
            circle.watching = True
            gevent.spawn(self._run)
        try:
            return waiter.moved.wait(timeout_s) and not self.stopping
        finally:
            circle.waiters.discard(waiter)

    def stop(self) -> None:
        """Send everybody home within one interval."""
        self.stopping = True

    def _run(self) -> None:
        circle = self._circle
        try:
            while circle.waiters:
                self._wake(list(circle.waiters))
                gevent.sleep(self._interval_s)
        finally:
            circle.watching = False

    def _wake(self, waiters: list[_Waiter]) -> None:
        if self.stopping:
            seqs: Mapping[str, str] = {}
        else:
            try:
                seqs = offload(self._update_seqs, {waiter.database for waiter in waiters})
            except StoreUnavailable:
                return
        for waiter in waiters:
            if seqs.get(waiter.database) != waiter.seq:
                waiter.moved.set()
