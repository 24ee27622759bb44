"""Passwords: argon2id, and the same time and answer whether or not an account exists."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LENGTH_MIN = 8
LENGTH_MAX = 256

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""The second recommendation of the OWASP password storage cheat sheet: 19 MiB, so that many at once fit in memory."""

_NOBODY = HASHER.hash("nobody has this password")


class WeakPassword(ValueError):
    """A password that is too short, or absurdly long."""


def hashed(password: str) -> str:
    """The argon2id hash of a new password; `WeakPassword`. Slow on purpose."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise WeakPassword(f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters")
    return HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; None (no such account) takes as long as a wrong one. Slow on purpose."""
    try:
        HASHER.verify(password_hash or _NOBODY, password[: LENGTH_MAX + 1])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
