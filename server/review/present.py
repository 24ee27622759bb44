"""A document's answers in the order and the words of the form they were filled with. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from forms.filling import Filling, Veil
from forms.form import Node
from server.review.library import Form, label
from server.review.masking import Sensitivity, mask_address, mask_name, mask_text, sensitivity_of
from server.review.rows import Row
from server.review.texts import Locale, say
from server.review.values import Question, shown_value
from sync.documents import Json
from sync.paths import flatten

_THUMB = re.compile(r"data:image/(?:webp|jpeg|png);base64,[A-Za-z0-9+/=]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_WORDLESS = frozenset({"note", "hidden", "start", "end", "audit"})
_LONG = 60


@dataclass(frozen=True)
class Sight:
    """Whose eyes: the language, the classes shown as they are, and those that one click may reveal."""

    locale: Locale
    shown: frozenset[Sensitivity]
    revealable: frozenset[Sensitivity] = frozenset()


@dataclass(frozen=True)
class Photo:
    """One photo: `thumb` is a data URL or empty, `sha256` names the original."""

    row: str
    sha256: str
    thumb: str


@dataclass(frozen=True)
class Line:
    """One question with its answer as shown. `text` is masked where `hidden`."""

    path: str
    label: str
    text: str
    sensitivity: Sensitivity
    shape: Literal["text", "long", "photos"] = "text"
    hidden: bool = False
    revealable: bool = False
    href: str = ""
    photos: tuple[Photo, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.text and not self.photos


@dataclass(frozen=True)
class Section:
    """Lines under one heading; the first of a form has none."""

    title: str
    lines: tuple[Line, ...]
    removed: bool = False

    @property
    def answered(self) -> list[Line]:
        return [line for line in self.lines if not line.empty]


@dataclass(frozen=True)
class Presenter:
    """Everything but the answers that a page of answers depends on. `names` gives what a reference is called; `filling`
    the answers that texts of the form may name."""

    form: Form | None
    sight: Sight
    names: Mapping[str, str] = field(default_factory=dict)
    filling: Filling | None = None

    def sections(self, answers: Mapping[str, Json]) -> list[Section]:
        """All answers, and the unanswered questions, in the form's order; what no question asks for comes last."""
        found = list(self._group((self.form or {}).get("questions") or [], answers, "", ""))
        told = {line.path for section in found for line in section.lines}
        rest = [
            self.line(None, path, value)
            for path, value in sorted(flatten(answers).items())
            if not _is_told(path, told) and value is not None and path != "removed"
        ]
        return [section for section in found if section.lines] + ([Section("", tuple(rest))] if rest else [])

    def line(self, question: Question | None, path: str, value: Json) -> Line:
        """One question and its answer. Without a question the path is the label."""
        words = (self.words(question.get("label"), path) if question else "") or path
        sensitivity = sensitivity_of(question.get("sensitivity") if question else None)
        if question and question.get("type") in ("image", "signature", "file", "audio", "video"):
            return self._photos(words, path, value, sensitivity)
        reference = value if isinstance(value, str) and value in self.names else ""
        text = self.names[reference] if reference else self.value(question, path, value)
        href = f"/desk/households/{reference}" if reference.startswith("household:") else ""
        if text and sensitivity not in self.sight.shown:
            masked = mask_value(question, text, sensitivity)
            return Line(
                path, words, masked, sensitivity, hidden=True, revealable=sensitivity in self.sight.revealable
            )
        return Line(path, words, text, sensitivity, "long" if len(text) > _LONG else "text", href=href)

    def value(self, question: Question | None, path: str, value: Json) -> str:
        """An answer in words, unmasked."""

        def words(text: object, _locale: Locale) -> str:
            return self.words(text, path)

        return shown_value(self.form, question, value, self.sight.locale, words)

    def words(self, text: object, path: str) -> str:
        """A text of the form as it reads at a path, with what may be seen of the answers that it names."""
        spot = self.filling.at(path) if self.filling is not None else None
        if self.filling is None or spot is None or not isinstance(text, Mapping):
            return label(text, self.sight.locale)
        return label(self.filling.worded(dict(text), spot, veil(self.sight.shown)), self.sight.locale)

    def find(self, path: str) -> Question | None:
        """The question that an answer path belongs to."""
        questions: Sequence[Question] = (self.form or {}).get("questions") or []
        found: Question | None = None
        for segment in path.split("."):
            if segment[:1].isdigit():
                continue
            found = next((question for question in questions if question.get("name") == segment), None)
            if found is None:
                return None
            questions = found.get("questions") or []
        return found

    def _group(
        self,
        questions: Sequence[Question],
        answers: Mapping[str, Json],
        prefix: str,
        title: str,
        *,
        removed: bool = False,
    ) -> Iterator[Section]:
        """The lines of these questions as one section, then a section for each group and each row inside."""
        plain = [
            question for question in questions if question.get("type") not in ("group", "repeat", *_WORDLESS)
        ]
        lines = tuple(self.line(q, prefix + q["name"], answers.get(q["name"])) for q in plain)
        yield Section(title, lines, removed)
        for question in questions:
            inner = answers.get(question.get("name", ""))
            path, heading = (
                f"{prefix}{question.get('name')}.",
                self.words(question.get("label"), f"{prefix}{question.get('name')}"),
            )
            if question.get("type") == "group":
                inside = inner if isinstance(inner, Mapping) else {}
                yield from self._group(
                    question.get("questions") or [], inside, path, heading, removed=removed
                )
            elif question.get("type") == "repeat":
                yield from self._rows(question, inner, path, heading)

    def _rows(self, question: Question, rows: Json, prefix: str, heading: str) -> Iterator[Section]:
        several = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
        for no, row in enumerate(several, 1):
            title = f"{heading} {say(self.sight.locale, 'value.row', no=no)}"
            path = f"{prefix}{row.get('row')}."
            yield from self._group(
                question.get("questions") or [], row, path, title, removed=row.get("removed") is True
            )

    def _photos(self, words: str, path: str, value: Json, sensitivity: Sensitivity) -> Line:
        several = value if isinstance(value, list) else [value]
        visible = sensitivity in self.sight.shown | self.sight.revealable
        photos = tuple(
            _photo(one) for one in several if isinstance(one, Mapping) and one.get("removed") is not True
        )
        text = say(self.sight.locale, "value.photo") + f" {len(photos)}" if photos else ""
        shown = tuple(photo for photo in photos if _SHA256.fullmatch(photo.sha256)) if visible else ()
        return Line(path, words, text, sensitivity, "photos", photos=shown)


def veil(shown: Collection[Sensitivity]) -> Veil:
    """What a text shows of an answer that it names: all of these classes, else as a value is masked.

    Of what stands in another document the class is not known here.
    """

    def seen(node: Node | None, text: str) -> str:
        question = node.question if node is not None else None
        sensitivity = sensitivity_of(question.get("sensitivity")) if question else "P3"
        return text if sensitivity in shown else mask_value(question, text, sensitivity)

    return seen


def mask_value(question: Question | None, text: str, sensitivity: Sensitivity) -> str:
    """How a value looks to somebody who may not see its class."""
    name = str(question.get("name", "")) if question else ""
    if sensitivity == "P2" and name.endswith("name"):
        return mask_name(text)
    if sensitivity == "P2" and "address" in name:
        return mask_address(text)
    return "****" if question and question.get("choices") else mask_text(text)


def references(answers: Mapping[str, Json]) -> list[str]:
    """Ids of other documents among the answers."""
    values = flatten(answers).values()
    return sorted(
        {v for v in values if isinstance(v, str) and v.startswith(("household:", "person:", "dwelling:"))}
    )


def messages_by_path(findings: Sequence[Row], locale: Locale) -> dict[str, list[dict[str, Any]]]:
    """Finding messages in one language, by the path they are about."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in findings:
        found.setdefault(one["path"], []).append(
            {"text": label(one["message"], locale), "severity": one["severity"]}
        )
    return found


def _photo(value: Mapping[str, Json]) -> Photo:
    thumb, sha256 = value.get("thumb"), value.get("sha256")
    return Photo(
        str(value.get("row", "")),
        sha256 if isinstance(sha256, str) else "",
        thumb if isinstance(thumb, str) and _THUMB.fullmatch(thumb) else "",
    )


def _is_told(path: str, told: set[str]) -> bool:
    """Whether a line stands for this path: its own, or one it lies under (a photo's row)."""
    parts = path.split(".")
    if parts[-1] == "removed":
        return True
    return any(".".join(parts[:length]) in told for length in range(1, len(parts) + 1))
