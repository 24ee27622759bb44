"""`/db/`: this server as a CouchDB root. One module for each noun of the protocol; `docs/protocol.md` lists the routes.

Every route goes sign in → may? → parse → admit → graft, as far as its verb needs.
"""

from __future__ import annotations

from flask import Blueprint

from server.api.replication import (
    attachments,
    bulk,
    changes,
    checkpoints,
    databases,
    documents,
    finding,
    functions,
    indexes,
    listing,
    root,
    session,
    upkeep,
)
from server.api.replication.paths import CONVERTERS, SegmentsKept

__all__ = ["CONVERTERS", "SegmentsKept", "blueprint"]

blueprint = Blueprint("replication", __name__, url_prefix="/db")
for module in (
    root,
    session,
    databases,
    bulk,
    changes,
    finding,
    indexes,
    listing,
    checkpoints,
    functions,
    attachments,
    upkeep,
    documents,
):
    for method, rule, view in module.ROUTES:
        name = f"{module.__name__.rpartition('.')[2]}_{view.__name__}"
        blueprint.add_url_rule(
            rule, name, view, methods=[method], strict_slashes=False, provide_automatic_options=False
        )
