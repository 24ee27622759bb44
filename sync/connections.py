"""Connections to other servers that outlive the thread they were made in.

In a gevent worker a socket belongs to the loop of its thread, and whoever closes it later finds the loop destroyed:
there is nothing to close then, and nothing to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


@contextmanager
def _perhaps_late() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        if "destroyed loop" not in str(error):
            raise


class _Plain(HTTPConnection):
    def close(self) -> None:
        with _perhaps_late():
            super().close()


class _Encrypted(HTTPSConnection):
    def close(self) -> None:
        with _perhaps_late():
            super().close()


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _Encrypted


POOLS = {"http": _PlainPool, "https": _EncryptedPool}
"""What urllib3's pool manager makes connections with, by scheme."""
