"""Forms in files of this machine, and how a terminal tells what is said of them."""

from __future__ import annotations

from pathlib import Path

from forms.xlsform.cells import MAX_BYTES
from forms.xlsform.choices import Files
from server.manuscripts import (
    WORDS,
    Line,
    Manuscript,
    Remark,
    Unreadable,
    from_json,
    from_workbook,
    is_workbook,
)


def read_form(file: Path) -> Manuscript:
    """The form in a file, whichever way it is written. Raises Refused."""
    return read_book(file) if is_workbook(file.name) else read_definition(file)


def read_book(file: Path) -> Manuscript:
    """The form in a workbook; tables that it names are looked for beside it. Raises Refused."""
    return from_workbook(_bytes(file), file.name, _beside(file.parent))


def read_definition(file: Path) -> Manuscript:
    """The form in a definition file. Raises Refused."""
    return from_json(_bytes(file))


def told(file: Path, remark: Remark) -> str:
    """A remark about a file as one line, Chinese and English."""
    zh, en = remark.said["zh-CN"], remark.said["en"]
    said = en if zh == en else f"{zh}{'' if zh.endswith(('？', '。')) else '。'} {en}"
    severity = f"{WORDS[remark.severity]} {remark.severity}"
    if remark.place is None:
        return f"{file}: {said}"
    if isinstance(remark.place, Line):
        path = "" if remark.place.path is None else f"{remark.place.path or 'the whole'}: "
        mark = "" if remark.severity == "error" else f"{severity}: "
        return f"{file}:{remark.place.number}: {path}{mark}{said}"
    return f"{file.name} {remark.place} {severity}: {said}"


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except IsADirectoryError:
        raise Unreadable("这是文件夹，不是文件", "This is a folder, not a file.") from None
    except FileNotFoundError:
        raise Unreadable("没有这个文件", "There is no such file.") from None
    except OSError as error:
        raise Unreadable("文件读不了", f"The file cannot be read: {error.strerror}.") from error


def _beside(folder: Path) -> Files:
    """The tables in a folder by their plain names; none for what is elsewhere, or larger than a workbook may be."""

    def find(name: str) -> bytes | None:
        path = folder / name
        if Path(name).name != name or not path.is_file() or path.stat().st_size > MAX_BYTES:
            return None
        return path.read_bytes()

    return find
