"""How far a replication has come, remembered in `_local/` on both sides (CouchDB's algorithm).

Each checkpoint has a name of its own, in the same list on both sides. What both remember has surely happened, so the
newest common name is where to go on, however the last run ended and whichever side was put back to an older copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sync.documents import Json
from sync.errors import NotFound
from sync.store import DocStore, Info

HISTORY = 50
"""Checkpoints remembered on each side."""

_PEERS = "jinlin-peers"
_VERSION = 4
_REFUSED_MAX = 1000


@dataclass(frozen=True)
class Log:
    """One side's memory of a replication: (name, source sequence) pairs, newest first."""

    history: tuple[tuple[str, str], ...] = ()
    refused: Mapping[str, str] | None = None
    """By document id, the newest revision that the target would not take."""

    @property
    def seq(self) -> str:
        """The source's sequence up to which everything was sent; `"0"` before the first checkpoint."""
        return self.history[0][1] if self.history else "0"


def identity(store: DocStore, info: Info) -> str:
    """What names a database in a replication: where it is, or what it is, and its last restore from a backup."""
    return f"{getattr(store, 'identity', info.uuid)}#{info.epoch}"


def replication_id(source: str, target: str) -> str:
    """The name of a replication: the same whenever the same source is sent to the same target."""
    return hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()[:32]


def common(source: Log, target: Log) -> Log:
    """The newest checkpoint that both sides remember, and those before it."""
    known = set(target.history)
    for at, entry in enumerate(source.history):
        if entry in known:
            return replace(source, history=source.history[at:])
    return Log()


def read(store: DocStore, name: str) -> Log:
    """A side's memory; an empty one if it has none, or one that is not ours to read."""
    try:
        _, fields = store.get_local(name)
    except NotFound:
        return Log()
    listed = fields.get("history")
    entries = [(e.get("session_id"), e.get("recorded_seq")) for e in _dicts(listed)]
    refused = fields.get("refused")
    return Log(
        tuple((str(session), str(seq)) for session, seq in entries if session and seq is not None),
        {str(k): str(v) for k, v in refused.items()} if isinstance(refused, dict) else {},
    )


def write(store: DocStore, name: str, log: Log) -> None:
    """Remember on one side."""
    newest = log.history[0]
    fields: dict[str, Json] = {
        "replication_id_version": _VERSION,
        "session_id": newest[0],
        "source_last_seq": newest[1],
        "history": [{"session_id": session, "recorded_seq": seq} for session, seq in log.history],
        "refused": dict(list((log.refused or {}).items())[-_REFUSED_MAX:]),
    }
    store.put_local(name, fields)


def advance(log: Log, session: str, seq: str, refused: Mapping[str, str], sent: Iterable[str]) -> Log:
    """The memory after one more checkpoint: `refused` revisions by id are noted, those of `sent` ids forgotten."""
    done = set(sent)
    kept = {doc_id: rev for doc_id, rev in (log.refused or {}).items() if doc_id not in done}
    return Log(((session, seq), *log.history)[:HISTORY], {**kept, **refused})


def introduce(source: DocStore, name: str, target: str) -> None:
    """Note at the source that it is sent to this target, so that `last_pushed_seq` finds the replication."""
    peers = _peers(source)
    if peers.get(name) != target:
        source.put_local(_PEERS, {"replications": {**peers, name: target}})


def last_pushed_seq(store: DocStore) -> dict[str, str]:
    """By target, the sequence of this database up to which everything has been sent there."""
    return {target: read(store, name).seq for name, target in _peers(store).items()}


def delivered(store: DocStore, revs: Mapping[str, str]) -> set[str]:
    """Those document ids whose named revision some target has, as far as its checkpoints tell.

    A document that has changed since, or whose revision was refused, does not count.
    """
    found: set[str] = set()
    for name in _peers(store):
        log = read(store, name)
        if log.seq == "0":
            continue
        waiting = {change.doc_id for change in store.changes(log.seq)}
        refused = log.refused or {}
        found |= {
            doc_id for doc_id, rev in revs.items() if doc_id not in waiting and refused.get(doc_id) != rev
        }
    lacking = store.missing({doc_id: [revs[doc_id]] for doc_id in found})
    return found - lacking.keys()


def _peers(store: DocStore) -> dict[str, str]:
    try:
        _, fields = store.get_local(_PEERS)
    except NotFound:
        return {}
    listed = fields.get("replications")
    return {str(name): str(target) for name, target in listed.items()} if isinstance(listed, dict) else {}


def _dicts(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
