"""A workbook as a definition, with a report of what was broken, left out, or understood otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from forms.definition import CodeLists, DefinitionInvalid, Workflows, load
from forms.linking import CIRCLE, OWN_ANSWER, UNLABELLED, Linker
from forms.messages import Text
from forms.wording import in_chinese
from forms.xlsform.book import CHOICE_SHEETS, Book
from forms.xlsform.cells import Rows
from forms.xlsform.choices import Files, Lists
from forms.xlsform.expressing import Looker, every, rename
from forms.xlsform.headers import CHOICES, SETTINGS, SURVEY
from forms.xlsform.languages import UNSAID
from forms.xlsform.listed import Tables
from forms.xlsform.names import renamed
from forms.xlsform.questions import TEXTS
from forms.xlsform.references import of_rows
from forms.xlsform.report import Place, Report
from forms.xlsform.settings import allows_twins, head, ours
from forms.xlsform.spoken import speak
from forms.xlsform.survey import Survey
from forms.xlsform.tables import Row, Table

QUESTION = re.compile(r"\.?questions\[([0-9]+)\]\.?")
COLUMN_OF = {"choices": "type", "questions": "type", "parameters.seed": "parameters", "": "type"}
"""By a key of the definition the column in which it stands, where they differ."""

MAX_CUTS = 20
"""So many circles are cut; a form with more of them is broken."""


@dataclass
class Imported:
    """What became of a workbook: the definition where it is not broken, and the report."""

    definition: dict[str, Any] | None
    report: Report = field(default_factory=Report)
    place: Callable[[str], Place] = lambda path: Place("survey")
    """Where in the workbook stands what a path of the definition (`questions[2].relevant`) means."""


def read_workbook(
    sheets: Mapping[str, Rows],
    file: str,
    files: Files = lambda name: None,
    lists: CodeLists | None = None,
    workflows: Workflows | None = None,
) -> Imported:
    """The definition in the sheets of a workbook called `file`; `files` gives what stands beside it."""
    report = Report()
    book = Book(sheets, report)
    survey_table = book.table("survey", SURVEY, frozenset({"type"}))
    if survey_table is None or not survey_table.rows:
        report.error(
            Place("survey"),
            "没有题目：工作簿里要有 survey 表，第一行写 type、name、label",
            "There are no questions: the workbook needs a sheet `survey` with type, name and label in its first row.",
        )
        return Imported(None, report)
    made = _Form(book, survey_table, report)
    definition = made.definition(file, files, lists or {})
    if not definition["questions"]:
        report.error(Place("survey"), "没有一道题能导入", "No question is left that could be imported.")
        return Imported(None, report)
    told = {entry.place for entry in report.entries if entry.severity == "error"}
    for path, said in _errors(made, definition, lists, workflows).items():
        for text in said if made.place(path) not in told else ():
            report.error(made.place(path), in_chinese(text), text)
    return Imported(None if report.is_broken else definition, report, made.place)


def _errors(
    made: _Form, definition: dict[str, Any], lists: CodeLists | None, workflows: Workflows | None
) -> dict[str, list[str]]:
    """What keeps the definition from loading, once the circles that other tools put up with are cut."""
    found: dict[str, list[str]] = {}
    for _ in range(MAX_CUTS):
        try:
            load(definition, lists, workflows)
        except DefinitionInvalid as error:
            found = error.errors
        else:
            return {}
        if not made.cut(found):
            break
    return found


class _Form:
    """The parts of a workbook put together as one definition."""

    def __init__(self, book: Book, table: Table, report: Report) -> None:
        self.table = table
        self.report = report
        self.lists = Lists(report)
        for sheet in CHOICE_SHEETS:
            listed = book.table(sheet, CHOICES, frozenset({"list_name"}))
            if listed is not None:
                self.lists.read(listed)
        self.survey = Survey(report, book.is_of_odk_x)
        self.survey.read(table)
        self.settings = book.table("settings", SETTINGS, SETTINGS)
        self.ours = book.sheets.get("jinlin", ("jinlin", []))

    def definition(self, file: str, files: Files, shared: CodeLists) -> dict[str, Any]:
        """The definition as it is written, not yet looked at as a whole."""
        survey, report = self.survey, self.report
        row = self.settings.rows[0] if self.settings and self.settings.rows else None
        found = head(row, survey.settings, file, report)
        choices = {**self.lists.items, **Tables(self.lists, files, report).find(survey)}
        if survey.is_lenient:
            self._drop_selects(choices)
        rename(survey)
        scope = Linker({"questions": survey.questions, "choices": choices}, {}, {}, ()).scope
        self.looker = Looker(survey, scope, survey.is_lenient, report)
        self.looker.look(survey.questions)
        self._named_instance(found, row)
        self._labelled()
        head_of_ours = ours(*self.ours, report)
        main = self._spoken(found["title"], choices, row, UNSAID in head_of_ours.get("title", {}))
        if row and row.get("default_language").lower() not in ("", "default"):
            found["default_language"] = main
        found |= head_of_ours
        choices = {name: self._shared(name, items, shared) for name, items in choices.items()}
        if self.lists.twins(self._choices_place(), allows_twins(row)):
            found["allow_choice_duplicates"] = True
        found["questions"] = survey.questions
        return {**found, "choices": choices} if choices else found

    def cut(self, errors: Mapping[str, list[str]]) -> bool:
        """Leave out one expression that needs itself, if there is one among these errors."""
        for path, said in errors.items():
            question, key = self._found(path)
            if question is not None and key in question and said[0].startswith((CIRCLE, OWN_ANSWER)):
                self.report.left_out(
                    self.place(path),
                    f"{in_chinese(said[0])}；这一格没有导入",
                    f"{said[0].removesuffix('.')}; this cell is left out.",
                )
                del question[key]
                if question["type"] == "calculate":
                    question["type"] = "hidden"
                return True
        return False

    def _found(self, path: str) -> tuple[dict[str, Any] | None, str]:
        """The question that a path of the definition lies in, and the rest of the path."""
        questions, found = self.survey.questions, None
        while match := QUESTION.match(path):
            found = questions[int(match[1])]
            questions, path = found.get("questions", []), path[match.end() :]
        return found, path

    def place(self, path: str) -> Place:
        """Where in the workbook stands what a path of the definition (`questions[2].relevant`) means."""
        question, rest = self._found(path)
        row = self.survey.rows.get(id(question))
        if row is not None:
            return row.place(COLUMN_OF.get(rest, rest.partition(".")[0]))
        if path.startswith("choices"):
            return self._choices_place()
        if self.settings and self.settings.rows:
            return self.settings.rows[0].place(path)
        return Place("settings")

    def _drop_selects(self, choices: Mapping[str, Any]) -> None:
        """Selects whose choices an ODK-X query finds."""
        for question in every(self.survey.questions):
            listed = question.get("choices")
            if listed is not None and listed not in choices and not of_rows(question):
                self.report.left_out(
                    self.survey.rows[id(question)].place("type"),
                    f"选项表 {listed} 不在 choices 里（可能是 ODK-X 的查询），这一题没有导入",
                    f"The list {listed} is not in choices (ODK-X may query it); the question is left out.",
                )
                del question["choices"]
                question["type"] = "hidden"

    def _named_instance(self, found: dict[str, Any], row: Row | None) -> None:
        """The name of a record is an expression too."""
        if row and "instance_name" in found:
            source = renamed(found.pop("instance_name"), self.survey.names, self.survey.references)
            carried = self.looker.expression(source, "", None, row.place("instance_name"))
            found |= {"instance_name": carried} if carried is not None else {}

    def _labelled(self) -> None:
        """A question that people see has a label: its name where nothing else is there."""
        lacking = [
            question
            for question in every(self.survey.questions)
            if "label" not in question and question["type"] not in UNLABELLED
        ]
        for question in lacking:
            question["label"] = dict(question.get("hint") or {UNSAID: question["name"]})
        if lacking:
            rows = [row.number for q in lacking if (row := self.survey.rows.get(id(q)))]
            numbers = "、".join(map(str, rows[:10])) + ("……" if rows[10:] else "")
            self.report.note(
                self.table.place("label", rows[0] if rows else 0),
                f"第 {numbers} 行没有标题，先用提示或名称代替；请补上",
                f"Rows {numbers.replace('、', ', ')} have no label; the hint or the name stands in for it.",
            )

    def _spoken(self, title: Text, choices: Mapping[str, Any], row: Row | None, is_unsaid: bool) -> str:
        texts: list[Text] = []
        files: list[Text] = []
        for question in every(self.survey.questions):
            texts += [question[key] for key in (*TEXTS, "warn_message") if key in question]
            files += [file for file in question.get("media", {}).values() if isinstance(file, dict)]
        for name, items in choices.items():
            for item in items if isinstance(items, list) else []:
                for language, text in item["label"].items():
                    place = Place("choices") if name in self.lists.items else Place(name)
                    item["label"][language] = self.looker.text(text, place)
                texts.append(item["label"])
                files += [file for file in item.get("media", {}).values() if isinstance(file, dict)]
        wanted = row.get("default_language") if row else ""
        return speak(title, texts, files, wanted, self.table.place("label"), self.report, is_unsaid)

    def _shared(self, name: str, items: Any, shared: CodeLists) -> Any:
        """A list that was exported from a shared code list, where nobody has changed it since."""
        listed, _, rest = self.lists.of_shared.get(name, "").partition(" ")
        if not listed or listed not in shared:
            return items
        picked = [item["name"] for item in items]
        spec: dict[str, Any] = {"list": listed}
        if rest == "only":
            spec["only"] = picked
        elif rest.startswith("except "):
            spec["except"] = rest.split(" ")[1:]
        names = (
            picked
            if rest == "only"
            else [item["name"] for item in shared[listed] if item["name"] not in rest.split(" ")[1:]]
        )
        by_name = {item["name"]: item["label"] for item in shared[listed]}
        if picked == names and all(by_name.get(item["name"]) == item["label"] for item in items):
            return spec
        self.report.note(
            self._choices_place(),
            f"选项表 {name} 与共用代码表 {listed} 不同了，作为本表单自己的选项导入",
            f"The list {name} differs from the shared code list {listed}; it becomes this form's own.",
        )
        return items

    def _choices_place(self) -> Place:
        return Place("choices")
