"""The sheets of a workbook by what they are for."""

from __future__ import annotations

from collections.abc import Mapping

from forms.xlsform.cells import Rows
from forms.xlsform.headers import is_of_a_tool
from forms.xlsform.report import Place, Report
from forms.xlsform.tables import HEADER_ROWS, Table, read_table

CHOICE_SHEETS = ("choices", "choice", "external_choices", "columns", "choices and columns")
READ = frozenset({"survey", "settings", "jinlin", *CHOICE_SHEETS})


class Book:
    """The sheets of a workbook by what they are for."""

    def __init__(self, sheets: Mapping[str, Rows], report: Report) -> None:
        self.sheets = {name.strip().lower(): (name, rows) for name, rows in sheets.items()}
        self.report = report
        others = [name for plain, (name, rows) in self.sheets.items() if plain not in READ and rows]
        if others:
            listed = others[:8]
            report.note(
                Place(others[0]),
                f"这些表没有读：{'、'.join(listed)}",
                f"These sheets are not read: {', '.join(listed)}.",
            )

    @property
    def is_of_odk_x(self) -> bool:
        """Whether the workbook speaks ODK-X, whose expressions are JavaScript."""
        header = [cell.lower() for row in self.sheets["survey"][1][:HEADER_ROWS] for cell in row]
        return any(cell.startswith("display.") or cell in ("clause", "values_list") for cell in header)

    def table(self, name: str, wanted: frozenset[str], needed: frozenset[str]) -> Table | None:
        """One sheet as a table; None where it is not there or has none of the needed columns."""
        if name not in self.sheets:
            return None
        sheet, rows = self.sheets[name]
        found = read_table(sheet, rows, wanted, needed, self.report)
        for column in found.extras() if found and name != "external_choices" and "choice" not in name else ():
            said = self.report.left_out if is_of_a_tool(column) else self.report.note
            said(
                found.place(column.name) if found else Place(sheet),
                f"{column.name} 列这里用不上，没有导入",
                f"The column {column.name} has no meaning here; it is not imported.",
            )
        return found
