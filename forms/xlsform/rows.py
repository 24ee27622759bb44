"""The rows of an exported workbook, each as cells under headers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from forms.choicelists import ChoiceLists
from forms.definition import CodeLists
from forms.kinds import SELECTS
from forms.messages import Text
from forms.xlsform.cellvalues import NUMBER, static
from forms.xlsform.languages import UNSAID, header_of, name_of
from forms.xlsform.questions import CARRIERS, CONDITIONS, EXPRESSIONS, SIGNATURE, TEXTS
from forms.xlsform.references import References, of_rows
from forms.xlsform.settings import OURS
from forms.xlsform.survey import REFERENCE, Questions

Cells = dict[str, str]
PARAMETERS = {
    "select_one": ("randomize", "seed", "value", "label"),
    "select_multiple": ("randomize", "seed", "value", "label"),
    "rank": ("randomize", "seed"),
    "range": ("start", "end", "step"),
    "image": ("max-pixels", "app"),
    "audio": ("quality",),
    "geopoint": ("capture-accuracy", "warning-accuracy", "allow-mock-accuracy"),
}
"""What ODK's converter takes as parameters of a type; the rest goes into a column of ours."""

OWN = ("merge", "sensitivity", "indicator")


class SurveyRows:
    """The rows of the survey sheet of one definition."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.definition = definition
        self.selected: set[str] = set()
        self.references = References(definition)

    def __iter__(self) -> Iterator[Cells]:
        yield from self._rows(self.definition["questions"], "")
        yield from self._tables()
        for name in self.references.helpers:
            yield {"type": "calculate", "name": name, "calculation": "''", "jinlin::type": REFERENCE}

    def _tables(self) -> Iterator[Cells]:
        """Tables beside the workbook that expressions read and no select names."""
        for name, source in self.definition.get("choices", {}).items():
            stem, _, kind = (
                source.get("file", "").rpartition(".") if isinstance(source, dict) else ("", "", "")
            )
            if stem == name and kind in ("csv", "xml") and name not in self.selected:
                yield {"type": f"{kind}-external", "name": name}

    def _rows(self, questions: Questions, parent: str) -> Iterator[Cells]:
        for question in questions:
            path = f"{parent}.{question['name']}" if parent else question["name"]
            yield self._cells(question, path)
            if "questions" in question:
                yield from self._rows(question["questions"], path)
                yield {"type": f"end {question['type']}"}

    def _cells(self, question: Mapping[str, Any], path: str) -> Cells:
        kind = question["type"]
        found: Cells = {"type": kind, "name": self.references.names.get(path, question["name"])}
        if found["name"] != question["name"]:
            found["jinlin::name"] = question["name"]
        if kind in ("group", "repeat"):
            found["type"] = f"begin {kind}"
        elif kind in CARRIERS:
            found |= {"type": CARRIERS[kind], "jinlin::type": kind}
        elif kind == "audit":  # ODK's converter names it itself
            found |= {"name": "", "jinlin::name": question["name"]}
        found |= self._texts(question, path)
        found |= _media(question.get("media", {}))
        found |= self._conditions(question, path)
        if "appearance" in question or kind == SIGNATURE:
            looks = (
                f"{SIGNATURE} {question.get('appearance', '')}"
                if kind == SIGNATURE
                else question["appearance"]
            )
            found["appearance"] = looks.strip()
        found |= {f"jinlin::{key}": str(question[key]) for key in OWN if key in question}
        return found | self._parameters(question, path)

    def _texts(self, question: Mapping[str, Any], path: str) -> Cells:
        found: Cells = {}
        for key in (*TEXTS, "warn_message"):
            column = f"jinlin::{key}" if key == "warn_message" else key
            for language, text in question.get(key, {}).items():
                found[header_of(column, language)] = self.references.text(text, path)
        return found

    def _conditions(self, question: Mapping[str, Any], path: str) -> Cells:
        found: Cells = {}
        for key in CONDITIONS:
            value = question.get(key, False)
            if value is not False:
                found[key] = "yes" if value is True else self.references.expression(value, path)
        for key in EXPRESSIONS:
            if key in question:
                found[key] = self.references.expression(question[key], path)
        if "default" in question:
            found["default"] = static(self.references.expression(question["default"], path), question["type"])
        if "warn" in question:
            found["jinlin::warn"] = self.references.expression(question["warn"], path)
        if "trigger" in question:
            given = self.references.trigger(question["trigger"], path)
            found["jinlin::trigger" if given is None else "trigger"] = given or question["trigger"]
        return found

    def _parameters(self, question: Mapping[str, Any], path: str) -> Cells:
        kind, left = question["type"], dict(question.get("parameters", {}))
        found: Cells = {}
        shown = [f"rows={question['rows']}"] if "rows" in question and kind == "text" else []
        if "rows" in question and kind != "text":
            found["rows"] = str(question["rows"])
        for key in PARAMETERS.get(kind, ()):
            if key in left and _is_shown(key, question["parameters"]):
                shown.append(f"{key}={_shown(left.pop(key))}")
        if kind in SELECTS:
            found["type"] = self._select(question, path, left)
        if shown:
            found["parameters"] = " ".join(shown)
        if left:
            found["jinlin::parameters"] = json.dumps(left, ensure_ascii=False)
        return found

    def _select(self, question: Mapping[str, Any], path: str, left: dict[str, Any]) -> str:
        """The type cell of a select; what ODK cannot join to it stays among the parameters that are left."""
        kind, listed = question["type"], question["choices"]
        if of_rows(question):
            return f"{kind} {self.references.text(listed, path)}"
        self.selected.add(listed)
        source = self.definition.get("choices", {}).get(listed, [])
        if isinstance(source, dict) and "file" in source:
            return f"{kind} {source['file']}" if kind == "rank" else f"{kind}_from_file {source['file']}"
        joined = (
            left.get("or_other") is True and "choice_filter" not in question and not left.get("randomize")
        )
        if joined and self._languages(listed) < 2:
            del left["or_other"]
            return f"{kind} {listed} or_other"
        return f"{kind} {listed}"

    def _languages(self, listed: str) -> int:
        items = self.definition["choices"][listed]
        return len({tag for item in items for tag in item["label"]}) if isinstance(items, list) else 2


def _media(media: Mapping[str, Any]) -> Cells:
    found: Cells = {}
    for kind, files in media.items():
        for language, file in ({UNSAID: files} if isinstance(files, str) else files).items():
            found[header_of(f"media::{kind}", language)] = file
    return found


def _is_shown(key: str, given: Mapping[str, Any]) -> bool:
    """Whether a parameter can be read back as it is, and the converter takes it."""
    value = given[key]
    if key == "randomize":
        return value is True
    if key == "seed" and given.get("randomize") is not True:
        return False
    if isinstance(value, bool):
        return key == "allow-mock-accuracy"
    if isinstance(value, int | float):
        return NUMBER.fullmatch(_shown(value)) is not None
    numeric = key in ("start", "end", "step", "max-pixels")
    return not numeric and isinstance(value, str) and re.fullmatch(r"[^\s=;,]+", value) is not None


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def choice_rows(definition: Mapping[str, Any], lists: CodeLists) -> Iterator[Cells]:
    """The rows of the choices sheet; a list that stands in a file has none."""
    references = References(definition)
    written = definition.get("choices", {})
    for name, items in ChoiceLists(written, lists, allow_duplicates=True).items.items():
        source = written[name]
        if isinstance(source, dict) and "file" in source:
            continue
        for item in items:
            found: Cells = {"list_name": name, "name": item["name"]}
            for language, text in item["label"].items():
                found[header_of("label", language)] = references.text(text, "")
            if isinstance(source, dict):
                found["jinlin_list"] = _shared(source)
            found |= _media(item.get("media", {}))
            found |= {
                key: str(value)
                for key, value in item.items()
                if key not in ("name", "label", "media") and value is not None
            }
            yield found


def _shared(source: Mapping[str, Any]) -> str:
    if "only" in source:
        return f"{source['list']} only"
    return " ".join((source["list"], "except", *source["except"])) if "except" in source else source["list"]


def settings_row(definition: Mapping[str, Any]) -> Cells:
    """The one row of the settings sheet."""
    title: Text = definition["title"]
    wanted = definition.get("default_language")
    references = References(definition)
    found: Cells = {
        "form_title": title.get(wanted or "") or next(iter(title.values())),
        "form_id": definition["form"],
        "version": str(definition["version"]),
    }
    if references.root != "data":
        found["name"] = references.root
    if wanted:
        found["default_language"] = name_of(wanted)
    if "instance_name" in definition:
        found["instance_name"] = references.expression(definition["instance_name"], "")
    if "style" in definition:
        found["style"] = definition["style"]
    if definition.get("allow_choice_duplicates"):
        found["allow_choice_duplicates"] = "yes"
    return found


PIECE = 30_000
"""How much of a long value one row of our sheet holds; Excel lets a cell hold little more."""


def our_rows(definition: Mapping[str, Any]) -> Iterator[Cells]:
    """The rows of the sheet of ours: what a definition says of itself that XLSForm has no column for."""
    for key in OURS:
        if key in definition:
            text = json.dumps(definition[key], ensure_ascii=False)
            for at in range(0, len(text), PIECE):
                yield {"key": key, "value": text[at : at + PIECE]}
