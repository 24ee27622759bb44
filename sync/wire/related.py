"""Multipart bodies out: `multipart/related` for one document with attachments, `multipart/mixed` for several.

Attachments are asked for one by one as they are sent, so no more than one is ever in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from sync.documents import Attachment

Fetch = Callable[[str], Attachment]
"""One attachment of the document that is being written, with its bytes."""
JSON = {"Content-Type": "application/json"}
FAILED = {"Content-Type": 'application/json; error="true"'}


def write_related(text: bytes, following: Iterable[str], fetch: Fetch, boundary: str) -> Iterator[bytes]:
    """The JSON of a document, then the attachments that follow it, in the order it names them."""
    yield b"--" + boundary.encode() + heading(JSON) + text
    between = b"\r\n--" + boundary.encode()
    for name in following:
        part = fetch(name)
        data = part.data or b""
        headers = {
            "Content-Disposition": f'attachment; filename="{_quoted(name)}"',
            "Content-Type": _line(part.content_type),
            "Content-Length": str(len(data)),
        }
        yield between + heading(headers)
        yield data
    yield between + b"--"


def related_type(boundary: str) -> dict[str, str]:
    """The header of a document that comes with its attachments."""
    return {"Content-Type": f'multipart/related; boundary="{boundary}"'}


def heading(headers: Mapping[str, str]) -> bytes:
    """What stands between the boundary before a part and the part."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"\r\n{lines}\r\n".encode("utf-8", "replace")


def _quoted(name: str) -> str:
    return _line(name).replace("\\", "\\\\").replace('"', '\\"')


def _line(text: str) -> str:
    """The text without what would end a header."""
    return text.translate({ord("\r"): " ", ord("\n"): " ", 0: " "})
