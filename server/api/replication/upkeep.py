"""A database's upkeep, for administrators and servers: compaction, limits, who may."""

from __future__ import annotations

from flask import Response

from server.api.replication.door import enter
from server.api.replication.paths import Routes
from server.api.replication.replies import reply
from server.errors import NotServed
from server.native import offload
from sync.wire import REVS_LIMIT


def compact(name: str) -> Response:
    """`POST /db/<name>/_compact`: forget the bodies of revisions that are no leaves."""
    entry = enter(name, "administer_database")
    offload(entry.store.compact)
    return reply({"ok": True}, 202)


def revs_limit(name: str) -> Response:
    """`GET /db/<name>/_revs_limit`: how many revisions of an ancestry are kept."""
    enter(name, "administer_database")
    return reply(REVS_LIMIT)


def security(name: str) -> Response:
    """`GET /db/<name>/_security`: access is decided by roles, not by this object, which is always the same."""
    enter(name, "administer_database")
    return reply({"members": {"roles": ["_admin"]}, "admins": {"roles": ["_admin"]}})


def not_served(name: str) -> Response:
    """What a CouchDB has here and this server has not."""
    enter(name, "administer_database")
    raise NotServed("this server does not have this part of CouchDB")


ROUTES: Routes = (
    ("POST", "/<segment:name>/_compact", compact),
    ("GET", "/<segment:name>/_revs_limit", revs_limit),
    ("PUT", "/<segment:name>/_revs_limit", not_served),
    ("GET", "/<segment:name>/_security", security),
    ("PUT", "/<segment:name>/_security", not_served),
    ("POST", "/<segment:name>/_purge", not_served),
    ("POST", "/<segment:name>/_find", not_served),
    ("POST", "/<segment:name>/_index", not_served),
)
