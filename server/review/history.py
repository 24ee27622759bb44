"""What became of a document: its revisions with old and new values, and what moved since somebody judged it. Pure.

Compaction and replication leave leaves without the bodies of their ancestors. What is gone is told from the dots
that the oldest body still names: when, who, which answers, but not what they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from server.review.readings import Reading
from sync.causal import context, difference, flatten
from sync.documents import Document, Json

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """One answer before and after; `known` says whether the value before is still kept here."""

    path: str
    old: Json
    new: Json
    known: bool = True


@dataclass(frozen=True)
class Revision:
    """One edit: when and who by its own claim, and what it changed."""

    act: Literal["created", "edited", "merged"]
    at: str
    by: str
    changes: tuple[Change, ...]


def revisions(versions: Sequence[Document]) -> list[Revision]:
    """The history of a document from those of its revisions whose bodies are here, newest first by claimed time."""
    bodies = {version.rev: version.fields for version in versions if not version.deleted}
    told: list[Revision] = []
    for version in versions:
        if version.deleted:
            continue
        parent = bodies.get(version.parent or "")
        if parent is not None:
            told.append(_edit(parent, version.fields))
        elif version.parent is None:
            told.append(_creation(version.fields))
        else:
            told.extend(_from_dots(version.fields))
    return sorted(_once(told), key=lambda revision: revision.at, reverse=True)


def since(reading: Reading, seen: Mapping[str, int], versions: Sequence[Document]) -> dict[str, Change]:
    """What changed after somebody had seen `seen`, by path; the value before where that version's body is here."""
    judged = next((v.fields for v in versions if not v.deleted and context(v.fields) == dict(seen)), None)
    if judged is not None:
        before = flatten(judged.get("answers"))
        changed = difference(judged.get("answers"), reading.answers)
        return {path: Change(path, before.get(path), value) for path, value in changed.items()}
    shown, causal = flatten(reading.answers), reading.body.get("causal") or {}
    stamps = causal.get("stamps") or {}
    fresh = [path for path, dot in stamps.items() if not _saw(seen, dot) and path in shown]
    return {path: Change(path, None, shown[path], known=False) for path in fresh}


def _edit(parent: Body, body: Body) -> Revision:
    """An edit of a known version; without a new dot it is a merge that nobody typed."""
    claims = _new_claims(parent, body)
    at, by = claims[-1] if claims else (_last_claim(body)[0], "")
    before = flatten(parent.get("answers"))
    changed = difference(parent.get("answers"), body.get("answers"))
    changes = tuple(Change(path, before.get(path), value) for path, value in sorted(changed.items()))
    return Revision("edited" if claims else "merged", at, by, changes)


def _creation(body: Body) -> Revision:
    return Revision("created", str(body.get("captured_at", "")), str(body.get("captured_by", "")), ())


def _from_dots(body: Body) -> Iterator[Revision]:
    """The edits that a body without a known parent still names."""
    causal = body.get("causal") or {}
    shown, stamps = flatten(body.get("answers")), causal.get("stamps") or {}
    yield _creation(body)
    for dot, claim in (causal.get("dots") or {}).items():
        paths = sorted(path for path, stamp in stamps.items() if stamp == dot and path in shown)
        if dot != causal.get("born") and paths and isinstance(claim, list) and len(claim) == 2:
            changes = tuple(Change(path, None, shown[path], known=False) for path in paths)
            yield Revision("edited", str(claim[0]), str(claim[1]), changes)


def _new_claims(parent: Body, body: Body) -> list[tuple[str, str]]:
    known = context(parent)
    dots = (body.get("causal") or {}).get("dots") or {}
    return sorted((str(claim[0]), str(claim[1])) for dot, claim in dots.items() if not _saw(known, dot))


def _last_claim(body: Body) -> tuple[str, str]:
    dots = (body.get("causal") or {}).get("dots") or {}
    return max(
        ((str(claim[0]), str(claim[1])) for claim in dots.values()),
        default=(str(body.get("captured_at", "")), ""),
    )


def _saw(known: Mapping[str, int], dot: Json) -> bool:
    device, _, counter = str(dot).rpartition(":")
    return counter.isdigit() and known.get(device, 0) >= int(counter)


def _once(told: Sequence[Revision]) -> list[Revision]:
    """Without repeats: two leaves tell the same beginning, and a merge that changed nothing tells nothing."""
    kept: list[Revision] = []
    for revision in told:
        if revision not in kept and not (revision.act == "merged" and not revision.changes):
            kept.append(revision)
    return kept
