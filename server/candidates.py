"""Candidates: forms that could be published, kept for their authors to try on a phone and then to publish.

One for each author and form, in a file of its own; a newer one takes its place. Nobody but the author can ask for it.
They are nobody's answers: a backup does without them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from server.manuscripts import Manuscript, Remark, remark_of

MOST = 20
"""So many an author may have; the oldest goes."""

LIFE = timedelta(days=30)


@dataclass(frozen=True)
class Candidate:
    """A manuscript as it was kept: `file` is what it was called, `kept_at` when (ISO-8601)."""

    definition: dict[str, Any]
    remarks: tuple[Remark, ...]
    file: str
    kept_at: str

    @property
    def form(self) -> str:
        """The name of the form."""
        return str(self.definition["form"])

    @property
    def manuscript(self) -> Manuscript:
        """What is published of it; its places were told when it was handed in."""
        return Manuscript(self.definition, self.remarks, lambda _path: None)


class Candidates:
    """The candidates of one server, in a folder that is made when it is needed. Every verb blocks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, author: str, manuscript: Manuscript, file: str, now: datetime) -> Candidate:
        """Keep a form for its author, in place of the one of that name that was kept before."""
        kept = Candidate(manuscript.definition, manuscript.remarks, file, now.isoformat(timespec="seconds"))
        path = self._path(author, kept.form)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        draft.write_bytes(_bytes(kept))
        draft.replace(path)
        for one in self.all(author, now)[MOST:]:
            self.drop(author, one.form)
        self._forget(now)
        return kept

    def _forget(self, now: datetime) -> None:
        """Let go of what has become old, also of authors who come no more."""
        for folder in self._folder.iterdir():
            for path, one in _read(folder):
                if one.kept_at < _oldest(now):
                    path.unlink(missing_ok=True)

    def all(self, author: str, now: datetime) -> list[Candidate]:
        """What is kept for an author, the newest first, without what has become old."""
        found = (one for _, one in _read(self._path(author, "").parent))
        kept = (one for one in found if one.kept_at >= _oldest(now))
        return sorted(kept, key=lambda one: (one.kept_at, one.form), reverse=True)

    def find(self, author: str, form: str, now: datetime) -> Candidate | None:
        """The form of that name that is kept for an author."""
        return next((one for one in self.all(author, now) if one.form == form), None)

    def drop(self, author: str, form: str) -> None:
        """Keep it no longer."""
        self._path(author, form).unlink(missing_ok=True)

    def _path(self, author: str, form: str) -> Path:
        """Names of people and forms never become names of files: neither their length nor their case matters then."""
        person, name = (sha256(text.encode()).hexdigest()[:32] for text in (author, form))
        return self._folder / person / f"{name}.json"


def _read(folder: Path) -> Iterator[tuple[Path, Candidate]]:
    """The candidates in the folder of one author."""
    for path in folder.glob("*.json"):
        try:
            yield path, _candidate(path.read_bytes())
        except FileNotFoundError:
            continue  # another process has dropped it


def _oldest(now: datetime) -> str:
    """When the oldest was kept that is not old yet."""
    return (now - LIFE).isoformat(timespec="seconds")


def _bytes(kept: Candidate) -> bytes:
    said = [remark.as_json() for remark in kept.remarks]
    return orjson.dumps(
        {"definition": kept.definition, "remarks": said, "file": kept.file, "kept_at": kept.kept_at}
    )


def _candidate(data: bytes) -> Candidate:
    found = orjson.loads(data)
    remarks = tuple(remark_of(said) for said in found["remarks"])
    return Candidate(found["definition"], remarks, found["file"], found["kept_at"])
