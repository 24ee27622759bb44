"""The rows of the survey sheet as questions in groups, and where each of their columns stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from forms.definition import MAX_NESTING
from forms.xlsform import cellvalues
from forms.xlsform.names import is_name, named
from forms.xlsform.questions import columns_of
from forms.xlsform.report import Place, Report
from forms.xlsform.tables import Row, Table
from forms.xlsform.typecells import TypeCell, read_type

REFERENCE = "reference"
"""What an exported workbook says of the rows that only let other tools read `${subject.name}`."""

UNNAMED = frozenset({"note", "group", "repeat"})
MAX_ROWS = 20_000

Questions = list[dict[str, Any]]


@dataclass
class Open:
    """A group or repeat that has begun and not ended: what it holds, and the row that began it."""

    kind: str
    row: Row
    questions: Questions
    path: str = ""
    taken: set[str] = field(default_factory=set)


@dataclass
class Survey:
    """The questions of a workbook as they are written: nothing is looked up yet.

    `rows` knows the row of each question by its identity; `names` the new names of those that were renamed, and
    `references` what refers to them now; `paths` where the first question of each name lies; `gone` the names that
    are left out; `instances` the files that instance() reads. A lenient reading leaves out what is broken: ODK-X
    writes much the same words and means other things.
    """

    report: Report
    is_lenient: bool = False
    questions: Questions = field(default_factory=list)
    rows: dict[int, Row] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    instances: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)

    def read(self, table: Table) -> None:
        """Take in the rows of a survey sheet."""
        stack = [Open("form", table.rows[0], self.questions)] if table.rows else []
        skipped = 0
        if len(table.rows) > MAX_ROWS:
            self.report.error(
                table.place(), f"题目超过 {MAX_ROWS} 行", f"There are more than {MAX_ROWS} rows of questions."
            )
        for row in table.rows[:MAX_ROWS]:
            if cellvalues.condition(row.get("disabled")) is True:
                continue
            cell = read_type(row.get("type"))
            if skipped:
                skipped += {"begin": 1, "end": -1}.get(cell.role, 0)
                self.gone.add(row.get("name"))
            elif cell.role == "begin" and cell.said[0]:
                skipped = 1
                self.gone.add(row.get("name"))
                self.report.left_out(row.place("type"), *cell.said)
            elif cell.role == "begin" and len(stack) > MAX_NESTING:
                skipped = 1
                self.report.error(
                    row.place("type"),
                    f"组套得太深，最多 {MAX_NESTING} 层",
                    f"Groups are nested deeper than {MAX_NESTING} levels.",
                )
            else:
                self._row(row, cell, stack)
        for left in stack[1:]:
            self.report.error(
                left.row.place("type"),
                f"这里开始的 {left.kind} 没有结束；请加一行 end {left.kind}",
                f"The {left.kind} that begins here does not end; add a row `end {left.kind}`.",
            )

    def _row(self, row: Row, cell: TypeCell, stack: list[Open]) -> None:
        if cell.role == "begin":
            self._begin(row, cell, stack)
        elif cell.role == "end":
            self._end(row, cell, stack)
        elif cell.role == "instance":
            self.instances[row.get("name")] = f"{row.get('name')}.{cell.kind}"
        elif cell.role == "setting":
            self.settings[cell.kind] = row.get("name") or row.get("label")
        elif cell.role == "unknown":
            self._unknown(row, cell)
        else:
            question = self._question(row, cell, stack[-1])
            if question is not None:
                stack[-1].questions.append(question)

    def _begin(self, row: Row, cell: TypeCell, stack: list[Open]) -> None:
        question = self._question(row, cell, stack[-1]) or {"name": "", "type": cell.kind}
        question["questions"] = []
        stack[-1].questions.append(question)
        stack.append(Open(cell.kind, row, question["questions"], f"{stack[-1].path}{question['name']}."))

    def _end(self, row: Row, cell: TypeCell, stack: list[Open]) -> None:
        if len(stack) > 1 and stack[-1].kind == cell.kind:
            ended = stack.pop()
            if not ended.questions:
                stack[-1].questions.pop()
                self.gone.add(ended.row.get("name"))
                self.report.left_out(
                    ended.row.place("type"),
                    "这一组里没有题目，没有导入",
                    "There is no question in this group.",
                )
        elif len(stack) > 1:
            self.report.error(
                row.place("type"),
                f"这里该结束的是第 {stack[-1].row.number} 行开始的 {stack[-1].kind}",
                f"What has to end here is the {stack[-1].kind} that began in row {stack[-1].row.number}.",
            )
        elif cell.kind in ("group", "repeat"):
            self.report.error(
                row.place("type"),
                f"没有开始的 {cell.kind} 在这里结束；请删去这一行，或补上 begin {cell.kind}",
                f"A {cell.kind} ends here that has not begun; delete the row, or add `begin {cell.kind}`.",
            )

    def _unknown(self, row: Row, cell: TypeCell) -> None:
        if not cell.kind:
            if row.get("name"):
                self.report.left_out(
                    row.place("type"), "这一行没有题型，没有导入", "This row has no type; it is not imported."
                )
                self.gone.add(row.get("name"))
            return
        self.gone.add(row.get("name"))
        self._broken(
            row.place("type"),
            f"没有“{cell.kind}”这种题型；请核对 type 列的写法",
            f"There is no question type {cell.kind!r}; check what is written under type.",
        )

    def _question(self, row: Row, cell: TypeCell, inside: Open) -> dict[str, Any] | None:
        if row.get("jinlin::type") == REFERENCE:
            return None
        if cell.role == "left out":
            self.report.left_out(row.place("type"), *cell.said)
            cell = TypeCell("question", "hidden")
            if not row.get("name"):
                return None
        name = self._name(row, cell, inside)
        if name is None:
            return None
        question: dict[str, Any] = {"name": name, **columns_of(row, cell, self.report)}
        self.rows[id(question)] = row
        return question

    def _name(self, row: Row, cell: TypeCell, inside: Open) -> str | None:
        written, own = row.get("name"), row.get("jinlin::name")
        if own and is_name(own):
            self._written_otherwise(written, own, f"{inside.path}{own}")
            name = own
        elif not written:
            return self._unnamed(row, cell, inside)
        elif is_name(written):
            name = written
        else:
            name = self.names.get(written) or named(written, inside.taken, f"q{row.number}")
            self.names[written] = self.references[written] = name
            self.report.note(
                row.place("name"),
                f"名称 {written} 不能用（只能是字母、数字、_、-，不能用点），改为 {name}，引用也改了",
                f"The name {written} cannot be used (letters, digits, _ and -, no dots); it is {name} now, "
                "and so are the references to it.",
            )
        if name in inside.taken:
            self._broken(
                row.place("name"),
                f"同一组里已有一题叫 {name}；请改名",
                f"There is another {name} in this group; rename one of them.",
            )
            return None
        inside.taken.add(name)
        self.paths.setdefault(name, f"{inside.path}{name}")
        return name

    def _written_otherwise(self, written: str, own: str, path: str) -> None:
        """An exported workbook has a name once; the first question of that name is written under it."""
        if written:
            self.names[written] = own
            self.references[written] = path
            if "." in self.paths.get(own, ""):
                self.references[own] = self.paths[own]

    @property
    def _broken(self) -> Callable[[Place, str, str], None]:
        return self.report.left_out if self.is_lenient else self.report.error

    def _unnamed(self, row: Row, cell: TypeCell, inside: Open) -> str | None:
        if cell.kind in UNNAMED:
            name = named(f"{cell.kind}_{row.number}", inside.taken, "")
        elif not row.texts("label"):
            name = named(cell.kind, inside.taken, "")
        else:
            self.report.error(
                row.place("name"),
                "这一题没有名称；请在 name 列写一个，定了就不再改",
                "This question has no name; write one under name, and never change it.",
            )
            return None
        inside.taken.add(name)
        return name
