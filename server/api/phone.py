"""The built phone app under `/`: files with a digest in their name for ever, the rest asked for each time."""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, request, send_from_directory
from werkzeug.routing import BaseConverter
from werkzeug.security import safe_join

blueprint = Blueprint("phone", __name__)

FOLDER = Path(__file__).resolve().parents[1] / "static" / "app"
FOR_EVER = "public, max-age=31536000, immutable"
EACH_TIME = "no-cache"


class Screen(BaseConverter):
    """A path of the app: anything that is not the server's own."""

    regex = r"(?!(?:api|db|desk)(?:/|$))[^/].*"
    part_isolating = False


_TEXT = (".js", ".css", ".svg", ".json", ".html", ".webmanifest")


@blueprint.get("/")
def index() -> Response:
    """The app's page, or, where the app is not built, how to build it."""
    return _page()


@blueprint.get("/<screen:name>")
def file(name: str) -> Response:
    """A file of the app; the app's page for a path that is one of its screens."""
    found = safe_join(str(FOLDER), name)
    if found is not None and Path(found).is_file():
        return _file(name, Path(found))
    if name.startswith("assets/") or "text/html" not in request.headers.get("Accept", ""):
        abort(404)
    return _page()


def _page() -> Response:
    if not (FOLDER / "index.html").is_file():
        return Response(render_template("unbuilt.html"), 503)
    return _file("index.html", FOLDER / "index.html")


def _file(name: str, path: Path) -> Response:
    if path.suffix in _TEXT and request.accept_encodings["gzip"] > 0 and "Range" not in request.headers:
        response = send_from_directory(FOLDER, name, etag=True)
        response.direct_passthrough = False
        if response.status_code == 200:
            response.set_data(_packed(path, path.stat().st_mtime_ns))
            response.headers["Content-Encoding"] = "gzip"
        response.headers.add("Vary", "Accept-Encoding")
    else:
        response = send_from_directory(FOLDER, name, etag=True)
    response.headers["Cache-Control"] = FOR_EVER if name.startswith("assets/") else EACH_TIME
    return response


@lru_cache(maxsize=256)
def _packed(path: Path, changed_ns: int) -> bytes:
    return gzip.compress(path.read_bytes(), 6, mtime=0)
