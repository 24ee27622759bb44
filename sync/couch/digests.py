"""The digests of attachments.

A CouchDB keeps gzipped what compresses well, and tells of the md5 of that; a store tells of the md5 of the bytes. So
such an attachment is read, once for each content, and its digest is remembered by the one the CouchDB tells.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from sync.digests import Digesting
from sync.documents import Json
from sync.errors import NotFound

REMEMBERED = 10_000

Read = Callable[[str, str, str, int], Iterable[bytes]]
"""The bytes of an attachment in pieces, by document id, name, revision and length; `NotFound`."""


class Digests:
    """Digests of bytes, by those of a server. Threads may share it."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def of_bytes(self, member: dict[str, Json], read: Read) -> dict[str, Json]:
        """A document as the server tells it (with `att_encoding_info`), its digests those of the bytes."""
        for name, part in member.get("_attachments", {}).items():
            if part.get("encoding"):
                told = str(part["digest"])
                where = str(member["_id"]), name, str(member["_rev"]), int(part["length"])
                part["digest"] = self._recall(told) or self._learn(told, read, where)
        return member

    def _learn(self, told: str, read: Read, where: tuple[str, str, str, int]) -> str:
        digesting = Digesting()
        try:
            for piece in read(*where):
                digesting.update(piece)
        except NotFound:  # compacted a moment ago: nobody will ask for these bytes
            return told
        with self._lock:
            self._known[told] = digesting.digest
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return digesting.digest

    def _recall(self, told: str) -> str | None:
        with self._lock:
            if told in self._known:
                self._known.move_to_end(told)
            return self._known.get(told)
