"""`_local/` documents: replication checkpoints, never replicated themselves."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response, request

from server.access import NotAllowed, may_keep_checkpoint
from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.replies import reply
from server.api.replication.requests import received
from server.errors import TooLarge
from server.native import offload
from sync import wire

_READERS_BYTES_MAX = 64 * 1024


def get(name: str, local_id: str) -> Response:
    """`GET /db/<name>/_local/<id>`."""
    entry, kept_as = _let_in(name, local_id)
    rev, fields = offload(entry.store.get_local, kept_as)
    return reply({"_id": f"_local/{local_id}", "_rev": rev, **fields})


def put(name: str, local_id: str) -> Response:
    """`PUT /db/<name>/_local/<id>`: the last one to write wins, as in a CouchDB 3 cluster."""
    entry, kept_as = _let_in(name, local_id, writes=True)
    text = received()
    if kept_as != local_id and len(text) > _READERS_BYTES_MAX:
        raise TooLarge
    own = {member: value for member, value in wire.load_object(text).items() if member[:1] != "_"}
    rev = offload(entry.store.put_local, kept_as, own)
    return reply({"ok": True, "id": f"_local/{local_id}", "rev": rev}, 201, location=request.base_url)


def delete(name: str, local_id: str) -> Response:
    """`DELETE /db/<name>/_local/<id>`."""
    entry, kept_as = _let_in(name, local_id, writes=True)
    offload(entry.store.get_local, kept_as)
    offload(entry.store.delete_local, kept_as)
    return reply({"ok": True, "id": f"_local/{local_id}", "rev": "0-0"})


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
    if writes and not may_keep_checkpoint(entry.actor.within(entry.grid_code), local_id):
        raise NotAllowed("This checkpoint is a server's.")
    return entry, local_id


ROUTES: Routes = (
    ("GET", "/<segment:name>/_local/<any_segment:local_id>", get),
    ("PUT", "/<segment:name>/_local/<any_segment:local_id>", put),
    ("DELETE", "/<segment:name>/_local/<any_segment:local_id>", delete),
    ("GET", "/<segment:name>/<local:local_id>", get),
    ("PUT", "/<segment:name>/<local:local_id>", put),
    ("DELETE", "/<segment:name>/<local:local_id>", delete),
)
