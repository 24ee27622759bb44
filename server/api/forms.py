"""`/api/forms`: the published forms, from the `forms` database. A published version never changes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from server.access import NotAllowed, may
from server.api.wording import speak
from server.native import offload
from server.services import services
from server.signin import actor_of
from server.startup import FORMS, form_id
from sync.store import StoreSet

blueprint = speak(Blueprint("forms", __name__))


@blueprint.get("/api/forms")
def listed() -> Response:
    """Every published version: form, version, title."""
    _enter()
    return jsonify(forms=offload(_list, services().stores))


@blueprint.get("/api/forms/<form>/<int:version>")
def one(form: str, version: int) -> Response:
    """One published form, whole."""
    _enter()
    found = offload(_read, services().stores, form_id(form, version))
    response = Response(found, mimetype="application/json")
    response.set_etag(f"{form}-{version}")
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.make_conditional(request)
    return response


def _enter() -> None:
    if not may(actor_of(request), "read_forms"):
        raise NotAllowed


def _list(stores: StoreSet) -> list[dict[str, Any]]:
    store = stores.open(FORMS)
    ids = [doc_id for doc_id, _ in store.all_ids("form:", "form:\uffff")]
    found = [leaves[0].fields for leaves in store.leaves_many(ids).values()]
    rows = [{"form": f["form"], "version": f["version"], "title": f["title"]} for f in found]
    return sorted(rows, key=lambda row: (row["form"], row["version"]))


def _read(stores: StoreSet, doc_id: str) -> bytes:
    return stores.open(FORMS).get(doc_id).body
