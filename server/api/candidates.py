"""`/api/candidates`: forms that their author tries on a phone before publishing them; nobody sees another's."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from forms.catalogue import code_lists, workflows
from forms.definition import DefinitionInvalid, load
from forms.publish import published
from server.access import NotAllowed, may
from server.api.wording import speak
from server.candidates import Candidate
from server.native import offload
from server.services import services
from server.signin import actor_of
from sync.errors import NotFound

blueprint = speak(Blueprint("candidates", __name__))


@blueprint.get("/api/candidates")
def listed() -> Response:
    """What is kept for whoever asks, the newest first: form, version, title, and when it was kept."""
    author = _author()
    found = offload(services().candidates.all, author, services().clock())
    return _private(jsonify(candidates=[_row(one) for one in found]))


@blueprint.get("/api/candidates/<form>")
def one(form: str) -> Response:
    """One of them as it would be published, for filling."""
    author = _author()
    found = offload(services().candidates.find, author, form, services().clock())
    if found is None:
        raise NotFound(form)
    return _private(jsonify(offload(_compiled, found)))


def _author() -> str:
    actor = actor_of(request)
    if not may(actor, "publish_forms"):
        raise NotAllowed
    return actor.name


def _row(one: Candidate) -> dict[str, Any]:
    definition = one.definition
    return {**{key: definition[key] for key in ("form", "version", "title")}, "kept_at": one.kept_at}


def _compiled(one: Candidate) -> dict[str, Any]:
    """`NotFound` for what a newer version of this software takes for broken: it is to be handed in again."""
    try:
        return published(load(one.definition, code_lists(), workflows()))
    except DefinitionInvalid:
        raise NotFound(one.form) from None


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response
