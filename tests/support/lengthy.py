"""Attachments that are too long for memory: made as they are sent, compared as they come, and what they cost."""

from __future__ import annotations

import hashlib
import random
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from sync.documents import Attachment
from tests.support.live import Live

MIB = 2**20


@dataclass(frozen=True)
class Lengthy:
    """So many MiB that follow from a seed, no two of them alike."""

    seed: int
    length_mib: int

    @property
    def length_bytes(self) -> int:
        return self.length_mib * MIB

    def pieces(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes, or a range of them (`sync.documents.Content`)."""
        end = self.length_bytes if stop is None else stop
        for number in range(start // MIB, -(-end // MIB)):
            first = number * MIB
            piece = random.Random(f"{self.seed} {number}").randbytes(MIB)
            yield piece[max(0, start - first) : end - first]

    @property
    def digest(self) -> str:
        return digest_of(self.pieces())

    def attached(self, revpos: int = 1) -> Attachment:
        """An attachment of them."""
        return Attachment("video/mp4", self.digest, self.length_bytes, revpos, self)


@dataclass(frozen=True)
class Elsewhere:
    """Few bytes that are given as if they were many (`Content`): read in pieces of that size."""

    data: bytes
    piece_bytes: int = 1000

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        for at in range(start, stop, self.piece_bytes):
            yield self.data[at : min(at + self.piece_bytes, stop)]

    def attached(self, revpos: int = 1) -> Attachment:
        """An attachment of them."""
        return Attachment("image/jpeg", digest_of([self.data]), len(self.data), revpos, self)


def digest_of(pieces: Iterable[bytes]) -> str:
    """CouchDB's digest of bytes that come in pieces."""
    md5 = hashlib.md5()
    for piece in pieces:
        md5.update(piece)
    return f"md5-{b64encode(md5.digest()).decode()}"


class Cost:
    """How much more memory the web processes of a server take, at the most, than they took at the beginning."""

    def __init__(self, server: Live) -> None:
        self._workers = [child.pid for child in psutil.Process(server.process.pid).children()]
        assert self._workers
        self._before = {pid: _forgotten(pid) for pid in self._workers}

    @property
    def mib(self) -> float:
        """Of the process that took most."""
        return max(_status(pid, "VmHWM") - self._before[pid] for pid in self._workers) / 1024


def _forgotten(pid: int) -> int:
    """Let the kernel forget the highest resident memory so far; what it is now, in KiB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _status(pid, "VmRSS")


def _status(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise AssertionError(name)
