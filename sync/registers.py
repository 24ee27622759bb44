"""A body taken apart into registers, and put together again (ADR 4).

    dot       `device:n`, the n-th edit of this document by that device
    context   device -> n: which dots a body has seen
    register  the (dot, value) pairs of one answer; two or more where people edited without seeing each other

`forms/app/src/pure/registers.ts` does the same; `forms/vectors/join.json` holds both to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785

from sync.documents import Json
from sync.paths import code_units, flatten, same, unflatten

Body = Mapping[str, Json]
Pair = tuple[str, Json]
Registers = dict[str, list[Pair]]
Context = dict[str, int]


@dataclass(frozen=True)
class State:
    """A body taken apart."""

    envelope: dict[str, Json]
    """What is fixed at creation: everything but answers, causal and home."""
    home: Json
    born: str
    """The dot of every answer that has no stamp of its own."""
    context: Context
    registers: Registers
    claims: dict[str, Json]
    """`[at, by]` by dot: when it was typed and by whom, as its device claims."""
    removals: dict[str, Context]
    """By dot of a removal, what its author had seen: whatever else is in the row came beside it."""


def read(body: Body) -> State:
    """Total: what is malformed counts as not said, and a body without `causal` as one edit all of its own."""
    causal: Mapping[str, Json] = body["causal"] if has_causal(body) else {}
    born = causal["born"] if causal else f"raw-{hashlib.sha256(rfc8785.dumps(dict(body))).hexdigest()[:16]}:1"
    registers = _registers(
        body.get("answers"), born, _dict(causal.get("stamps")), _dict(causal.get("siblings"))
    )
    held = {dot for pairs in registers.values() for dot, _ in pairs}
    seen = _context(causal.get("context"))
    for dot in held | {born}:
        device, n = split(dot)
        if n > seen.get(device, 0):
            seen[device] = n
    return State(
        {key: value for key, value in body.items() if key not in ("answers", "causal", "home")},
        body.get("home"),
        born,
        seen,
        registers,
        {dot: claim for dot, claim in _dict(causal.get("dots")).items() if dot in held},
        {dot: _context(seen) for dot, seen in _dict(causal.get("removals")).items() if dot in held},
    )


def write(state: State) -> dict[str, Json]:
    """The body: of each answer the latest value is shown, the others stand in `causal.siblings`."""
    ordered = {path: latest_first(state, pairs) for path, pairs in state.registers.items()}
    answers = unflatten({path: pairs[0][1] for path, pairs in ordered.items()})
    shown = flatten(answers)
    visible = {path for path, pairs in ordered.items() if path in shown and same(shown[path], pairs[0][1])}
    if len(visible) < len(ordered):  # what cannot be shown beside a deeper path stays among the siblings
        answers = unflatten({path: ordered[path][0][1] for path in visible})
    hidden = {path: rest for path, pairs in ordered.items() if (rest := pairs[path in visible :])}
    used = {dot for pairs in ordered.values() for dot, _ in pairs}
    causal: dict[str, Any] = {
        "born": state.born,
        "context": dict(sorted(state.context.items())),
        "dots": {dot: state.claims[dot] for dot in sorted(used) if dot in state.claims},
        "stamps": {
            path: ordered[path][0][0] for path in sorted(visible) if ordered[path][0][0] != state.born
        },
        "siblings": {path: [list(pair) for pair in hidden[path]] for path in sorted(hidden)},
    }
    if removals := {dot: state.removals[dot] for dot in sorted(used) if dot in state.removals}:
        causal["removals"] = removals
    home = {} if state.home is None else {"home": state.home}
    return {**state.envelope, **home, "answers": answers, "causal": causal}


def latest_first(state: State, pairs: list[Pair]) -> list[Pair]:
    """By claimed time, then by dot, then by value, so that every machine shows the same one."""
    if len(pairs) == 1:
        return pairs

    def rank(pair: Pair) -> tuple[bytes, bytes, int, bytes]:
        device, n = split(pair[0])
        return code_units(claim(state, pair[0])[0]), code_units(device), n, canonical(pair[1])

    return sorted(pairs, key=rank, reverse=True)


def claim(state: State, dot: str) -> tuple[str, str]:
    """When and by whom, as claimed; empty text where nothing is. The first dot may leave it to the envelope."""
    claimed = state.claims.get(dot)
    if claimed is None and dot == state.born:
        claimed = [state.envelope.get("captured_at"), state.envelope.get("captured_by")]
    at, by = claimed if isinstance(claimed, list) and len(claimed) == 2 else ("", "")
    return at if isinstance(at, str) else "", by if isinstance(by, str) else ""


def split(dot: str) -> tuple[str, int]:
    """Device and counter; counter 0 for anything that is no dot, which nobody has ever seen."""
    device, _, digits = dot.rpartition(":")
    if device and digits.isascii() and digits.isdigit() and digits[0] != "0" and len(digits) <= 15:
        return device, int(digits)
    return dot, 0


def seen(by: Context, dot: str) -> bool:
    """Whether a context has seen a dot."""
    device, n = split(dot)
    return 0 < n <= by.get(device, 0)


def counter(value: Json) -> int:
    """A whole number above zero, or 0 for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        return 0
    return max(0, int(value))


def has_causal(body: Body) -> bool:
    """Whether a body says what its editors had seen."""
    causal = body.get("causal")
    return isinstance(causal, dict) and isinstance(causal.get("born"), str) and causal["born"] != ""


def canonical(value: Json) -> bytes:
    """A sorting key: canonical JSON in the order that JavaScript gives text."""
    return code_units(rfc8785.dumps(value).decode())


def _registers(
    answers: Json, born: str, stamps: Mapping[str, Json], siblings: Mapping[str, Json]
) -> Registers:
    registers: Registers = {}
    for path, value in flatten(answers).items():
        stamp = stamps.get(path)
        registers[path] = [(stamp if isinstance(stamp, str) else born, value)]
    for path, listed in siblings.items():
        pairs = registers.get(path, [])
        for item in listed if isinstance(listed, list) else []:
            if isinstance(item, list) and len(item) == 2 and isinstance(item[0], str):
                add(pairs, (item[0], item[1]))
        if pairs:
            registers[path] = pairs
    return registers


def add(pairs: list[Pair], pair: Pair) -> None:
    """Append a pair unless it is there."""
    if not any(pair[0] == dot and same(pair[1], value) for dot, value in pairs):
        pairs.append(pair)


def _context(value: Json) -> Context:
    return {device: n for device, raw in _dict(value).items() if (n := counter(raw)) > 0}


def _dict(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
