"""Multipart bodies out: `multipart/related` for one document with attachments, `multipart/mixed` for several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from sync.documents import Attachment

JSON = {"Content-Type": "application/json"}
FAILED = {"Content-Type": 'application/json; error="true"'}


def write_related(text: bytes, following: Iterable[tuple[str, Attachment]], boundary: str) -> Iterator[bytes]:
    """The JSON of a document, then the attachments that follow it, in the order it names them.

    Each is taken when it is its turn, and read in pieces.
    """
    yield _first(text, boundary)
    for name, part in following:
        yield _before(name, part, boundary)
        yield from part.pieces()
    yield _last(boundary)


def related_bytes(text: bytes, following: Iterable[tuple[str, Attachment]], boundary: str) -> int:
    """How long that is."""
    parts = sum(len(_before(name, part, boundary)) + part.length_bytes for name, part in following)
    return len(_first(text, boundary)) + parts + len(_last(boundary))


def related_type(boundary: str) -> dict[str, str]:
    """The header of a document that comes with its attachments."""
    return {"Content-Type": f'multipart/related; boundary="{boundary}"'}


def heading(headers: Mapping[str, str]) -> bytes:
    """What stands between the boundary before a part and the part."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"\r\n{lines}\r\n".encode("utf-8", "replace")


def _first(text: bytes, boundary: str) -> bytes:
    return b"--" + boundary.encode() + heading(JSON) + text


def _before(name: str, part: Attachment, boundary: str) -> bytes:
    headers = {
        "Content-Disposition": f'attachment; filename="{_quoted(name)}"',
        "Content-Type": _line(part.content_type),
        "Content-Length": str(part.length_bytes),
    }
    return b"\r\n--" + boundary.encode() + heading(headers)


def _last(boundary: str) -> bytes:
    return b"\r\n--" + boundary.encode() + b"--"


def _quoted(name: str) -> str:
    return _line(name).replace("\\", "\\\\").replace('"', '\\"')


def _line(text: str) -> str:
    """The text without what would end a header."""
    return text.translate({ord("\r"): " ", ord("\n"): " ", 0: " "})
