"""Edits by programs that ignore `causal` (`curl`, a stock client), made mergeable."""

from __future__ import annotations

from dataclasses import replace

from sync.causal import covers, join_states
from sync.documents import Json
from sync.paths import same
from sync.registers import Body, Pair, State, add, claim, has_causal, read, seen, split, write


def stamp_of(rev: str) -> str:
    """The dot a server gives to such an edit: named by the revision, so that every server gives the same."""
    return f"srv-{rev.partition('-')[2][:16]}:1"


def normalise(body: Body, parent: Body, dot: str) -> dict[str, Json]:
    """The body with what differs from its parent under the server's `dot`, and the parent joined in.

    Where the body has not seen its parent the two are concurrent, and both values stay;
    where it has, its values replace the parent's. A body that kept to the rules is given back as it is.
    The edit has no time of its own: it counts as made right after the latest one known to its parent.
    """
    mine, theirs = read(body), read(parent)
    missing = theirs.registers.keys() - mine.registers.keys()
    gone = [path for path in missing if _dropped(body, mine, theirs.registers[path])]
    if covers(body, parent) and not gone and not _reuses(mine, theirs):
        return dict(body)
    device, n = split(dot)
    stamped = {path: _restamp(body, pairs, theirs, path, dot) for path, pairs in mine.registers.items()}
    stamped |= {path: [(dot, None)] for path in gone}
    dots = {theirs.born} | {d for pairs in theirs.registers.values() for d, _ in pairs}
    edited = replace(
        mine,
        born=theirs.born,
        context={**(mine.context if has_causal(body) else {}), device: n},
        registers=stamped,
        claims={**mine.claims, dot: [max(claim(theirs, d)[0] for d in dots), ""]},
    )
    return write(join_states(theirs, edited))


def _dropped(body: Body, mine: State, pairs: list[Pair]) -> bool:
    """Whether an answer that the parent has and the body lacks was taken out, not just never seen."""
    return not has_causal(body) or any(seen(mine.context, dot) for dot, _ in pairs)


def _reuses(mine: State, theirs: State) -> bool:
    """Whether a value stands under a dot to which the parent gives other values."""
    for path, pairs in mine.registers.items():
        held = theirs.registers.get(path, [])
        for dot, value in pairs:
            given = [v for d, v in held if d == dot]
            if given and not any(same(value, v) for v in given):
                return True
    return False


def _restamp(body: Body, mine: list[Pair], parent: State, path: str, dot: str) -> list[Pair]:
    """Each value under the parent's dots where it is the parent's, under its own if new, else under `dot`."""
    theirs = parent.registers.get(path, [])
    kept: list[Pair] = []
    for own, value in mine:
        known = [pair for pair in theirs if same(pair[1], value)]
        fresh = has_causal(body) and not seen(parent.context, own)
        for pair in known or [(own if fresh else dot, value)]:
            add(kept, pair)
    return kept
