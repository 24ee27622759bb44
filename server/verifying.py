"""Is everything in a data folder sound? Databases, the files beside them, and the originals of photos."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import apsw

from server.backup import MEDIA
from sync.errors import NotFound, SyncError
from sync.sqlite import SqliteStores
from sync.sqlite.copying import structure_problems

_BESIDE = ("accounts.sqlite", "followers.sqlite", "index.sqlite", f"{MEDIA}/ledger.sqlite")


def database_problems(stores: SqliteStores, name: str) -> Iterator[str]:
    """What is wrong with one database, each a sentence that begins with the document where it is known."""
    try:
        yield from stores.open(name).verify()
    except NotFound:
        yield "没有这个数据库 there is no such database"
    except SyncError as error:
        yield f"打不开 it cannot be opened: {error}"


def beside_problems(data: Path) -> Iterator[tuple[str, str]]:
    """(file, what is wrong) of the SQLite files that are no databases."""
    for name in _BESIDE:
        if (data / name).exists():
            yield from ((name, problem) for problem in structure_problems(data / name))


def photo_problems(data: Path, databases: Iterable[str] | None = None) -> Iterator[tuple[str, str]]:
    """(database, what is wrong) of the originals that the ledger says are here."""
    ledger = data / MEDIA / "ledger.sqlite"
    if not ledger.exists():
        return
    wanted = None if databases is None else set(databases)
    db = apsw.Connection(str(ledger), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        for database, sha256, length in db.execute("SELECT database, sha256, bytes FROM originals"):
            if wanted is not None and database not in wanted:
                continue
            path = data / MEDIA / database / sha256
            if not path.is_file():
                yield database, f"照片原件 photo {sha256}: 文件不在 its file is not there"
            elif path.stat().st_size != length:
                yield database, f"照片原件 photo {sha256}: 长度不对 its file has another length"
    except apsw.Error:
        return  # `beside_problems` has said so
    finally:
        db.close()
