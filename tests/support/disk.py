"""A disk that can fill up, be read-only, go bad, and lose its power: a VFS of SQLite over a real folder.

SQLite sees every write at once, as a page cache shows it. Beside each file stands what was not synced: the writes,
truncations and removals since the last `xSync`, with what they replaced. `cut` and `mend` are a power failure: what was
not synced is undone, then a random part of it is done after all, in pieces of a sector, whatever its order was. So
pages are torn, later writes outlive earlier ones, new files vanish and removed ones return. Nothing is ever synced in
earnest, which makes it quick as well.

What goes past SQLite (making a database: `sync/sqlite/making.py`) goes past this disk and counts as durable.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import apsw

SECTOR_BYTES = 512
_number = count()


@dataclass
class _Unsynced:
    """What was done to one file since it was last synced: (offset, before, after); an offset of -1 is a new size."""

    path: str
    inode: int
    is_new: bool
    done: list[tuple[int, bytes, bytes]] = field(default_factory=list)


class Disk(apsw.VFS):
    """A disk for the tests. It is SQLite's default while a block of `in_use` runs."""

    def __init__(self, chance: random.Random) -> None:
        self.name = f"disk-{next(_number)}"
        super().__init__(self.name, "unix")
        self.chance = chance
        self.is_off = False
        self.is_read_only = False
        self.steps = 0
        """Writes, syncs, truncations and removals so far."""
        self.syncs = 0
        self._fuse: int | None = None
        self._full_at: int | None = None
        self._files: dict[str, _Unsynced] = {}
        self._removed: dict[str, bytes] = {}

    @contextmanager
    def in_use(self) -> Iterator[Disk]:
        """Every connection that is opened in this block is on this disk."""
        apsw.set_default_vfs(self.name)
        try:
            yield self
        finally:
            apsw.set_default_vfs("unix")

    def cut_after(self, steps: int) -> None:
        """The power fails at the step after these."""
        self._fuse = self.steps + steps

    def fill_after(self, steps: int) -> None:
        """There is no room for any write after these steps, until `make_room`."""
        self._full_at = self.steps + steps

    def make_room(self) -> None:
        """Somebody has thrown something away."""
        self._full_at = None

    @property
    def is_full(self) -> bool:
        return self._full_at is not None and self.steps > self._full_at

    def step(self) -> None:
        """One thing is to be done to the disk; `apsw.IOError` without power."""
        self.steps += 1
        if self._fuse is not None and self.steps > self._fuse:
            self.is_off = True
        if self.is_off:
            raise apsw.IOError("the power is off")
        if self.is_read_only:
            raise apsw.ReadOnlyError("the disk is read-only")

    def mend(self) -> None:
        """After the power was cut and every connection closed: what the disk holds when it starts again."""
        mode = self.chance.choice(["lost", "whole", "torn", "torn"])
        for path, content in self._removed.items():
            if not os.path.exists(path) and self._keeps(mode):
                Path(path).write_bytes(content)
        for unsynced in self._files.values():
            with suppress(FileNotFoundError):
                if os.stat(unsynced.path).st_ino == unsynced.inode:
                    self._settle(unsynced, mode)
        self._files, self._removed = {}, {}
        self._fuse, self.is_off = None, False

    def _settle(self, unsynced: _Unsynced, mode: str) -> None:
        path = Path(unsynced.path)
        if unsynced.is_new and not self._keeps(mode):
            path.unlink()
            return
        if not unsynced.done:
            return
        content = bytearray(path.read_bytes())
        for offset, before, after in reversed(unsynced.done):
            _put(content, offset, before, after, undo=True)
        for offset, before, after in unsynced.done:
            for start, piece in _sectors(offset, after):
                if offset < 0 and self._keeps(mode):
                    _put(content, offset, before, after)
                elif offset >= 0 and self._keeps(mode):
                    _put(content, start, b"", piece)
        path.write_bytes(content)

    def _keeps(self, mode: str) -> bool:
        return mode == "whole" or (mode == "torn" and self.chance.random() < 0.5)

    def note(self, path: str, offset: int, before: bytes, after: bytes) -> None:
        """Something was done that is not synced."""
        self._files[path].done.append((offset, before, after))

    def synced(self, path: str) -> None:
        """A file was synced, and with a new one the names in its folder (as SQLite does)."""
        self.syncs += 1
        file = self._files[path]
        file.done.clear()
        if file.is_new:
            file.is_new = False
            self._removed.clear()

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        is_new = path is not None and not os.path.exists(path)
        file = DiskFile(self, name, path, flags)
        if path is not None:
            inode = os.stat(path).st_ino
            if path not in self._files or self._files[path].inode != inode:
                self._files[path] = _Unsynced(path, inode, is_new)
        return file

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        self.step()
        with suppress(FileNotFoundError):
            if not syncdir and filename.endswith("-wal"):
                self._removed[filename] = Path(filename).read_bytes()
        super().xDelete(filename, syncdir)
        self._files.pop(filename, None)


class DiskFile(apsw.VFSFile):
    """One open file of a `Disk`."""

    def __init__(
        self, disk: Disk, name: str | apsw.URIFilename | None, path: str | None, flags: list[int]
    ) -> None:
        super().__init__("unix", name, flags)  # type: ignore[arg-type]  # None is a temporary file
        self._disk = disk
        self._path = path

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        if self._path is None:
            super().xWrite(data, offset)
            return
        self._disk.step()
        if self._disk.is_full:
            raise apsw.FullError("no room")
        size = self.xFileSize()
        before = self.xRead(min(len(data), size - offset), offset) if offset < size else b""
        super().xWrite(data, offset)
        self._disk.note(self._path, offset, before, bytes(data))

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        if self._path is not None:
            self._disk.step()
            size = self.xFileSize()
            before = self.xRead(size - newsize, newsize) if size > newsize else b""
            self._disk.note(self._path, -1 - newsize, before, b"x")
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        if self._path is not None:
            self._disk.step()
            self._disk.synced(self._path)


def _put(content: bytearray, offset: int, before: bytes, after: bytes, *, undo: bool = False) -> None:
    """Do one thing to a content, or undo it."""
    if offset < 0:
        size = -1 - offset
        if undo:
            content[size:] = before
        else:
            del content[size:]
        return
    if undo:
        content[offset : offset + len(after)] = before
        return
    content.extend(b"\0" * (offset - len(content)))
    content[offset : offset + len(after)] = after


def _sectors(offset: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    """What is written, cut where sectors of the disk end."""
    if offset < 0:
        yield offset, data
        return
    end = offset + len(data)
    while offset < end:
        stop = min(end, (offset // SECTOR_BYTES + 1) * SECTOR_BYTES)
        yield offset, data[len(data) - (end - offset) : len(data) - (end - stop)]
        offset = stop
