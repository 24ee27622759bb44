"""Answer values as people read them, by the question they answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from server.review.library import Form, label
from server.review.marks import instant, point
from server.review.texts import Locale, say
from sync.documents import Json

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Local time of everything shown. China has kept UTC+8 without change since 1991."""

Question = Mapping[str, Any]


Words = Callable[[object, Locale], str]
"""A text of a form in a language."""


def shown_value(
    form: Form | None, question: Question | None, value: Json, locale: Locale, words: Words = label
) -> str:
    """One answer in words: choices by their labels, times in Asia/Shanghai; empty text for no answer."""
    if value is None or value == "" or value == []:
        return ""
    kind = question.get("type", "") if question else ""
    if isinstance(value, bool):
        return say(locale, "value.yes" if value else "value.no")
    if question and question.get("choices"):
        names = value if isinstance(value, list) else [value]
        return _joined([choice_label(form, question, name, locale, words) for name in names], locale)
    if kind == "datetime" or (not question and isinstance(value, str) and value.endswith("Z")):
        return shown_instant(value)
    if kind == "money" and isinstance(value, int):
        return f"¥{value / 100:,.2f}"
    if kind == "geopoint":
        return _shown_point(value)
    if isinstance(value, list):
        return _joined([shown_value(form, None, item, locale) for item in value], locale)
    if isinstance(value, Mapping):
        return "  ".join(f"{key}: {shown_value(form, None, item, locale)}" for key, item in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def choice_label(
    form: Form | None, question: Question, name: Json, locale: Locale, words: Words = label
) -> str:
    """The label of one choice; its bare name where the form has no such choice."""
    for choice in ((form or {}).get("choices") or {}).get(question.get("choices"), []):
        if choice.get("name") == name:
            return words(choice.get("label"), locale) or str(name)
    return str(name)


def shown_instant(value: Json) -> str:
    """An ISO 8601 instant as date and minute in Asia/Shanghai; other text as it is."""
    moment = instant(value)
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if moment else str(value or "")


def day_start(day: str, add_days: int = 0) -> str:
    """The instant (ISO-8601 UTC, seconds) at which a day of Asia/Shanghai begins; empty text for no day."""
    try:
        begins = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI) + timedelta(days=add_days)
    except (ValueError, OverflowError):
        return ""
    return f"{begins.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def age_years(born: Json, today: date) -> int | None:
    """Full years between a birth date (`YYYY-MM-DD`) and a day."""
    try:
        birth = date.fromisoformat(str(born))
    except ValueError:
        return None
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _shown_point(value: Json) -> str:
    place = point(value)
    return f"{place[0]:.5f}, {place[1]:.5f}" if place else str(value)


def _joined(parts: Sequence[str], locale: Locale) -> str:
    return ("、" if locale == "zh-CN" else ", ").join(parts)
