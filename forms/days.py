"""Dates and times as the expression language counts them: days since 1970-01-01 in UTC, with fractions.

Text without a zone is Asia/Shanghai, which has been UTC+8 without summer time since 1991; the offset is used for
every year, so that a phone and a server with different zone tables agree.
A fraction of a day is kept on a grid of 2^-36 (about a microsecond): two midnights then differ by a whole number.
"""

from __future__ import annotations

import math
import re
from datetime import date

DAY_MS = 86_400_000
SHANGHAI_MS = 8 * 3_600_000
GRID = 2**36
EPOCH = date(1970, 1, 1).toordinal()
LATEST_MS = (date(9999, 12, 31).toordinal() - EPOCH) * DAY_MS
EARLIEST_MS = (date(1, 1, 2).toordinal() - EPOCH) * DAY_MS

MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?(Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
CLOCK = re.compile(
    r"([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)

MONTHS_EN = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
WEEKDAYS_EN = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
WEEKDAYS_ZH = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]


def day_number(year: int, month: int, day: int) -> int | None:
    """Days from 1970-01-01 to a day of the calendar; None if there is no such day."""
    try:
        return date(year, month, day).toordinal() - EPOCH
    except ValueError:
        return None


def instant_ms(text: str) -> int | None:
    """Milliseconds since 1970 of a date or date-time; None if the text is neither."""
    match = MOMENT.fullmatch(text)
    if match is None:
        return None
    days = day_number(int(match[1]), int(match[2]), int(match[3]))
    hour, minute, second = (int(match[n] or 0) for n in (4, 5, 6))
    if days is None or hour > 23 or minute > 59 or second > 59:
        return None
    fraction = int((match[7] or "").ljust(3, "0")[:3])
    clock = ((hour * 60 + minute) * 60 + second) * 1000 + fraction
    return days * DAY_MS + clock - _offset_ms(match[8])


def _offset_ms(zone: str | None) -> int:
    if zone is None:
        return SHANGHAI_MS
    if zone == "Z":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    offset = (int(digits[:2]) * 60 + int(digits[2:])) * 60_000
    return -offset if zone[0] == "-" else offset


def days_from_ms(ms: int) -> float:
    """Milliseconds since 1970 as days on the grid."""
    return ms // DAY_MS + math.floor(ms % DAY_MS / DAY_MS * GRID + 0.5) / GRID


def ms_from_days(days: float) -> int | None:
    """Days as milliseconds; None outside the years 1 to 9999."""
    if not math.isfinite(days) or not EARLIEST_MS <= days * DAY_MS <= LATEST_MS:
        return None
    return math.floor(days * DAY_MS + 0.5)


def days_of(text: str) -> float | None:
    """A date or date-time as days since 1970 in UTC."""
    ms = instant_ms(text)
    return None if ms is None else days_from_ms(ms)


def clock_part(text: str) -> float | None:
    """A time of day `HH:MM[:SS]`, or the local time of a date-time, as a fraction of a day."""
    match = CLOCK.fullmatch(text)
    if match and int(match[1]) < 24 and int(match[2]) < 60 and int(match[3] or 0) < 60:
        return (int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)) / 86400
    ms = instant_ms(text)
    return None if ms is None else (ms + SHANGHAI_MS) % DAY_MS / DAY_MS


def local_day(ms: int) -> int:
    """The number, since 1970, of the local day of an instant."""
    return (ms + SHANGHAI_MS) // DAY_MS


def local_date(ms: int) -> str:
    """The local calendar date of an instant, YYYY-MM-DD."""
    return date.fromordinal(local_day(ms) + EPOCH).isoformat()


def utc_text(ms: int) -> str:
    """An instant as stored: UTC with seconds and Z."""
    seconds = ms % DAY_MS // 1000
    day = date.fromordinal(ms // DAY_MS + EPOCH).isoformat()
    return f"{day}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


def formatted(ms: int, pattern: str, locale: str) -> str:
    """An instant in local time by ODK's pattern letters (%Y %y %m %n %b %d %e %H %h %M %S %3 %a)."""
    local = ms + SHANGHAI_MS
    day = date.fromordinal(local // DAY_MS + EPOCH)
    clock = local % DAY_MS
    english = locale.startswith("en")
    letters = {
        "Y": f"{day.year:04}",
        "y": f"{day.year % 100:02}",
        "m": f"{day.month:02}",
        "n": str(day.month),
        "b": MONTHS_EN[day.month - 1] if english else f"{day.month}月",
        "d": f"{day.day:02}",
        "e": str(day.day),
        "H": f"{clock // 3_600_000:02}",
        "h": str(clock // 3_600_000),
        "M": f"{clock // 60_000 % 60:02}",
        "S": f"{clock // 1000 % 60:02}",
        "3": f"{clock % 1000:03}",
        "a": (WEEKDAYS_EN if english else WEEKDAYS_ZH)[day.weekday()],
        "%": "%",
    }
    return re.sub(r"%(.)", lambda found: letters.get(found[1], found[0]), pattern, flags=re.DOTALL)


def months_between(start: str, end: str) -> int | None:
    """Full months from one local date to another; negative when the second is earlier."""
    one, two = instant_ms(start), instant_ms(end)
    if one is None or two is None:
        return None
    if two < one:
        back = months_between(end, start)
        return None if back is None else -back
    first, second = (date.fromisoformat(local_date(ms)) for ms in (one, two))
    return (second.year - first.year) * 12 + second.month - first.month - (second.day < first.day)


def moved(ms: int, years: int, months: int, days: int, minutes: int) -> int | None:
    """An instant moved on the local calendar; a day past the end of the month becomes its last day."""
    local = ms + SHANGHAI_MS
    day = date.fromordinal(local // DAY_MS + EPOCH)
    month = day.year * 12 + day.month - 1 + years * 12 + months
    for last in (day.day, 30, 29, 28):
        number = day_number(month // 12, month % 12 + 1, min(day.day, last))
        if number is not None:
            found = (number + days) * DAY_MS + local % DAY_MS + minutes * 60_000 - SHANGHAI_MS
            return found if EARLIEST_MS <= found <= LATEST_MS else None
    return None
