"""One masked value, shown on request: written down first, then given."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from server.access import Actor, may
from server.native import offload
from server.review.acts import ActNotAllowed
from server.review.desk import Desk, actor, desk, visitor
from server.review.present import Presenter, Sight
from server.review.readings import Reading, read
from server.review.scope import scope_of
from server.review.tables import reading
from server.review.texts import Locale
from server.review.whereabouts import find
from sync.causal import flatten, registers
from sync.documents import Json
from sync.errors import NotFound


def register(blueprint: Blueprint) -> None:
    """Add the reveal route."""
    blueprint.add_url_rule("/documents/<doc_id>/reveal", "reveal", reveal, methods=["POST"])


def reveal(doc_id: str) -> Response:
    """`{"value": …}` of one masked answer. Who looked at which answer of which document is in the audit log."""
    path, dot = request.form.get("path", "")[:300], request.form.get("dot", "")[:80]
    return jsonify(value=offload(_revealed, desk(), actor(), doc_id, path, dot, visitor().locale))


def _revealed(desk: Desk, actor: Actor, doc_id: str, path: str, dot: str, locale: Locale) -> str:
    """The answer at a path, or of the values that stand there open the one with this dot."""
    with reading(desk.index) as connection:
        where = find(connection, doc_id, scope_of(actor, "read_file"))
    if not may(actor, "reveal", where.database, where.grid_code):
        raise ActNotAllowed("reveal")
    held = read(desk.stores.open(where.database).leaves(doc_id))
    if held is None:
        raise NotFound(doc_id)
    value = _standing_value(held, path, dot)
    if value is None:
        raise NotFound(path)
    form = desk.library.find(held.form, held.form_version)
    everything = Sight(locale, frozenset({"P0", "P1", "P2", "P3", "P4"}))
    presenter = Presenter(form, everything)
    question = presenter.find(path)
    line = presenter.line(question, path, value)
    detail = f"{where.database} {doc_id} {path} {line.sensitivity}"
    desk.services.accounts.note(actor.name, "reveal", detail, desk.services.clock())
    return line.text


def _standing_value(held: Reading, path: str, dot: str) -> Json:
    if not dot:
        return flatten(held.answers).get(path)
    return dict(registers(held.body).get(path, [])).get(dot)
