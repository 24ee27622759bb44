"""Chance that falls the same way wherever it is asked: numbers, identifiers and orders made from a seed.

The seed is the record and the question (and row) that asks, so the desk sees what the phone saw and nothing of it has
to be stored. `forms/app/src/pure/chance.ts` is its twin.
"""

from __future__ import annotations

import hashlib
import math
from typing import TypeVar

Item = TypeVar("Item")

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
MODULUS = 2**31 - 1
MAX_LETTERS = 100


def number(seed: str) -> float:
    """A number from 0 up to and without 1."""
    return (int.from_bytes(_digest(seed)[:7]) >> 3) / 2**53


def uuid(seed: str) -> str:
    """A UUID of version 8 (RFC 9562: one made in a way of one's own)."""
    digest = bytearray(_digest(seed)[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def letters(seed: str, count: int) -> str:
    """Some letters and digits, at most 100."""
    found = ""
    while len(found) < min(count, MAX_LETTERS):
        digest = _digest(f"{seed}\n{len(found)}")
        found += "".join(LETTERS[byte % len(LETTERS)] for byte in digest if byte < 248)
    return found[: max(0, min(count, MAX_LETTERS))]


def shuffled(items: list[Item], seed: float | str) -> list[Item]:
    """The items in another order. A number gives the order that ODK gives for it (Park and Miller's generator)."""
    if isinstance(seed, str) or not math.isfinite(seed):
        state = int.from_bytes(_digest(str(seed))[:4]) % (MODULUS - 1) + 1
    else:
        state = int(math.fmod(math.trunc(seed), MODULUS))
        state = max(1, state if state > 0 else state + MODULUS - 1)
    found: list[Item] = []
    for item in items:
        state = state * 16807 % MODULUS
        place = (state - 1) * (len(found) + 1) // (MODULUS - 1)
        found.append(item)
        found[-1], found[place] = found[place], item
    return found


def _digest(seed: str) -> bytes:
    whole = seed.encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"
    )  # as a browser encodes half a pair
    return hashlib.sha256(whole.encode()).digest()
