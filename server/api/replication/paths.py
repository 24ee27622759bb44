"""Paths under `/db/` keep an encoded slash: database names and document ids may contain `/`.

WSGI hands a decoded path on, where `a%2Fb` and `a/b` are the same. `SegmentsKept` leaves `%2F` (and `%25`, so that
nothing is ambiguous) as it came, and the `segment` converter of the routes decodes it inside its one segment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes, urlsplit

from flask import Response
from werkzeug.routing import BaseConverter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Routes = Sequence[tuple[str, str, Callable[..., Response]]]
"""Method, rule below `/db`, and the view that answers."""

_KEPT = re.compile(r"%(25|2[fF])")


class SegmentsKept:
    """WSGI middleware: below `prefix`, `PATH_INFO` keeps `%2F` and `%25` encoded."""

    def __init__(self, app: WSGIApplication, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raw = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
        path = raw.partition("?")[0] if raw.startswith("/") else urlsplit(raw).path
        if path.startswith(self._prefix):
            kept = _KEPT.sub(r"%25\1", path)
            environ["PATH_INFO"] = unquote_to_bytes(kept).decode("latin-1")
        return self._app(environ, start_response)


class Segment(BaseConverter):
    """One segment of the path, decoded; it may hold slashes but does not begin with an underscore."""

    regex = r"[^_/][^/]*"
    part_isolating = True

    def to_python(self, value: str) -> str:
        return value.replace("%2F", "/").replace("%2f", "/").replace("%25", "%")


class AnySegment(Segment):
    """One segment of the path, decoded, whatever it begins with."""

    regex = r"[^/]+"


class DocumentId(Segment):
    """A document's id in one segment: not special, or `_design%2F…` in its encoded spelling."""

    regex = r"(?!_(?!design%2[fF]))[^/]+"


class Part(Segment):
    """The name of an attachment: the rest of the path, its slashes encoded or not."""

    regex = r"[^/].*"
    part_isolating = False


class Special(Segment):
    """What begins with an underscore and is no part of a database that this server has."""

    regex = (
        r"_(?!local%2[fF]|design%2[fF]|(?:bulk_docs|bulk_get|revs_diff|missing_revs|find|explain|purge|compact"
        r"|ensure_full_commit)$)[^/]+"
    )
    weight = 200  # after everything that is spelt out


class LocalId(Segment):
    """A local document's id in the encoded spelling `_local%2F…`, given without its prefix."""

    regex = r"_local%2[fF][^/]+"

    def to_python(self, value: str) -> str:
        return super().to_python(value).removeprefix("_local/")


CONVERTERS: dict[str, type[BaseConverter]] = {
    "segment": Segment,
    "any_segment": AnySegment,
    "document": DocumentId,
    "local": LocalId,
    "special": Special,
    "part": Part,
}
