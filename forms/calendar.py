"""Working days: Monday to Friday, but for what the yearly holiday notice moves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from forms.days import instant_ms, local_day

_MONDAY = 4
"""1970-01-05, the first Monday, by its number."""


@dataclass(frozen=True)
class Calendar:
    """Days (by their number since 1970) that are off though they are weekdays, and weekend days that are worked."""

    off: frozenset[int] = field(default=frozenset())
    worked: frozenset[int] = field(default=frozenset())

    @classmethod
    def of(cls, off: Iterable[str] = (), worked: Iterable[str] = ()) -> Calendar:
        """The calendar of some dates (YYYY-MM-DD); what is no date is left out."""
        return cls(_numbers(off), _numbers(worked))

    def is_worked(self, day: int) -> bool:
        """Whether a day is a working day."""
        return day in self.worked or ((day - _MONDAY) % 7 < 5 and day not in self.off)

    def after(self, day: int, count: int) -> int:
        """The `count`-th working day after a day; the day itself where `count` is 0."""
        while count > 0:
            day += 1
            count -= self.is_worked(day)
        return day

    def between(self, start: int, end: int) -> int:
        """How many working days lie after a day, up to and with another."""
        return sum(self.is_worked(day) for day in range(start + 1, end + 1))


def _numbers(dates: Iterable[str]) -> frozenset[int]:
    return frozenset(local_day(ms) for date in dates if (ms := instant_ms(date)) is not None)
