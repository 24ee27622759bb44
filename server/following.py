"""The loop that gives every follower every change (ADR 6).

Round after round: ask the stores for their update sequences, and give each follower one batch of each database that
has moved. A follower that fails never holds up another, nor another database.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from sqlalchemy.exc import InterfaceError, OperationalError

from server.followers import Checkpoint, Follower, Ledger, Trouble
from server.logs import log
from sync.documents import Change, Leaf
from sync.errors import Damaged, NotFound, StoreUnavailable
from sync.store import DocStore, Info, StoreSet

BATCH = 200
"""Changes given to a follower at once."""

_OUTAGES = (StoreUnavailable, OperationalError, InterfaceError, OSError)
"""Not the change's fault: everything waits and is tried again, nothing is counted."""

_OUTAGE_WAIT_S = 5.0


def _is_outage(error: Exception) -> bool:
    """Damage of one document is no outage: waiting does not mend it, and the others must go on."""
    return isinstance(error, _OUTAGES) and not isinstance(error, Damaged)


class _Feed:
    """One database in one round: whoever stands at the same place is given the same batch, read once."""

    def __init__(self, stores: StoreSet, database: str, head: str) -> None:
        self._stores = stores
        self._batches: dict[str, list[Change]] = {}
        self.database = database
        self.head = head
        """The update sequence when the round began."""

    @cached_property
    def store(self) -> DocStore:
        return self._stores.open(self.database)

    @cached_property
    def info(self) -> Info:
        return self.store.info()

    def after(self, seq: str) -> list[Change]:
        """The next batch; it holds everything up to `head` if it is empty."""
        if seq not in self._batches:
            self._batches[seq] = list(self.store.changes(seq, limit=BATCH))
        return self._batches[seq]


class Workers:
    """Followers, stores and the ledger between them. `clock` gives seconds."""

    def __init__(
        self, stores: StoreSet, followers: Sequence[Follower], ledger: Ledger, clock: Callable[[], float]
    ) -> None:
        self._stores = stores
        self._followers = followers
        self._ledger = ledger
        self._clock = clock
        self._heads: dict[tuple[str, str], str] = {}
        self._waiting: dict[tuple[str, str], float] = {}

    def run(self, stop: threading.Event, interval_s: float) -> None:
        """Rounds until `stop` is set; a pause of `interval_s` whenever there was nothing to do."""
        away = False
        while not stop.is_set():
            was_away, busy = away, False
            try:
                busy, away = self.round(stop), False
            except StoreUnavailable:
                away = True
            if away != was_away:
                log.warning("stores unavailable" if away else "stores available again")
            self._ledger.beat(self._clock())
            if not busy:
                stop.wait(interval_s)

    def round(self, stop: threading.Event | None = None) -> bool:
        """One batch for each follower of each database that has moved; whether there was anything to do."""
        seqs = self._stores.update_seqs()
        self._heads = {key: head for key, head in self._heads.items() if key[1] in seqs}
        busy = False
        for database in sorted(seqs, key=_first_things_first):
            feed = _Feed(self._stores, database, seqs[database])
            for follower in self._followers:
                if stop is not None and stop.is_set():
                    return False
                if follower.handles(database) and self._heads.get((follower.name, database)) != feed.head:
                    busy |= self._patiently(follower, database, lambda f, _, feed=feed: self._follow(f, feed))  # type: ignore[misc]
        return self._retry() or busy

    def _patiently(self, follower: Follower, database: str, act: Callable[[Follower, str], bool]) -> bool:
        """Do it, unless the last attempt met an outage a moment ago."""
        key = (follower.name, database)
        if self._waiting.get(key, 0.0) > self._clock():
            return False
        try:
            return act(follower, database)
        except NotFound:  # the database is gone
            return False
        except _OUTAGES as outage:
            facts = {"follower": follower.name, "database": database, "error": type(outage).__name__}
            log.warning("follower waits", extra=facts)
            self._waiting[key] = self._clock() + _OUTAGE_WAIT_S
            return False

    def _follow(self, follower: Follower, feed: _Feed) -> bool:
        store, info, database, head = feed.store, feed.info, feed.database, feed.head
        at = self._ledger.checkpoint(follower.name, database)
        if at is None or (at.uuid, at.epoch) != (info.uuid, info.epoch):
            at = Checkpoint(info.uuid, info.epoch, "0")
        if at.purge_seq != info.purge_seq:
            follower.sweep(store)
            at = replace(at, purge_seq=info.purge_seq)
        changes = feed.after(at.seq)
        if changes:
            self._hand(follower, store, changes)
            self._ledger.advance(follower.name, database, replace(at, seq=changes[-1].seq, head=""))
            return True
        self._ledger.advance(follower.name, database, replace(at, head=head))
        self._heads[follower.name, database] = head
        return False

    def _hand(self, follower: Follower, store: DocStore, changes: list[Change]) -> None:
        """All at once, or one by one where that fails, so that one bad change stops nothing but itself."""
        try:
            follower.handle(store, changes)
        except Exception as error:
            if _is_outage(error):
                raise
            for change in changes:
                self._hand_one(follower, store, change)
        else:
            self._ledger.recovered(follower.name, store.name, [change.doc_id for change in changes])

    def _hand_one(self, follower: Follower, store: DocStore, change: Change) -> None:
        try:
            follower.handle(store, [change])
        except Exception as error:
            if _is_outage(error):
                raise
            name = type(error).__name__
            trouble = self._ledger.fail(follower.name, store.name, change, name, self._clock())
            event = "change parked" if trouble.parked else "change failed"
            where = {"follower": follower.name, "database": store.name, "id": change.doc_id}
            log.error(event, extra={**where, "rev": trouble.rev, "error": name})
        else:
            self._ledger.recovered(follower.name, store.name, [change.doc_id])

    def _retry(self) -> bool:
        due = self._ledger.due(self._clock())
        for trouble in due:
            for follower in self._followers:
                if follower.name == trouble.follower:
                    self._patiently(follower, trouble.database, lambda f, d, t=trouble: self._again(f, t))  # type: ignore[misc]
        return bool(due)

    def _again(self, follower: Follower, trouble: Trouble) -> bool:
        store = self._stores.open(trouble.database)
        leaves = store.leaves(trouble.doc_id)
        if leaves:
            change = Change("", trouble.doc_id, tuple(Leaf(leaf.rev, leaf.deleted) for leaf in leaves))
            self._hand_one(follower, store, change)
        else:  # purged meanwhile
            self._ledger.recovered(trouble.follower, trouble.database, [trouble.doc_id])
        return True


def _first_things_first(database: str) -> tuple[bool, bool, str]:
    """Where grids lie and what was asked come before what was answered."""
    return database != "directory", database != "forms", database
