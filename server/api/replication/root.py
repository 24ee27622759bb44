"""The root: welcome, ids, and the names of all databases."""

from __future__ import annotations

from flask import Response, request

from server.api.replication.databases import described
from server.api.replication.door import permitted_here
from server.api.replication.paths import Routes
from server.api.replication.replies import reply
from server.api.replication.requests import flag, key, number, received
from server.directory import DATABASE as DIRECTORY
from server.native import offload
from server.services import services
from server.signin import actor_of
from server.version import own_version
from sync import wire
from sync.documents import Json
from sync.errors import Malformed, NotFound
from sync.store import StoreSet

COUCHDB_VERSION = "3.4.3"
"""The CouchDB whose answers ours are compared with; clients choose their behaviour by it."""

NAMES_MAX = 100


def welcome() -> Response:
    """`GET /db/`: what this is. It says nothing that needs a sign-in.

    Replicators name their checkpoints by the uuid: it is the directory's, and outlives an address.
    """
    uuid = offload(services().stores.open(DIRECTORY).info).uuid
    vendor = {"name": "Jinlin", "version": own_version()}
    features: list[str] = []
    return reply(
        {
            "couchdb": "Welcome",
            "version": COUCHDB_VERSION,
            "uuid": uuid,
            "features": features,
            "vendor": vendor,
        }
    )


def uuids() -> Response:
    """`GET /db/_uuids?count=n`: fresh ids for documents."""
    actor_of(request)
    count = number(request.args, "count", 1)
    if count > 1000:
        raise Malformed("count parameter too large")
    return reply({"uuids": [services().new_id() for _ in range(count)]})


def all_dbs() -> Response:
    """`GET /db/_all_dbs`: names of all databases, for those who may see them all."""
    names = offload(permitted_here("see_operations").stores.names)
    start, end = key(request.args, "startkey", "start_key"), key(request.args, "endkey", "end_key")
    names = [n for n in names if (start is None or n >= start) and (end is None or n <= end)]
    if flag(request.args, "descending"):
        names.reverse()
    skip, limit = number(request.args, "skip", 0), number(request.args, "limit")
    return reply(names[skip : None if limit is None else skip + limit])


def dbs_info() -> Response:
    """`POST /db/_dbs_info {"keys": […]}`: the info of up to a hundred databases."""
    stores = permitted_here("see_operations").stores
    keys = wire.load_object(received()).get("keys")
    if not isinstance(keys, list) or not all(isinstance(name, str) for name in keys):
        raise Malformed("`keys` member must exist and be an array of strings.")
    if len(keys) > NAMES_MAX:
        raise Malformed("`keys` member must not be longer than 100.")
    return reply([offload(_info_of, stores, name) for name in keys])


def _info_of(stores: StoreSet, name: str) -> dict[str, Json]:
    try:
        return {"key": name, "info": described(stores.open(name).info())}
    except NotFound:
        return {"key": name, "error": "not_found"}


ROUTES: Routes = (
    ("GET", "/", welcome),
    ("GET", "/_uuids", uuids),
    ("GET", "/_all_dbs", all_dbs),
    ("POST", "/_dbs_info", dbs_info),
)
