"""What of a personal value is shown, by its sensitivity class (catalogue 3.2). Pure.

P0 and P1 are shown. P2 is shown on a page about one document to those who may read it, and masked in lists.
P3 and P4 are masked everywhere; where the class may be revealed, one click shows one value and is written down.
"""

from __future__ import annotations

import re
from typing import Literal

Sensitivity = Literal["P0", "P1", "P2", "P3", "P4"]

_SURNAMES = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙"
    "慕容仲孙钟离长孙宇文司徒鲜于司空闾丘令狐轩辕呼延西门东郭百里第五"
)
COMPOUND_SURNAMES = frozenset(_SURNAMES[at : at + 2] for at in range(0, len(_SURNAMES), 2))

_ROOM = re.compile(r"^(.*?\d+\s*(?:幢|栋|号楼|座))")
_PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][A-Z0-9]{5,6}")
_ID = re.compile(r"\d{17}[\dXx]")
_MOBILE = re.compile(r"1\d{10}")
_HIDDEN = "****"


def sensitivity_of(value: object) -> Sensitivity:
    """The class a question declares; P2 where it declares none that is known: unknown is personal."""
    return value if value in ("P0", "P1", "P3", "P4") else "P2"


def mask_name(name: str) -> str:
    """`陈*` of two characters, `陈*真` of more; compound surnames keep both."""
    if len(name) < 2:
        return name and "*"
    surname = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
    if len(name) <= surname + 1:
        return name[:surname] + "*"
    return name[:surname] + "*" * (len(name) - surname - 1) + name[-1]


def mask_address(address: str) -> str:
    """The address down to its building: `22栋***`."""
    if not address:
        return ""
    match = _ROOM.match(address)
    return (match[1] if match else address[: max(2, len(address) // 3)]) + "***"


def mask_text(text: str) -> str:
    """A P3 or P4 value: a phone keeps three and four digits, an identity number its last four, a plate its ends."""
    if _MOBILE.fullmatch(text):
        return f"{text[:3]}****{text[-4:]}"
    if _ID.fullmatch(text):
        return "*" * (len(text) - 4) + text[-4:]
    if _PLATE.fullmatch(text):
        return f"{text[:2]}***{text[-2:]}"
    digits = re.sub(r"\D", "", text)
    if 7 <= len(digits) == len(re.sub(r"[\s-]", "", text)):
        return f"****{digits[-4:]}"
    return _HIDDEN
