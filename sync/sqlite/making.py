"""Files that are there whole or not at all, whatever process dies while it makes one."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, flock
from pathlib import Path

_count = itertools.count()


def make(path: Path, build: Callable[[str], None]) -> bool:
    """Let `build` make a SQLite file, then give it this path, durably; False if something has that path already."""
    if path.exists():
        return False
    draft = path.with_name(f".{path.name}.{os.getpid()}-{next(_count)}")
    remove(draft)
    try:
        build(str(draft))
        sync_to_disk(draft)
        os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        remove(draft)
    sync_to_disk(path.parent)
    return True


def remove(path: Path) -> None:
    """Remove a SQLite file with its companions; nothing happens if it is not there."""
    for ending in ("", "-wal", "-shm", "-journal"):
        with suppress(FileNotFoundError):
            os.unlink(f"{path}{ending}")


def sync_to_disk(path: Path) -> None:
    """Make a file's content, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def alone_in(folder: Path, lock: str = "_making.lock") -> Iterator[None]:
    """Hold a lock of the folder: one thread of one process at a time creates or deletes databases."""
    descriptor = os.open(folder / lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)
