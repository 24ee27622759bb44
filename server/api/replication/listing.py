"""`_all_docs`: live documents by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import orjson
from flask import Response, request

from server.api.replication import sequences
from server.api.replication.damage import OF_THE_DISK, spared
from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.replies import Text, gathered, listed, spliced, stream
from server.api.replication.requests import flag, key, number, parsed, received
from server.api.replication.sending import as_json
from server.errors import TooLarge
from server.native import offload, offload_each
from sync import wire
from sync.carrying import with_bytes
from sync.documents import Document, Json
from sync.errors import Damaged, Malformed
from sync.wire import Extras

PIECE = 100


class Contradiction(Malformed):
    """Options of a query that do not go together."""

    slug = "query_parse_error"


@dataclass(frozen=True)
class Shown:
    """Whether a row shows its document, and that with its conflicts, or with the bytes of its attachments."""

    documents: bool
    conflicts: bool
    attachments: bool


def all_docs(name: str) -> Response:
    """`GET/POST /db/<name>/_all_docs`: ids with their winning revisions, all, a range, or those named by `keys`."""
    entry = enter(name, "read_database")
    body = wire.load_object(received()) if request.method == "POST" else {}
    keys = body.get("keys", parsed(request.args, "keys"))
    options = {**request.args, **{n: orjson.dumps(v).decode() for n, v in body.items() if n != "keys"}}
    shown = Shown(flag(options, "include_docs"), flag(options, "conflicts"), flag(options, "attachments"))
    info = offload(entry.store.info)
    head: dict[str, Json] = {
        "total_rows": info.doc_count,
        "offset": None if keys is not None else number(options, "skip", 0),
    }
    if flag(options, "update_seq"):
        head["update_seq"] = sequences.shown(info.update_seq, info.epoch)
    rows = (
        _named(entry, _chosen(_checked(keys, entry), options), shown)
        if keys is not None
        else _ranged(entry, options, shown)
    )
    return stream(gathered(listed(orjson.dumps(head)[:-1] + b',"rows":[', rows)))


def _checked(keys: Json, entry: Entry) -> list[str]:
    if not isinstance(keys, list) or not all(isinstance(k, str) for k in keys):
        raise Malformed("`keys` parameter must be an array of strings.")
    if len(keys) > entry.services.settings.bulk_docs_max:
        raise TooLarge
    return keys


def _chosen(keys: list[str], options: Mapping[str, str]) -> list[str]:
    """Those of the named ids that `descending`, `skip` and `limit` leave, in the order in which they are shown."""
    start, end = _bounds(options)
    if (start, end) != (None, None) and keys not in ([], [start], [end]):
        raise Contradiction("`keys` is incompatible with `key`, `start_key` and `end_key`")
    turned = keys[::-1] if flag(options, "descending") else keys
    skip, limit = number(options, "skip", 0), number(options, "limit")
    return turned[skip : None if limit is None else skip + limit]


def _bounds(options: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The first and the last id that are asked for."""
    one = key(options, "key")
    if one is not None:
        return one, one
    return key(options, "startkey", "start_key"), key(options, "endkey", "end_key")


def _ranged(entry: Entry, options: Mapping[str, str], shown: Shown) -> Iterator[Text]:
    start, end = _bounds(options)
    excluded = None if flag({"inclusive_end": "true", **options}, "inclusive_end") else end
    descending, limit = flag(options, "descending"), number(options, "limit")
    ids = entry.store.all_ids(start, end, limit=limit, skip=number(options, "skip", 0), descending=descending)
    pairs = (pair for pair in offload_each(ids) if pair[0] != excluded)
    return _documents(entry, pairs, shown) if shown.documents else (_row(*pair) for pair in pairs)


def _documents(entry: Entry, pairs: Iterator[tuple[str, str]], shown: Shown) -> Iterator[Text]:
    while piece := list(islice(pairs, PIECE)):
        held = offload(spared, entry.store.leaves_many, [doc_id for doc_id, _ in piece])
        for doc_id, rev in piece:
            leaves = held.get(doc_id)
            if leaves:
                winner = rev if isinstance(leaves, Damaged) else leaves[0].rev
                yield _row(doc_id, winner, _text(entry, leaves, shown))


def _named(entry: Entry, keys: Sequence[str], shown: Shown) -> Iterator[Text]:
    for at in range(0, len(keys), PIECE):
        piece = keys[at : at + PIECE]
        held = offload(spared, entry.store.leaves_many, list(set(piece)))
        for doc_id in piece:
            yield _named_row(entry, doc_id, held.get(doc_id), shown)


def _named_row(entry: Entry, doc_id: str, leaves: Sequence[Document] | Damaged | None, shown: Shown) -> Text:
    if not leaves:
        return orjson.dumps({"key": doc_id, "error": "not_found"})
    if isinstance(leaves, Damaged):
        return orjson.dumps({"key": doc_id, "error": "damaged", "reason": OF_THE_DISK})
    winner = leaves[0]
    if not winner.deleted:
        return _row(doc_id, winner.rev, _text(entry, leaves, shown) if shown.documents else None)
    row = {"id": doc_id, "key": doc_id, "value": {"rev": winner.rev, "deleted": True}}
    return orjson.dumps({**row, "doc": None} if shown.documents else row)


def _text(entry: Entry, leaves: Sequence[Document] | Damaged, shown: Shown) -> Text | Damaged:
    """The winner as it is shown."""
    if isinstance(leaves, Damaged):
        return leaves
    winner, *others = leaves
    conflicts = [leaf.rev for leaf in others if not leaf.deleted] if shown.conflicts else []
    try:
        winner = offload(with_bytes, entry.store, winner) if shown.attachments else winner
    except Damaged as error:
        return error
    return as_json(winner, Extras(conflicts=conflicts))


def _row(doc_id: str, rev: str, doc: Text | Damaged | None = None) -> Text:
    row: dict[str, Json] = {"id": doc_id, "key": doc_id, "value": {"rev": rev}}
    if isinstance(doc, Damaged):
        return orjson.dumps({**row, "doc": None, "error": "damaged", "reason": OF_THE_DISK})
    text = orjson.dumps(row)
    return text if doc is None else spliced(text[:-1] + b',"doc":', doc, b"}")


ROUTES: Routes = (
    ("GET", "/<segment:name>/_all_docs", all_docs),
    ("POST", "/<segment:name>/_all_docs", all_docs),
)
