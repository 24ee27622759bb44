"""Originals of photos: content-addressed, sent in chunks that may come twice, in any order, over days.

    <folder>/ledger.sqlite
    <folder>/<database>/<sha256>                    the picture, written anew
    <folder>/<database>/parts/<sha256>-<holder>/<n> chunks of an upload that is not complete

An address is the SHA-256 of what the phone sent. Junk does not stay: chunks that do not add up to their address, or
to a picture, are removed; uploads nobody went on with for a week are swept; a device has a quota of a day.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from server.images import BYTES_MAX, Picture, format_of, rewritten
from server.media_ledger import Ledger, Original
from server.refusals import BadChunk, NotMedia, QuotaExceeded, WrongHash

CHUNK_BYTES = 256 * 1024
QUOTA_BYTES = 500 * 2**20
"""What one device may send in a day."""
FREE_BYTES_MIN = 512 * 2**20
"""Below this much room on the disk no upload is taken: documents come first."""
ABANDONED_S = 7 * 86_400
SWEEP_EVERY_S = 3_600

_BROKEN = NotMedia("上传的数据块不完整", "A chunk is not of the length it must have.")
_WRONG_HASH = NotMedia(
    "图片校验失败，请重新上传", "The chunks do not add up to the address they were sent to."
)


@dataclass(frozen=True)
class Upload:
    """What a phone says it sends: to which address, how many bytes, and who."""

    database: str
    sha256: str
    total_bytes: int
    uploader: str
    device: str | None

    @property
    def holder(self) -> str:
        """Whose quota and whose chunks: nobody can spoil another's upload."""
        return self.device or f"user:{self.uploader}"

    @property
    def chunk_count(self) -> int:
        return -(-self.total_bytes // CHUNK_BYTES)

    def length_of(self, chunk: int) -> int:
        """How long a chunk must be: all but the last are full."""
        return min(CHUNK_BYTES, self.total_bytes - chunk * CHUNK_BYTES)


@dataclass(frozen=True)
class Holding:
    """What is here of an original."""

    complete: bool
    have: tuple[int, ...]


class MediaStore:
    """The folder of originals. Every method blocks: call it through `offload`."""

    def __init__(
        self, folder: Path, *, quota_bytes: int = QUOTA_BYTES, free_bytes_min: int = FREE_BYTES_MIN
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._quota_bytes = quota_bytes
        self._free_bytes_min = free_bytes_min
        self._swept_at_s = 0.0
        self.ledger = Ledger(folder / "ledger.sqlite")

    def holding(self, database: str, sha256: str, holder: str) -> Holding:
        """What is here of an original: all of it, or the chunks that this holder sent."""
        if self.ledger.find(database, sha256) is not None:
            return Holding(True, ())
        try:
            names = os.listdir(self._parts(database, sha256, holder))
        except FileNotFoundError:
            names = []
        return Holding(False, tuple(sorted(int(name) for name in names if name.isdigit())))

    def take(self, upload: Upload, chunk: int, data: bytes, at: datetime) -> Holding:
        """Keep a chunk, durably; with the last one the picture. A chunk that is here already changes nothing.

        `NotMedia` where it cannot be part of a picture, or all of it is none; `QuotaExceeded`.
        """
        before = self.holding(upload.database, upload.sha256, upload.holder)
        if before.complete:
            return before
        self._check(upload, chunk, data)
        if chunk not in before.have:
            self._check_room(upload, len(data), at)
            self._write_chunk(upload, chunk, data, at)
        have = tuple(sorted({*before.have, chunk}))
        if len(have) < upload.chunk_count:
            return Holding(False, have)
        self._complete(upload, at)
        return Holding(True, ())

    def keep(self, database: str, data: bytes, uploader: str, at: datetime) -> str:
        """Keep a whole picture (demo data, imports); gives its address. `NotMedia`."""
        address = hashlib.sha256(data).hexdigest()
        if self.ledger.find(database, address) is None:
            self._store(Upload(database, address, len(data), uploader, None), rewritten(data), at)
        return address

    def open(self, database: str, sha256: str) -> tuple[Original, Path] | None:
        """A picture that is here, with its file."""
        found = self.ledger.find(database, sha256)
        return None if found is None else (found, self._folder / database / sha256)

    def kept(self, database: str, wanted: Iterable[str]) -> int:
        """How many of these originals are here."""
        return len(self.ledger.which_are_kept(database, set(wanted)))

    def sweep(self, at: datetime) -> int:
        """Remove uploads that nobody went on with for a week; gives how many."""
        oldest_s, swept = at.timestamp() - ABANDONED_S, 0
        for parts in self._folder.glob("*/parts/*"):
            with suppress(FileNotFoundError):  # another process may sweep too
                if parts.stat().st_mtime < oldest_s:
                    shutil.rmtree(parts, ignore_errors=True)
                    swept += 1
        return swept

    def _check(self, upload: Upload, chunk: int, data: bytes) -> None:
        if not 0 < upload.total_bytes <= BYTES_MAX:
            raise BadChunk
        if not 0 <= chunk < upload.chunk_count or len(data) != upload.length_of(chunk):
            raise BadChunk
        if (chunk == 0 and format_of(data[:12]) is None) or self.ledger.is_rejected(
            upload.database, upload.sha256
        ):
            raise NotMedia

    def _check_room(self, upload: Upload, count: int, at: datetime) -> None:
        if at.timestamp() - self._swept_at_s > SWEEP_EVERY_S:
            self._swept_at_s = at.timestamp()
            self.sweep(at)
        if shutil.disk_usage(self._folder).free < self._free_bytes_min:
            raise QuotaExceeded("服务器存储空间不足", "The disk of the server is nearly full.")
        if not self.ledger.spend(upload.holder, at.date().isoformat(), count, self._quota_bytes):
            raise QuotaExceeded

    def _write_chunk(self, upload: Upload, chunk: int, data: bytes, at: datetime) -> None:
        parts = self._parts(upload.database, upload.sha256, upload.holder)
        parts.mkdir(parents=True, exist_ok=True)
        _write_durably(parts / str(chunk), data)
        os.utime(parts, (at.timestamp(), at.timestamp()))
        _sync_folder(parts.parent)

    def _complete(self, upload: Upload, at: datetime) -> None:
        parts = self._parts(upload.database, upload.sha256, upload.holder)
        try:
            data = b"".join((parts / str(n)).read_bytes() for n in range(upload.chunk_count))
        except FileNotFoundError as error:
            raise WrongHash from error
        try:
            if hashlib.sha256(data).hexdigest() != upload.sha256:
                raise WrongHash
            picture = self._picture(upload, data)
            self._store(upload, picture, at)
        finally:
            shutil.rmtree(parts, ignore_errors=True)

    def _picture(self, upload: Upload, data: bytes) -> Picture:
        try:
            return rewritten(data)
        except NotMedia:
            self.ledger.reject(upload.database, upload.sha256)
            raise

    def _store(self, upload: Upload, picture: Picture, at: datetime) -> None:
        folder = self._folder / upload.database
        folder.mkdir(parents=True, exist_ok=True)
        _write_durably(folder / upload.sha256, picture.data)
        _sync_folder(self._folder)
        original = Original(
            upload.database, upload.sha256, picture.content_type, len(picture.data), upload.uploader
        )
        self.ledger.keep(original, at.isoformat())

    def _parts(self, database: str, sha256: str, holder: str) -> Path:
        mark = hashlib.sha256(holder.encode()).hexdigest()[:16]
        return self._folder / database / "parts" / f"{sha256}-{mark}"


def _write_durably(path: Path, data: bytes) -> None:
    """The file is there whole, or not at all, and stays after a power cut."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(draft, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
