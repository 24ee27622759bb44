"""The scope boundary: this is a service system, not a watch-list. What an author's form should not ask is said to him.

A warning, not an error: words can be meant well, and only a person knows. Hints are not looked at: they are where a
form promises what it does not do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

BEYOND: dict[str, re.Pattern[str]] = {
    "religion or ethnicity": re.compile(
        r"religio|faith|church|ethnic|minzu|\bnation\b|宗教|信仰|民族|邪教", re.IGNORECASE
    ),
    "political status": re.compile(
        r"political|party_member|政治面貌|党员身份|正式党员|预备党员|入党积极分子|民主党派", re.IGNORECASE
    ),
    "a label on a person": re.compile(
        r"risk|threat|suspect|watch_?list|blacklist|重点人员|高危|风险|嫌疑|黑名单|刑满|吸毒", re.IGNORECASE
    ),
    "petitions": re.compile(r"petition|信访|上访", re.IGNORECASE),
    "faces and bodies": re.compile(
        r"face_?(id|recog|print)|biometric|fingerprint|iris|人脸|指纹|虹膜", re.IGNORECASE
    ),
    "where people go": re.compile(r"track(s|ing)?\b|trajectory|轨迹", re.IGNORECASE),
}
"""What no form here is for, and the words that give it away."""

IN_CHINESE = {
    "religion or ethnicity": "宗教或民族",
    "political status": "政治面貌",
    "a label on a person": "给人贴的标签",
    "petitions": "信访",
    "faces and bodies": "人脸、指纹",
    "where people go": "人的行踪",
}


def crossings(data: Any) -> list[tuple[str, str]]:
    """Where a definition (parsed JSON, sound or not) seems to ask for what it should not: path and subject."""
    found = list(_questions(data.get("questions"), "questions")) if isinstance(data, dict) else []
    for act, asked in _items(data, "acts"):
        found += _questions(asked, f"acts.{act}")
    for name, listed in _items(data, "choices"):
        for index, item in enumerate(listed if isinstance(listed, list) else []):
            found += _words(item, f"choices.{name}[{index}]")
    return found


def _questions(listed: Any, at: str) -> Iterator[tuple[str, str]]:
    for index, question in enumerate(listed if isinstance(listed, list) else []):
        yield from _words(question, f"{at}[{index}]")
        if isinstance(question, dict):
            yield from _questions(question.get("questions"), f"{at}[{index}].questions")


def _words(one: Any, at: str) -> Iterator[tuple[str, str]]:
    """A question or a choice: its name and its label."""
    if not isinstance(one, dict):
        return
    label = one.get("label")
    texts = [one.get("name"), *(label.values() if isinstance(label, dict) else [])]
    for subject, pattern in BEYOND.items():
        if any(isinstance(text, str) and pattern.search(text) for text in texts):
            yield at, subject


def _items(data: Any, key: str) -> list[tuple[str, Any]]:
    held = data.get(key) if isinstance(data, dict) else None
    return list(held.items()) if isinstance(held, dict) else []
