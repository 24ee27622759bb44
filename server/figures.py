"""What the figures of a grid are computed from: all that its database holds, as it stood before an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from forms.catalogue import calendar
from forms.form import Form
from forms.indicator_rows import Row, row_of
from forms.workflow import Step
from server.review.judge import shown_answers
from server.review.library import Library, label
from server.review.readings import Reading, read_all
from sync.store import DocStore

PIECE = 500
"""Documents that are looked up at once."""


@dataclass(frozen=True)
class Held:
    """Files and records as rows, and the newest version of each form that is among them."""

    rows: list[Row]
    forms: Mapping[str, Form]
    unknown: int
    """How many documents could not be counted, because the version of their form has not arrived here."""

    @property
    def rules(self) -> dict[str, Any]:
        """The due rule of each form that has one."""
        rules = {name: form.published.get("due") for name, form in self.forms.items()}
        return {name: rule[0] for name, rule in rules.items() if rule}

    def called(self, forms: Sequence[str], fact: str, value: str, locale: str) -> str:
        """What a value of a fact is called, where it is a choice of one of these forms; else the value."""
        for name in forms:
            node = self.forms[name].nodes.get(fact) if name in self.forms else None
            for item in self.forms[name].choices(node.question.get("choices", "")) if node else ():
                if item["name"] == value:
                    return label(item["label"], locale)
        return value


def held(store: DocStore, library: Library, end_ms: int) -> Held:
    """What indicators count of a grid, as it stood before an instant (milliseconds since 1970)."""
    files: list[Reading] = []
    steps: dict[str, list[Step]] = defaultdict(list)
    for reading in _readings(store):
        if reading.kind == "step":
            about = f"record:{reading.doc_id.split(':')[1]}"
            steps[about].append(Step.read(reading.doc_id, reading.body))
        elif reading.form:
            files.append(reading)
    forms = _forms(library, files)
    rows = []
    for reading in files:
        form = forms[reading.form, reading.form_version]
        if form is not None:
            answers = shown_answers(form.published, reading)
            body = {**reading.body, "answers": answers, "subject": reading.subject}
            rows.append(row_of(form, reading.doc_id, body, steps[reading.doc_id], end_ms, calendar()))
    unknown = sum(forms[reading.form, reading.form_version] is None for reading in files)
    newest = {name: form for (name, _), form in forms.items() if form is not None}
    return Held([row for row in rows if row is not None], newest, unknown)


def _readings(store: DocStore) -> Iterator[Reading]:
    ids = (doc_id for doc_id, _ in store.all_ids())
    while piece := list(islice(ids, PIECE)):
        yield from read_all(store.leaves_many(piece)).values()


def _forms(library: Library, files: list[Reading]) -> dict[tuple[str, int], Form | None]:
    """The version of its form of each of them, older ones first; None where it has not arrived."""
    found = {}
    for key in sorted({(reading.form, reading.form_version) for reading in files}):
        published = library.find(*key)
        found[key] = None if published is None else Form(published)
    return found
