"""ULIDs: 26 characters of Crockford's base 32 that sort by the millisecond in which they were made."""

from __future__ import annotations

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ulid(at_ms: int, chance: bytes) -> str:
    """The ULID of a time in milliseconds since 1970 and ten random bytes."""
    number = at_ms << 80 | int.from_bytes(chance[:10])
    return "".join(_ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
