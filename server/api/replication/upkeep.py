"""A database's upkeep, for administrators and servers: compaction, limits, who may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import Response

from server.api.replication.door import Entry, enter
from server.api.replication.paths import Routes
from server.api.replication.replies import reply
from server.api.replication.requests import unpacked
from server.native import offload
from sync import wire
from sync.documents import Json
from sync.errors import Malformed, NotFound

_SECURITY = "jinlin-security"
"""The local document that keeps `_security`: only servers and administrators write names like this."""
_GRID_LEAST = 100
"""Fewer generations than a phone has edits unsent would make conflicts that nobody made."""
_PURGED_IDS_MAX, _PURGED_REVS_MAX = 100, 1000
"""What a CouchDB takes in one request."""
_NOBODY = {"members": {"roles": ["_admin"]}, "admins": {"roles": ["_admin"]}}


def compact(name: str) -> Response:
    """`POST /db/<name>/_compact`: forget the bodies of revisions that are no leaves."""
    entry = enter(name, "administer_database")
    offload(entry.store.compact)
    return reply({"ok": True}, 202)


def revs_limit(name: str) -> Response:
    """`GET /db/<name>/_revs_limit`: how many revisions of an ancestry are kept."""
    entry = enter(name, "administer_database")
    return reply(offload(entry.store.revs_limit))


def put_revs_limit(name: str) -> Response:
    """`PUT /db/<name>/_revs_limit`: keep as many from now on."""
    entry = enter(name, "administer_database")
    limit = wire.load(unpacked())
    if type(limit) is not int:
        raise Malformed("`_revs_limit` must be a positive integer.")
    if name.startswith("grid-") and 0 < limit < _GRID_LEAST:
        raise Malformed(
            f"`_revs_limit` of a grid is at least {_GRID_LEAST}: a phone may have that many edits unsent."
        )
    offload(entry.store.set_revs_limit, limit)
    return reply({"ok": True})


def purge(name: str) -> Response:
    """`POST /db/<name>/_purge`: take leaves away as if they had never been here; the audit log says who asked."""
    entry = enter(name, "administer_database")
    revs = {doc_id: _listed_revs(named) for doc_id, named in wire.load_object(unpacked()).items()}
    if len(revs) > _PURGED_IDS_MAX:
        raise Malformed("Exceeded maximum number of documents.")
    if sum(map(len, revs.values())) > _PURGED_REVS_MAX:
        raise Malformed("Exceeded maximum number of revisions.")
    offload(_note_purge, entry, name, revs)
    return reply({"purge_seq": None, "purged": offload(entry.store.purge, revs)}, 201)


def _note_purge(entry: Entry, name: str, revs: Mapping[str, Sequence[str]]) -> None:
    """Written before anything is gone, so that no purge is without its row."""
    named = "; ".join(" ".join((doc_id, *listed)) for doc_id, listed in revs.items())
    entry.services.accounts.note(entry.actor.name, "purge", f"{name} {named}", entry.services.clock())


def _listed_revs(named: Json) -> list[str]:
    if not isinstance(named, list):
        raise Malformed("Invalid list of revisions")
    return [wire.read_rev(rev) for rev in named]


def security(name: str) -> Response:
    """`GET /db/<name>/_security`: the object that was put here; who may is decided by roles, not by it."""
    entry = enter(name, "administer_database")
    try:
        return reply(offload(entry.store.get_local, _SECURITY)[1])
    except NotFound:
        return reply(_NOBODY)


def put_security(name: str) -> Response:
    """`PUT /db/<name>/_security`: kept and given back."""
    entry = enter(name, "administer_database")
    given = wire.load_object(unpacked())
    for part in ("admins", "members"):
        _check_part(part, given.get(part, {}))
    if any(member[:1] == "_" for member in given):
        raise Malformed("a member of `_security` does not begin with an underscore")
    offload(entry.store.put_local, _SECURITY, given)
    return reply({"ok": True})


def _check_part(part: str, value: Json) -> None:
    if not isinstance(value, dict):
        raise Malformed(f"{part} must be a JSON object")
    for kind in ("names", "roles"):
        listed = value.get(kind, [])
        if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
            raise Malformed(f"{kind} must be a JSON list of strings")


ROUTES: Routes = (
    ("POST", "/<segment:name>/_compact", compact),
    ("GET", "/<segment:name>/_revs_limit", revs_limit),
    ("PUT", "/<segment:name>/_revs_limit", put_revs_limit),
    ("GET", "/<segment:name>/_security", security),
    ("PUT", "/<segment:name>/_security", put_security),
    ("POST", "/<segment:name>/_purge", purge),
)
