"""A database as a whole: make, describe, remove."""

from __future__ import annotations

import re
import zlib

from flask import Response, request

from server.api.replication import sequences
from server.api.replication.door import NO_DATABASE, enter, permitted
from server.api.replication.paths import Routes
from server.api.replication.replies import reply
from server.native import offload
from sync.documents import Json
from sync.errors import Malformed, NotFound
from sync.store import Info

_NAME = re.compile(r"[a-z][a-z0-9_$()+/-]{0,237}")


class IllegalName(Malformed):
    """A name that no CouchDB would take for a database."""

    slug = "illegal_database_name"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Name: '{name}'. Only lowercase characters (a-z), digits (0-9), and any of the characters "
            "_, $, (, ), +, -, and / are allowed. Must begin with a letter."
        )


def create(name: str) -> Response:
    """`PUT /db/<name>`: a new database."""
    current = permitted(name, "administer_database")
    if not _NAME.fullmatch(name):
        raise IllegalName(name)
    offload(current.stores.create, name)
    return reply({"ok": True}, 201, location=request.base_url)


def info(name: str) -> Response:
    """`GET /db/<name>`: counts, sequence and identity of a database."""
    entry = enter(name, "read_database")
    return reply(described(offload(entry.store.info)))


def described(info: Info) -> dict[str, Json]:
    """A store's info in CouchDB's words; `epoch` is ours: it rises when a backup is restored."""
    return {
        "db_name": info.name,
        "uuid": info.uuid,
        "epoch": info.epoch,
        "instance_start_time": born(info),
        "update_seq": sequences.shown(info.update_seq, info.epoch),
        "purge_seq": info.purge_seq,
        "doc_count": info.doc_count,
        "doc_del_count": info.doc_del_count,
        "sizes": {"file": info.size_bytes, "active": info.size_bytes, "external": info.size_bytes},
        "compact_running": False,
        "disk_format_version": 8,
        "props": {},
        "cluster": {"q": 1, "n": 1, "w": 1, "r": 1},
    }


def born(info: Info) -> str:
    """A number that is constant while the database lives, as replicators compare it: made from its uuid and epoch."""
    return str(zlib.crc32(f"{info.uuid}/{info.epoch}".encode()))


def ensure_full_commit(name: str) -> Response:
    """`POST /db/<name>/_ensure_full_commit`: nothing to do, every reply to a write is sent after it is durable."""
    entry = enter(name, "read_database")
    return reply({"ok": True, "instance_start_time": born(offload(entry.store.info))}, 201)


def delete(name: str) -> Response:
    """`DELETE /db/<name>`: the database and all it holds."""
    current = permitted(name, "administer_database")
    try:
        offload(current.stores.delete, name)
    except NotFound as error:
        raise NotFound(name, NO_DATABASE) from error
    return reply({"ok": True})


ROUTES: Routes = (
    ("PUT", "/<any_segment:name>", create),
    ("PUT", "/<any_segment:name>/", create),
    ("GET", "/<segment:name>", info),
    ("DELETE", "/<segment:name>", delete),
    ("POST", "/<segment:name>/_ensure_full_commit", ensure_full_commit),
)
