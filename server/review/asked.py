"""What an act asks, as controls of a page, and back from what a browser sends to answers. Pure.

A control is called by its place: `said:deadline`, `said:mediators.0.name`. What cannot be given at a desk (a position,
a signature) is not asked there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from forms.filling import Filling
from forms.form import Form
from forms.kinds import KINDS
from forms.spot import Spot
from server.review.library import label
from server.review.present import veil
from server.review.texts import Locale
from server.review.values import SHANGHAI
from sync.documents import Json

PREFIX = "said:"
BLANK_ROWS = 3
ROWS_MAX = 200
VEIL = veil(frozenset({"P0", "P1", "P2"}))
ABSENT = frozenset({"geopoint", "geotrace", "geoshape", "signature", "audio", "video", "file"})
"""Types that a desk does not ask for."""

Keep = Callable[[bytes | str], Mapping[str, Json]]
"""Keeps a picture, or finds by its address one that is kept, and gives its row, without the row's name."""


class Sent(Protocol):
    """What a browser sent: the values of a name."""

    def getlist(self, name: str) -> list[Any]: ...


@dataclass(frozen=True)
class Control:
    """One question as it stands on the page. `rows` are those of a repeat, each with its controls."""

    name: str
    kind: str
    label: str
    hint: str = ""
    required: bool = False
    value: str = ""
    options: Sequence[tuple[str, str, bool]] = ()
    """Choices: name, label, whether chosen."""
    photos: Sequence[str] = ()
    """Addresses of the pictures that are kept already."""
    wrong: Sequence[str] = ()
    rows: Sequence[Sequence[Control]] = field(default=())


@dataclass(frozen=True)
class Asked:
    """An act's form being filled at a desk: `wrong` by answer path, `records` for references to choose from."""

    filling: Filling
    locale: Locale
    wrong: Mapping[str, Sequence[str]] = field(default_factory=dict)
    records: Sequence[tuple[str, str]] = ()

    def controls(self) -> list[Control]:
        """The controls of the questions that are asked now."""
        return self._level("", PREFIX, {})

    def _level(self, parent: str, prefix: str, bound: dict[str, str]) -> list[Control]:
        found: list[Control] = []
        for node in self.filling.form.children[parent]:
            spot = Spot(node, tuple(bound[repeat] for repeat in node.repeats))
            kind = node.question["type"]
            if kind in ABSENT or not self.filling.relevant(spot) or KINDS[kind].shape == "any":
                continue
            if kind == "group":
                found += self._level(node.path, f"{prefix}{node.question['name']}.", bound)
            else:
                found.append(self._control(spot, f"{prefix}{node.question['name']}", bound))
        return found

    def _control(self, spot: Spot, name: str, bound: dict[str, str]) -> Control:
        question, value = spot.node.question, self.filling.answer(spot)
        kind, rows, options = question["type"], list[list[Control]](), list[tuple[str, str, bool]]()
        if spot.node.is_repeat:
            rows = self._rows(spot, name, bound)
        elif "choices" in question:
            chosen = value if isinstance(value, list) else [value]
            items = self.filling.offered(spot)
            options = [(one["name"], self._words(one["label"], spot), one["name"] in chosen) for one in items]
        elif kind == "ref":
            options = [(doc_id, words, doc_id == value) for doc_id, words in self.records]
        return Control(
            name,
            "long" if kind == "text" and question.get("appearance") == "multiline" else _kind(question),
            self._words(question.get("label"), spot),
            self._words(question.get("hint"), spot),
            self.filling.required(spot),
            shown(question, value),
            options,
            [row["sha256"] for row in value if "sha256" in row] if kind == "image" and value else (),
            self.wrong.get(spot.path, ()),
            rows,
        )

    def _words(self, text: Mapping[str, str] | None, spot: Spot) -> str:
        """A text of the form, with what a page about one document shows of the answers that it names."""
        return label(self.filling.worded(dict(text or {}), spot, VEIL), self.locale)

    def _rows(self, spot: Spot, name: str, bound: dict[str, str]) -> list[list[Control]]:
        node = spot.node
        held = self.filling.rows(node.path, spot.rows)
        return [
            self._level(node.path, f"{name}.{number}.", {**bound, node.path: row})
            for number, row in enumerate(held)
        ]


def _kind(question: Mapping[str, Any]) -> str:
    if question["type"] == "acknowledge":
        return "yes_no" if question.get("appearance") == "yes-no" else "tick"
    return str(question["type"])


def shown(question: Mapping[str, Any], value: Json) -> str:
    """An answer as the control of its type holds it."""
    kind = question["type"]
    if value is None or isinstance(value, list | dict):
        return ""
    if kind == "acknowledge":
        return "yes" if value is True else "no" if value is False else ""
    if kind == "money" and isinstance(value, int):
        return f"{value / 100:.2f}"
    if kind == "datetime" and isinstance(value, str):
        try:
            return f"{datetime.fromisoformat(value).astimezone(SHANGHAI):%Y-%m-%dT%H:%M}"
        except ValueError:
            return value
    return f"{value:g}" if isinstance(value, float) else str(value)


def typed(question: Mapping[str, Any], text: str) -> Json:
    """What was typed as an answer of the question's type; as it was typed where it is none, for the check to tell."""
    text, kind = text.strip(), question["type"]
    if not text:
        return None
    if kind == "acknowledge":
        return {"yes": True, "no": False}.get(text)
    if KINDS[kind].shape == "number":
        try:
            number = Decimal(text.replace(",", ""))
        except InvalidOperation:
            return text
        number = number * 100 if kind == "money" else number
        if not number.is_finite() or abs(number) >= 2**53:
            return text
        return int(number) if number == number.to_integral_value() else float(number)
    if kind == "datetime":
        try:
            return (
                f"{datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            )
        except ValueError:
            return text
    return text


def padded(
    form: Form, answers: Mapping[str, Any], count: int, row_id: Callable[[int], str]
) -> dict[str, Any]:
    """Answers with so many empty rows at the end of each repeat, for somebody to fill in."""
    found = dict(answers)
    for node in form.children[""]:
        if node.is_repeat:
            name = node.question["name"]
            held = found.get(name) or []
            found[name] = [*held, *({"row": row_id(1000 + number)} for number in range(count))]
    return found


def read(form: Form, sent: Sent, row_id: Callable[[int], str], keep: Keep) -> dict[str, Any]:
    """The answers in what a browser sent; empty rows are left out. `row_id` names the rows, in their order."""
    return _read(form, "", PREFIX, sent, row_id, keep)


def _read(
    form: Form, parent: str, prefix: str, sent: Sent, row_id: Callable[[int], str], keep: Keep
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for node in form.children[parent]:
        question, name = node.question, f"{prefix}{node.question['name']}"
        if node.is_repeat:
            value: Any = _read_rows(form, node.path, name, sent, row_id, keep)
        elif question["type"] == "group":
            value = _read(form, node.path, f"{name}.", sent, row_id, keep)
        elif question["type"] == "image":
            given = filter(None, sent.getlist(name))
            value = [{"row": row_id(number), **keep(one)} for number, one in enumerate(given)] or None
        elif question["type"] == "select_multiple":
            value = sent.getlist(name) or None
        else:
            value = typed(question, str((sent.getlist(name) or [""])[-1]))
        if value not in (None, {}):
            found[question["name"]] = value
    return found


def _read_rows(
    form: Form, path: str, name: str, sent: Sent, row_id: Callable[[int], str], keep: Keep
) -> list[dict[str, Any]] | None:
    rows = []
    for number in range(_row_count(sent, name)):
        row = _read(form, path, f"{name}.{number}.", sent, row_id, keep)
        if any(value is not None and value is not False for value in row.values()):
            rows.append({"row": row_id(number), **row})
    return rows or None


def _row_count(sent: Sent, name: str) -> int:
    told = (sent.getlist(f"{name}#") or ["0"])[-1]
    return min(int(told), ROWS_MAX) if told.isascii() and told.isdigit() and len(told) < 6 else 0
