"""CouchDB's word for the bytes of an attachment: `md5-` and the base64 of their md5.

It is what servers compare, never an address: two files can be made to share an md5.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode


class Digesting:
    """A digest that is made piece by piece, and how many bytes it is of so far."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.length_bytes = 0

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._md5.update(piece)
        self.length_bytes += len(piece)

    @property
    def digest(self) -> str:
        """The digest of what came so far."""
        return f"md5-{b64encode(self._md5.digest()).decode()}"


def digest_of(data: bytes) -> str:
    """The digest of bytes that are in memory."""
    digesting = Digesting()
    digesting.update(data)
    return digesting.digest
