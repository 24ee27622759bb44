"""Regular expressions in the RE2 subset, matched by simulating all their threads at once.

The time is bounded by length of text × size of pattern, so no pattern runs away, and both languages do the same
because both run this, not their own engines. `forms/app/src/pure/patterns.ts` is its twin.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_TEXT = 1000
MAX_STEPS = 1000
"""Longest text, in code points, and largest compiled pattern, in steps, that are matched at all."""

Ranges = tuple[tuple[int, int], ...]
DIGIT: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = ((9, 10), (12, 13), (32, 32))
CLASSES = {"d": DIGIT, "w": WORD, "s": SPACE}
ESCAPES = {"t": 9, "n": 10, "r": 13, "f": 12, "v": 11}
LAST = 0x10FFFF


class PatternInvalid(ValueError):
    """A pattern outside the subset; the message says why."""


@dataclass(frozen=True)
class Step:
    """One step of a compiled pattern: take a character, fork, jump, an anchor, or match."""

    kind: str
    ranges: Ranges = ()
    to: tuple[int, ...] = ()


def inverted(ranges: Ranges) -> Ranges:
    """Every code point that is not in `ranges`."""
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in sorted(ranges):
        if low > start:
            found.append((start, low - 1))
        start = max(start, high + 1)
    return (*found, (start, LAST)) if start <= LAST else tuple(found)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> tuple[Step, ...]:
    """The steps of a pattern; raises PatternInvalid."""
    reader = _Reader(pattern)
    tree = reader.alternatives()
    if reader.at < len(pattern):
        raise PatternInvalid(f"unmatched ')' at character {reader.at + 1}")
    steps: list[Step] = []
    _emit(tree, steps)
    steps.append(Step("match"))
    return tuple(steps)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches; false for a pattern outside the subset or a text over 1,000 characters."""
    if len(text) > MAX_TEXT:
        return False
    try:
        steps = compiled(pattern)
    except PatternInvalid:
        return False
    threads = _reached(steps, [0], 0, len(text))
    for index, character in enumerate(text):
        point = ord(character)
        after = [
            at + 1
            for at in threads
            if steps[at].kind == "take" and any(low <= point <= high for low, high in steps[at].ranges)
        ]
        threads = _reached(steps, after, index + 1, len(text))
        if not threads:
            return False
    return any(steps[at].kind == "match" for at in threads)


def _reached(steps: tuple[Step, ...], starts: list[int], index: int, length: int) -> list[int]:
    """The taking or matching steps that `starts` lead to without a character."""
    seen: set[int] = set()
    waiting = starts[::-1]
    found: list[int] = []
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        step = steps[at]
        if step.kind == "fork":
            waiting.extend(step.to)
        elif step.kind in ("take", "match"):
            found.append(at)
        elif (step.kind == "start" and index == 0) or (step.kind == "end" and index == length):
            waiting.append(at + 1)
    return found


def _emit(tree: Any, steps: list[Step]) -> None:
    """Append the steps of one node: take, anchors, all of, one of, repeat(least, most, inner)."""
    kind = tree[0]
    if kind in ("start", "end"):
        steps.append(Step(kind))
    elif kind == "take":
        steps.append(Step("take", tree[1]))
    elif kind == "all":
        for inner in tree[1]:
            _emit(inner, steps)
    elif kind == "any":
        _emit_any(tree[1], steps)
    else:
        _emit_repeat(tree[1], tree[2], tree[3], steps)
    if len(steps) > MAX_STEPS:
        raise PatternInvalid(f"the pattern is too large (over {MAX_STEPS} steps)")


def _emit_any(choices: list[Any], steps: list[Step]) -> None:
    exits: list[int] = []
    for inner in choices[:-1]:
        fork = len(steps)
        steps.append(Step("fork"))
        _emit(inner, steps)
        exits.append(len(steps))
        steps.append(Step("fork"))
        steps[fork] = Step("fork", to=(fork + 1, len(steps)))
    _emit(choices[-1], steps)
    for place in exits:
        steps[place] = Step("fork", to=(len(steps),))


def _emit_repeat(least: int, most: int | None, inner: Any, steps: list[Step]) -> None:
    for _ in range(least):
        _emit(inner, steps)
    if most is None:
        fork = len(steps)
        steps.append(Step("fork"))
        _emit(inner, steps)
        steps.append(Step("fork", to=(fork,)))
        steps[fork] = Step("fork", to=(fork + 1, len(steps)))
        return
    forks: list[int] = []
    for _ in range(most - least):
        forks.append(len(steps))
        steps.append(Step("fork"))
        _emit(inner, steps)
    for fork in forks:
        steps[fork] = Step("fork", to=(fork + 1, len(steps)))


class _Reader:
    """Recursive descent over the pattern's characters."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.pattern[self.at] if self.at < len(self.pattern) else ""

    def take(self) -> str:
        character = self.peek()
        if not character:
            raise PatternInvalid("the pattern ends too early")
        self.at += 1
        return character

    def met(self, text: str) -> bool:
        if self.pattern.startswith(text, self.at):
            self.at += len(text)
            return True
        return False

    def alternatives(self) -> Any:
        choices = [self.sequence()]
        while self.met("|"):
            choices.append(self.sequence())
        return choices[0] if len(choices) == 1 else ["any", choices]

    def sequence(self) -> Any:
        items: list[Any] = []
        while self.peek() not in ("", "|", ")"):
            items.append(self.quantified(self.item()))
        return ["all", items]

    def quantified(self, inner: Any) -> Any:
        bounds = self.bounds()
        if bounds is None:
            return inner
        if inner[0] in ("start", "end"):
            raise PatternInvalid("nothing to repeat")
        self.met("?")
        if bounds[1] is None and _unbounded(inner):
            raise PatternInvalid("a repetition inside a repetition, such as (a+)+, is refused")
        if self.peek() in ("*", "+", "?") or self.counted() is not None:
            raise PatternInvalid("a repetition of a repetition is refused")
        return ["repeat", bounds[0], bounds[1], inner]

    def bounds(self) -> tuple[int, int | None] | None:
        for sign, found in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.met(sign):
                return found
        return self.counted()

    def counted(self) -> tuple[int, int | None] | None:
        """`{n}`, `{n,}` or `{n,m}`; a brace that is none of these is itself."""
        end = self.pattern.find("}", self.at)
        if self.peek() != "{" or end < 0:
            return None
        low, comma, high = self.pattern[self.at + 1 : end].partition(",")
        if not _digits(low) or (high and not _digits(high)):
            return None
        least, most = int(low), (int(high) if high else None) if comma else int(low)
        if least > MAX_STEPS or (most is not None and (most > MAX_STEPS or most < least)):
            raise PatternInvalid(f"the repetition {{{low}{comma}{high}}} is out of bounds")
        self.at = end + 1
        return least, most

    def item(self) -> Any:
        character = self.take()
        if character == "(":
            return self.group()
        if character == "[":
            return ["take", self.members()]
        if character == ".":
            return ["take", inverted(((10, 10),))]
        if character == "\\":
            return ["take", self.escaped()]
        if character in "*+?":
            raise PatternInvalid(f"nothing to repeat before {character!r}")
        if character in "^$":
            return ["start" if character == "^" else "end"]
        return ["take", ((ord(character), ord(character)),)]

    def group(self) -> Any:
        self.depth += 1
        if self.depth > 40:
            raise PatternInvalid("nested too deep")
        if self.peek() == "?" and not self.met("?:"):
            raise PatternInvalid("of the groups with (?, only (?:…) is known")
        inner = self.alternatives()
        if not self.met(")"):
            raise PatternInvalid("a '(' is not closed")
        self.depth -= 1
        return inner

    def escaped(self) -> Ranges:
        character = self.take()
        if character.lower() in CLASSES and character.isascii():
            ranges = CLASSES[character.lower()]
            return ranges if character.islower() else inverted(ranges)
        if character in ESCAPES:
            return ((ESCAPES[character], ESCAPES[character]),)
        if character in "xu":
            return self.hexadecimal(2 if character == "x" else 4)
        if character.isalnum() and character.isascii():
            raise PatternInvalid(f"\\{character} is not known here")
        return ((ord(character), ord(character)),)

    def hexadecimal(self, length: int) -> Ranges:
        digits = self.pattern[self.at : self.at + length]
        if len(digits) != length or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise PatternInvalid(f"an escape by number needs {length} hex digits")
        self.at += length
        return ((int(digits, 16), int(digits, 16)),)

    def members(self) -> Ranges:
        negated = self.met("^")
        found: list[tuple[int, int]] = []
        first = True
        while first or self.peek() != "]":
            low = self.member()
            if self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.member()
                if len(low) != 1 or len(high) != 1 or low[0][0] != low[0][1] or low[0][0] > high[0][1]:
                    raise PatternInvalid("a range in [] is the wrong way round")
                low = ((low[0][0], high[0][1]),)
            found.extend(low)
            first = False
        self.at += 1
        return inverted(tuple(found)) if negated else tuple(found)

    def member(self) -> Ranges:
        character = self.take()
        return self.escaped() if character == "\\" else ((ord(character), ord(character)),)


def _digits(text: str) -> bool:
    return 0 < len(text) < 6 and all("0" <= character <= "9" for character in text)


def _unbounded(tree: Any) -> bool:
    if tree[0] == "repeat":
        return tree[2] is None or _unbounded(tree[3])
    return tree[0] in ("all", "any") and any(_unbounded(inner) for inner in tree[1])
