"""Sending many databases from one server to another: which ones, several at once, again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Protocol

from sync.errors import DatabaseExists, NotFound, SyncError
from sync.replicate import Progress, Result, replicate
from sync.store import DocStore, StoreSet

SYSTEM = ("directory", "forms")
"""What a district needs beside the grids: where they lie, and what was asked."""


@dataclass(frozen=True)
class Outcome:
    """What became of one database in one pass: a result, or the reason why there is none."""

    database: str
    result: Result | None = None
    error: SyncError | None = None


class Audience(Protocol):
    """Somebody who is told how a pass goes. Called from several threads."""

    def begins(self, database: str) -> None: ...

    def advances(self, database: str, progress: Progress) -> None: ...

    def ends(self, outcome: Outcome) -> None: ...


def chosen(source: StoreSet, named: Sequence[str]) -> list[str]:
    """The databases to send: those named, else `directory`, `forms` and every grid. `NotFound` for an unknown name."""
    there = source.names()
    for name in named:
        if name not in there:
            raise NotFound(name)
    grids = [name for name in there if name.startswith("grid-")]
    return list(named) or [*(name for name in SYSTEM if name in there), *grids]


@dataclass
class Sending:
    """Passes over the databases of one server, sent to another. `new_session` gives fresh names for runs."""

    source: StoreSet
    target: StoreSet
    new_session: Callable[[], str]
    audience: Audience
    parallel: int = 4
    stop: threading.Event = field(default_factory=threading.Event)
    _sent: dict[str, str] = field(default_factory=dict)
    """By database, the source's sequence at the beginning of its last finished run."""

    def run(self, databases: Sequence[str]) -> list[Outcome]:
        """One pass over those that have changed since their last finished run; those that fail stop no other."""
        seqs = self.source.update_seqs(databases)
        waiting = [name for name in databases if name in seqs and self._sent.get(name) != seqs[name]]
        outcomes: list[Outcome] = []
        with ThreadPoolExecutor(self.parallel, thread_name_prefix="replicate") as pool:
            futures = [pool.submit(self._send, name, seqs) for name in waiting]
            for future in as_completed(futures):
                if (outcome := future.result()) is not None:
                    outcomes.append(outcome)
        return outcomes

    def _send(self, name: str, seqs: Mapping[str, str]) -> Outcome | None:
        if self.stop.is_set():
            return None
        self.audience.begins(name)
        outcome = self._sent_or_failed(name)
        if outcome.result and outcome.result.finished:
            self._sent[name] = seqs[name]
        self.audience.ends(outcome)
        return outcome

    def _sent_or_failed(self, name: str) -> Outcome:
        try:
            result = replicate(
                self.source.open(name),
                ensure(self.target, name),
                session=self.new_session(),
                progress=lambda progress: self.audience.advances(name, progress),
                stopping=self.stop.is_set,
            )
        except SyncError as error:
            return Outcome(name, error=error)
        return Outcome(name, result)


def ensure(stores: StoreSet, name: str) -> DocStore:
    """The database of that name, made if it is not there."""
    try:
        return stores.open(name)
    except NotFound:
        pass
    try:
        return stores.create(name)
    except DatabaseExists:
        return stores.open(name)
