"""What the record page shows, as plain values for its template. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from forms.acts import act_form
from forms.filling import Filling
from server.review import history
from server.review.acts import Intent
from server.review.dossier import Dossier, called, names_of
from server.review.judge import asked, filling_of
from server.review.library import label
from server.review.marks import DOOR_M, distance_m, point
from server.review.present import Line, Presenter, Section, Sight, mask_value, messages_by_path
from server.review.rows import head_of
from server.review.stages import act_name, state_name
from server.review.states import seen_of
from server.review.texts import Locale, say
from server.review.values import shown_value
from sync.documents import Json

People = Mapping[str, str]

BUTTONS = ("approve", "return", "reopen")
"""Acts that have a place of their own on the page, where they ask nothing but a comment."""


@dataclass(frozen=True)
class Typed:
    """What somebody had typed into the comment fields."""

    comment: str = ""
    comments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Shown:
    """One answer before and after, in words."""

    label: str
    old: str
    new: str
    known: bool


@dataclass(frozen=True)
class Note:
    """What stands beside an answer."""

    findings: Sequence[Mapping[str, str]] = ()
    siblings: Sequence[Mapping[str, str]] = ()
    change: Shown | None = None
    comment: str = ""


@dataclass(frozen=True)
class Block:
    """A section with the lines that are worth a line, and those that were left empty."""

    title: str
    removed: bool
    lines_shown: Sequence[Line]
    unanswered: Sequence[Line]


@dataclass(frozen=True)
class View:
    """A dossier through somebody's eyes."""

    dossier: Dossier
    sight: Sight
    people: People

    @property
    def locale(self) -> Locale:
        return self.sight.locale

    @property
    def presenter(self) -> Presenter:
        """References are called by name; somebody who may not see P2 reads masked names."""
        return Presenter(self.dossier.form, self.sight, names_of(self.dossier.related.values()), self.filling)

    @cached_property
    def filling(self) -> Filling | None:
        """The answers, to know what is asked and what texts name; none where the form is not known here."""
        dossier = self.dossier
        subject = dossier.subject.answers if dossier.subject else None
        return filling_of(dossier.form, dossier.reading, subject) if dossier.form else None

    def person(self, name: str) -> str:
        """What an account is called; its bare name where this server does not know it."""
        return self.people.get(name, name)

    def value(self, path: str, value: Json) -> str:
        """An answer in words, masked where it may not be seen."""
        if isinstance(value, Mapping | list) and path.rpartition(".")[2] != "thumb":
            return shown_value(self.dossier.form, self.presenter.find(path), value, self.locale)
        if path.endswith(".thumb"):
            return say(self.locale, "value.photo")
        question = self.presenter.find(path)
        return "" if value is None or value == "" else self.presenter.line(question, path, value).text

    def label(self, path: str) -> str:
        question = self.presenter.find(path)
        return (self.presenter.words(question.get("label"), path) if question else "") or path

    def changes(self, several: Iterable[history.Change]) -> list[Shown]:
        """Changes in words, without the technical rows of a photo."""
        kept = [one for one in several if not one.path.endswith((".sha256", ".type", ".bytes"))]
        return [
            Shown(self.label(c.path), self.value(c.path, c.old), self.value(c.path, c.new), c.known)
            for c in kept
        ]

    def revisions(self) -> list[dict[str, Any]]:
        return [
            {"act": one.act, "at": one.at, "by": self.person(one.by), "changes": self.changes(one.changes)}
            for one in history.revisions(self.dossier.versions)
        ]

    def steps(self) -> list[dict[str, Any]]:
        """Steps newest first, with their comments by question."""
        standing = self.dossier.standing
        return [
            {
                "act": act_name(standing.table, str(step.get("act", "")), self.locale),
                "said": self.said(step),
                "by": self.person(str(step.get("by", ""))),
                "at": step.get("at", ""),
                "comment": said(step).comment,
                "comments": [
                    {"label": self.label(p), "text": text} for p, text in said(step).comments.items()
                ],
                "superseded": standing.state.superseded.get(str(step["id"]), ""),
            }
            for step in sorted(standing.steps, key=lambda step: str(step.get("at", "")), reverse=True)
        ]

    def said(self, step: Mapping[str, Any]) -> list[Line]:
        """What a step says in answer to its act's questions."""
        form, fields = self.dossier.form, step.get("fields")
        if form is None or not isinstance(fields, Mapping):
            return []
        asked = act_form(form, str(step.get("act", "")))
        presenter = Presenter(asked, self.sight, names_of(self.dossier.related.values()))
        told = {name: value for name, value in fields.items() if presenter.find(name) is not None}
        return [line for section in presenter.sections(told) for line in section.lines if not line.empty]

    def findings(self) -> list[dict[str, str]]:
        return [
            {
                "label": self.label(one["path"]),
                "text": label(one["message"], self.locale),
                "severity": one["severity"],
            }
            for one in self.dossier.verdict.findings
        ]

    def siblings(self, path: str) -> list[dict[str, str]]:
        return [
            {"text": self.value(path, one["value"]), "by": self.person(one["by"]), "at": one["at"]}
            for one in self.dossier.verdict.open_answers.get(path, [])
        ]

    def blocks(self, notes: Mapping[str, Note]) -> list[Block]:
        """Sections without what the answers made irrelevant; empty questions with a note keep their line."""
        relevant = asked(self.filling) if self.filling is not None else frozenset[str]()
        return [_block(section, notes, relevant) for section in self.presenter.sections(self.dossier.answers)]

    def notes(self, changed: Mapping[str, history.Change]) -> dict[str, Note]:
        """Findings, open values, changes since the return and its comments, by path."""
        messages = messages_by_path(self.dossier.verdict.findings, self.locale)
        returned = said(self.dossier.standing.returned[-1]).comments if self.dossier.standing.returned else {}
        paths = {*messages, *self.dossier.verdict.open_answers, *changed, *returned}
        return {
            path: Note(
                messages.get(path, ()),
                self.siblings(path),
                self.changes([changed[path]])[0]
                if path in changed and self.changes([changed[path]])
                else None,
                returned.get(path, ""),
            )
            for path in paths
        }

    def place(self) -> dict[str, Any] | None:
        """Accuracy of the record's position and its distance from the door, in metres; the position itself is P3."""
        own = point(self.dossier.reading.answers.get("geo"))
        if own is None:
            return None
        door = point(self.dossier.dwelling.answers.get("geo")) if self.dossier.dwelling else None
        distance = round(distance_m(own, door)) if door else None
        accuracy = None if own[2] is None else round(own[2])
        return {"accuracy": accuracy, "distance": distance, "far": distance is not None and distance > DOOR_M}

    def about(self) -> dict[str, str] | None:
        """The household (or other file) a record is about, by address and name."""
        at = self.dossier.household or self.dossier.subject
        if at is None:
            return None
        address, name = called(at)
        if not address and self.dossier.dwelling is not None:
            address = called(self.dossier.dwelling)[0]
        head = self.dossier.related.get(head_of(at) or "")
        if not name and head is not None:
            name = called(head)[1]
        if "P2" not in self.sight.shown:
            address, name = (
                mask_value({"name": "address"}, address, "P2"),
                mask_value({"name": "name"}, name, "P2"),
            )
        href = f"/desk/households/{at.doc_id}" if at.kind == "household" else ""
        return {"href": href, "name": "  ".join(part for part in (address, name) if part) or at.doc_id}


def said(step: Mapping[str, Any]) -> Typed:
    """The comments a step carries."""
    fields = step.get("fields")
    fields = fields if isinstance(fields, Mapping) else {}
    comments = fields.get("comments")
    comments = comments if isinstance(comments, Mapping) else {}
    comment = fields.get("comment")
    return Typed(
        comment if isinstance(comment, str) else "", {str(p): str(c) for p, c in comments.items() if c}
    )


def record_view(view: View, acts: Sequence[str]) -> dict[str, Any]:
    """The values of the record page that come from the record itself."""
    dossier = view.dossier
    reading, standing = dossier.reading, dossier.standing
    judgement = standing.compared
    changed = history.since(reading, seen_of(judgement), dossier.versions) if judgement else {}
    notes = view.notes(changed)
    title = label((dossier.form or {}).get("title"), view.locale) or reading.form
    asking = (dossier.form or {}).get("acts") or {}
    return {
        "document": {"id": reading.doc_id, "media": f"/api/media/{dossier.database}/"},
        "title": title,
        "form_title": title,
        "form_version": reading.form_version,
        "unknown_form": dossier.form is None,
        "state": standing.state.state,
        "judged": standing.judged,
        "author": view.person(reading.author),
        "captured_at": reading.captured_at,
        "subject": view.about(),
        "sections": view.blocks(notes),
        "notes": _Notes(notes),
        "findings": view.findings(),
        "flags": [flag for flag in standing.flags(reading, dossier.verdict) if flag != "findings"],
        "open_count": len(dossier.verdict.open_answers),
        "place": view.place(),
        "steps": view.steps(),
        "revisions": view.revisions(),
        "compared": str(judgement.get("act")) if judgement else "",
        "changes": view.changes(changed[path] for path in sorted(changed)),
        "state_name": state_name(standing.table, standing.state.state, view.locale),
        "acts": {name: name in acts and name not in asking for name in BUTTONS},
        "further": [
            {"act": act, "label": act_name(standing.table, act, view.locale), "asks": act in asking}
            for act in acts
            if act not in BUTTONS or act in asking
        ],
    }


def conflict_view(view: View, intent: Intent) -> dict[str, Any]:
    """The values of the page that says a record moved, with everything that was typed."""
    typed = [{"name": "comment", "label": say(view.locale, "record.comment"), "text": intent.comment}]
    typed += [
        {"name": f"comment:{path}", "label": view.label(path), "text": text}
        for path, text in intent.comments.items()
    ]
    return {
        "act": intent.act,
        "state": view.dossier.standing.state.state,
        "state_name": state_name(view.dossier.standing.table, view.dossier.standing.state.state, view.locale),
        "typed": [one for one in typed if one["text"]],
        "see": f"/desk/records/{view.dossier.reading.doc_id}/again",
    }


class _Notes(dict[str, Note]):
    """Notes by path; a path without any has an empty one."""

    def __missing__(self, path: str) -> Note:
        return Note()


def _block(section: Section, notes: Mapping[str, Note], relevant: frozenset[str]) -> Block:
    shown = [line for line in section.lines if not line.empty or line.path in notes]
    empty = [
        line for line in section.lines if line.empty and line.path not in notes and line.path in relevant
    ]
    return Block(section.title, section.removed, shown, empty)
