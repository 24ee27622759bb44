"""`_all_docs`: live documents by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
from flask import Response, request

from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.replies import gathered, listed, stream
from server.api.replication.requests import flag, key, number, parsed, received
from server.errors import TooLarge
from server.native import offload, offload_each
from sync import wire
from sync.documents import Document, Json
from sync.errors import Malformed

PIECE = 100


@dataclass(frozen=True)
class Range:
    """Which ids are asked for, in which direction."""

    start: str | None
    end: str | None
    limit: int | None
    skip: int
    descending: bool


def all_docs(name: str) -> Response:
    """`GET/POST /db/<name>/_all_docs`: ids with their winning revisions, all, a range, or those named by `keys`."""
    entry = enter(name, "read_database")
    body = wire.load_object(received()) if request.method == "POST" else {}
    keys = body.get("keys", parsed(request.args, "keys"))
    options = {**request.args, **{n: orjson.dumps(v).decode() for n, v in body.items() if n != "keys"}}
    include_docs = flag(options, "include_docs")
    info = offload(entry.store.info)
    head: dict[str, Json] = {
        "total_rows": info.doc_count,
        "offset": None if keys is not None else number(options, "skip", 0),
    }
    if flag(options, "update_seq"):
        head["update_seq"] = info.update_seq
    rows = (
        _named(entry, _checked(keys, entry), include_docs)
        if keys is not None
        else _ranged(entry, options, include_docs)
    )
    return stream(gathered(listed(orjson.dumps(head)[:-1] + b',"rows":[', rows)))


def _checked(keys: Json, entry: Entry) -> list[str]:
    if not isinstance(keys, list) or not all(isinstance(k, str) for k in keys):
        raise Malformed("`keys` parameter must be an array of strings.")
    if len(keys) > entry.services.settings.bulk_docs_max:
        raise TooLarge
    return keys


def _ranged(entry: Entry, options: Mapping[str, str], include_docs: bool) -> Iterator[bytes]:
    one = key(options, "key")
    start = one if one is not None else key(options, "startkey", "start_key")
    end = one if one is not None else key(options, "endkey", "end_key")
    excluded = None if flag({"inclusive_end": "true", **options}, "inclusive_end") else end
    descending, limit = flag(options, "descending"), number(options, "limit")
    ids = entry.store.all_ids(start, end, limit=limit, skip=number(options, "skip", 0), descending=descending)
    pairs = (pair for pair in offload_each(ids) if pair[0] != excluded)
    return (
        _rows(entry, pairs) if include_docs else (_row(doc_id, doc_id, {"rev": rev}) for doc_id, rev in pairs)
    )


def _rows(entry: Entry, pairs: Iterator[tuple[str, str]]) -> Iterator[bytes]:
    for piece in _pieces(pairs):
        held = offload(entry.store.leaves_many, [doc_id for doc_id, _ in piece])
        for doc_id, rev in piece:
            if doc_id in held:
                yield _row(doc_id, doc_id, {"rev": rev}, held[doc_id][0])


def _pieces(pairs: Iterator[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    piece: list[tuple[str, str]] = []
    for pair in pairs:
        piece.append(pair)
        if len(piece) == PIECE:
            yield piece
            piece = []
    yield piece


def _named(entry: Entry, keys: Sequence[str], include_docs: bool) -> Iterator[bytes]:
    for at in range(0, len(keys), PIECE):
        piece = keys[at : at + PIECE]
        held = offload(entry.store.leaves_many, list(set(piece)))
        for doc_id in piece:
            yield _named_row(doc_id, held.get(doc_id), include_docs)


def _named_row(doc_id: str, leaves: Sequence[Document] | None, include_docs: bool) -> bytes:
    if not leaves:
        return orjson.dumps({"key": doc_id, "error": "not_found"})
    winner = leaves[0]
    if winner.deleted:
        shown = {"id": doc_id, "key": doc_id, "value": {"rev": winner.rev, "deleted": True}}
        return orjson.dumps({**shown, "doc": None} if include_docs else shown)
    return _row(doc_id, doc_id, {"rev": winner.rev}, winner if include_docs else None)


def _row(doc_id: str, shown_key: str, value: Json, document: Document | None = None) -> bytes:
    text = orjson.dumps({"id": doc_id, "key": shown_key, "value": value})
    return text if document is None else text[:-1] + b',"doc":' + wire.write_document(document) + b"}"


ROUTES: Routes = (
    ("GET", "/<segment:name>/_all_docs", all_docs),
    ("POST", "/<segment:name>/_all_docs", all_docs),
)
