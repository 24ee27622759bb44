"""Does a body say the truth about who typed what? Pure; the second half of admission.

Of the pusher's own device everything is new or known; of every other device nothing may be said that the store
does not hold. Two honest bodies of one document agree in this, whatever order they arrive in:

    a value under a dot that the other has seen    is held there too with the same value,
                                                   or was replaced there by an edit that this body has not seen

So a body that changes, invents or silently drops another person's value does not agree with what is held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.documents import Json
from sync.paths import same
from sync.registers import Context, State, has_causal, read, seen

COUNTER_MAX = 2**31
"""Counters stay below this, so that every client's integers hold them."""


@dataclass(frozen=True)
class Doubt:
    """Why a body cannot be believed."""

    slug: str
    sentence: str


_MALFORMED = Doubt("malformed_causal", "what its editors had seen is not written as it must be")
_FORGED = Doubt("foreign_edit", "it names edits of another device that this server does not hold")
_AUTHOR = Doubt("foreign_edit", "an edit of this device names somebody else as its author")
_CLONE = Doubt("cloned_device", "an edit that is known already comes again with another value")
_INVENTED = Doubt("foreign_edit", "it puts an answer under an edit that did not make it")
_DROPPED = Doubt("dropped_answer", "an answer that its editor had seen is gone without an edit")
_BEHIND = Doubt("context_behind", "it replaces a revision that its editor had not seen")


@dataclass(frozen=True)
class Held:
    """One live leaf of the store, and whether the pushed revision takes its place."""

    state: State
    replaced: bool


def doubt(body: Mapping[str, Json], name: str, device: str | None, leaves: Sequence[Held]) -> Doubt | None:
    """Why this body, pushed by `name` from `device`, cannot be believed beside these live leaves; or None.

    A body without `causal` says nothing of anybody, so there is nothing to doubt.
    """
    if not has_causal(body):
        return None
    causal = body["causal"]
    held: Context = {}
    for leaf in leaves:
        for other, n in leaf.state.context.items():
            if n > held.get(other, 0):
                held[other] = n
    found = _doubt_names(causal, name, device, held)
    if found is not None or not leaves:
        return found
    mine = read(body)
    return next((d for leaf in leaves if (d := _disagree(mine, leaf)) is not None), None)


def _doubt_names(
    causal: Mapping[str, Json], name: str, device: str | None, held: Mapping[str, int]
) -> Doubt | None:
    """Whether each dot and each counter is one of the pusher's device, or one that the store holds."""
    context, claims = causal.get("context", {}), causal.get("dots", {})
    if not isinstance(context, dict) or not isinstance(claims, dict):
        return _MALFORMED
    for other, n in context.items():
        if type(n) is not int or not 0 < n < COUNTER_MAX:
            return _MALFORMED
        if other != device and n > held.get(other, 0):
            return _FORGED
    try:
        named = _dots(causal)
    except (TypeError, ValueError, AttributeError):
        return _MALFORMED
    known_n = held.get(device, 0) if device else 0
    for dot in named:
        other, _, digits = dot.rpartition(":")
        if not (other and digits.isascii() and digits.isdigit() and digits[0] != "0" and len(digits) <= 10):
            return _MALFORMED
        n = int(digits)
        if n > context.get(other, 0):
            return _MALFORMED
        if n > known_n and other == device and (claim := claims.get(dot)) is not None:
            if not isinstance(claim, list) or len(claim) != 2:
                return _MALFORMED
            if claim[1] != name:
                return _AUTHOR
    return None


def _dots(causal: Mapping[str, Json]) -> set[str]:
    """Every dot a body names anywhere; an error of type or value where it is not built as it must be."""
    named = {causal["born"], *causal.get("dots", ())}
    if stamps := causal.get("stamps"):
        named.update(stamps.values())
    if removals := causal.get("removals"):
        named.update(removals)
    if siblings := causal.get("siblings"):
        named.update(dot for listed in siblings.values() for dot, _ in listed)
    return named


def _disagree(mine: State, leaf: Held) -> Doubt | None:
    theirs = leaf.state
    if leaf.replaced and any(mine.context.get(other, 0) < n for other, n in theirs.context.items()):
        return _BEHIND
    if not _claims_agree(mine, theirs):
        return _CLONE
    for path, pairs in mine.registers.items():
        given = theirs.registers.get(path, [])
        for dot, value in pairs:
            if seen(theirs.context, dot) and not any(d == dot and same(v, value) for d, v in given):
                if any(d == dot for d, _ in given):
                    return _CLONE
                if all(seen(mine.context, d) for d, _ in given):
                    return _INVENTED
    for path, given in theirs.registers.items():
        pairs = mine.registers.get(path, [])
        for dot, _ in given:
            if (
                seen(mine.context, dot)
                and not any(d == dot for d, _ in pairs)
                and all(seen(theirs.context, d) for d, _ in pairs)
            ):
                return _DROPPED
    return None


def _claims_agree(mine: State, theirs: State) -> bool:
    """Whether both say the same of when, by whom, and what a removal had seen, for every edit both name."""
    for dot, claim in mine.claims.items():
        if dot in theirs.claims and not same(claim, theirs.claims[dot]):
            return False
    for dot, removed in mine.removals.items():
        if dot in theirs.removals and removed != theirs.removals[dot]:
            return False
        if any(n > mine.context.get(other, 0) for other, n in removed.items()):
            return False
    return True
