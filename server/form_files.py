"""Forms in files: a definition (JSON) or a workbook, and what an author is told about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forms.boundary import crossings
from forms.catalogue import code_lists, workflows
from forms.definition import DefinitionInvalid, load
from forms.lines import line_of, lines
from forms.wording import in_chinese
from forms.xlsform.cells import MAX_BYTES, NoWorkbook
from forms.xlsform.importing import read_workbook
from forms.xlsform.report import SEVERITIES
from server.workbooks import read_apart

WORKBOOKS = (".xlsx", ".xlsm", ".xls")


@dataclass(frozen=True)
class Remark:
    """What is said about a place, in Chinese and English."""

    where: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.where}: " + (self.en if self.zh == self.en else f"{self.zh.rstrip('。')}。 {self.en}")


class Refused(Exception):
    """A file that holds no form; `remarks` say why."""

    def __init__(self, *remarks: Remark) -> None:
        super().__init__("; ".join(map(str, remarks)))
        self.remarks = remarks


@dataclass(frozen=True)
class FormFile:
    """The definition in a file, as parsed JSON, and what is to be said although it loads."""

    definition: dict[str, Any]
    remarks: tuple[Remark, ...]


def read_form(file: Path) -> FormFile:
    """The form in a file, whichever way it is written. Raises Refused."""
    return from_workbook(file) if file.suffix.lower() in WORKBOOKS else from_json(file)


def from_workbook(file: Path) -> FormFile:
    """The form in a workbook; tables that it names are looked for beside it. Raises Refused."""
    try:
        sheets = read_apart(_bytes(file))
    except NoWorkbook as error:
        raise Refused(Remark(f"{file}", error.said["zh-CN"], error.said["en"])) from None
    made = read_workbook(sheets, file.name, _beside(file.parent), code_lists(), workflows())
    remarks = [
        Remark(
            f"{file.name} {entry.place} {SEVERITIES[entry.severity]} {entry.severity}", *entry.said.values()
        )
        for entry in made.report.sorted()
    ]
    if made.definition is None:
        broken = Remark(f"{file}", "表单有错误，没有导入", "The form is broken and not imported.")
        raise Refused(*remarks, broken)
    return FormFile(made.definition, (*remarks, *_boundary(made.definition, lambda path: file.name)))


def from_json(file: Path) -> FormFile:
    """The form in a definition file. Raises Refused."""
    try:
        text = _bytes(file).decode("utf-8-sig")
        data = json.loads(text)
        load(data, code_lists(), workflows())
    except UnicodeDecodeError as error:
        raise Refused(Remark(f"{file}", "不是 UTF-8 文本", f"not UTF-8 text (byte {error.start})")) from None
    except RecursionError:
        raise Refused(Remark(f"{file}", "套得太深", "nested too deep")) from None
    except json.JSONDecodeError as error:
        en = f"not JSON: {error.msg} (column {error.colno})"
        raise Refused(Remark(f"{file}:{error.lineno}", f"不是 JSON（第 {error.colno} 列）", en)) from None
    except DefinitionInvalid as error:
        where = lines(text)
        said = [(line_of(where, path), path, one) for path, some in error.errors.items() for one in some]
        raise Refused(
            *(
                Remark(f"{file}:{line}: {path or 'the whole'}", in_chinese(one), one)
                for line, path, one in sorted(said)
            )
        ) from None
    known = lines(text)
    return FormFile(data, tuple(_boundary(data, lambda path: f"{file}:{line_of(known, path)}")))


def _boundary(definition: dict[str, Any], where: Callable[[str], str]) -> Iterator[Remark]:
    """A warning for each thing that this service does not collect."""
    for path, subject in crossings(definition):
        said = f"warning: this asks about {subject}; should it?"
        yield Remark(f"{where(path)}: {path}", said, said)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except IsADirectoryError:
        raise Refused(Remark(f"{file}", "这是文件夹，不是文件", "This is a folder, not a file.")) from None
    except FileNotFoundError:
        raise Refused(Remark(f"{file}", "没有这个文件", "There is no such file.")) from None
    except OSError as error:
        raise Refused(
            Remark(f"{file}", "文件读不了", f"The file cannot be read: {error.strerror}.")
        ) from error


def _beside(folder: Path) -> Callable[[str], bytes | None]:
    """The tables in a folder by their plain names; none for what is elsewhere, or larger than a workbook may be."""

    def find(name: str) -> bytes | None:
        path = folder / name
        if Path(name).name != name or not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        return path.read_bytes()

    return find
