"""The names of languages in headers (`label::English (en)`) and the tags that texts have here."""

from __future__ import annotations

import re

UNSAID = "und"
"""The tag of texts whose language nobody names (RFC 5646: undetermined)."""

TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*|x-[a-z0-9]{1,8}")
IN_BRACKETS = re.compile(r"\(([^()]*)\)\s*$")
HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")

NAMES = {
    "zh-CN": ("中文", "简体中文", "汉语", "chinese", "simplified chinese", "mandarin", "普通话"),
    "en": ("English", "anglais", "inglés", "inglês", "英语", "英文"),
    "ar": ("العربية", "arabic", "arabe"),
    "bn": ("বাংলা", "bengali", "bangla"),
    "cs": ("Čeština", "czech"),
    "de": ("Deutsch", "german"),
    "es": ("Español", "spanish", "espanol", "castellano"),
    "fa": ("فارسی", "farsi", "persian"),
    "fr": ("Français", "french", "francais"),
    "hi": ("हिन्दी", "hindi"),
    "id": ("Bahasa Indonesia", "indonesian", "bahasa"),
    "it": ("Italiano", "italian"),
    "ja": ("日本語", "japanese"),
    "km": ("ខ្មែរ", "khmer"),
    "ko": ("한국어", "korean"),
    "lo": ("ລາວ", "lao"),
    "mk": ("Македонски", "macedonian"),
    "mn": ("Монгол", "mongolian"),
    "my": ("မြန်မာ", "burmese", "myanmar"),
    "ne": ("नेपाली", "nepali"),
    "prs": ("دری", "dari"),
    "ps": ("پښتو", "pashto"),
    "pt": ("Português", "portuguese", "portugues"),
    "ru": ("Русский", "russian"),
    "sw": ("Kiswahili", "swahili"),
    "ta": ("தமிழ்", "tamil"),
    "tet": ("Tetun", "tetum"),
    "th": ("ไทย", "thai"),
    "tl": ("Tagalog", "filipino"),
    "tr": ("Türkçe", "turkish"),
    "ug": ("ئۇيغۇرچە", "uyghur"),
    "ur": ("اردو", "urdu"),
    "vi": ("Tiếng Việt", "vietnamese"),
}
"""By tag its own name first, then what authors call it too."""

BY_NAME = {name.lower(): tag for tag, names in NAMES.items() for name in names}
CHINESE = frozenset({"zh", "zh-cn", "zh-hans", "zh-hans-cn", "zho", "chi", "cmn", "zh-sg"})
ALIASES = {"en-us": "en", "en-gb": "en", "eng": "en", "fra": "fr", "fre": "fr", "swa": "sw", "spa": "es"}


def tag_of(name: str) -> str:
    """The tag of a language as a header names it; one of our own (`x-…`) for a name nobody knows."""
    name = name.strip()
    bracket = IN_BRACKETS.search(name)
    known = _tag(bracket[1].strip()) if bracket else None
    plain = name[: bracket.start()].strip() if bracket else name
    found = known or BY_NAME.get(plain.lower()) or _tag(plain)
    if found is None and bracket:
        found = BY_NAME.get(bracket[1].strip().lower())
    if found is not None:
        return found
    letters = re.sub("[^a-z0-9]", "", plain.lower())
    return f"x-{letters[:8]}" if letters else UNSAID


def _tag(text: str) -> str | None:
    if not TAG.fullmatch(text):
        return None
    lower = text.lower().replace("_", "-")
    if lower in CHINESE:
        return "zh-CN"
    if lower in ALIASES:
        return ALIASES[lower]
    first, *rest = lower.split("-")
    return (
        lower
        if first == "x"
        else "-".join([first, *(part.upper() if len(part) == 2 else part for part in rest)])
    )


def name_of(tag: str) -> str:
    """How a header names the language of a tag, so that `tag_of` gives it back."""
    return f"{NAMES[tag][0]} ({tag})" if tag in NAMES else tag


def header_of(column: str, tag: str) -> str:
    """What stands above a column of texts in a language."""
    return column if tag == UNSAID else f"{column}::{name_of(tag)}"


def unsaid(texts: list[str]) -> str:
    """The tag for texts of no named language: Chinese where they are written in its characters."""
    return "zh-CN" if any(HAN.search(text) for text in texts) else UNSAID
