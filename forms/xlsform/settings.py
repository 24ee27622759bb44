"""The settings sheet, and the sheet of ours beside it, as the head of a definition."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from forms.messages import Text
from forms.xlsform.cells import Rows
from forms.xlsform.cellvalues import YES
from forms.xlsform.languages import UNSAID
from forms.xlsform.names import is_name, named
from forms.xlsform.report import Place, Report
from forms.xlsform.tables import Row

OURS = (
    "title", "kind", "use", "who", "subject", "purpose", "legal_basis", "retention", "workflow", "acts", "due",
    "migration",
)  # fmt: skip
"""What a definition says of itself that XLSForm has no column for: rows of the sheet `jinlin`, each a piece of JSON."""


def head(row: Row | None, written: Mapping[str, str], file: str, report: Report) -> dict[str, Any]:
    """Form, version and what is optional, the title by language; `written` are settings from the survey sheet."""
    place = row.place() if row else Place("settings")
    own = (row.get("form_id") if row else "") or written.get("form_id", "")
    stem = re.sub(r"\.[^.]*$", "", file)
    form = own or stem
    if not form:
        form = "form"
        report.error(
            row.place("form_id") if row else place,
            "settings 表里要写 form_id（表单的名字，定了就不改）",
            "Write the form_id in the sheet settings: the name of the form, which never changes.",
        )
    if not is_name(form):
        form = named(form, (), "form")
        report.note(
            row.place("form_id") if row else place,
            f"表单名改为 {form}（只能是字母、数字、_、-）",
            f"The form is called {form} now (letters, digits, _ and -).",
        )
    title: Text = (row.texts("form_title") if row else {}) or {
        UNSAID: written.get("form_title") or own or stem or form
    }
    found: dict[str, Any] = {"form": form, "version": _version(row, report), "kind": "record", "title": title}
    for key in ("instance_name", "style"):
        if row and row.get(key):
            found[key] = row.get(key)
    return found


def allows_twins(row: Row | None) -> bool:
    """Whether one name may stand for several choices."""
    return bool(row) and row.get("allow_choice_duplicates").lower() in YES if row else False


def _version(row: Row | None, report: Report) -> int:
    text = row.get("version") if row else ""
    if re.fullmatch("[0-9]{1,15}", text) and int(text) >= 1:
        return int(text)
    if row and text:
        report.note(
            row.place("version"),
            f"版本号 {text} 不是从 1 起的整数，改为 1；请写 1、2、3……",
            f"The version {text} is no whole number from 1 on; it is 1 now. Write 1, 2, 3 …",
        )
    return 1


def ours(sheet: str, rows: Rows, report: Report) -> dict[str, Any]:
    """What an exported workbook says in the sheet of ours: a long value goes on in the next row of its key."""
    texts: dict[str, str] = {}
    for key, text, *_ in (row for row in rows if len(row) > 1 and row[0] in OURS):
        texts[key] = texts.get(key, "") + text
    found: dict[str, Any] = {}
    for key, text in texts.items():
        try:
            found[key] = json.loads(text)
        except (ValueError, RecursionError):
            report.error(
                Place(sheet),
                f"{key} 的内容不是 JSON；请恢复导出时的样子",
                f"What stands beside {key} is no JSON; put back what was exported.",
            )
    return found
