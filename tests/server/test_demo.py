"""The invented neighbourhood is one that a worker could have collected."""

from __future__ import annotations

from datetime import date

from forms.catalogue import shipped
from forms.check import check
from forms.publish import published
from server.demo.files import homes_of
from server.demo.town import GRIDS
from server.demo.visits import records_of
from sync.documents import Document

TODAY = date(2026, 11, 22)
CONTEXT = {
    "now": "2026-11-22T04:00:00Z",
    "today": "2026-11-22",
    "user": "chen",
    "role": "worker",
    "locale": "zh-CN",
}


def town() -> list[Document]:
    homes, files = homes_of(GRIDS[0], TODAY)
    return [*files, *records_of(GRIDS[0], homes, TODAY)]


def test_the_first_grid_has_300_households_and_about_1000_people() -> None:
    homes, _ = homes_of(GRIDS[0], TODAY)
    assert len(homes) == 300
    assert 950 <= sum(len(home.persons) for home in homes) <= 1150
    assert len({door[0] for door in GRIDS[0].doors()}) == 22


def test_every_demo_document_is_right_by_its_form() -> None:
    forms = {definition.form: published(definition) for definition in shipped()}
    documents = town()
    answers = {d.doc_id: d.fields.get("answers") for d in documents}
    wrong = [
        (d.doc_id, finding.path, finding.code)
        for d in documents
        if not d.doc_id.startswith("step:")
        for finding in check(
            forms[d.fields["form"]],
            d.fields["answers"],
            {**CONTEXT, "subject": answers.get(d.fields["subject"])},
        )
        if finding.severity == "error"
    ]
    assert wrong == []


def test_the_demo_is_the_same_each_time_it_is_made() -> None:
    assert [(d.doc_id, d.rev) for d in town()] == [(d.doc_id, d.rev) for d in town()]


def test_six_months_of_visits_end_today() -> None:
    homes, _ = homes_of(GRIDS[0], TODAY)
    visits = [d for d in records_of(GRIDS[0], homes, TODAY) if d.fields.get("form") == "visit"]
    times = sorted(d.fields["answers"]["visited_at"] for d in visits)
    assert len(visits) > 300
    assert times[0] < "2026-07"
    assert times[-1] < "2026-11-22"
