"""`GET /api/grids/<database>/snapshot`: all documents of a database in one stream, for the first sync of a phone.

It is the change feed with its documents in it, one a line. So each line is a place from which ordinary replication
goes on, a stream that broke off as well as one that came to its end, and there is nothing else to keep consistent:
what is written meanwhile has a later sequence than all that is read, and comes by ordinary replication.
A document that moves there before it was read is left out here; one that changes between its row and its reading
comes with its new leaves, and once more as a change. Nothing holds a transaction while a phone takes its time: the
store reads feed and documents in pieces.

    {"database":…,"uuid":…,"epoch":0,"sequence":"812-0","documents":800}
    {"seq":"3-0","docs":[{"_id":…,"_rev":…,"_revisions":…}, a leaf each, deleted ones too]}
    {"seq":"4-0","id":…,"error":"damaged","reason":…}
    {"last_seq":"812-0"}

`documents` is how many of them are to come, at most; `last_seq` is `sequence`, said when all up to it was sent.
`?since=SEQ&uuid=…&epoch=…` goes on behind a line: 410 where the database was restored or made anew since.
Attachments are in it as in `_bulk_get`, with their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import orjson
from flask import Blueprint, Response, request

from server.api.replication import sequences
from server.api.replication.damage import OF_THE_DISK, spared
from server.api.replication.door import enter
from server.api.replication.replies import stream
from server.api.replication.requests import number
from server.api.replication.sending import in_pieces
from server.api.wording import speak
from server.errors import Restored
from server.native import offload
from sync.carrying import with_bytes
from sync.documents import Change, Document
from sync.errors import Damaged, Malformed, NotFound
from sync.store import DocStore, Info
from sync.wire import Extras, write_document, write_inline

blueprint = speak(Blueprint("snapshot", __name__))

PIECE = 200
"""Documents that are looked up at once."""
_SHOWN = Extras(revisions=True)
_PLACE = ("since", "uuid", "epoch")


@blueprint.get("/api/grids/<database>/snapshot")
def give(database: str) -> Response:
    """The stream, from the beginning or from behind a line; whoever may read `/db/<database>` may read it."""
    store = enter(database, "read_database").store
    return stream(in_pieces(offload(_begun, store, request.args)), "application/x-ndjson")


def _begun(store: DocStore, options: Mapping[str, str]) -> Iterator[bytes]:
    """The stream of what comes after the place that is asked for; `Malformed`, `Restored`."""
    snapshot = Snapshot(store, store.info())
    since = snapshot.place(options)
    return snapshot.lines(since, store.pending(since))


@dataclass(frozen=True)
class Snapshot:
    """A database as it stands at one sequence."""

    store: DocStore
    info: Info

    def place(self, options: Mapping[str, str]) -> str:
        """The sequence of the store to go on from; the beginning where none is given."""
        given = {name for name in _PLACE if name in options}
        if not given:
            return "0"
        if len(given) < len(_PLACE):
            raise Malformed("`since`, `uuid` and `epoch` go together.")
        if (options["uuid"], number(options, "epoch")) != (self.info.uuid, self.info.epoch):
            raise Restored
        return sequences.meant(options["since"], self.info)

    def lines(self, since: str, count: int) -> Iterator[bytes]:
        """All lines, the first of them to be sent at once."""
        info, end = self.info, self._shown(self.info.update_seq)
        head = {"database": info.name, "uuid": info.uuid, "epoch": info.epoch, "sequence": end}
        yield orjson.dumps({**head, "documents": count}) + b"\n"
        yield b""
        changes = self.store.changes(since)
        while piece := list(islice(changes, PIECE)):
            held = spared(self.store.leaves_many, [change.doc_id for change in piece])
            for change in piece:
                yield from self._line(change, held.get(change.doc_id, []))
        yield orjson.dumps({"last_seq": end}) + b"\n"

    def _line(self, change: Change, leaves: list[Document] | Damaged) -> Iterator[bytes]:
        """The line of one document; none where it is gone, or was changed while its attachments were looked up."""
        seq = {"seq": self._shown(change.seq)}
        try:
            if isinstance(leaves, Damaged):
                raise leaves
            filled = [with_bytes(self.store, leaf) for leaf in leaves]
        except Damaged:
            yield (
                orjson.dumps({**seq, "id": change.doc_id, "error": "damaged", "reason": OF_THE_DISK}) + b"\n"
            )
            return
        except NotFound:
            return
        before = orjson.dumps(seq)[:-1] + b',"docs":['
        for leaf in filled:
            yield before
            yield from write_inline(leaf, _SHOWN) if leaf.is_long else (write_document(leaf, _SHOWN),)
            before = b","
        if filled:
            yield b"]}\n"

    def _shown(self, seq: str) -> str:
        return sequences.shown(seq, self.info.epoch)
