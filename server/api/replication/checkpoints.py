"""`_local/` documents: replication checkpoints, never replicated themselves."""

from __future__ import annotations

from flask import Response, request

from server.access import NotAllowed, may_keep_checkpoint
from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.replies import reply
from server.api.replication.requests import received
from server.native import offload
from sync import wire


def get(name: str, local_id: str) -> Response:
    """`GET /db/<name>/_local/<id>`."""
    entry = enter(name, "replicate")
    rev, fields = offload(entry.store.get_local, local_id)
    return reply({"_id": f"_local/{local_id}", "_rev": rev, **fields})


def put(name: str, local_id: str) -> Response:
    """`PUT /db/<name>/_local/<id>`: the last one to write wins, as in a CouchDB 3 cluster."""
    entry = _writing(name, local_id)
    fields = wire.load_object(received())
    own = {member: value for member, value in fields.items() if member[:1] != "_"}
    rev = offload(entry.store.put_local, local_id, own)
    return reply({"ok": True, "id": f"_local/{local_id}", "rev": rev}, 201, location=request.base_url)


def delete(name: str, local_id: str) -> Response:
    """`DELETE /db/<name>/_local/<id>`."""
    entry = _writing(name, local_id)
    offload(entry.store.get_local, local_id)
    offload(entry.store.delete_local, local_id)
    return reply({"ok": True, "id": f"_local/{local_id}", "rev": "0-0"})


ROUTES: Routes = (
    ("GET", "/<segment:name>/_local/<any_segment:local_id>", get),
    ("PUT", "/<segment:name>/_local/<any_segment:local_id>", put),
    ("DELETE", "/<segment:name>/_local/<any_segment:local_id>", delete),
    ("GET", "/<segment:name>/<local:local_id>", get),
    ("PUT", "/<segment:name>/<local:local_id>", put),
    ("DELETE", "/<segment:name>/<local:local_id>", delete),
)


def _writing(name: str, local_id: str) -> Entry:
    """Let the request in to write a checkpoint of its own, not one of a server's."""
    entry = enter(name, "replicate")
    if not may_keep_checkpoint(entry.actor.within(entry.grid_code), local_id):
        raise NotAllowed("This checkpoint is a server's.")
    return entry
