"""What a backup holds, in `manifest.json`: every file with its length and SHA-256. A backup without one is none."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

NAME = "manifest.json"
FORMAT = 1
_PIECE_BYTES = 2**20


class NoBackup(Exception):
    """What stands in a folder is no backup that can be used; the message says why, in both languages."""


@dataclass(frozen=True)
class Entry:
    """One file."""

    length_bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """All files of a backup by their path in it, and when it was made (ISO 8601, UTC)."""

    made_at: str
    files: Mapping[str, Entry]

    @property
    def length_bytes(self) -> int:
        """How much all files hold."""
        return sum(entry.length_bytes for entry in self.files.values())


def digest_of(path: Path) -> Entry:
    """Length and SHA-256 of a file."""
    found, length = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            found.update(piece)
            length += len(piece)
    return Entry(length, found.hexdigest())


def write(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, durably: with it the backup is whole."""
    files = {name: [entry.length_bytes, entry.sha256] for name, entry in sorted(manifest.files.items())}
    with (folder / NAME).open("w", encoding="utf-8") as file:
        json.dump({"format": FORMAT, "made_at": manifest.made_at, "files": files}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """The manifest of a backup. `NoBackup`."""
    try:
        text = (folder / NAME).read_text(encoding="utf-8")
    except OSError as error:
        raise NoBackup(
            f"{folder}: 这里没有备份(没有 {NAME})。 There is no backup here (no {NAME})."
        ) from error
    try:
        found = json.loads(text)
        if found["format"] != FORMAT:
            raise NoBackup(
                f"{folder}: 备份由更新的版本制作。 The backup was made by a newer version of this program."
            )
        files = {name: Entry(int(length), str(sha)) for name, (length, sha) in found["files"].items()}
        if any(Path(name).is_absolute() or ".." in Path(name).parts for name in files):
            raise ValueError
        return Manifest(str(found["made_at"]), files)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoBackup(f"{folder}: 备份清单已损坏。 The manifest is damaged.") from error


def problems(folder: Path, manifest: Manifest, told: Callable[[str], None]) -> Iterator[str]:
    """The files of a backup that are not what they were when it was made, each with what is wrong."""
    for name, entry in manifest.files.items():
        try:
            if digest_of(folder / name) != entry:
                yield f"{name}: 内容与备份时不同 not what was backed up"
        except OSError:
            yield f"{name}: 读不出来 cannot be read"
        told(name)
