"""Which of several web processes takes a new connection: one of those that have the fewest.

All of them listen at one socket. Left alone, the kernel wakes nearly always the same one; with a socket for each it
goes by a hash, which puts four connections two and two only three times in eight.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from gevent.server import StreamServer

_FREE = -1
_PAUSE_S = 0.001
_PAUSES_MAX = 20
"""One that has fewer may hang: after so many pauses the connection is taken all the same."""


class Balance:
    """How many connections each web process has open, in memory that they share. Made before the fork."""

    def __init__(self, places: int) -> None:
        self._open = memoryview(mmap.mmap(-1, 4 * places)).cast("i")
        for place in range(places):
            self._open[place] = _FREE

    def join(self) -> int:
        """The place of a new process. Processes are made, and reaped, by one and the same."""
        place = self._open.tolist().index(_FREE)
        self._open[place] = 0
        return place

    def leave(self, place: int) -> None:
        """The process has ended."""
        self._open[place] = _FREE

    @contextmanager
    def connection(self, place: int) -> Iterator[None]:
        """A connection that a process has open."""
        self._open[place] += 1
        try:
            yield
        finally:
            self._open[place] -= 1

    def has_more(self, place: int) -> bool:
        """Whether a process has clearly more connections than another: one among few, a quarter among many."""
        fewest = min(count for count in self._open if count != _FREE)
        return self._open[place] > fewest + fewest // 4


class Door(StreamServer):  # type: ignore[misc]  # gevent ships no types
    """Takes connections in its process's turn."""

    def __init__(self, listener: Any, balance: Balance, place: int, **kwargs: Any) -> None:
        super().__init__(listener, **kwargs)
        self.max_accept = 1
        self._balance = balance
        self._place = place
        self._pauses = 0

    def do_read(self) -> Any:
        """A connection; None where there is none any more, or a freer process is to take it."""
        if self._pauses < _PAUSES_MAX and self._balance.has_more(self._place):
            self._pauses += 1
            self.stop_accepting()
            gevent.spawn_later(_PAUSE_S, self._go_on)
            return None
        self._pauses = 0
        return super().do_read()

    def _go_on(self) -> None:
        if self.started:
            self.start_accepting()
