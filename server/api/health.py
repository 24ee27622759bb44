"""`/healthz`: whether this server can take a document now."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Blueprint, Response, jsonify

from server.native import offload
from server.services import services
from server.version import own_version
from server.workers import lag
from sync.errors import StoreUnavailable
from sync.store import StoreSet

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 and `ok` when the stores can be read and written, else 503; it tells nothing that needs a sign-in.

    `behind`: grid databases with something left to follow, by follower.
    """
    current = services()
    writable = offload(_writable, current.stores, current.settings.data)
    followers = offload(lag, current.settings.data, current.stores) if writable else None
    response = jsonify(
        status="ok" if writable else "unavailable",
        version=own_version(),
        stores={"writable": writable},
        followers=followers
        and {"behind": followers.behind, "parked": len(followers.parked), "silent_s": followers.silent_s},
    )
    response.status_code = 200 if writable else 503
    response.headers["Cache-Control"] = "no-store"
    return response


def _writable(stores: StoreSet, folder: Path) -> bool:
    try:
        stores.update_seqs([])
    except StoreUnavailable:
        return False
    return os.access(folder, os.W_OK)
