"""The built phone app under `/`: files with a digest in their name for ever, the rest asked for each time."""

from __future__ import annotations

import gzip
from functools import lru_cache
from hashlib import sha256
from mimetypes import guess_type
from os.path import isfile
from pathlib import Path

from flask import Blueprint, Response, abort, render_template, request
from werkzeug.routing import BaseConverter
from werkzeug.security import safe_join

blueprint = Blueprint("phone", __name__)

FOLDER = Path(__file__).resolve().parents[1] / "static" / "app"
FOR_EVER = "public, max-age=31536000, immutable"
EACH_TIME = "no-cache"


class Screen(BaseConverter):
    """A path of the app: anything that is neither the server's own nor, by its first letter, a CouchDB's."""

    regex = r"(?!(?:api|db|desk)(?:/|$))[^/_].*"
    part_isolating = False


_KINDS = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_UNKNOWN = "application/octet-stream"
_TEXT = (".js", ".css", ".svg", ".json", ".html", ".webmanifest")


@blueprint.get("/")
def index() -> Response:
    """The app's page, or, where the app is not built, how to build it."""
    return _page()


@blueprint.get("/<screen:name>")
def file(name: str) -> Response:
    """A file of the app; the app's page for a path that is one of its screens."""
    found = safe_join(str(FOLDER), name)
    if found is not None and isfile(found):  # False too for a name that no file system takes
        return _file(name, Path(found))
    if name.startswith("assets/") or "text/html" not in request.headers.get("Accept", ""):
        abort(404)
    return _page()


def _page() -> Response:
    if not (FOLDER / "index.html").is_file():
        return Response(render_template("unbuilt.html"), 503)
    return _file("index.html", FOLDER / "index.html")


def _file(name: str, path: Path) -> Response:
    changed_ns = path.stat().st_mtime_ns
    packs = path.suffix in _TEXT and request.accept_encodings["gzip"] > 0
    text, etag = _packed(path, changed_ns) if packs else _plain(path, changed_ns)
    response = Response(text, content_type=_KINDS.get(path.suffix) or guess_type(path.name)[0] or _UNKNOWN)
    response.headers["Cache-Control"] = FOR_EVER if name.startswith("assets/") else EACH_TIME
    if path.suffix in _TEXT:
        response.vary.add("Accept-Encoding")
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.set_etag(etag)
    response.make_conditional(request)
    return response


@lru_cache(maxsize=256)
def _plain(path: Path, changed_ns: int) -> tuple[bytes, str]:
    content = path.read_bytes()
    return content, sha256(content).hexdigest()[:32]


@lru_cache(maxsize=256)
def _packed(path: Path, changed_ns: int) -> tuple[bytes, str]:
    content, etag = _plain(path, changed_ns)
    return gzip.compress(content, 6, mtime=0), f"{etag}-gzip"
