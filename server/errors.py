"""Domain errors to HTTP: one table. The body is CouchDB's `{"error": slug, "reason": sentence}`.

Whatever the table does not name is a 500 with a reference id; the log has the id and the place, never the answers.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from server.access import NotAllowed
from server.logs import log
from server.manuscripts import Unreadable
from server.outages import outage
from server.publishing import FormChanged
from server.refusals import CsrfFailed, DeviceTaken, LockedOut, NotMedia, NotSignedIn, QuotaExceeded
from sync.errors import (
    Conflict,
    Damaged,
    DatabaseExists,
    Malformed,
    MissingStub,
    NoRoom,
    NotFound,
    StoreUnavailable,
)
from sync.mango import TooSlow
from sync.wire import AttachmentTooLarge, BadDocument, DocumentTooLarge


class TooLarge(Exception):
    """A request body beyond the limit, before or after decompression, or with too many documents."""


class NotAdmitted(Exception):
    """A document that came alone and that admission refused; the message is `<slug>: sentence`, as in a batch's row."""


class NotJson(Exception):
    """A request body that is not declared as JSON."""


class NotServed(Exception):
    """A part of CouchDB that this server knows and does not have; the message names it."""


class Restored(Exception):
    """A place in a database that was restored from a backup, or made anew, since: it stands for nothing there."""


TABLE: dict[type[Exception], tuple[int, str]] = {
    NotSignedIn: (401, "unauthorized"),
    NotAllowed: (403, "forbidden"),
    DeviceTaken: (403, "device_taken"),
    CsrfFailed: (403, "csrf_failed"),
    NotMedia: (415, "unsupported_media_type"),
    LockedOut: (429, "locked_out"),
    QuotaExceeded: (507, "quota_exceeded"),
    Malformed: (400, "bad_request"),
    BadDocument: (400, "bad_request"),
    Unreadable: (400, "bad_request"),
    NotFound: (404, "not_found"),
    NotAdmitted: (403, "forbidden"),
    Conflict: (409, "conflict"),
    FormChanged: (409, "published"),
    Restored: (410, "restored"),
    DatabaseExists: (412, "file_exists"),
    MissingStub: (412, "missing_stub"),
    AttachmentTooLarge: (413, "attachment_too_large"),
    DocumentTooLarge: (413, "document_too_large"),
    TooLarge: (413, "too_large"),
    NotJson: (415, "bad_content_type"),
    NotServed: (501, "not_implemented"),
    TooSlow: (503, "timeout"),
    NoRoom: (507, "insufficient_storage"),
    Damaged: (503, "damaged"),
    StoreUnavailable: (503, "service_unavailable"),
}
"""Every domain error with its status and its slug. Slugs are stable: clients compare them."""

_REASONS: Mapping[type[Exception], str] = {
    Conflict: "Document update conflict.",
    DatabaseExists: "The database could not be created, the file already exists.",
    TooLarge: "the request entity is too large",
    NotJson: "Content-Type must be application/json",
}
"""CouchDB's words where a client may compare them; elsewhere the error speaks for itself."""

_WORDS: Mapping[type[Exception], Mapping[str, str]] = {
    Restored: {
        "zh-CN": "服务器已从备份恢复，请从头开始首次同步",
        "en": "The server was restored from a backup since; begin the first sync again.",
    },
    NoRoom: {
        "zh-CN": "服务器存储空间不足，请稍后再试",
        "en": "The disk of the server is full; try again later.",
    },
    Damaged: {
        "zh-CN": "服务器上的数据有损坏，请联系管理员",
        "en": "Data on the server is damaged; tell its operator.",
    },
    StoreUnavailable: {
        "zh-CN": "服务器暂时无法读写，请稍后再试",
        "en": "The server cannot read or write now; try again later.",
    },
}
"""What people read about the machine; `/db/` has the store's own words."""

_HTTP_SLUGS = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    429: "too_many_requests",
}


def register(app: Flask, new_reference: Callable[[], str]) -> None:
    """Answer every error of `TABLE`, of Werkzeug, and the unforeseen, in one shape."""

    def answer_unforeseen(error: Exception) -> Response:
        found = outage(error)
        if found is not None:
            log.error("outage", extra={"kind": type(error).__name__, "slug": described(found)[1]})
            return answer(found)
        reference = new_reference()
        log_unforeseen(error, reference, method=request.method, path=request.path)
        return body(500, "internal_error", f"reference {reference}")

    for kind in TABLE:
        app.register_error_handler(kind, answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, answer_unforeseen)


def answer(error: Exception) -> Response:
    """The reply for a domain error of the table."""
    status, slug, reason = described(error)
    response = body(status, slug, reason, getattr(error, "details", None))
    for name, value in getattr(error, "headers", {}).items():
        response.headers[name] = value
    return response


def described(error: Exception) -> tuple[int, str, str]:
    """Status, slug and reason of a domain error; `KeyError` for one that the table does not name."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            status, slug = TABLE[kind]
            return status, getattr(error, "slug", slug), _reason(error, kind)
    raise KeyError(type(error).__name__)


def body(status: int, slug: str, reason: str, details: Any = None) -> Response:
    """An error reply."""
    payload: dict[str, Any] = {"error": slug, "reason": reason}
    if details:
        payload["details"] = details
    return Response(orjson.dumps(payload) + b"\n", status, mimetype="application/json")


def _reason(error: Exception, kind: type[Exception]) -> str:
    words = getattr(error, "words", None) or _WORDS.get(kind)
    if words is not None and not request.path.startswith("/db/"):
        return str(words[request.accept_languages.best_match(["zh-CN", "en"], "zh-CN")])
    if isinstance(error, NotFound):
        return error.reason
    if isinstance(error, MissingStub):
        return f"Invalid attachment stub in {error.doc_id} for {error.name}"
    if kind in (Conflict, DatabaseExists):
        return _REASONS[kind]
    return str(error) or _REASONS.get(kind, kind.__name__)


def _answer_http(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        return Response.force_type(error.get_response(), request.environ)  # type: ignore[return-value]
    reason = error.description or error.name
    if isinstance(error, MethodNotAllowed):
        reason = f"Only {','.join(sorted(error.valid_methods or ()))} allowed"
    elif error.code == 404:
        reason = "missing"
    response = body(error.code, _HTTP_SLUGS.get(error.code, error.name.lower().replace(" ", "_")), reason)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


class BrokenOff(Exception):
    """A reply that had begun could not be finished; the log has the rest under this reference."""


def guarded(pieces: Iterator[bytes], reference: str) -> Iterator[bytes]:
    """The pieces of a reply that has begun; an error among them is logged as all are, and ends it without its words."""
    try:
        yield from pieces
    except Exception as error:
        log_unforeseen(error, reference)
        raise BrokenOff(reference) from None


def log_unforeseen(error: Exception, reference: str, **where: str) -> None:
    """Log the kind and the place of an error, never its message: that may hold what somebody typed."""
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-8:]]
    facts = {"reference": reference, "kind": type(error).__name__, "frames": frames}
    log.error("unforeseen", extra={**facts, **where})
