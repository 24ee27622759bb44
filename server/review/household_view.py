"""What the household pages show, as plain values for their templates. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row

from forms.form import offering
from server.review.dossier import Dossier, called
from server.review.households import Found
from server.review.library import label
from server.review.masking import mask_address, mask_name
from server.review.present import Sight
from server.review.record_view import Block, People, View
from server.review.settling import seen_token
from server.review.texts import Locale, say
from server.review.values import age_years
from sync.documents import Json

_TOLD_ELSEWHERE = frozenset({"members", "needs", "needs_none", "needs_note", "head_person_id", "dwelling_id"})
"""Questions of a household that have a place of their own on its page."""


def row_view(row: Row[Any], found: Found, locale: Locale) -> dict[str, Any]:
    """A household as a list may show it: P2 masked."""
    visits = found.visits.get(row.id)
    return {
        "id": row.id,
        "address": mask_address(row.address),
        "name": mask_name(row.name),
        "people": found.people.get(row.id, 0),
        "grid": label(row.grid_name, locale),
        "last_at": visits.last_at if visits else "",
        "waiting": visits.waiting if visits else 0,
        "open": row.open_count + found.open_people.get(row.id, 0),
    }


def home_view(
    household: Dossier,
    persons: Sequence[Dossier],
    dwelling: Dossier | None,
    sight: Sight,
    people: People,
    today: date,
) -> dict[str, Any]:
    """The values of the page of one household, without its records."""
    view = View(household, sight, people)
    files = [household, *persons, *([dwelling] if dwelling else [])]
    return {
        "document": {"id": household.reading.doc_id, "media": f"/api/media/{household.database}/"},
        "address": _masked(called(dwelling.reading)[0] if dwelling else "", sight, mask_address),
        "name": _masked(called(persons[0].reading)[1] if persons else "", sight, mask_name),
        "questions": [one for file in files for one in _questions(View(file, sight, people))],
        "members": _members(household, persons, sight, people, today),
        "needs": _needs(view),
        "blocks": _blocks(view),
        "dwelling": {"document": _document(dwelling), "blocks": _blocks(View(dwelling, sight, people))}
        if dwelling
        else None,
        "revisions": view.revisions(),
    }


def record_rows(
    records: Sequence[Row[Any]], people: People, titles: Mapping[str, str], named: Callable[[Row[Any]], str]
) -> list[dict[str, Any]]:
    """The records about a household as rows of its history; `named` gives the words of a record's state."""
    return [
        {
            "href": f"/desk/records/{row.id}?state={row.state}",
            "captured_at": row.captured_at,
            "form": titles.get(row.form, row.form),
            "worker": people.get(row.captured_by, row.captured_by),
            "state": row.state,
            "state_name": named(row),
            "photos": row.photo_count,
        }
        for row in records
    ]


def _questions(view: View) -> Iterator[dict[str, Any]]:
    """The open questions of one file, with what may be picked or typed."""
    reading = view.dossier.reading
    address, name = called(reading)
    for path, siblings in view.dossier.verdict.open_answers.items():
        question = view.presenter.find(path) or {}
        yield {
            "document": _document(view.dossier),
            "about": _masked(name, view.sight, mask_name) or _masked(address, view.sight, mask_address),
            "path": path,
            "label": _path_label(view, path),
            "seen": seen_token(reading),
            "hint": _input(question),
            "options": _options(view, question),
            "siblings": [
                {
                    "dot": one["dot"],
                    "line": view.presenter.line(question or None, path, one["value"]),
                    "text": _sibling_text(view, path, one["value"]),
                    "by": view.person(one["by"]),
                    "at": one["at"],
                }
                for one in siblings
            ],
        }


def _sibling_text(view: View, path: str, value: Json) -> str:
    """One of several values in words; beside a removal, no value means that somebody went on editing."""
    if path.rpartition(".")[2] == "removed":
        return say(view.locale, "open.removed" if value is True else "open.kept")
    return view.value(path, value) or say(view.locale, "open.cleared")


def _path_label(view: View, path: str) -> str:
    if path.rpartition(".")[2] == "removed":
        outer = path.rpartition(".")[0]
        return view.label(outer.rpartition(".")[0]) if outer else say(view.locale, "value.removed")
    return view.label(path)


def _input(question: Mapping[str, Any]) -> str:
    """The kind of field in which another value may be typed; empty where only picking makes sense."""
    kind = "text" if offering(question) is not None else question.get("type", "")
    if question.get("choices") and kind != "text":
        return "select" if kind == "select_one" else ""
    fields = {
        "date": "date",
        "integer": "number",
        "phone": "tel",
        "text": "text",
        "id_card": "text",
        "decimal": "text",
    }
    return fields.get(kind, "")


def _options(view: View, question: Mapping[str, Any]) -> list[dict[str, str]]:
    choices = ((view.dossier.form or {}).get("choices") or {}).get(question.get("choices"), [])
    return [{"value": choice["name"], "label": label(choice.get("label"), view.locale)} for choice in choices]


def _members(
    household: Dossier, persons: Sequence[Dossier], sight: Sight, people: People, today: date
) -> list[dict[str, Any]]:
    """People in the order of the household's list, then those who name the household but are not in it."""
    view, by_id = View(household, sight, people), {person.reading.doc_id: person for person in persons}
    listed = household.reading.answers.get("members")
    rows = [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    told = {row.get("person_id") for row in rows}
    rows += [{"person_id": doc_id} for doc_id in by_id if doc_id not in told]
    return [
        _member(row, by_id.get(str(row.get("person_id"))), view, today)
        for row in rows
        if row.get("removed") is not True
    ]


def _member(row: Mapping[str, Json], person: Dossier | None, household: View, today: date) -> dict[str, Any]:
    relation = household.value("members.relation", row.get("relation"))
    if person is None:
        return {"known": False, "relation": relation}
    view = View(person, household.sight, household.people)
    answers = person.answers
    age = age_years(answers.get("birth_date"), today)
    phone = view.presenter.find("phone")
    return {
        "known": True,
        "document": _document(person),
        "relation": relation,
        "name": _masked(called(person.reading)[1], view.sight, mask_name),
        "sex": view.value("sex", answers.get("sex")),
        "age": say(view.locale, "household.age_years", years=age) if age is not None else "",
        "phone": view.presenter.line(phone, "phone", answers.get("phone")) if phone else None,
        "lives_here": row.get("lives_here"),
        "blocks": _blocks(view),
    }


def _needs(view: View) -> dict[str, Any]:
    answers, question = view.dossier.answers, view.presenter.find("needs")
    line = view.presenter.line(question, "needs", answers.get("needs"))
    return {"line": line, "note": view.value("needs_note", answers.get("needs_note"))}


def _blocks(view: View) -> list[Block]:
    """The answered lines of a file, without those that its page tells elsewhere."""
    blocks = [
        Block(
            block.title,
            block.removed,
            [line for line in block.lines_shown if line.path.partition(".")[0] not in _TOLD_ELSEWHERE],
            [],
        )
        for block in view.blocks(view.notes({}))
    ]
    return [block for block in blocks if block.lines_shown]


def _door(view: View) -> dict[str, Any]:
    return {"document": _document(view.dossier), "blocks": _blocks(view)}


def _document(dossier: Dossier) -> dict[str, str]:
    return {"id": dossier.reading.doc_id, "media": f"/api/media/{dossier.database}/"}


def _masked(text: str, sight: Sight, mask: Any) -> str:
    return text if "P2" in sight.shown else str(mask(text))
