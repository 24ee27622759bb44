"""What a form author hands in: a definition (JSON) or a workbook, and where each thing in it stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from forms.boundary import IN_CHINESE, crossings
from forms.catalogue import code_lists, workflows
from forms.definition import DefinitionInvalid, load
from forms.lines import line_of, lines
from forms.messages import Text
from forms.wording import in_chinese
from forms.xlsform.cells import NoWorkbook
from forms.xlsform.choices import Files
from forms.xlsform.importing import read_workbook
from forms.xlsform.report import SEVERITIES, Place
from server.native import offload
from server.workbooks import read_apart

Severity = Literal["error", "left out", "note", "warning"]
"""Those of an import, and a warning: this may be published, and a person should think of it first."""

WORDS: Mapping[str, str] = {**SEVERITIES, "warning": "提醒"}
WORKBOOKS = (".xlsx", ".xlsm", ".xls")


@dataclass(frozen=True)
class Line:
    """A line of a text, and the path of what stands there: '' for the whole, none where the text is no JSON."""

    number: int
    path: str | None


@dataclass(frozen=True)
class Remark:
    """What is said about a place, in Chinese and English; without a place, about the whole."""

    severity: Severity
    said: Text
    place: Line | Place | None = None

    def as_json(self) -> dict[str, Any]:
        """The remark with the parts of its place beside it, for other programs."""
        place = {} if self.place is None else asdict(self.place)
        return {**place, "severity": self.severity, "said": self.said}


def remark_of(given: Mapping[str, Any]) -> Remark:
    """The remark that `as_json` gave."""
    place: Line | Place | None = None
    if "sheet" in given:
        place = Place(given["sheet"], given["row"], given["column"])
    elif "number" in given:
        place = Line(given["number"], given["path"])
    return Remark(given["severity"], given["said"], place)


class Refused(Exception):
    """What was handed in is no form that could be published; `remarks` say why."""

    def __init__(self, *remarks: Remark) -> None:
        super().__init__("; ".join(remark.said["en"] for remark in remarks))
        self.remarks = remarks


class Unreadable(Refused):
    """What was handed in is neither JSON nor a workbook, or too deep or too large to be looked at."""

    def __init__(self, zh: str, en: str, place: Line | None = None) -> None:
        self.words: Text = {"zh-CN": zh, "en": en}
        super().__init__(Remark("error", self.words, place))


@dataclass(frozen=True)
class Manuscript:
    """A definition that loads, as parsed JSON, and what is to be said of it all the same."""

    definition: dict[str, Any]
    remarks: tuple[Remark, ...]
    place: Callable[[str], Line | Place | None] = field(compare=False)
    """Where the author finds what a path of the definition (`questions[2].relevant`) means."""

    def refused(self, error: DefinitionInvalid) -> Refused:
        """What keeps it from being published, in the author's places."""
        return Refused(*_errors(error, self.place), *self.remarks)


def is_workbook(name: str) -> bool:
    """Whether a file of this name is to be a workbook; any other is a definition."""
    return name.lower().endswith(WORKBOOKS)


def from_workbook(data: bytes, name: str, beside: Files = lambda _: None) -> Manuscript:
    """The form in a workbook called `name`; `beside` gives the tables that it names. Raises Refused."""
    try:
        sheets = read_apart(data)
    except NoWorkbook as error:
        raise Unreadable(error.said["zh-CN"], error.said["en"]) from None
    made = offload(read_workbook, sheets, name, beside, code_lists(), workflows())
    remarks = tuple(Remark(entry.severity, entry.said, entry.place) for entry in made.report.sorted())
    if made.definition is None:
        raise Refused(*remarks)
    return Manuscript(made.definition, (*remarks, *_boundary(made.definition, made.place)), made.place)


def from_json(data: bytes) -> Manuscript:
    """The form in the text of a definition. Raises Refused."""
    try:
        text = data.decode("utf-8-sig")
        definition = json.loads(text)
        where = lines(text)
        load(definition, code_lists(), workflows())
    except UnicodeDecodeError as error:
        raise Unreadable("不是 UTF-8 文本", f"not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        raise _no_json(error) from None
    except RecursionError:
        raise too_deep() from None
    except DefinitionInvalid as error:
        raise Refused(*_errors(error, lambda path: Line(line_of(where, path), path))) from None

    def place_of(path: str) -> Line:
        return Line(line_of(where, path), path)

    return Manuscript(definition, tuple(_boundary(definition, place_of)), place_of)


def too_deep() -> Unreadable:
    """Nested so deep that nothing can be done with it."""
    return Unreadable("套得太深", "nested too deep")


def _errors(error: DefinitionInvalid, place: Callable[[str], Line | Place | None]) -> Iterator[Remark]:
    """Each error in its place, in the order in which they stand there."""

    def order(remark: Remark) -> tuple[int, str]:
        at = remark.place
        return (at.number if isinstance(at, Line) else at.row if at else 0), str(at)

    said = ((path, text) for path, some in error.errors.items() for text in some)
    found = [Remark("error", {"zh-CN": in_chinese(text), "en": text}, place(path)) for path, text in said]
    yield from sorted(found, key=order)


def _boundary(definition: dict[str, Any], place: Callable[[str], Line | Place]) -> Iterator[Remark]:
    """A warning for each thing that this service does not collect."""
    for path, subject in crossings(definition):
        zh = f"这里涉及{IN_CHINESE[subject]}，应该问吗？"
        yield Remark("warning", {"zh-CN": zh, "en": f"this asks about {subject}; should it?"}, place(path))


def _no_json(error: json.JSONDecodeError) -> Unreadable:
    line, column = error.lineno, error.colno
    zh = f"不是 JSON（第 {line} 行第 {column} 列）"
    return Unreadable(zh, f"not JSON: line {line}, column {column}: {error.msg}", Line(line, None))
