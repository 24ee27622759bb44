"""Multipart replies: one revision with its attachments, or several revisions, each attachment read as it is sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import orjson
from flask import Response

from server.api.replication import sending
from server.api.replication.reading import Absent, newest_shared
from server.api.replication.replies import gathered, stream
from server.services import services
from sync import wire
from sync.documents import Document
from sync.store import DocStore
from sync.wire import Extras
from sync.wire.related import FAILED, JSON, heading, related_type


def related(store: DocStore, document: Document, extras: Extras, since: Collection[str]) -> Response:
    """`multipart/related`: the revision, then those of its attachments that came after the revisions `since`."""
    boundary = services().new_id()
    pieces = sending.related(store, document, extras, _following(document, since), boundary)
    return stream(pieces, related_type(boundary)["Content-Type"])


def mixed(
    store: DocStore,
    answers: Iterable[Document | Absent],
    extras: Extras,
    since: Collection[str] = (),
    named: str = "",
) -> Response:
    """`multipart/mixed`: several revisions, those with attachments as `multipart/related`.

    `named` is what `_bulk_get` asks for (`mixed` or `related`): its answers are of several documents, and each part
    says of which.
    """
    boundary = services().new_id()
    pieces = _mixed(store, answers, extras, since, boundary, named != "")
    return stream(gathered(pieces), f'multipart/{named or "mixed"}; boundary="{boundary}"')


def _mixed(
    store: DocStore,
    answers: Iterable[Document | Absent],
    extras: Extras,
    since: Collection[str],
    boundary: str,
    named: bool,
) -> Iterator[bytes]:
    before = f"--{boundary}".encode()
    for answer in answers:
        yield before
        before = f"\r\n--{boundary}".encode()
        if isinstance(answer, Absent):
            error = {"id": answer.doc_id, "rev": answer.rev, "error": answer.error, "reason": answer.reason}
            yield heading(FAILED) + orjson.dumps(error if named else {"missing": answer.rev})
            continue
        following = _following(answer, since)
        if not following:
            yield heading(JSON) + wire.write_document(answer, extras)
            continue
        inner = services().new_id()
        names = {"X-Doc-Id": _line(answer.doc_id), "X-Rev-Id": answer.rev} if named else {}
        yield heading({**names, **related_type(inner)})
        yield from sending.related(store, answer, extras, following, inner)
    yield before + b"--"


def _line(doc_id: str) -> str:
    """An id as it may stand in a header: what would end the line is escaped as in JSON."""
    return orjson.dumps(doc_id).decode()[1:-1]


def _following(document: Document, since: Collection[str]) -> list[str]:
    beyond = newest_shared(document.path, since)
    return [name for name, part in document.attachments.items() if part.revpos > beyond]
