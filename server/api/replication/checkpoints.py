"""`_local/` documents: replication checkpoints, never replicated themselves."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import quote

from flask import Response, request

from server.access import NotAllowed, may_keep_checkpoint
from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.replies import reply
from server.api.replication.requests import unpacked
from server.errors import TooLarge
from server.native import offload
from sync import wire
from sync.documents import Json
from sync.errors import Malformed, NotFound
from sync.store import DocStore

_READERS_BYTES_MAX = 64 * 1024
GONE = "0-0"
"""The revision of a local document that was deleted."""


def get(name: str, local_id: str) -> Response:
    """`GET /db/<name>/_local/<id>`."""
    entry, kept_as = _let_in(name, local_id)
    rev, fields = offload(entry.store.get_local, kept_as)
    return reply({"_id": f"_local/{local_id}", "_rev": rev, **fields})


def put(name: str, local_id: str) -> Response:
    """`PUT /db/<name>/_local/<id>`: the last one to write wins, as in a CouchDB 3 cluster."""
    entry, kept_as = _let_in(name, local_id, writes=True)
    text = unpacked()
    if kept_as != local_id and len(text) > _READERS_BYTES_MAX:
        raise TooLarge
    rev = offload(keep, entry.store, kept_as, wire.load_object(text))
    return reply({"ok": True, "id": f"_local/{local_id}", "rev": rev}, 201, location=request.base_url)


def keep(store: DocStore, kept_as: str, member: Mapping[str, Json]) -> str:
    """Keep a local document as it came, or forget it where it says that it is deleted; its revision."""
    if member.get("_deleted") is True:
        with suppress(NotFound):
            store.delete_local(kept_as)
        return GONE
    return store.put_local(kept_as, {name: value for name, value in member.items() if name[:1] != "_"})


def check_writable(entry: Entry, local_id: str) -> None:
    """`NotAllowed` for a checkpoint that is a server's, to anybody else."""
    if not may_keep_checkpoint(entry.actor.within(entry.grid_code), local_id):
        raise NotAllowed("This checkpoint is a server's.")


def delete(name: str, local_id: str) -> Response:
    """`DELETE /db/<name>/_local/<id>`."""
    entry, kept_as = _let_in(name, local_id, writes=True)
    offload(entry.store.get_local, kept_as)
    offload(entry.store.delete_local, kept_as)
    return reply({"ok": True, "id": f"_local/{local_id}", "rev": GONE})


def no_attachments(name: str, local_id: str, part: str) -> Response:
    """`/db/<name>/_local/<id>/<attachment>`: local documents have none."""
    _let_in(name, local_id)
    raise Malformed("_local documents do not accept attachments.")


def _let_in(name: str, local_id: str, *, writes: bool = False) -> tuple[Entry, str]:
    """Let the request in to a checkpoint of its own, and what that is kept as.

    Who may only read a database (`forms`) has checkpoints nobody else sees: they are kept under his name. A server's
    are written by servers alone.
    """
    try:
        entry = enter(name, "replicate")
    except NotAllowed:
        entry = enter(name, "read_database")
        return entry, f"of:{quote(entry.actor.name, safe='')}:{local_id}"
    if writes:
        check_writable(entry, local_id)
    return entry, local_id


ROUTES: Routes = (
    ("GET", "/<segment:name>/_local/<any_segment:local_id>", get),
    ("PUT", "/<segment:name>/_local/<any_segment:local_id>", put),
    ("DELETE", "/<segment:name>/_local/<any_segment:local_id>", delete),
    ("GET", "/<segment:name>/<local:local_id>", get),
    ("PUT", "/<segment:name>/<local:local_id>", put),
    ("DELETE", "/<segment:name>/<local:local_id>", delete),
    ("GET", "/<segment:name>/_local/<any_segment:local_id>/<part:part>", no_attachments),
    ("PUT", "/<segment:name>/_local/<any_segment:local_id>/<part:part>", no_attachments),
    ("DELETE", "/<segment:name>/_local/<any_segment:local_id>/<part:part>", no_attachments),
)
