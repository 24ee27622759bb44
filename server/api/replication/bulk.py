"""Many documents in one request: `_bulk_docs`, `_bulk_get`, `_revs_diff`, `_missing_revs`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import orjson
from flask import Response, request

from server.api.replication import checkpoints
from server.api.replication.damage import spared
from server.api.replication.door import Entry, enter
from server.api.replication.multipart import mixed
from server.api.replication.paths import Routes
from server.api.replication.reading import Absent, Wanted, filled, found
from server.api.replication.replies import Text, gathered, listed, reply, spliced, stream
from server.api.replication.requests import accepts_multipart, flag, received
from server.api.replication.sending import as_json
from server.api.replication.taking import Row, keep_edits, keep_history, refused
from server.errors import TooLarge
from server.native import offload
from sync import wire
from sync.documents import Document, Json
from sync.edits import Edit
from sync.errors import Damaged, Malformed
from sync.store import DocStore, Missing
from sync.wire import BadDocument, Batch, Broken, Extras

PIECE = 100
"""Documents of a `_bulk_get` that are read in one visit to the store."""


def bulk_docs(name: str) -> Response:
    """`POST /db/<name>/_bulk_docs`: the five calls of every push; `enter` is the first two, `_keep_…` the last two."""
    entry = enter(name, "write_documents")
    batch = _counted(wire.read_batch(received()), entry)
    rows = offload(_keep_history if not batch.new_edits else _keep_edits, entry, batch)
    return reply(rows, 201)


def _counted(batch: Batch, entry: Entry) -> Batch:
    if len(batch.members) > entry.services.settings.bulk_docs_max:
        raise TooLarge
    return batch


def _keep_history(entry: Entry, batch: Batch) -> list[Json]:
    """Rows of the documents that were not taken, and no others, as CouchDB answers to `new_edits: false`."""
    bytes_max = entry.services.settings.document_bytes_max
    read = [_history_or_broken(member, bytes_max) for member in batch.members]
    left_out = keep_history(entry, [item for item in read if isinstance(item, Document)])
    broken = [_row(item) for item in read if isinstance(item, Broken)]
    return [row.as_error() for row in (*left_out, *broken)]


@dataclass(frozen=True)
class Local:
    """A local document among others, given without `_local/`."""

    local_id: str
    member: Mapping[str, Json]


def _keep_edits(entry: Entry, batch: Batch) -> list[Json]:
    """One row for each document, in order. What is no document refuses them all: who edits is there to mend it."""
    read = [_edit_or_local(entry, member) for member in batch.members]
    kept = iter(keep_edits(entry, [item for item in read if isinstance(item, Edit)]))
    rows = [next(kept) if isinstance(item, Edit) else _kept_local(entry, item) for item in read]
    return [{"ok": True, "id": row.doc_id, "rev": row.rev} if row.taken else row.as_error() for row in rows]


def _edit_or_local(entry: Entry, member: Json | Broken) -> Edit | Local:
    """`Malformed`, `BadDocument`, `NotAllowed`."""
    if isinstance(member, Broken):
        raise Malformed("invalid UTF-8 JSON")
    doc_id = member.get("_id") if isinstance(member, dict) else None
    if isinstance(doc_id, str) and doc_id.startswith("_local/"):
        local = Local(doc_id.removeprefix("_local/"), member)
        checkpoints.check_writable(entry, local.local_id)
        return local
    named = isinstance(member, dict) and "_id" in member
    bytes_max = entry.services.settings.document_bytes_max
    return wire.read_edit(member, None if named else entry.services.new_id(), bytes_max=bytes_max)


def _kept_local(entry: Entry, local: Local) -> Row:
    return Row(f"_local/{local.local_id}", checkpoints.keep(entry.store, local.local_id, local.member))


def _history_or_broken(member: Json | Broken, bytes_max: int) -> Document | Broken:
    if isinstance(member, Broken):
        return member
    try:
        return wire.read_document(member, bytes_max=bytes_max)
    except BadDocument as error:
        return wire.broken(member, error)


def _row(broken: Broken) -> Row:
    return refused(broken.doc_id, broken.rev, broken.slug, broken.sentence)


def revs_diff(name: str) -> Response:
    """`POST /db/<name>/_revs_diff {id: [rev, …]}`: which of these revisions are not here."""
    entry = enter(name, "read_database")
    missing = offload(_missing, entry.store, _asked(received(), entry))
    return reply({doc_id: _diff(lacking) for doc_id, lacking in missing.items()})


def _missing(store: DocStore, asked: Mapping[str, Sequence[str]]) -> dict[str, Missing]:
    """What the store lacks; of a document whose history is damaged, everything."""
    found = spared(lambda ids: store.missing({doc_id: asked[doc_id] for doc_id in ids}), list(asked))
    return {
        doc_id: Missing(tuple(asked[doc_id]), ()) if isinstance(lacking, Damaged) else lacking
        for doc_id, lacking in found.items()
    }


def _diff(lacking: Missing) -> dict[str, Json]:
    row: dict[str, Json] = {"missing": list(lacking.revs)}
    if lacking.possible_ancestors:
        row["possible_ancestors"] = list(lacking.possible_ancestors)
    return row


def missing_revs(name: str) -> Response:
    """`POST /db/<name>/_missing_revs {id: [rev, …]}`: the same as a plain list, for older replicators."""
    entry = enter(name, "read_database")
    missing = offload(_missing, entry.store, _asked(received(), entry))
    return reply({"missing_revs": {doc_id: list(lacking.revs) for doc_id, lacking in missing.items()}})


def _asked(text: bytes, entry: Entry) -> dict[str, list[str]]:
    """Revisions by document id, each in its one spelling; `Malformed` for any other body."""
    asked = wire.load_object(text)
    if len(asked) > entry.services.settings.bulk_docs_max:
        raise TooLarge
    for revs in asked.values():
        if not isinstance(revs, list):
            raise Malformed("Request body must map each document id to an array of revisions.")
    return {doc_id: [wire.read_rev(rev) for rev in revs] for doc_id, revs in asked.items()}


def bulk_get(name: str) -> Response:
    """`POST /db/<name>/_bulk_get {"docs": [{id, rev?}, …]}`: many revisions, streamed in the order asked."""
    entry = enter(name, "read_database")
    docs = wire.load_object(received()).get("docs")
    if not isinstance(docs, list):
        raise Malformed("Missing JSON list of 'docs'.")
    if len(docs) > entry.services.settings.bulk_docs_max:
        raise TooLarge
    wanted = [_wanted(member) for member in docs]
    how = How(flag(request.args, "revs"), flag(request.args, "latest"), flag(request.args, "attachments"))
    answers = _answers(entry, wanted, how)
    for kind in ("mixed", "related"):
        if accepts_multipart(kind):
            each = (answer for _, found in answers for answer in found)
            return mixed(entry.store, each, Extras(revisions=how.revs), named=kind)
    results = _results(entry, answers, how)
    return stream(gathered(listed(b'{"results":[', results)))


@dataclass(frozen=True)
class How:
    """The options of a `_bulk_get`."""

    revs: bool
    latest: bool
    attachments: bool


def _wanted(member: Json) -> Wanted:
    doc_id = member.get("id") if isinstance(member, dict) else None
    if not isinstance(doc_id, str):
        raise Malformed("Each of `docs` must be an object with an `id`.")
    rev = member.get("rev")
    return Wanted(doc_id, rev if isinstance(rev, str) else None)


def _answers(
    entry: Entry, wanted: Sequence[Wanted], how: How
) -> Iterator[tuple[Wanted, list[Document | Absent]]]:
    remaining = iter(wanted)
    while piece := list(islice(remaining, PIECE)):
        yield from zip(piece, offload(found, entry.store, piece, latest=how.latest), strict=True)


def _results(
    entry: Entry, answers: Iterator[tuple[Wanted, list[Document | Absent]]], how: How
) -> Iterator[Text]:
    extras = Extras(revisions=how.revs)
    for want, each in answers:
        if how.attachments:
            each = [offload(filled, entry.store, answer) for answer in each]
        docs = [text for answer in each for text in (b",", _answer(answer, extras))]
        yield spliced(b'{"id":' + orjson.dumps(want.doc_id) + b',"docs":[', *docs[1:], b"]}")


def _answer(answer: Document | Absent, extras: Extras) -> Text:
    if isinstance(answer, Document):
        return spliced(b'{"ok":', as_json(answer, extras), b"}")
    shown = {"id": answer.doc_id, "rev": answer.rev, "error": answer.error, "reason": answer.reason}
    return b'{"error":' + orjson.dumps(shown) + b"}"


ROUTES: Routes = (
    ("POST", "/<segment:name>/_bulk_docs", bulk_docs),
    ("POST", "/<segment:name>/_bulk_get", bulk_get),
    ("POST", "/<segment:name>/_revs_diff", revs_diff),
    ("POST", "/<segment:name>/_missing_revs", missing_revs),
)
