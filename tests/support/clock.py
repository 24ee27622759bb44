"""A clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from server.services import EXTENSION
from tests.support.site import Site


@dataclass
class Clock:
    """The time in UTC, until somebody moves it."""

    now: datetime = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        """Let some time go by."""
        self.now += timedelta(seconds=seconds)


def set_clock(site: Site) -> Clock:
    """Give a site a clock of its own; before its first sign-in."""
    clock = Clock()
    site.app.extensions[EXTENSION] = replace(site.services, clock=clock)
    return clock
