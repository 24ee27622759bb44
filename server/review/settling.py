"""Answering an open question: a reviewer's ordinary edit that has seen every value, so that it replaces them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.form import offering
from forms.kinds import KINDS, SELECTS, problem
from server.review.acts import Hand
from server.review.library import Form
from server.review.readings import Reading, judged, read
from sync import causal
from sync.documents import Json
from sync.errors import Conflict, NotFound
from sync.store import DocStore

Question = Mapping[str, Any]


class BadValue(Exception):
    """What was picked or typed does not fit the question; nothing was written."""


def seen_token(reading: Reading) -> str:
    """Digest of all that a page showed of a file: it changes with any edit."""
    return judged(reading.context, [])


def settle(store: DocStore, hand: Hand, doc_id: str, path: str, value: Json, seen: str) -> str:
    """Write one answer over all the values that stand open; the new revision's id.

    Raises `Conflict` if the file has moved since `seen` was drawn, `NotFound` if it is gone; nothing is written then.
    """
    reading = read(store.leaves(doc_id))
    if reading is None:
        raise NotFound(doc_id)
    if seen_token(reading) != seen:
        raise Conflict(doc_id)
    body = causal.edit(dict(reading.body), hand.device, {path: value}, hand.at, hand.actor.name)
    return store.put(doc_id, body, reading.rev)


def typed_value(form: Form | None, question: Question | None, text: str) -> Json:
    """What somebody typed, as an answer of the question's type; `BadValue` if it is none."""
    text = text.strip()
    kind = question.get("type", "text") if question else "text"
    if not text:
        raise BadValue(text)
    value: Json = text
    if kind in KINDS and KINDS[kind].shape == "number":
        value = _number(text)
    elif kind == "select_multiple":
        value = text.split()
    if question and problem(question, value, _offered(form, question)) is not None:
        raise BadValue(text)
    return value


def _number(text: str) -> Json:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError as error:
        raise BadValue(text) from error


def _offered(form: Form | None, question: Question) -> frozenset[str] | None:
    if question.get("type") not in SELECTS or offering(question) is not None:
        return None
    return frozenset(
        choice["name"] for choice in ((form or {}).get("choices") or {}).get(question.get("choices"), [])
    )
