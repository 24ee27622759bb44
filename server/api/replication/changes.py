"""`_changes`: the feed, at once (normal), when there is something (longpoll), or as long as it is held (the others).

A held feed holds no thread: it waits in `Watch`, and sends a line feed at each heartbeat. A longpoll that found nothing
holds no greenlet either (`server/holding.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import orjson
from flask import Response, request

from server.api.replication.door import enter
from server.api.replication.feed_options import ask_of
from server.api.replication.feed_rows import Rows
from server.api.replication.paths import Routes
from server.api.replication.replies import gathered, pieces, spliced, stream, streamed
from server.api.replication.requests import received
from server.holding import Held
from sync import wire

_OPENING = b'{"results":[\n'


def changes(name: str) -> Response:
    """`GET/POST /db/<name>/_changes`."""
    entry = enter(name, "read_database")
    body = wire.load_object(received() or b"{}") if request.method == "POST" else {}
    ask = ask_of(entry, request.args, body)
    rows = Rows(entry, ask)
    match ask.feed:
        case "eventsource":
            return stream(gathered(_events(rows)), "text/event-stream")
        case "continuous":
            return stream(gathered(_lines(rows)))
        case "longpoll":
            return _longpoll(rows)
    return stream(gathered(chain((_OPENING,), rows.results(over=True))))


def _longpoll(rows: Rows) -> Response:
    """What there is; where there is nothing, a reply that waits for something, or until the time is up.

    That one is sent as it is: it ends with a row or two.
    """
    found = rows.results(over=rows.over)
    first = next(found, None)
    if first is not None:
        return stream(gathered(chain((_OPENING, first), found)))
    response = streamed(Held(_OPENING, _awaited(rows), rows))
    response.direct_passthrough = True
    return response


def _awaited(rows: Rows) -> Iterator[bytes]:
    """The rest of a longpoll, which waits where it is iterated."""
    first = None
    while first is None:
        yield from filter(None, rows.wait())
        rest = rows.rest(over=rows.over)
        first = next(rest, None)
    yield first
    yield from rest


def _lines(rows: Rows) -> Iterator[bytes]:
    """One row a line, until the limit or the time is up; then a line with the last sequence."""
    while True:
        for row in rows.read():
            yield from pieces(spliced(row, b"\n"))
        if rows.left == 0 or rows.over:
            break
        yield b""
        yield from rows.wait()
    yield orjson.dumps(rows.tail()) + b"\n"


def _events(rows: Rows) -> Iterator[bytes]:
    """Server-sent events, one for each row, with its sequence as the id a browser resumes from."""
    while True:
        for row in rows.read():
            seq = rows.shown(rows.last_seq).encode()
            yield from pieces(spliced(b"data: ", row, b'\nid: "' + seq + b'"\n\n'))
        if rows.left == 0 or rows.over:
            break
        yield b""
        yield from rows.wait()
    yield b"\n"


ROUTES: Routes = (
    ("GET", "/<segment:name>/_changes", changes),
    ("POST", "/<segment:name>/_changes", changes),
)
