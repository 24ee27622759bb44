"""Workbooks come from outside: they are read in a process of their own, which gets so much memory and time and no more.

The library that reads cells is native code and makes a dense table of a sheet, so a small file can ask for gigabytes,
and a failed allocation ends the process it happens in. It shall not be ours.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys

from forms.xlsform.cells import NoWorkbook, Rows, read_sheets
from server.turns import Turns

MEMORY_BYTES = 1536 * 2**20
CPU_S = 30
WAIT_S = 60
TEXT_MAX = 4 * 2**20
"""So many characters a workbook may hold in all its cells: as many as a definition, which is what becomes of them."""

_turns = Turns()


def read_apart(data: bytes) -> dict[str, Rows]:
    """The sheets of a workbook by name, one workbook at a time. Raises NoWorkbook.

    It waits for a process, so a request calls it as it is, not through `offload`: children belong to the hub.
    """
    command = [sys.executable, "-m", "server.workbooks"]
    try:
        with _turns.turn("workbook"):
            done = subprocess.run(command, input=data, capture_output=True, timeout=WAIT_S, check=True)
        found: dict[str, dict[str, Rows]] = json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        raise NoWorkbook(
            "工作簿太大或已损坏，读不了；请另存为 .xlsx，只留需要的表",
            "The workbook is too large or damaged; save it as .xlsx with only the sheets that are needed.",
        ) from None
    if "no" in found:
        raise NoWorkbook(*found["no"])
    return found["sheets"]


def _bounded(sheets: dict[str, Rows]) -> dict[str, Rows]:
    """The sheets, unless they hold more text than any form."""
    if sum(len(cell) for rows in sheets.values() for row in rows for cell in row) > TEXT_MAX:
        raise NoWorkbook(
            "工作簿里的文字太多（最多四百万字）；请删去与表单无关的表",
            "The workbook holds too much text (4 million characters at most); delete sheets that are not of the form.",
        )
    return sheets


def _read() -> None:
    """What the process of its own does: bytes in, cells or the reason why not out."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    try:
        found: dict[str, object] = {"sheets": _bounded(read_sheets(sys.stdin.buffer.read()))}
    except NoWorkbook as error:
        found = {"no": (error.said["zh-CN"], error.said["en"])}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    _read()
