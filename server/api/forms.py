"""`/api/forms`: the published forms, from the `forms` database, and publishing. A published version never changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from flask import Blueprint, Response, jsonify, request, url_for

from forms.answers import json_schema
from forms.boundary import crossings
from forms.definition import DefinitionInvalid
from forms.xlsform.cells import MAX_BYTES as WORKBOOK_BYTES_MAX
from forms.xlsform.report import Place
from server.access import Action, Actor, NotAllowed, may
from server.api.wording import speak
from server.errors import NotJson, TooLarge, body
from server.manuscripts import (
    Line,
    Manuscript,
    Refused,
    Remark,
    Unreadable,
    from_json,
    from_workbook,
    too_deep,
)
from server.native import offload
from server.publishing import FORMS, Publication, authored, form_id, publish_as, successor
from server.services import Services, services
from server.signin import actor_of
from sync.store import StoreSet

blueprint = speak(Blueprint("forms", __name__))

DEFINITION_BYTES_MAX = 4 * 2**20
"""A published form is a document that every phone replicates."""

WORKBOOK_TYPES = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel.sheet.macroenabled.12",
    "application/vnd.ms-excel",
)


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
    """Check a definition or a workbook and publish it: 201, or 200 where the same is published; 422 with all that is
    wrong.

    What is to be thought of all the same comes as `warnings` by path, for a workbook as `report` by sheet, row and
    column. `?check=true` only checks. Who may publish: form authors and administrators.
    """
    author = _enter("publish_forms")
    only_check = request.args.get("check") == "true"
    try:
        manuscript = _manuscript()
        made = offload(_publish, services(), author.name, manuscript, only_check)
    except Unreadable:
        raise
    except Refused as error:
        return _invalid(error.remarks)
    form = made.form
    named = {"form": form["form"], "version": form["version"], "title": form["title"]}
    response = jsonify({**named, **_beside(manuscript)})
    if made.is_new and not only_check:
        response.status_code = 201
        response.headers["Location"] = url_for(".one", form=form["form"], version=form["version"])
    return response


def _manuscript() -> Manuscript:
    """What was sent, by its content type: a definition, or a workbook."""
    is_workbook = request.mimetype in WORKBOOK_TYPES
    if not is_workbook and request.mimetype != "application/json":
        raise NotJson("Content-Type must be application/json, or a workbook's")
    most = WORKBOOK_BYTES_MAX if is_workbook else DEFINITION_BYTES_MAX
    if (request.content_length or 0) > most:
        raise TooLarge
    data = request.get_data(cache=False)
    if len(data) > most:
        raise TooLarge
    return from_workbook(data, "") if is_workbook else offload(from_json, data)


def _publish(parts: Services, who: str, manuscript: Manuscript, only_check: bool) -> Publication:
    store = parts.stores.open(FORMS)
    try:
        if only_check:
            return successor(store, authored(store, manuscript.definition))
        return publish_as(who, manuscript.definition, store, parts.accounts, parts.clock())
    except DefinitionInvalid as error:
        raise manuscript.refused(error) from None
    except RecursionError:
        raise too_deep() from None


def _invalid(remarks: Sequence[Remark]) -> Response:
    """Every error at once: of a definition `details` by path and `lines`, of a workbook the `report`."""
    reply = body(422, "invalid_definition", "The definition cannot be published.")
    reply.set_data(orjson.dumps({**orjson.loads(reply.get_data()), **_errors(remarks)}) + b"\n")
    return reply


def _errors(remarks: Sequence[Remark]) -> dict[str, Any]:
    report = _report(remarks)
    if report:
        return {"report": report}
    details: dict[str, list[str]] = {}
    found: dict[str, int] = {}
    for remark in remarks:
        if isinstance(remark.place, Line) and remark.severity == "error":
            path = remark.place.path or ""
            details.setdefault(path, []).append(remark.said["en"])
            found[path] = remark.place.number
    return {"details": details, "lines": found}


def _beside(manuscript: Manuscript) -> dict[str, Any]:
    """What is to be thought of although the form may be published."""
    report = _report(manuscript.remarks)
    if report:
        return {"report": report}
    warnings = [{"path": path, "about": subject} for path, subject in crossings(manuscript.definition)]
    return {"warnings": warnings} if warnings else {}


def _report(remarks: Sequence[Remark]) -> list[dict[str, Any]]:
    """What is said of places in a workbook."""
    return [remark.as_json() for remark in remarks if isinstance(remark.place, Place)]


def _enter(action: Action = "read_forms") -> Actor:
    actor = actor_of(request)
    if not may(actor, action):
        raise NotAllowed
    return actor


def _list(stores: StoreSet) -> list[dict[str, Any]]:
    store = stores.open(FORMS)
    ids = [doc_id for doc_id, _ in store.all_ids("form:", "form:\uffff")]
    found = [leaves[0].fields for leaves in store.leaves_many(ids).values()]
    rows = [{"form": f["form"], "version": f["version"], "title": f["title"]} for f in found]
    return sorted(rows, key=lambda row: (row["form"], row["version"]))


def _read(stores: StoreSet, doc_id: str) -> bytes:
    return stores.open(FORMS).get(doc_id).body
