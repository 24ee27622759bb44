"""The desk's own texts, zh-CN and en, from one table (`texts.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

Locale = Literal["zh-CN", "en"]
LOCALES: tuple[Locale, ...] = get_args(Locale)


@cache
def catalogue() -> Mapping[str, tuple[str, str]]:
    """Every text by its key: Chinese, English."""
    table = json.loads(Path(__file__).with_name("texts.json").read_text(encoding="utf-8"))
    return {key: (chinese, english) for key, (chinese, english) in table.items()}


def say(locale: Locale, key: str, /, **values: object) -> str:
    """The text of a key with its values filled in. An unknown key is a mistake in the desk: KeyError."""
    return catalogue()[key][LOCALES.index(locale)].format(**values)


def say_or(locale: Locale, key: str, fallback: str) -> str:
    """The text of a key that comes from data (a state, an act), or the fallback where the desk has no word for it."""
    return catalogue()[key][LOCALES.index(locale)] if key in catalogue() else fallback


def locale_of(cookie: str | None, accepted: str | None) -> Locale:
    """The language of a request: the cookie's, else what the browser prefers, else Chinese."""
    if cookie in LOCALES:
        return cookie
    return "en" if accepted and accepted.lower().startswith("en") else "zh-CN"
