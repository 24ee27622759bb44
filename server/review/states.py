"""Where a record stands: the fold of its steps, and what has happened to it since. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forms.catalogue import workflows
from forms.workflow import Someone, State, Step, allowed, complete, fold, row_for
from server.review.library import Form
from server.review.marks import Flag, flags_of
from server.review.readings import Reading, covers, judged
from server.review.rows import Judgement, Row
from sync.documents import Json

DEFAULT_WORKFLOW = "review"
"""Every record has at least this one, also where its form is not known here."""

WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Standing:
    """State of a record by its steps, and whether the record moved after the last decision."""

    table: Mapping[str, Any]
    state: State
    steps: Sequence[Mapping[str, Json]]
    """Step bodies with their `id`, in the order of their ids."""
    context: Mapping[str, int]
    withdrawn: bool
    """Its author has removed the record."""

    @property
    def last(self) -> Mapping[str, Json] | None:
        """The step that brought the record to its state, or None while nobody acted."""
        return next((step for step in self.steps if step["id"] == self.state.last), None)

    @property
    def returned(self) -> list[Mapping[str, Json]]:
        """The returns that had an effect, in the order they had it."""
        by_id = {step["id"]: step for step in self.steps}
        return [by_id[one] for one in self.state.effective if by_id[one].get("act") == "return"]

    @property
    def changed(self) -> bool:
        """Edited since approved: the approval has not seen all that the record now holds."""
        last = self.last
        return self.state.state == "approved" and last is not None and not covers(seen_of(last), self.context)

    @property
    def resubmitted(self) -> bool:
        """Sent in again by its author, and not looked at since."""
        return self.last is not None and self.last.get("act") == "resubmit"

    @property
    def compared(self) -> Mapping[str, Json] | None:
        """The decision that what the record holds now is to be compared with: the return it answers, or the approval
        it has moved on from."""
        if self.resubmitted and self.returned:
            return self.returned[-1]
        return self.last if self.changed else None

    @property
    def judged(self) -> str:
        """Digest of what a reviewer judges: the record's context and the steps about it."""
        return judged(self.context, [str(step["id"]) for step in self.steps])

    def acts(self, someone: Someone) -> list[str]:
        """The acts somebody may do to the record now."""
        return [row["act"] for row in allowed(self.table, self.state, someone, offline=False)]

    def is_complete(self, act: str, fields: Mapping[str, Json]) -> bool:
        """Whether fields say what an act must say to have an effect now."""
        row = row_for(self.table, act, self.state.state, self.state.said)
        return row is not None and complete(row, fields)

    def columns(self) -> Row:
        """The columns of the record's row that steps decide."""
        last = self.last or {}
        return {
            "state": WITHDRAWN if self.withdrawn else self.state.state,
            "state_at": last.get("at"),
            "state_by": last.get("by"),
            "returned_count": len(self.returned),
            "judged": self.judged,
        }

    def flags(self, reading: Reading, verdict: Judgement) -> Iterator[Flag]:
        """Everything a reviewer should look at twice."""
        if verdict.findings:
            yield "findings"
        if verdict.open_answers:
            yield "open"
        if self.changed:
            yield "changed"
        if self.resubmitted:
            yield "resubmitted"
        if self.state.competing:
            yield "competing"
        yield from flags_of(reading.body)


def standing(form: Form | None, reading: Reading, steps: Sequence[Mapping[str, Json]]) -> Standing:
    """Fold the steps about a record by the workflow its form names."""
    table = table_of(form)
    state = fold(table, [Step.read(str(step["id"]), step) for step in steps], reading.author)
    return Standing(table, state, steps, reading.context, reading.removed)


def table_of(form: Form | None) -> Mapping[str, Any]:
    """The workflow table of a form; the review table where it names none that is known."""
    named: Any = (form or {}).get("workflow")
    if isinstance(named, Mapping):
        return named
    known: Mapping[str, Mapping[str, Any]] = workflows()
    return known.get(named or DEFAULT_WORKFLOW, known[DEFAULT_WORKFLOW])


def seen_of(step: Mapping[str, Json]) -> dict[str, int]:
    """The context of the record that the maker of a step had before him."""
    seen = step.get("seen")
    return {device: n for device, n in seen.items() if isinstance(n, int)} if isinstance(seen, dict) else {}
