"""`/api/forms`: the published forms, from the `forms` database, and publishing. A published version never changes."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, Response, jsonify, request, url_for

from forms.answers import json_schema
from forms.boundary import crossings
from forms.definition import DefinitionInvalid
from forms.lines import line_of, lines
from server.access import Action, NotAllowed, may
from server.api.wording import speak
from server.errors import NotJson, TooLarge, body
from server.native import offload
from server.publishing import FORMS, authored, form_id, publish, successor
from server.services import services
from server.signin import actor_of
from sync.errors import Malformed
from sync.store import StoreSet

blueprint = speak(Blueprint("forms", __name__))

DEFINITION_BYTES_MAX = 4 * 2**20
"""A published form is a document that every phone replicates."""


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


@blueprint.get("/api/forms/<form>/<int:version>/schema.json")
def schema(form: str, version: int) -> Response:
    """The JSON Schema (2020-12) of the answers to one published form, for any other tool."""
    _enter()
    found = offload(_read, services().stores, form_id(form, version))
    response = Response(orjson.dumps(json_schema(orjson.loads(found))), mimetype="application/schema+json")
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@blueprint.post("/api/forms")
def post() -> Response:
    """Check a definition and publish it: 201, or 200 where the same is published; 422 with all that is wrong.

    `warnings` names what seems to lie beyond the scope of the service. `?check=true` only checks. Who may publish:
    form authors and administrators.
    """
    _enter("publish_forms")
    if request.mimetype != "application/json":
        raise NotJson
    if (request.content_length or 0) > DEFINITION_BYTES_MAX:
        raise TooLarge
    text = request.get_data(cache=False)
    only_check = request.args.get("check") == "true"
    try:
        form, is_new = offload(_publish, services().stores, text, only_check)
    except DefinitionInvalid as error:
        return _invalid(error, text)
    named = {"form": form["form"], "version": form["version"], "title": form["title"]}
    beyond = [{"path": path, "about": subject} for path, subject in crossings(orjson.loads(text))]
    response = jsonify({**named, "warnings": beyond} if beyond else named)
    if is_new:
        response.status_code = 201
        response.headers["Location"] = url_for(".one", form=form["form"], version=form["version"])
    return response


def _publish(stores: StoreSet, text: bytes, only_check: bool) -> tuple[dict[str, Any], bool]:
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"not JSON: line {error.lineno}, column {error.colno}") from None
    store = stores.open(FORMS)
    try:
        definition = authored(store, data)
        return (successor(store, definition)[0], False) if only_check else publish(store, definition)
    except RecursionError:
        raise Malformed("nested too deep") from None


def _invalid(error: DefinitionInvalid, text: bytes) -> Response:
    """Every error at once: `details` by path, `lines` where each path stands in the text that was sent."""
    where = lines(text.decode())
    reply = body(422, "invalid_definition", "The definition cannot be published.", error.errors)
    found = {**orjson.loads(reply.get_data()), "lines": {path: line_of(where, path) for path in error.errors}}
    reply.set_data(orjson.dumps(found) + b"\n")
    return reply


def _enter(action: Action = "read_forms") -> None:
    if not may(actor_of(request), action):
        raise NotAllowed


def _list(stores: StoreSet) -> list[dict[str, Any]]:
    store = stores.open(FORMS)
    ids = [doc_id for doc_id, _ in store.all_ids("form:", "form:\uffff")]
    found = [leaves[0].fields for leaves in store.leaves_many(ids).values()]
    rows = [{"form": f["form"], "version": f["version"], "title": f["title"]} for f in found]
    return sorted(rows, key=lambda row: (row["form"], row["version"]))


def _read(stores: StoreSet, doc_id: str) -> bytes:
    return stores.open(FORMS).get(doc_id).body
