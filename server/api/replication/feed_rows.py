"""The rows of a change feed as one request wants them, how it goes on, and how it waits for more."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator

import orjson

from server.api.replication import sequences
from server.api.replication.door import Entry
from server.api.replication.feed_filters import shown
from server.api.replication.feed_options import Ask
from server.api.replication.replies import Text, gathered, pieces, spliced
from server.api.replication.sending import as_json
from server.errors import guarded
from server.native import offload, offload_each
from sync.carrying import with_bytes
from sync.documents import Change, Document, Json, Leaf
from sync.errors import Damaged, Malformed, NotFound
from sync.wire import Extras


class Rows:
    """The rows of one request, read on from where it stands, and how to wait for more (`holding.Question`)."""

    def __init__(self, entry: Entry, ask: Ask) -> None:
        self.ask = ask
        self.left = ask.limit
        self.last_seq = ask.since
        self._entry = entry
        self._deadline = time.monotonic() + ask.wait_s
        self._seen_seq = ""
        self._given = 0
        self._looked_up = False
        self._gone = False

    def read(self) -> Iterator[Text]:
        """Rows after the last one read, each to be sent before the next is read.

        None where the database was removed meanwhile, and then it is `over`.

        `Malformed` for a sequence that is none, before the first row.
        """
        if self.left == 0:
            return
        try:
            yield from self._read()
        except NotFound:
            self._gone = True

    def _read(self) -> Iterator[Text]:
        self._seen_seq = offload(self._entry.store.info).update_seq
        for change, leaves in offload_each(self._wanted()):
            self.last_seq = change.seq
            if not leaves:
                continue
            yield self._row(change, leaves)
            self._given += 1
            if self.left is not None:
                self.left -= 1
                if self.left == 0:
                    return
        if self._looked_up:
            self.last_seq = self._seen_seq

    def _wanted(self) -> Iterator[tuple[Change, tuple[Leaf, ...]]]:
        """Changes with those of their leaves that are wanted, maybe none; it runs in the native thread."""
        chosen, ask = self.ask.filter, self.ask
        for change in self._feed():
            yield change, chosen.keep(change) if chosen else shown(change, ask.all_leaves)

    def _feed(self) -> Iterator[Change]:
        ask, store = self.ask, self._entry.store
        try:
            found = (
                ask.filter.source(self._entry, self.last_seq) if ask.filter and not ask.descending else None
            )
            if found is not None:
                self._looked_up = True
                return found
            limit = self.left if ask.filter is None else None
            return store.changes(self.last_seq, limit=limit, descending=ask.descending)
        except Malformed as error:
            raise Malformed("Malformed sequence supplied in 'since' parameter.") from error

    def results(self, *, over: bool) -> Iterator[bytes]:
        """The rest of a list of results: its rows and its end; nothing if there is no row and it is not `over`."""
        read = self.read()
        first = next(read, None)
        if first is not None:
            yield from pieces(first)
            for row in read:
                yield from pieces(spliced(b",\n", row))
        if first is not None or over or self._gone:
            yield b"\n],\n" + orjson.dumps(self.tail())[1:] + b"\n"

    def rest(self, *, over: bool) -> Iterator[bytes]:
        """`results` in large pieces, for a reply that has begun; `BrokenOff`."""
        found = gathered(self.results(over=over))
        return guarded((piece for piece in found if piece), self._entry.services.new_id())

    def again(self) -> Rows:
        """The same request, read from its beginning."""
        return Rows(self._entry, self.ask)

    @property
    def asked(self) -> Hashable:
        """What decides on the answer: the database, how far it was read, and all options."""
        return self._entry.store.name, self._seen_seq, self.ask

    @property
    def heartbeat_s(self) -> float | None:
        return self.ask.heartbeat_s

    @property
    def wait_s(self) -> float:
        return self.ask.wait_s

    def wait(self) -> Iterator[bytes]:
        """Wait until there may be more, with an empty piece at each heartbeat, or until the request is `over`."""
        heartbeat_s = self.ask.heartbeat_s
        while not self.over:
            rest_s = self._deadline - time.monotonic()
            if self.moved(min(rest_s, heartbeat_s or rest_s)):
                return
            if heartbeat_s is not None and not self.over:
                yield b"event: heartbeat\ndata: \n\n" if self.ask.feed == "eventsource" else b"\n"
                yield b""

    def moved(self, timeout_s: float) -> bool:
        """Wait until the database is past what was read; False after `timeout_s`."""
        return self._entry.services.watch.moved(self._entry.store.name, self._seen_seq, timeout_s)

    @property
    def stopping(self) -> bool:
        """Whether the process ends."""
        return self._entry.services.watch.stopping

    @property
    def over(self) -> bool:
        """Whether this request has waited long enough, or nothing can come any more."""
        return self._gone or self.stopping or time.monotonic() >= self._deadline

    def tail(self) -> dict[str, Json]:
        """What stands after the rows. Where documents were looked up, or come last first, `pending` is all others."""
        try:
            pending = self._pending()
        except NotFound:
            pending = 0
        return {"last_seq": self.shown(self.last_seq), "pending": pending}

    def _pending(self) -> int:
        store = self._entry.store
        if self._looked_up or self.ask.descending:
            return max(offload(store.pending, self.ask.since) - self._given, 0)
        return offload(store.pending, self.last_seq)

    def shown(self, seq: str) -> str:
        """A sequence as the client sees it."""
        return sequences.shown(seq, self.ask.epoch)

    def _row(self, change: Change, leaves: tuple[Leaf, ...]) -> Text:
        row: dict[str, Json] = {
            "seq": self.shown(change.seq) if self._given % self.ask.seq_interval == 0 else None,
            "id": change.doc_id,
            "changes": [{"rev": leaf.rev} for leaf in leaves],
        }
        if change.deleted:
            row["deleted"] = True
        text = orjson.dumps(row)
        if not self.ask.include_docs:
            return text
        return spliced(text[:-1] + b',"doc":', self._doc(change), b"}")

    def _doc(self, change: Change) -> Text:
        store = self._entry.store
        try:
            document: Document = offload(store.get, change.doc_id, change.leaves[0].rev)
        except (NotFound, Damaged):
            return b"null"
        others = [leaf.rev for leaf in change.leaves[1:] if not leaf.deleted] if self.ask.conflicts else []
        if self.ask.attachments:
            document = offload(with_bytes, store, document)
        return as_json(document, Extras(conflicts=others))
