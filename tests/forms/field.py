"""A neighbourhood on paper: files, records and steps as people would make them, held to the shipped forms.

What is filled in must be without error by its form, and an act must be open to who does it and complete: a story that
could not happen on a phone or at the desk does not pass here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from forms.acts import act_form
from forms.catalogue import calendar, indicators, shipped
from forms.check import check, finalise, prefill
from forms.days import instant_ms, local_date
from forms.deadlines import Deadline, Life, deadlines, facts_of, level_of
from forms.form import Form
from forms.indicator_rows import Row, row_of
from forms.indicators import Figure, Period, broken_down, figure
from forms.publish import published
from forms.workflow import Someone, State, Step, allowed, fold
from server.authoring import stable_ulid

GRID = ("350505", "350505001", "350505001003", "350505001003007")
ROLES = {
    "chen": "worker", "zhang": "worker", "lin": "community", "mei": "community", "gao": "street", "he": "district",
    "zhao": "building_head", "ke": "branch", "xu": "volunteer", "guo": "steward", "home": "server",
}  # fmt: skip
"""Who people are."""


@cache
def form_of(name: str) -> Form:
    return Form(published(next(definition for definition in shipped() if definition.form == name)))


@dataclass
class Field:
    """What has been written so far. Ids are made from names: `household:` + a name's ULID."""

    bodies: dict[str, dict[str, Any]] = field(default_factory=dict)
    steps: dict[str, list[Step]] = field(default_factory=dict)

    def file(self, form: str, name: str, at: str, subject: str | None = None, /, **answers: Any) -> str:
        """Open a file; gives its id."""
        return self._write(self.id(form, name), form, at, "chen", subject, answers)

    @staticmethod
    def ulid(form: str, name: str) -> str:
        return stable_ulid(form, name)

    def id(self, form: str, name: str) -> str:
        """The id of a file by its name."""
        return f"{form}:{self.ulid(form, name)}"

    def record(
        self, form: str, at: str, by: str = "chen", subject: str | None = None, /, **answers: Any
    ) -> str:
        """Fill in a form and hand it in; gives the record's id."""
        return self._write(
            f"record:{stable_ulid(form, str(len(self.bodies)))}", form, at, by, subject, answers
        )

    def change(self, doc_id: str, /, **answers: Any) -> None:
        """Edit a file."""
        self.bodies[doc_id]["answers"] = {**self.bodies[doc_id]["answers"], **answers}

    def act(self, record: str, act: str, by: str, at: str, /, **fields: Any) -> str:
        """Do an act on a record as it stands; gives the state it then has."""
        body, table = self.bodies[record], self._table(record)
        before = self.state(record)
        someone = Someone(by, frozenset({ROLES[by]}), by == body["captured_by"])
        open_to = [row["act"] for row in allowed(table, before, someone, offline=False)]
        assert act in open_to, f"{by} may not {act} what is {before.state}; he may {open_to}"
        asked = act_form(form_of(body["form"]).published, act)
        context = self._context(at, by, None) | {"subject": facts_of(table, body["answers"], before)}
        filled = finalise(asked, {**prefill(asked, {}, context), **fields}, context)
        errors = [(one.path, one.code) for one in check(asked, filled, context) if one.severity == "error"]
        assert errors == [], (act, errors)
        said = {name: value for name, value in filled.items() if value is not None}
        seen = tuple(step.id for step in self.steps.get(record, []))
        step = Step(f"step:{record[7:]}:{len(seen):02}", act, by, ROLES[by], at, seen, said)
        self.steps.setdefault(record, []).append(step)
        after = self.state(record)
        assert step.id in after.effective, (act, after.superseded)
        return after.state

    def state(self, record: str) -> State:
        body = self.bodies[record]
        return fold(self._table(record), self.steps.get(record, []), body["captured_by"])

    def level(self, record: str) -> int:
        return level_of(self._table(record), self.bodies[record]["answers"], self.state(record))

    def due(self, record: str) -> dict[str, str | None]:
        """Deadlines of a record, by their clock."""
        return {one.timer: one.due_at for one in self._deadlines(record)}

    def facts(self, record: str) -> dict[str, Any]:
        return facts_of(self._table(record), self.bodies[record]["answers"], self.state(record))

    def rows(self, end: str) -> list[Row]:
        """Everything as it stood before a day."""
        end_ms = instant_ms(end) or 0
        found = [
            row_of(form_of(body["form"]), doc_id, body, self.steps.get(doc_id, []), end_ms, calendar())
            for doc_id, body in self.bodies.items()
        ]
        return [row for row in found if row is not None]

    def figure(self, name: str, begin: str, end: str) -> Figure:
        """An indicator from one day to before another."""
        return figure(indicators()[name], self.rows(end), Period.of(begin, end), RULES)

    def value(self, name: str, begin: str, end: str) -> float | None:
        return self.figure(name, begin, end).value

    def by(self, name: str, begin: str, end: str, fact: str) -> dict[str, float | None]:
        found = broken_down(indicators()[name], self.rows(end), Period.of(begin, end), RULES, fact)
        return {value: one.value for value, one in found.items()}

    def _write(
        self, doc_id: str, form: str, at: str, by: str, subject: str | None, answers: Mapping[str, Any]
    ) -> str:
        definition = form_of(form)
        context = self._context(at, by, subject)
        filled = finalise(definition, merged(prefill(definition, {}, context), answers), context)
        found = check(definition, filled, context)
        errors = [(one.path, one.code) for one in found if one.severity == "error"]
        assert errors == [], (form, errors)
        self.bodies[doc_id] = {
            "form": form, "subject": subject, "grid_path": list(GRID), "captured_at": at, "captured_by": by,
            "answers": filled,
        }  # fmt: skip
        return doc_id

    def warnings(self, doc_id: str) -> list[str]:
        """Where the form of a document warns."""
        body = self.bodies[doc_id]
        context = self._context(body["captured_at"], body["captured_by"], body["subject"])
        found = check(form_of(body["form"]), body["answers"], context)
        return [one.path for one in found if one.severity == "warning"]

    def _context(self, at: str, by: str, subject: str | None) -> dict[str, Any]:
        about = self.bodies[subject]["answers"] if subject in self.bodies else None
        last = {
            body["form"]: body["answers"]
            for body in self.bodies.values()
            if subject and body["subject"] == subject
        }
        today = local_date(instant_ms(at) or 0)
        return {
            "now": at,
            "today": today,
            "user": by,
            "role": ROLES[by],
            "subject": about,
            "last": last,
            "locale": "zh-CN",
        }

    def _table(self, record: str) -> Mapping[str, Any]:
        table: Mapping[str, Any] = form_of(self.bodies[record]["form"]).published["workflow"]
        return table

    def _deadlines(self, record: str) -> list[Deadline]:
        body = self.bodies[record]
        life = Life(body["answers"], body["captured_at"], self.state(record), self.steps.get(record, []))
        return deadlines(self._table(record), life, calendar())


RULES = {definition.form: definition.due[0] for definition in shipped() if definition.due}


def merged(given: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Answers over answers, groups joined."""
    found = dict(given)
    for name, value in more.items():
        held = found.get(name)
        found[name] = merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return found


def rows(*several: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of a repeat, in this order."""
    return [{"row": f"{number:026}", **one} for number, one in enumerate(several, 1)]


def photo(count: int = 1) -> list[dict[str, Any]]:
    """Photos as a document names them."""
    return rows(*[{"sha256": "ab" * 32, "type": "image/jpeg", "bytes": 1000}] * count)


CONSENT = {"consent_method": "2", "consent_witness": "林阿姨"}
HERE = "25.1169 118.9145 0 12"
