"""Bytes that come once and are read again: in memory while they are few, else in a file without a name.

So a request that is refused, breaks off or is killed leaves nothing, and nothing of it is stored before all is here.
"""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import NamedTuple

from sync.digests import Digesting, digest_of
from sync.documents import PIECE_BYTES, Content
from sync.errors import NoRoom
from sync.wire.errors import AttachmentTooLarge

FREE_BYTES_MIN = 512 * 2**20
"""Below this much room on the disk nothing is spooled: documents come first."""

_HELD_BYTES_MAX = 4 * PIECE_BYTES
"""What a spool has in memory of attachments that are short."""


class Received(NamedTuple):
    """Bytes that have come, all of them, and what they turned out to be."""

    data: bytes | Content
    digest: str
    length_bytes: int

    @classmethod
    def of(cls, data: bytes) -> Received:
        """Bytes that came inside something else."""
        return cls(data, digest_of(data), len(data))


class Spool:
    """A place for the attachments of one request; who leaves it (`with`) closes its file.

    `folder` None is the system's own for such files. `blocking` makes the calls that wait for the disk.
    """

    def __init__(
        self,
        folder: Path | None,
        bytes_max: int,
        blocking: Callable[[Callable[[bytes], None], bytes], None] = lambda call, piece: call(piece),
    ) -> None:
        self._folder = folder
        self._bytes_max = self._bytes_left = bytes_max
        self._held_left = _HELD_BYTES_MAX
        self._blocking = blocking
        self._file: _File | None = None

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def keep(self, pieces: Iterable[bytes]) -> Received:
        """Read these bytes to their end; `AttachmentTooLarge` where all that is kept here is beyond the limit."""
        held, file = bytearray(), None
        for piece in pieces:
            self._bytes_left -= len(piece)
            if self._bytes_left < 0:
                raise AttachmentTooLarge(self._bytes_max)
            held += piece
            if len(held) > min(PIECE_BYTES, self._held_left):
                file = file or self._begun()
                self._blocking(file.append, bytes(held))
                held.clear()
        rest = bytes(held)
        if file is None:
            self._held_left -= len(rest)
            return Received.of(rest)
        self._blocking(file.append, rest)
        return Received(_Slice(file, file.begins_at), file.digesting.digest, file.digesting.length_bytes)

    def _begun(self) -> _File:
        """The file, at the beginning of another attachment."""
        self._file = self._file or _File(self._folder)
        self._file.begin()
        return self._file


class _File:
    """A file without a name, closed with its spool, at the latest with its last reader."""

    def __init__(self, folder: Path | None) -> None:
        file = TemporaryFile(dir=folder)  # noqa: SIM115  # closed by `close`
        self._file = file
        self.close = weakref.finalize(self, file.close)

    def begin(self) -> None:
        """What is appended from here on is another attachment."""
        self.begins_at = self._file.tell()
        self.digesting = Digesting()

    def append(self, piece: bytes) -> None:
        """Write the next bytes; `NoRoom` where the disk is nearly full."""
        room = os.fstatvfs(self._file.fileno())
        if room.f_bavail * room.f_frsize < FREE_BYTES_MIN:
            raise NoRoom("no room on the disk for an attachment")
        self.digesting.update(piece)
        self._file.write(piece)
        self._file.flush()

    def read(self, start: int, stop: int) -> bytes:
        """Some of the bytes from `start` to before `stop`."""
        return os.pread(self._file.fileno(), min(PIECE_BYTES, stop - start), start)


@dataclass(frozen=True)
class _Slice:
    """One attachment in the file (`Content`)."""

    file: _File
    begins_at: int

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        at = start
        while at < stop:
            piece = self.file.read(self.begins_at + at, self.begins_at + stop)
            if not piece:
                raise EOFError("a spooled attachment is shorter than it was")
            yield piece
            at += len(piece)
