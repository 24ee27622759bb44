"""The expressions of a workbook made those of a definition: new names followed, what cannot be carried left out.

Other tools read a path that leads nowhere, or a word without quotes, as nothing; here neither loads. So such a part is
written as the empty text that it was, and told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from forms.expressions import Ast, ExpressionInvalid, parse
from forms.messages import Text
from forms.scope import REFERENCE, Resolver, Scope
from forms.wording import in_chinese
from forms.xlsform.names import renamed, renamed_in_text
from forms.xlsform.obstacles import obstacle
from forms.xlsform.printing import source_of
from forms.xlsform.questions import CONDITIONS, EXPRESSIONS, TEXTS
from forms.xlsform.references import of_rows
from forms.xlsform.report import Place, Report
from forms.xlsform.survey import Questions, Survey

WRITTEN = (*EXPRESSIONS, *CONDITIONS, "default", "warn", "trigger")
Where = Callable[[str], Place]


def every(questions: Questions) -> Iterator[dict[str, Any]]:
    """All questions, groups before what they hold."""
    for question in questions:
        yield question
        yield from every(question.get("questions", []))


def rename(survey: Survey) -> None:
    """Let every expression of a survey follow the questions that were renamed, in place."""
    for question in every(survey.questions):
        for key in WRITTEN:
            if isinstance(question.get(key), str):
                question[key] = renamed(question[key], survey.names, survey.references)
        if "choices" in question:
            question["choices"] = renamed_in_text(question["choices"], survey.references)


@dataclass(frozen=True)
class Looker:
    """Looks at the expressions of a survey. A lenient one leaves out what does not parse, too."""

    survey: Survey
    scope: Scope
    is_lenient: bool
    report: Report

    def look(self, questions: Questions, parent: str = "") -> None:
        """Look through questions and all they hold, in place."""
        for question in questions:
            path = f"{parent}.{question['name']}" if parent else question["name"]
            self.question(question, path, self.where(question))
            self.look(question.get("questions", []), path)

    def where(self, question: dict[str, Any]) -> Where:
        """Where the columns of a question stand."""
        row = self.survey.rows.get(id(question))
        return row.place if row else lambda name: Place("survey")

    def question(self, question: dict[str, Any], path: str, where: Where) -> None:
        """One question, in place."""
        for key in WRITTEN:
            if isinstance(question.get(key), str):
                items = question.get("choices") if key == "choice_filter" and not of_rows(question) else None
                found = self.expression(question[key], path, items, where(key))
                if found is None:
                    del question[key]
                else:
                    question[key] = found
        for key in (*TEXTS, "warn_message"):
            text: Text = question.get(key, {})
            for language in text:
                text[language] = self.text(text[language], where(key))
        if question["type"] == "calculate" and "calculation" not in question:
            question["type"] = "hidden"
        if "calculation" not in question:
            question.pop("trigger", None)

    def expression(self, source: str, path: str, items: str | None, place: Place) -> str | None:
        """The expression as a form here may have it; None where it is left out."""
        try:
            tree = parse(source)
        except ExpressionInvalid as error:
            if not self.is_lenient:
                return source
            self._left_out(place, *_no_expression(error))
            return None
        why = obstacle(tree, self.survey.gone, self.scope.columns)
        if why is not None:
            self._left_out(place, *why)
            return None
        lost: list[str] = []
        resolver = Resolver(self.scope, path, items, gathering=True)
        found = self._carried(tree, resolver, lost)
        try:
            resolver.resolve(found)
        except ExpressionInvalid as error:
            if self.is_lenient:
                self._left_out(place, *_no_expression(error))
                return None
        for part in lost:
            self.report.left_out(
                place,
                f"{part} 不是这里的题目或列，按空值算；若是文字，请加引号",
                f"{part} is no question or column here and counts as empty; if it is a text, put it in quotes.",
            )
        return source_of(found) if lost else source

    def text(self, text: str, place: Place) -> str:
        """A text whose references follow their questions; those to what was left out are taken out of it."""
        text = renamed_in_text(text, self.survey.references)
        for match in list(REFERENCE.finditer(text)):
            if match[1].strip() in self.survey.gone:
                self._left_out(
                    place, f"{match[0]} 没有导入，从文字里去掉了", f"{match[0]} is taken out of the text"
                )
                text = text.replace(match[0], "")
        return text

    def _left_out(self, place: Place, zh: str, en: str) -> None:
        self.report.left_out(place, f"{zh}；这一格没有导入", f"{en}; this cell is left out.")

    def _carried(self, tree: Ast, resolver: Resolver, lost: list[str]) -> Ast:
        """The tree with the empty text in place of paths and words that mean nothing; those go to `lost`."""
        kind = tree[0]
        if kind in ("path", "name"):
            try:
                resolver.resolve(tree)
            except ExpressionInvalid:
                lost.append(source_of(tree))
                return ["str", ""]
            return tree
        if kind == "call" and tree[1].lower() in ("position", "index"):
            return tree
        if kind == "lookup":
            inner = Resolver(self.scope, resolver.here, tree[1], gathering=True)
            if self._carried(["name", tree[2]], inner, lost)[0] == "str":
                return ["str", ""]
            return [*tree[:3], [self._carried(condition, inner, lost) for condition in tree[3]]]
        if kind == "call":
            return [*tree[:2], [self._carried(argument, resolver, lost) for argument in tree[2]]]
        if kind == "op":
            return self._operation(tree, resolver, lost)
        return ["neg", self._carried(tree[1], resolver, lost)] if kind == "neg" else tree

    def _operation(self, tree: Ast, resolver: Resolver, lost: list[str]) -> Ast:
        links: list[Ast] = []
        while tree[0] == "op":
            links.append(tree)
            tree = tree[2]
        found = self._carried(tree, resolver, lost)
        for link in reversed(links):
            found = ["op", link[1], found, self._carried(link[3], resolver, lost)]
        return found


def _no_expression(error: ExpressionInvalid) -> tuple[str, str]:
    return f"这一格不是这里的式子：{in_chinese(f'{error}.')}", f"This is no expression here: {error}"
