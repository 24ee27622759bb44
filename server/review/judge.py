"""What forms and merging say of a reading: findings, open questions, state. Pure but for the forms it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from forms.check import check, form_of
from forms.days import instant_ms, local_date
from forms.filling import Filling
from server.review.library import Form
from server.review.masking import Sensitivity
from server.review.present import veil
from server.review.readings import Reading
from server.review.rows import Judgement
from sync.causal import Rule, open_questions, view
from sync.documents import Json

IN_LISTS: frozenset[Sensitivity] = frozenset({"P0", "P1"})
"""The classes that findings may show of answers: lists show findings."""


def judge(form: Form | None, reading: Reading, subject: Mapping[str, Json] | None) -> Judgement:
    """Findings by the form of that version (none where it is not known here), and the open questions."""
    questions = open_questions(dict(reading.body), merge_rules(form) if form else None)
    siblings = {
        path: [{"dot": one.dot, "value": one.value, "at": one.at, "by": one.by} for one in several]
        for path, several in questions.items()
    }
    if form is None:
        return Judgement(open_answers=siblings)
    context = check_context(reading, subject)
    found = check(form, shown_answers(form, reading), context, veil(IN_LISTS))
    rows = [
        {"no": no, "path": one.path, "code": one.code, "severity": one.severity, "message": dict(one.message)}
        for no, one in enumerate(found)
    ]
    return Judgement(rows, siblings, checked=True)


def shown_answers(form: Form | None, reading: Reading) -> dict[str, Json]:
    """The answers as the form's merge rules show them: the union of what two people chose, or the latest."""
    siblings = (reading.body.get("causal") or {}).get("siblings")
    return view(dict(reading.body), merge_rules(form)) if form and siblings else reading.answers


def check_context(reading: Reading, subject: Mapping[str, Json] | None) -> dict[str, Any]:
    """The context of a check, taken from the document alone: the same findings whenever it is asked."""
    edited_ms = instant_ms(reading.edited_at)
    return {
        "now": reading.edited_at,
        "today": "" if edited_ms is None else local_date(edited_ms),
        "user": reading.author,
        "role": "worker",
        "subject": subject,
        "locale": "zh-CN",
        "seed": reading.doc_id,
    }


def merge_rules(form: Form) -> dict[str, Rule]:
    """The merge rule of each question that has one, by its path without rows."""
    return {path: question["merge"] for path, question in questions_of(form) if "merge" in question}


def questions_of(form: Form) -> Iterable[tuple[str, Mapping[str, Any]]]:
    """Every question with its path without rows, groups before what they hold."""
    yield from _walk(form.get("questions") or [], "")


def _walk(questions: Iterable[Mapping[str, Any]], prefix: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for question in questions:
        path = prefix + str(question.get("name", ""))
        yield path, question
        yield from _walk(question.get("questions") or [], path + ".")


def filling_of(form: Form, reading: Reading, subject: Mapping[str, Json] | None) -> Filling:
    """The answers as the form reads them."""
    return Filling(form_of(form), shown_answers(form, reading), check_context(reading, subject))


def asked(filling: Filling) -> frozenset[str]:
    """The paths of the questions that these answers make relevant, row ids included."""
    spots = (spot for node in filling.form.nodes.values() for spot in filling.spots(node))
    return frozenset(spot.path for spot in spots if filling.relevant(spot))
