"""What stands in a type cell, in the spellings of fifteen years, and what it asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from forms.kinds import KINDS

Role = Literal["question", "begin", "end", "instance", "setting", "left out", "unknown"]
Source = Literal["choices", "external_choices", "file"]


@dataclass(frozen=True)
class TypeCell:
    """What a type cell asks for: `kind` is a type of question, or what is begun and ended, or what nobody knows.

    `said` is why it is left out, in Chinese and English.
    """

    role: Role
    kind: str
    listed: str = ""
    source: Source = "choices"
    or_other: bool = False
    said: tuple[str, str] = ("", "")


ALIASES = {
    "text": "string, q string, q text, add text prompt, url, long text, multiline, calendar",
    "integer": "int, q int, q integer, add integer prompt, whole number",
    "decimal": "q decimal, add decimal prompt, numeric, number, float, double",
    "date": "q date, add date prompt, birth date, ethiopian calendar picker, islamic calendar picker",
    "time": "q time, add time prompt",
    "datetime": "date time, q date time, add date time prompt, add dateTime prompt",
    "note": "q note, add note prompt, html, statictext",
    "image": "photo, q picture, q image, add image prompt, add photo prompt, picture, annotate, draw",
    "audio": "q audio, add audio prompt",
    "video": "q video, add video prompt",
    "file": "q file, add file prompt, upload, attachment",
    "barcode": "q barcode, add barcode prompt",
    "geopoint": "gps, location, q geopoint, q location, add location prompt, geo point, geolocation",
    "acknowledge": "trigger, q acknowledge, add acknowledge prompt",
    "phone": "tel, phone number, q phone number, telephone",
    "calculate": "q calculate, add calculate prompt, calculation",
    "hidden": "caseid",
    "start": "start time, get start time, begin time",
    "end": "end time, get end time",
    "today": "get today, current date",
    "deviceid": "device id, get device id, imei, uri deviceid, subscriberid, subscriber id, get subscriber id, "
    "uri subscriberid, simserial, sim id, get sim id, uri simserial",
    "phonenumber": "get phone number, uri phonenumber",
    "username": "user name, get user name, uri username",
    "email": "uri email, get email",
}
"""Further names of types; `_` and `:` count as spaces, and capitals do not count."""

BY_ALIAS = {alias.lower(): kind for kind, aliases in ALIASES.items() for alias in aliases.split(", ")} | {
    kind.replace("_", " "): kind for kind in KINDS
}

ONE, MANY = "select_one", "select_multiple"
COMMANDS: dict[str, tuple[str, Source, bool]] = {
    "select all that apply from": (MANY, "choices", False),
    "select all that apply": (MANY, "choices", False),
    "add select multiple prompt using": (MANY, "choices", False),
    "add select one prompt using": (ONE, "choices", False),
    "select multiple from file": (MANY, "file", False),
    "select multiple external": (MANY, "external_choices", False),
    "select multiple from": (MANY, "choices", False),
    "select multiple using": (MANY, "choices", False),
    "select multiple inline": (MANY, "choices", False),
    "select multiple grid": (MANY, "choices", False),
    "select multiple": (MANY, "choices", False),
    "select one from file": (ONE, "file", False),
    "select one external": (ONE, "external_choices", False),
    "select one with other": (ONE, "choices", True),
    "select one from": (ONE, "choices", False),
    "select one using": (ONE, "choices", False),
    "select one dropdown": (ONE, "choices", False),
    "select one inline": (ONE, "choices", False),
    "select one grid": (ONE, "choices", False),
    "select one": (ONE, "choices", False),
    "q select1": (ONE, "choices", False),
    "q select": (MANY, "choices", False),
    "select1": (ONE, "choices", False),
    "rank": ("rank", "choices", False),
}
"""How a question with choices begins, the longer before the shorter; `_` counts as a space. Then comes its list."""

LISTED = re.compile(
    r"(?P<list>\$\{[^{}]*\}|(?!or[ _](?:specify[ _])?other\b)\S+)? ?(?P<other>or[ _](?:specify[ _])?other)?",
    re.IGNORECASE,
)
FILE = re.compile(r"\S+\.(?:csv|xml|geojson|json)", re.IGNORECASE)
BRACKET = re.compile(r"(?P<role>begin|end) ?(?P<what>.*)", re.IGNORECASE)
REFERENCE = re.compile(r"(?:db|contact) ([a-z][a-z_ ]*)")

ODK_X = (
    "ODK-X 的题型，这里没有对应的",
    "a type of ODK-X that has no counterpart here",
)
LEFT_OUT: dict[str, tuple[str, str]] = {
    "osm": ("不采集 OSM 要素；请改用 geopoint", "OpenStreetMap features are not collected; use geopoint"),
    "include": ("不能引入别的表单；请把题目写进来", "another form cannot be included; write its questions here"),
    "cascading select": (
        "旧式级联写法；请改用 select_one 加 choice_filter",
        "an old way to cascade; use select_one with choice_filter",
    ),
    "background-audio": ("不在暗中录音", "nothing is recorded without being seen"),
    "background-geopoint": ("不在暗中定位；请用 geopoint", "no position is taken unseen; use geopoint"),
    "entity": ("没有实体表；档案用 ref 题", "there are no entities; files are referred to with ref"),
    **dict.fromkeys(
        (
            "assign", "external link", "user branch", "read only image", "linegraph", "bargraph", "piechart",
            "scatterplot", "async assign max", "async assign min", "async assign single string", "odk sms",
            "odk sms automatic", "send sms", "breathcounter", "async assign count", "async assign sum",
        ),
        ODK_X,
    ),
}  # fmt: skip
BLOCKS: dict[str, tuple[str, str]] = {
    "loop": (
        "循环块不支持；请改用 repeat 或写成几组",
        "loops are not carried; use a repeat, or write the groups",
    ),
    "kobomatrix": (
        "KoBo 矩阵题不支持；请写成一组单选题",
        "KoBo's matrix is not carried; write a group of selects",
    ),
    "score": ("KoBo 评分块不支持；请写成几道单选题", "KoBo's score is not carried; write several selects"),
    "rank": ("KoBo 排序块不支持；请用 rank 题", "KoBo's rank block is not carried; use a rank question"),
}
"""What is begun and ended and left out with all that stands inside."""


def read_type(text: str) -> TypeCell:
    """What a type cell asks for."""
    text = " ".join(text.split())
    plain = re.sub(r"[_:\s]+", " ", text).strip().lower()
    if plain in BY_ALIAS:
        return TypeCell("question", BY_ALIAS[plain])
    bracket = BRACKET.fullmatch(plain)
    if bracket:
        return _bracket(bracket["role"] == "begin", bracket["what"].strip())
    found = _select(text) or _rest(plain)
    return found or TypeCell("unknown", text)


def _bracket(begins: bool, what: str) -> TypeCell:
    first = what.split(" ")[0]
    if first in ("group", "repeat", "lgroup") or first in BLOCKS:
        kind = "group" if first == "lgroup" else first
        return TypeCell("begin" if begins else "end", kind, said=BLOCKS.get(kind, ("", "")))
    if first in ("screen", "section"):  # of ODK-X: how questions are laid out
        return TypeCell("begin" if begins else "end", "group")
    return TypeCell("unknown", f"{'begin' if begins else 'end'} {what}")


def _select(text: str) -> TypeCell | None:
    """select_one, select_multiple and rank, with the list and where it stands."""
    for command, (kind, source, with_other) in COMMANDS.items():
        begun = text[: len(command)].replace("_", " ").lower() == command
        if begun and text[len(command) :][:1] in ("", " "):
            listed = LISTED.fullmatch(text[len(command) :].strip())
            if listed is None:
                return None
            named = listed["list"] or ""
            found: Source = "file" if FILE.fullmatch(named) else source
            return TypeCell("question", kind, named, found, with_other or bool(listed["other"]))
    return None


def _rest(plain: str) -> TypeCell | None:
    reference = REFERENCE.fullmatch(plain)
    if reference:
        return TypeCell("question", "ref", reference[1].replace(" ", "_"))
    if plain in ("xml-external", "csv-external"):
        return TypeCell("instance", plain.removesuffix("-external"))
    if plain in ("set form title", "set form id"):
        return TypeCell("setting", "form_title" if plain.endswith("title") else "form_id")
    for name, said in LEFT_OUT.items():
        if plain == name or plain.startswith(f"{name} "):
            return TypeCell("left out", name, said=said)
    return None
