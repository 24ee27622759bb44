"""Backups of a data folder while its server runs, and putting one in a folder's place.

A backup is a folder laid out as a data folder is, with a manifest. It is made beside its place and renamed at the end;
what an interrupted run had copied of photos is used by the next. The order makes the copies fit each other: what is
derived (the index) before what it is derived from, the ledger of photos before the photos, all after the documents
that name them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EDQUOT, ENOSPC
from itertools import count
from pathlib import Path

from server import manifest
from server.manifest import Entry, Manifest, NoBackup
from sync.errors import NoRoom
from sync.sqlite.copying import check, copy, epoch_of, is_in_use, raise_epoch
from sync.sqlite.making import sync_to_disk
from sync.sqlite.names import name_of

STORES, MEDIA = "stores", "media"
_FIRST = ("directory.sqlite",)
"""Databases that name others: an older one of these fits newer ones of those."""
_BEFORE = ("index.sqlite", "followers.sqlite", "accounts.sqlite")
_PLAIN = ("secret.key", "demo-password")
_ROOM_BYTES = 64 * 2**20
"""What is left free on a disk that a backup or a restore writes to."""

Told = Callable[[str], None]
"""Hears of each file that is done."""


class Refused(Exception):
    """A backup or a restore that is not made; the message says why and what to do, in both languages."""


@dataclass(frozen=True)
class Plan:
    """What is to be copied, in order: SQLite files, then files as they are. Paths are relative to the data folder."""

    databases: tuple[str, ...]
    plain: tuple[str, ...]
    length_bytes: int


def plan(data: Path) -> Plan:
    """Everything a restored server needs that is in the data folder now."""
    if not data.is_dir():
        raise Refused(f"{data}: 没有这个数据目录。 There is no such data folder.")
    found = {path.name for path in (data / STORES).glob("*.sqlite") if name_of(path.name)}
    stores = [*(name for name in _FIRST if name in found), *sorted(found.difference(_FIRST))]
    ledger = f"{MEDIA}/ledger.sqlite"
    databases = [
        *(name for name in _BEFORE if (data / name).exists()),
        *(f"{STORES}/{name}" for name in stores),
        *([ledger] if (data / ledger).exists() else []),
    ]
    plain = [name for name in _PLAIN if (data / name).exists()]
    length = sum((data / name).stat().st_size for name in databases)
    return Plan(tuple(databases), tuple(plain), length + sum(p.stat().st_size for p in originals(data)))


def originals(data: Path) -> Iterator[Path]:
    """The files of photos, without chunks of unfinished uploads: those are sent again."""
    for path in sorted((data / MEDIA).glob("*/*")):
        if path.is_file() and not path.name.startswith("."):
            yield path


def back_up(data: Path, target: Path, made_at: str, told: Told) -> Manifest:
    """Copy a data folder into `target`, whether or not a server writes to it; an older backup there is replaced.

    Every copy of a database is looked through: a damaged one never takes the place of a sound one.
    `Refused`; `NoRoom`; `Damaged`; `StoreUnavailable`. Then the older backup is as it was.
    """
    todo = plan(data)
    _check_target(data, target)
    draft, older = _beside(target, "part"), _beside(target, "old")
    _check_room(target.parent, todo.length_bytes - _length_of(draft / MEDIA))
    with _alone(_beside(target, "lock")), _out_of_room_said(target):
        _clear(draft)
        files = dict(_copied(data, draft, target, todo, told))
        made = Manifest(made_at, files)
        manifest.write(draft, made)
        _sync_folders(draft)
        _put_in_place(draft, target, older)
    return made


def _copied(data: Path, draft: Path, previous: Path, todo: Plan, told: Told) -> Iterator[tuple[str, Entry]]:
    for name in todo.databases:
        target = draft / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if (data / name).exists():  # a database may be deleted meanwhile
            copy(data / name, target)
            if target.parent.name == STORES:
                check(target)
            yield name, manifest.digest_of(target)
        told(name)
    photos = (str(path.relative_to(data)) for path in originals(data))
    for name in (*todo.plain, *photos):
        with suppress(FileNotFoundError):
            _copy_file(data / name, draft / name, previous / name)
            yield name, manifest.digest_of(draft / name)
        told(name)


def _copy_file(source: Path, target: Path, previous: Path) -> None:
    """Copy a file, or take it from an earlier backup: an original is never written a second time."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if target.exists() and target.stat().st_size == source.stat().st_size:
        return
    is_original = source.parent.parent.name == MEDIA
    if is_original and previous.is_file() and previous.stat().st_size == source.stat().st_size:
        with suppress(OSError):
            os.link(previous, target)
            return
    draft = target.with_name(f".{target.name}")
    shutil.copy2(source, draft)
    sync_to_disk(draft)
    draft.replace(target)


def _clear(draft: Path) -> None:
    """Keep of an interrupted run what cannot have changed: photos."""
    draft.mkdir(mode=0o700, exist_ok=True)
    for path in draft.iterdir():
        if path.name == MEDIA:
            for ledger in path.glob("ledger.sqlite*"):
                ledger.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def restore(
    backup: Path, data: Path, *, replace: bool, stamp: str, epoch: int, told: Told
) -> tuple[Manifest, Path | None]:
    """Put a backup in the place of a data folder; what was there is set aside, and where it is now is given back.

    Every database gets an epoch of at least `epoch`, and above that of the one it replaces. `NoBackup` where a digest
    does not fit, `Refused`, `NoRoom`; then the data folder is as it was.
    """
    found = manifest.read(backup)
    _check_restorable(data, replace=replace)
    _check_room(data.parent, found.length_bytes)
    if broken := list(manifest.problems(backup, found, told)):
        raise NoBackup(
            "\n".join(["备份已损坏,没有恢复。 The backup is damaged; nothing was restored.", *broken])
        )
    draft, aside = _beside(data, "restore"), _free_name(data, f"replaced-{stamp}")
    with _out_of_room_said(data):
        shutil.rmtree(draft, ignore_errors=True)
        for name in found.files:
            (draft / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.copy2(backup / name, draft / name)
            if name.startswith(f"{STORES}/"):
                raise_epoch(draft / name, max(epoch, epoch_of(data / name) + 1))
            sync_to_disk(draft / name)
            told(name)
        _sync_folders(draft)
    kept = data.exists() and any(data.iterdir())
    if kept:
        data.rename(aside)
    elif data.exists():
        data.rmdir()
    draft.rename(data)
    sync_to_disk(data.parent)
    return found, aside if kept else None


def _check_restorable(data: Path, *, replace: bool) -> None:
    if not data.absolute().parent.is_dir():
        raise Refused(f"{data.parent}: 没有这个目录。 There is no such folder.")
    if os.path.ismount(data):
        raise Refused(
            f"{data}: 数据目录是挂载点,请用它下面的子目录。 "
            "The data folder is a mount point; choose a folder below it."
        )
    if not data.exists() or not any(data.iterdir()):
        return
    if is_running(data):
        raise Refused(
            f"{data}: 服务器正在使用这个数据目录,请先停止。 A server is running on this folder; stop it first."
        )
    if not replace:
        raise Refused(
            f"{data}: 数据目录不是空的;加 --replace 会先把它移到旁边。 "
            "The data folder is not empty; --replace sets it aside first."
        )


def is_running(data: Path) -> bool:
    """Whether a server, or another command, has this data folder open."""
    with suppress(FileNotFoundError), (data / "followers.lock").open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return any(is_in_use(path) for path in sorted((data / STORES).glob("*.sqlite")))


def _check_target(data: Path, target: Path) -> None:
    if not target.absolute().parent.is_dir():
        raise Refused(f"{target.parent}: 没有这个目录。 There is no such folder.")
    inside, outside = target.resolve(), data.resolve()
    if inside == outside or outside in inside.parents or inside in outside.parents:
        raise Refused(
            f"{target}: 备份不能放在数据目录里。 A backup cannot lie in the data folder, nor around it."
        )
    older = _beside(target, "old")
    if not target.exists() and older.exists():  # stopped between two renames
        older.rename(target)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        try:
            manifest.read(target)
        except NoBackup as error:
            raise Refused(
                f"{target}: 目录不是空的,也不是备份。 The folder is not empty and holds no backup."
            ) from error


def _check_room(folder: Path, wanted_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < wanted_bytes + _ROOM_BYTES:
        needed = (wanted_bytes + _ROOM_BYTES) // 2**20 + 1
        raise NoRoom(
            f"{folder}: 空间不够,需要 {needed} MiB,只有 {free // 2**20} MiB。 "
            f"Not enough room: {needed} MiB needed, {free // 2**20} MiB free."
        )


@contextmanager
def _out_of_room_said(target: Path) -> Iterator[None]:
    try:
        yield
    except (NoRoom, OSError) as error:
        if isinstance(error, NoRoom) or error.errno in (ENOSPC, EDQUOT):
            raise NoRoom(f"{target}: 写到一半空间不够了。 The disk became full.") from error
        raise


def _put_in_place(draft: Path, target: Path, older: Path) -> None:
    shutil.rmtree(older, ignore_errors=True)
    if target.exists():
        target.rename(older)
    draft.rename(target)
    sync_to_disk(target.parent)
    shutil.rmtree(older, ignore_errors=True)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Refused(
                "另一个备份正在写到这里。 Another backup is being written to this place."
            ) from error
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


def _beside(folder: Path, ending: str) -> Path:
    return folder.absolute().with_name(f".{folder.name}.{ending}")


def _free_name(folder: Path, ending: str) -> Path:
    names = (folder.absolute().with_name(f"{folder.name}.{ending}{n or ''}") for n in count())
    return next(name for name in names if not name.exists())


def _length_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _sync_folders(folder: Path) -> None:
    folders: Iterable[Path] = (path for path in folder.rglob("*") if path.is_dir())
    for path in (*folders, folder):
        sync_to_disk(path)
