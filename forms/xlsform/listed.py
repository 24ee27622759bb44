"""Choices that stand in tables beside the workbook: from_file, search(), pulldata(), csv-external."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from forms.expressions import Ast, ExpressionInvalid, parse
from forms.xlsform.choices import Files, Items, Lists, read_csv
from forms.xlsform.expressing import WRITTEN, every
from forms.xlsform.report import Place, Report
from forms.xlsform.survey import Survey

SEARCH = re.compile(
    r"search\s*\(\s*['\"]([^'\"]+)['\"]\s*"
    r"(?:,\s*['\"](contains|startswith|endswith|matches)['\"]\s*,\s*['\"]([^'\"]+)['\"]\s*,\s*([^,()]+?)\s*)?\)"
)
FILTERS = {
    "contains": "contains({column}, {value})",
    "startswith": "starts-with({column}, {value})",
    "endswith": "ends-with({column}, {value})",
    "matches": "{column} = {value}",
}


class Tables:
    """The tables that a workbook names, each read once; what is not there is told once."""

    def __init__(self, lists: Lists, files: Files, report: Report) -> None:
        self.lists = lists
        self.files = files
        self.report = report
        self.choices: dict[str, Any] = {}

    def find(self, survey: Survey) -> dict[str, Any]:
        """The lists that come from files, by the name that expressions know them by."""
        for name, file in survey.instances.items():
            if name not in self.lists.items:
                self.take(name, file, Place("survey"))
        for question in every(survey.questions):
            row = survey.rows.get(id(question))
            place = row.place if row else lambda name: Place("survey")
            self._of_select(question, place("type"))
            self._of_search(question, place("appearance"))
            for key in WRITTEN:
                for name in _pulled(question.get(key)):
                    if name not in self.lists.items:
                        self.take(name, f"{name}.csv", place(key))
        return self.choices

    def take(
        self, name: str, file: str, place: Place, value: str = "name", label: str = "label"
    ) -> Items | None:
        """Put the choices of a file under a name: written out where it is there, else by the file's name."""
        known: Items | dict[str, str] | None = self.choices.get(name)
        if isinstance(known, list):
            return known
        data = self.files(file) if file.lower().endswith(".csv") else None
        items = (read_csv(data, value, label) if data is not None else None) or None
        if name not in self.choices or items is not None:
            self.choices[name] = {"file": file} if items is None else items
        if items is None:
            self.report.left_out(
                place,
                f"{file} 没有导入，选项是空的；请把它存成 .csv，和工作簿放在一个文件夹里再导入",
                f"{file} is not imported, the list is empty; save it as .csv in the folder of the workbook and "
                "import again.",
            )
        return items

    def _of_select(self, question: dict[str, Any], place: Place) -> None:
        file = question.get("choices", "")
        if not re.search(r"\.(csv|xml|geojson|json)$", file, re.IGNORECASE):
            return
        name = file.rpartition(".")[0]
        name = file if name in self.lists.items else name
        given = question.get("parameters", {})
        self.take(name, file, place, str(given.get("value", "name")), str(given.get("label", "label")))
        question["choices"] = name

    def _of_search(self, question: dict[str, Any], place: Place) -> None:
        """The appearance search('table', …): the sheet names the columns that hold values and labels."""
        match = SEARCH.search(question.get("appearance", ""))
        listed = self.lists.items.get(question.get("choices", ""), [])
        if match is None or not listed:
            return
        columns, name = listed[0], f"{match[1]}_{question['choices']}"
        label = str(next(iter(columns["label"].values()), "label"))
        if self.take(name, f"{match[1]}.csv", place, columns["name"], label) is None:
            del self.choices[name]
            return
        question["choices"] = name
        rest = SEARCH.sub("", question["appearance"]).strip()
        question["appearance"] = rest or "minimal"
        if match[2]:
            given = FILTERS[match[2]].format(column=match[3], value=match[4])
            own = question.get("choice_filter")
            question["choice_filter"] = f"({own}) and {given}" if own else given


def _pulled(source: object) -> Iterator[str]:
    """The tables that pulldata() reads in an expression."""
    try:
        waiting: list[Ast] = [parse(source)] if isinstance(source, str) and "pulldata" in source else []
    except ExpressionInvalid:
        return
    while waiting:
        part = waiting.pop()
        if part[0] == "call" and part[1] == "pulldata" and part[2] and part[2][0][0] == "str":
            yield part[2][0][1]
        for inner in part[-1] if part[0] in ("call", "lookup") else part[1:]:
            if isinstance(inner, list) and inner and isinstance(inner[0], str):
                waiting.append(inner)
