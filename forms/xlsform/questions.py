"""The columns of one row of the survey sheet as those of a question."""

from __future__ import annotations

import json
from typing import Any

from forms.kinds import SELECTS
from forms.xlsform import cellvalues
from forms.xlsform.choices import media_of
from forms.xlsform.report import Report
from forms.xlsform.tables import Row
from forms.xlsform.typecells import TypeCell

TEXTS = ("label", "hint", "guidance_hint", "required_message", "constraint_message")
EXPRESSIONS = ("relevant", "constraint", "calculation", "choice_filter", "repeat_count")
CONDITIONS = ("required", "readonly")
PLAIN = ("appearance", "trigger")
CARRIERS = {
    "money": "integer",
    "id_card": "text",
    "credit_code": "text",
    "phone": "text",
    "ref": "text",
    "signature": "image",
}
"""Types that XLSForm does not know, and the type that carries each in a workbook, beside a column of ours."""

OURS = ("type", "merge", "sensitivity", "warn", "warn_message", "indicator", "trigger", "parameters")
"""What has no column in XLSForm, and is written under `jinlin::…`."""

SIGNATURE = "signature"


def columns_of(row: Row, cell: TypeCell, report: Report) -> dict[str, Any]:
    """What the row says of its question, its name left out."""
    found: dict[str, Any] = {"type": cell.kind}
    found |= {key: row.texts(key) for key in TEXTS if row.texts(key)}
    media = media_of(row)
    found |= {"media": media} if media else {}
    found |= {key: cellvalues.condition(row.get(key)) for key in CONDITIONS if row.get(key)}
    found |= {key: cellvalues.expression(row.get(key)) for key in EXPRESSIONS if row.get(key)}
    found |= {key: row.get(key) for key in PLAIN if row.get(key)}
    if row.get("default"):
        found["default"] = cellvalues.default(row.get("default"), cell.kind)
    found |= _parameters(row, cell)
    if cell.kind in SELECTS:
        found |= _listed(row, cell, report)
    return _signature(found | _ours(row, found, report))


def _parameters(row: Row, cell: TypeCell) -> dict[str, Any]:
    given = cellvalues.parameters(row.get("parameters"))
    lines = row.get("rows") or str(given.pop("rows", ""))
    if row.get("capture-accuracy"):
        given["capture-accuracy"] = cellvalues.value(row.get("capture-accuracy"))
    if cell.kind == "ref" and cell.listed:
        given["kind"] = cell.listed
    if cell.or_other:
        given["or_other"] = True
    found: dict[str, Any] = {"parameters": given} if given else {}
    if lines.isdigit() and 1 <= int(lines) <= 100:
        found["rows"] = int(lines)
    return found


def _listed(row: Row, cell: TypeCell, report: Report) -> dict[str, Any]:
    """The choice list of a select."""
    listed = cell.listed or row.get("list_name")
    if not listed:
        report.error(
            row.place("type"),
            f"没有写选项表；请写成“{cell.kind} 选项表名”",
            f"The choice list is missing; write `{cell.kind}` and the name of the list.",
        )
    return {"choices": listed}


def _ours(row: Row, found: dict[str, Any], report: Report) -> dict[str, Any]:
    """What an exported workbook says in columns of ours; a type that was changed by hand counts."""
    given: dict[str, Any] = {key: row.get(f"jinlin::{key}") for key in OURS if row.get(f"jinlin::{key}")}
    if (
        CARRIERS.get(given.get("type", ""), found["type"]) != found["type"]
        or given.get("type") not in CARRIERS
    ):
        given.pop("type", None)
    if "warn_message" in given:
        given["warn_message"] = row.texts("jinlin::warn_message")
    if "parameters" in given:
        given["parameters"] = {**found.get("parameters", {}), **_object(row, given["parameters"], report)}
    return given


def _object(row: Row, text: str, report: Report) -> dict[str, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if isinstance(given, dict):
        return given
    report.error(
        row.place("jinlin::parameters"),
        '这里要写一个 JSON 对象，如 {"max": 3}',
        'A JSON object is written here, such as {"max": 3}.',
    )
    return {}


def _signature(question: dict[str, Any]) -> dict[str, Any]:
    """ODK asks for a signature by the looks of an image."""
    looks = question.get("appearance", "").split()
    if question["type"] not in ("image", SIGNATURE) or SIGNATURE not in looks:
        return question
    rest = " ".join(word for word in looks if word != SIGNATURE)
    changed = {**question, "type": SIGNATURE, "appearance": rest}
    return changed if rest else {key: value for key, value in changed.items() if key != "appearance"}
