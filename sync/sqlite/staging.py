"""Long attachments on their way into a database: their pieces are there before the documents that name them.

A write that meets one is broken off and rolled back, after its judge has agreed. Then its pieces are stored, some in
each of many short transactions, and the write is made again, which now only has to name them. So a source is never
waited for inside a transaction, other writers get their turn, and the log stays short however long the bytes are.
What was staged for nothing is taken back, or left to the next compaction where the process dies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import TypeVar

from sync.digests import Digesting
from sync.documents import Attachment, Content
from sync.errors import StoreUnavailable, SyncError
from sync.sqlite import blobs
from sync.sqlite.blobs import Cut
from sync.sqlite.files import DatabaseFile

_AT_ONCE = 16
"""Pieces in one transaction."""
_ATTEMPTS = 5

T = TypeVar("T")


class Unstaged(Exception):
    """A write names attachments whose pieces are not in the database; it was rolled back."""

    def __init__(self, contents: Mapping[Content, Attachment]) -> None:
        super().__init__()
        self.contents = contents


@dataclass(frozen=True)
class Staged:
    """A content whose pieces were stored, and what its bytes turned out to be."""

    cut: Cut
    digest: str
    length_bytes: int


class Staging:
    """The long attachments of one write, as far as they are in the database."""

    def __init__(self, file: Callable[[], DatabaseFile]) -> None:
        self._file = file
        self._staged: dict[Content, Staged] = {}
        self._brought: set[bytes] = set()

    def find(self, content: Content) -> Staged | None:
        """What was staged of a content, if it was."""
        return self._staged.get(content)

    def write(self, attempt: Callable[[], T]) -> T:
        """What `attempt` gives when everything that it names is there."""
        try:
            for _ in range(_ATTEMPTS):
                try:
                    return attempt()
                except Unstaged as lacking:
                    for content, attachment in lacking.contents.items():
                        self._staged[content] = self._bring(attachment)
            raise StoreUnavailable("the pieces of an attachment are compacted away again and again")
        except BaseException:
            self._take_back()
            raise

    def _bring(self, attachment: Attachment) -> Staged:
        """Store the pieces, so many at a time."""
        whole, digesting = sha256(), Digesting()
        cut: list[tuple[int, bytes]] = []
        pieces = blobs.evenly(attachment.pieces())
        while some := list(islice(pieces, _AT_ONCE)):
            with self._file().writing() as (db, _):
                keys = blobs.put_pieces(db, some)
            self._brought.update(keys)
            for key, piece in zip(keys, some, strict=True):
                cut.append((digesting.length_bytes, key))
                digesting.update(piece)
                whole.update(piece)
        return Staged(Cut(whole.digest(), cut), digesting.digest, digesting.length_bytes)

    def _take_back(self) -> None:
        if self._brought:
            with suppress(SyncError), self._file().writing() as (db, _):
                blobs.take_back(db, self._brought)
