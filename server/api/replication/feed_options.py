"""What a request wants of the change feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from flask import request

from server.api.replication import sequences
from server.api.replication.door import Entry
from server.api.replication.feed_filters import Filter, filter_of
from server.api.replication.requests import flag, number
from server.native import offload
from sync.documents import Json
from sync.errors import Malformed
from sync.store import Info

Feed = Literal["normal", "longpoll", "continuous", "eventsource"]
FEEDS: Mapping[str, Feed] = {
    "normal": "normal", "longpoll": "longpoll", "continuous": "continuous", "live": "continuous",
    "eventsource": "eventsource",
}  # fmt: skip


@dataclass(frozen=True)
class Ask:
    """The options of one request. Times are seconds; `heartbeat_s` None: none, and the wait ends at `wait_s`."""

    feed: Feed
    epoch: int
    since: str
    limit: int | None
    all_leaves: bool
    include_docs: bool
    conflicts: bool
    attachments: bool
    descending: bool
    seq_interval: int
    """The first row, and every so many one after it, has its sequence; the others null."""
    heartbeat_s: float | None
    wait_s: float
    filter: Filter | None


def ask_of(entry: Entry, options: Mapping[str, str], body: Mapping[str, Json]) -> Ask:
    """The options as they were given; `Malformed` for what none can be."""
    settings = entry.services.settings
    feed = FEEDS.get(options.get("feed", "normal"))
    if feed is None:
        raise Malformed("Supported `feed` types: normal, continuous, live, longpoll, eventsource")
    heartbeat_ms = (
        None if options.get("heartbeat") in (None, "false") else _milliseconds(options, "heartbeat")
    )
    timeout_s = min(_milliseconds(options, "timeout") / 1000, settings.longpoll_s_max)
    limit = number(options, "limit")
    all_leaves = _all_leaves(options.get("style", "main_only"))
    info = offload(entry.store.info)
    return Ask(
        feed=feed,
        epoch=info.epoch,
        since=_since(info, options),
        limit=max(limit, 1) if limit is not None and feed != "normal" else limit,
        all_leaves=all_leaves,
        include_docs=flag(options, "include_docs"),
        conflicts=flag(options, "conflicts"),
        attachments=flag(options, "attachments"),
        descending=flag(options, "descending"),
        seq_interval=max(number(options, "seq_interval", 1), 1),
        heartbeat_s=heartbeat_ms and max(heartbeat_ms, 100) / 1000,
        wait_s=timeout_s if heartbeat_ms is None else settings.held_request_s_max,
        filter=filter_of(entry, options, body, all_leaves),
    )


def _milliseconds(options: Mapping[str, str], name: str) -> int:
    value = options.get(name, "true")
    return 60_000 if value == "true" else number(options, name, 60_000)


def _since(info: Info, options: Mapping[str, str]) -> str:
    resumed = request.headers.get("Last-Event-ID") or options.get("last-event-id")
    value = (resumed or options.get("since", "0")).strip('"') or "0"
    return info.update_seq if value == "now" else sequences.meant(value, info)


def _all_leaves(style: str) -> bool:
    if style not in ("main_only", "all_docs"):
        raise Malformed("Supported `style` values: main_only, all_docs")
    return style == "all_docs"
