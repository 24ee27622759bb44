"""`_changes`: the feed, at once (normal), when there is something (longpoll), or as long as it is held (continuous).

A held feed holds no thread: it waits in `Watch`, and sends a line feed at each heartbeat.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import orjson
from flask import Response, request

from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.reading import with_bytes
from server.api.replication.replies import gathered, stream
from server.api.replication.requests import flag, number, parsed, received
from server.errors import NotServed
from server.native import offload, offload_each
from sync import wire
from sync.documents import Change, Document, Json
from sync.errors import Malformed, NotFound
from sync.wire import Extras

Feed = Literal["normal", "longpoll", "continuous"]
FEEDS: Mapping[str, Feed] = {
    "normal": "normal", "longpoll": "longpoll", "continuous": "continuous", "live": "continuous",
}  # fmt: skip
Keep = Callable[[Change], bool]


@dataclass(frozen=True)
class Ask:
    """What a request wants of the feed. Times are seconds; `heartbeat_s` None: none, and the wait ends at `wait_s`."""

    feed: Feed
    since: str
    limit: int | None
    all_leaves: bool
    include_docs: bool
    conflicts: bool
    attachments: bool
    descending: bool
    heartbeat_s: float | None
    wait_s: float
    keep: Keep | None
    """Which changes are wanted; None: all."""


def changes(name: str) -> Response:
    """`GET/POST /db/<name>/_changes`."""
    entry = enter(name, "read_database")
    body = wire.load_object(received() or b"{}") if request.method == "POST" else {}
    ask = _ask(entry, request.args, body)
    rows = Rows(entry, ask)
    return stream(gathered(_lines(rows) if ask.feed == "continuous" else _results(rows)))


def _ask(entry: Entry, options: Mapping[str, str], body: Mapping[str, Json]) -> Ask:
    settings = entry.services.settings
    feed = FEEDS.get(options.get("feed", "normal"))
    if feed is None:
        raise Malformed("Supported `feed` types: normal, continuous, live, longpoll")
    heartbeat_ms = (
        None if options.get("heartbeat") in (None, "false") else _milliseconds(options, "heartbeat")
    )
    timeout_s = min(_milliseconds(options, "timeout") / 1000, settings.longpoll_s_max)
    limit = number(options, "limit")
    return Ask(
        feed=feed,
        since=_since(entry, options.get("since", "0"), options.get("last-event-id")),
        limit=max(limit, 1) if limit is not None and feed != "normal" else limit,
        all_leaves=_all_leaves(options.get("style", "main_only")),
        include_docs=flag(options, "include_docs"),
        conflicts=flag(options, "conflicts"),
        attachments=flag(options, "attachments"),
        descending=flag(options, "descending"),
        heartbeat_s=heartbeat_ms and max(heartbeat_ms, 100) / 1000,
        wait_s=timeout_s if heartbeat_ms is None else settings.held_request_s_max,
        keep=_keep(entry, options, body),
    )


def _milliseconds(options: Mapping[str, str], name: str) -> int:
    value = options.get(name, "true")
    return 60_000 if value == "true" else number(options, name, 60_000)


def _since(entry: Entry, since: str, resumed: str | None) -> str:
    value = (resumed or since).strip('"') or "0"
    return offload(entry.store.info).update_seq if value == "now" else value


def _all_leaves(style: str) -> bool:
    if style not in ("main_only", "all_docs"):
        raise Malformed("Supported `style` values: main_only, all_docs")
    return style == "all_docs"


def _keep(entry: Entry, options: Mapping[str, str], body: Mapping[str, Json]) -> Keep | None:
    name = options.get("filter")
    if name is None:
        return None
    if name == "_doc_ids":
        return _keep_ids(body.get("doc_ids", parsed(options, "doc_ids")))
    if name == "_design":
        return lambda change: change.doc_id.startswith("_design/")
    if name in ("_selector", "_view"):
        raise NotServed(f"filter={name} is not served")
    offload(entry.store.get, "_design/" + name.partition("/")[0])
    raise NotServed("filters of design documents are stored and not run")


def _keep_ids(doc_ids: Json) -> Keep:
    if not isinstance(doc_ids, list):
        raise Malformed("`doc_ids` filter parameter is not a list.")
    wanted = frozenset(doc_id for doc_id in doc_ids if isinstance(doc_id, str))
    return lambda change: change.doc_id in wanted


class Rows:
    """The rows of one request, read on from where it stands, and how to wait for more."""

    def __init__(self, entry: Entry, ask: Ask) -> None:
        self.ask = ask
        self.left = ask.limit
        self.last_seq = ask.since
        self._entry = entry
        self._deadline = time.monotonic() + ask.wait_s
        self._seen_seq = ""

    def read(self) -> Iterator[bytes]:
        """Rows after the last one read. `Malformed` for a sequence that is none, before the first row."""
        store, ask = self._entry.store, self.ask
        if self.left == 0:
            return
        self._seen_seq = offload(store.info).update_seq
        for change in offload_each(self._feed()):
            self.last_seq = change.seq
            if ask.keep is not None and not ask.keep(change):
                continue
            yield self._row(change)
            if self.left is not None:
                self.left -= 1
                if self.left == 0:
                    return

    def _feed(self) -> Iterator[Change]:
        try:
            limit = self.left if self.ask.keep is None else None
            return self._entry.store.changes(self.last_seq, limit=limit, descending=self.ask.descending)
        except Malformed as error:
            raise Malformed("Malformed sequence supplied in 'since' parameter.") from error

    def wait(self) -> Iterator[bytes]:
        """Wait until there may be more, with a line feed at each heartbeat, or until the request is `over`."""
        watch, heartbeat_s = self._entry.services.watch, self.ask.heartbeat_s
        while not self.over:
            rest_s = self._deadline - time.monotonic()
            if watch.moved(self._entry.store.name, self._seen_seq, min(rest_s, heartbeat_s or rest_s)):
                return
            if heartbeat_s is not None and not self.over:
                yield b"\n"
                yield b""

    @property
    def over(self) -> bool:
        """Whether this request has waited long enough, or the process ends."""
        return self._entry.services.watch.stopping or time.monotonic() >= self._deadline

    def tail(self) -> dict[str, Json]:
        """What stands after the rows."""
        return {"last_seq": self.last_seq, "pending": offload(self._entry.store.pending, self.last_seq)}

    def _row(self, change: Change) -> bytes:
        leaves = change.leaves if self.ask.all_leaves else change.leaves[:1]
        row: dict[str, Json] = {
            "seq": change.seq,
            "id": change.doc_id,
            "changes": [{"rev": leaf.rev} for leaf in leaves],
        }
        if change.deleted:
            row["deleted"] = True
        text = orjson.dumps(row)
        return text if not self.ask.include_docs else text[:-1] + b',"doc":' + self._doc(change) + b"}"

    def _doc(self, change: Change) -> bytes:
        try:
            document: Document = offload(self._entry.store.get, change.doc_id, change.leaves[0].rev)
        except NotFound:
            return b"null"
        others = [leaf.rev for leaf in change.leaves[1:] if not leaf.deleted] if self.ask.conflicts else []
        if self.ask.attachments:
            document = offload(with_bytes, self._entry.store, document)
        return wire.write_document(document, Extras(conflicts=others))


def _results(rows: Rows) -> Iterator[bytes]:
    """`{"results":[`, the rows, and the end. A longpoll without rows waits for some, or until the time is up.

    An empty piece means that what there is goes out now.
    """
    read = rows.read()
    first = next(read, None)
    yield b'{"results":[\n'
    while first is None and rows.ask.feed == "longpoll" and not rows.over:
        yield b""
        yield from rows.wait()
        read = rows.read()
        first = next(read, None)
    if first is not None:
        yield first
        for row in read:
            yield b",\n" + row
    yield b"\n],\n" + orjson.dumps(rows.tail())[1:] + b"\n"


def _lines(rows: Rows) -> Iterator[bytes]:
    """One row a line, until the limit or the time is up; then a line with the last sequence."""
    while True:
        for row in rows.read():
            yield row + b"\n"
        if rows.left == 0 or rows.over:
            break
        yield b""
        yield from rows.wait()
    yield orjson.dumps(rows.tail()) + b"\n"


ROUTES: Routes = (
    ("GET", "/<segment:name>/_changes", changes),
    ("POST", "/<segment:name>/_changes", changes),
)
