"""The feed half of the server: one process in which every follower follows every database (ADR 6)."""

from __future__ import annotations

import fcntl
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from server.followers import Follower, Ledger, Trouble
from server.following import Workers
from server.logs import configure
from server.media import MediaStore
from server.media_mentions import MediaMentions
from server.opening import open_stores
from server.review.index import IndexFollower
from server.review.library import Library
from server.review.tables import open_index
from server.settings import Settings
from sync.settle import SettleFollower
from sync.store import StoreSet


@dataclass(frozen=True)
class Lag:
    """How the followers are doing, for the health page."""

    behind: dict[str, int]
    """Databases with something left to follow, by follower."""
    parked: list[Trouble]
    silent_s: float | None
    """Seconds since the worker process was last alive; None if it never was."""


def followers(settings: Settings, stores: StoreSet) -> list[Follower]:
    """Everyone who follows the feeds of this server."""
    index = open_index(settings.index or f"sqlite:///{settings.data / 'index.sqlite'}")
    media = MediaStore(settings.data / "media")
    return [SettleFollower(), IndexFollower(index, stores, Library(stores), _now), MediaMentions(media)]


def run(settings: Settings, stop: threading.Event) -> None:
    """Follow until `stop` or a signal; then finish the batch in hand and return. Waits for another worker to end."""
    configure(settings.log_level)
    settings.data.mkdir(parents=True, exist_ok=True)
    with _stopping_on_signals(stop), _alone(settings.data / "followers.lock", stop):
        if stop.is_set():
            return
        stores = open_stores(settings)
        ledger = Ledger(settings.data / "followers.sqlite")
        try:
            workers = Workers(stores, followers(settings, stores), ledger, time.time)
            workers.run(stop, settings.watch_interval_ms / 1000)
        finally:
            ledger.close()
            stores.close()


def lag(data: Path, stores: StoreSet, names: Sequence[str] = ("settle", "index", "media")) -> Lag:
    """How far the followers are behind, read from the ledger of the worker process; cheap enough for every probe."""
    path = data / "followers.sqlite"
    grids = [database for database in stores.names() if database.startswith("grid-")]
    if not path.exists():
        return Lag(dict.fromkeys(names, len(grids)), [], None)
    ledger = Ledger(path)
    try:
        heads, beat, troubles = ledger.heads(), ledger.last_beat_s(), ledger.troubles()
    finally:
        ledger.close()
    seqs = stores.update_seqs(grids)
    behind = {
        name: sum(heads.get((name, database)) != seq for database, seq in seqs.items()) for name in names
    }
    return Lag(
        behind, [t for t in troubles if t.parked], None if beat is None else max(0.0, time.time() - beat)
    )


@contextmanager
def _stopping_on_signals(stop: threading.Event) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.signal(number, lambda *_: stop.set()) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def _alone(path: Path, stop: threading.Event) -> Iterator[None]:
    """Hold the lock of the worker process; wait while another one holds it, or until `stop`."""
    with path.open("w") as file:
        while not stop.is_set():
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            stop.wait(0.2)
        yield


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
