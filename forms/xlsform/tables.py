"""A sheet as rows under columns: the header found, blank rows left away, each cell with its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from forms.messages import Text
from forms.xlsform.cells import Rows, letters
from forms.xlsform.headers import CHOICES, Column, read_header
from forms.xlsform.languages import UNSAID
from forms.xlsform.report import Place, Report

HEADER_ROWS = 20
"""How far down a header is looked for: some workbooks begin with a title, or with nothing."""


@dataclass
class Table:
    """One sheet. `columns` are those with a header, by their index."""

    sheet: str
    columns: dict[int, Column]
    rows: list[Row] = field(default_factory=list)

    def place(self, name: str = "", row: int = 0) -> Place:
        """Where a column stands, in a row or as a whole."""
        found = next((letters(at) for at, column in self.columns.items() if column.name == name), "")
        return Place(self.sheet, row, found)

    def extras(self) -> Iterator[Column]:
        """The columns that are none of the sheet's own and that hold anything."""
        for at, column in self.columns.items():
            if not column.is_carried and any(row.cells[at] for row in self.rows):
                yield column


@dataclass(frozen=True)
class Row:
    """One row that is not blank; `number` is what the spreadsheet calls it."""

    table: Table
    number: int
    cells: tuple[str, ...]

    def get(self, name: str) -> str:
        """The cell under a column, of several columns of that name the first that is filled."""
        return next((text for column, text in self._filled() if column.name == name), "")

    def texts(self, name: str) -> Text:
        """The cells under a column by language."""
        found: Text = {}
        for column, text in self._filled():
            if column.name == name:
                found.setdefault(column.language, text)
        return found

    def extras(self) -> dict[str, str]:
        """The filled cells under columns that are none of the sheet's own, by what stands above them."""
        return {column.name: text for column, text in self._filled() if not column.is_carried}

    def place(self, name: str = "") -> Place:
        """Where a cell of this row stands: one that is filled where there are several."""
        named = [at for at, column in self.table.columns.items() if column.name == name]
        filled = next((at for at in named if self.cells[at]), named[0] if named else None)
        return Place(self.table.sheet, self.number, "" if filled is None else letters(filled))

    def _filled(self) -> Iterator[tuple[Column, str]]:
        for at, column in self.table.columns.items():
            if self.cells[at]:
                yield column, self.cells[at]


def read_table(
    sheet: str, rows: Rows, wanted: frozenset[str], needed: frozenset[str], report: Report
) -> Table | None:
    """The table of a sheet, under the first row that has one of the needed columns; None where no row has."""
    for number, header in enumerate(rows[:HEADER_ROWS]):
        columns = {at: read_header(text, wanted) for at, text in enumerate(header) if text}
        if wanted is CHOICES:
            columns = _own_words(header, columns)
        if any(column.name in needed and column.is_carried for column in columns.values()):
            _twice(sheet, number, columns, report)
            table = Table(sheet, columns)
            width = max(columns) + 1
            listed = (
                Row(table, number + below, (*cells, *[""] * (width - len(cells))))
                for below, cells in enumerate(rows[number + 1 :], 2)
            )
            table.rows.extend(row for row in listed if any(row.cells[at] for at in columns))
            return table
    return None


def _own_words(header: list[str], columns: dict[int, Column]) -> dict[int, Column]:
    """An author's column may be called as another tool calls one of ours: `value` beside `name`."""
    plain = {at: header[at].strip().lower().replace(" ", "_") for at in columns}
    return {
        at: Column(header[at], is_carried=False)
        if plain[at] != column.name and column.language == UNSAID and column.name in plain.values()
        else column
        for at, column in columns.items()
    }


def _twice(sheet: str, number: int, columns: dict[int, Column], report: Report) -> None:
    seen: dict[Column, int] = {}
    for at, column in columns.items():
        if column in seen and column.is_carried and column.language == UNSAID:
            first = letters(seen[column])
            report.note(
                Place(sheet, number + 1, letters(at)),
                f"与 {first} 列是同一列（{column.name}）；每行取先填的那个",
                f"This is the same column as {first} ({column.name}); the first that is filled counts.",
            )
        seen.setdefault(column, at)
