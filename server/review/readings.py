"""A document as the desk reads it: the join of its live leaves. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from sync.causal import join_all
from sync.documents import Document, Json


@dataclass(frozen=True)
class Reading:
    """The join of all live leaves of one document, and the winner that an edit would be a child of."""

    doc_id: str
    rev: str
    body: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return kind_of(self.doc_id)

    @property
    def answers(self) -> dict[str, Json]:
        return _object(self.body.get("answers"))

    @property
    def context(self) -> dict[str, int]:
        """What has been seen of this document: the counter of each device."""
        return _object(_object(self.body.get("causal")).get("context"))

    @property
    def form(self) -> str:
        return _text(self.body.get("form"))

    @property
    def form_version(self) -> int:
        version = self.body.get("form_version")
        return version if isinstance(version, int) else 0

    @property
    def author(self) -> str:
        return _text(self.body.get("captured_by"))

    @property
    def captured_at(self) -> str:
        return _text(self.body.get("captured_at"))

    @property
    def subject(self) -> str | None:
        """The file this is about. A household lives in the dwelling its answers name now."""
        moved = self.answers.get("dwelling_id") if self.kind == "household" else None
        return _text(moved) or _text(self.body.get("subject")) or None

    @property
    def removed(self) -> bool:
        return self.answers.get("removed") is True

    @property
    def edited_at(self) -> str:
        """The latest claimed time of anything in it: what a check takes for now."""
        dots = _object(_object(self.body.get("causal")).get("dots"))
        times = [dot[0] for dot in dots.values() if isinstance(dot, list) and dot and isinstance(dot[0], str)]
        return max([self.captured_at, *times])


def read(leaves: Sequence[Document]) -> Reading | None:
    """What these leaves say together; None where no leaf is live."""
    live = [leaf for leaf in leaves if not leaf.deleted]
    if not live:
        return None
    body = live[0].fields if len(live) == 1 else join_all([leaf.fields for leaf in live])
    return Reading(live[0].doc_id, live[0].rev, body)


def read_all(leaves: Mapping[str, Sequence[Document]]) -> dict[str, Reading]:
    """Readings of those documents that are live, by id."""
    found = {doc_id: read(several) for doc_id, several in leaves.items()}
    return {doc_id: reading for doc_id, reading in found.items() if reading is not None}


def kind_of(doc_id: str) -> str:
    """The word before the first colon of a document id."""
    return doc_id.partition(":")[0]


def judged(context: Mapping[str, int], step_ids: Iterable[str]) -> str:
    """Digest of what a reviewer has before his eyes: 32 hex digits, another one as soon as the record has moved."""
    seen = orjson.dumps([sorted(context.items()), sorted(step_ids)])
    return hashlib.sha256(seen).hexdigest()[:32]


def covers(seen: Mapping[str, int], context: Mapping[str, int]) -> bool:
    """Whether somebody who had seen `seen` had seen all of `context`."""
    return all(seen.get(device, 0) >= counter for device, counter in context.items())


def texts(value: Json) -> list[str]:
    """The strings among the items of a foreign value that should be a list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
