"""The grids and places of a server, read from its `directory` database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from server.access import Actor
from sync.documents import Document
from sync.revisions import next_rev
from sync.store import DocStore, StoreSet

DATABASE = "directory"
FRESH_S = 5.0
"""How long an answer is given from memory before the database is asked whether it changed."""

Names = Mapping[str, str]
"""A name by language: `zh-CN` and perhaps `en`."""


@dataclass(frozen=True)
class Grid:
    """A grid: its code, its names, its database and the server that is its home."""

    code: str
    name: Names
    database: str
    home: str
    grid_path: tuple[str, ...]
    """Codes from the county down to this grid."""


@dataclass(frozen=True)
class Place:
    """A county, street or community by its area code."""

    code: str
    name: Names
    level: str


@dataclass(frozen=True)
class _Book:
    seq: str
    grids: tuple[Grid, ...]
    by_database: Mapping[str, Grid]
    by_code: Mapping[str, Grid]
    places: Mapping[str, Place]


class Directory:
    """Grids and places, remembered for a few seconds; `monotonic` counts seconds from anywhere.

    It may be used from several threads. A question may read the store, so ask from a native thread
    (`offload`), or call `refresh` there first.
    """

    def __init__(self, stores: StoreSet, monotonic: Callable[[], float]) -> None:
        self._stores = stores
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._book = _Book("", (), {}, {}, {})
        self._asked_at: float | None = None

    def fresh(self) -> bool:
        """Whether a question would be answered from memory."""
        return self._asked_at is not None and self._monotonic() - self._asked_at < FRESH_S

    def refresh(self) -> None:
        """Read the database again if it changed; an absent one has no grids."""
        seq = self._stores.update_seqs([DATABASE]).get(DATABASE) if DATABASE in self._stores.names() else None
        if seq is None:
            self._book = _Book("", (), {}, {}, {})
        elif seq != self._book.seq:
            self._book = _read(self._stores.open(DATABASE), seq)
        self._asked_at = self._monotonic()

    def grids(self) -> tuple[Grid, ...]:
        """All grids, by code."""
        return self._current().grids

    def grid_of_database(self, name: str) -> Grid | None:
        """The grid that a database holds; None for one the directory does not know."""
        return self._current().by_database.get(name)

    def code_of_database(self, name: str) -> str | None:
        """The code of the grid that a database holds, as `may` wants it; None for one the directory does not know."""
        grid = self.grid_of_database(name)
        return grid.code if grid else None

    def grid_of_code(self, code: str) -> Grid | None:
        """The grid of this code, or None."""
        return self._current().by_code.get(code)

    def grids_of(self, actor: Actor) -> list[Grid]:
        """The grids in the scope of any of the actor's grants, by code."""
        return [g for g in self._current().grids if any(grant.covers(g.code) for grant in actor.grants)]

    def place(self, code: str) -> Place | None:
        """The county, street or community of this code, or None."""
        return self._current().places.get(code)

    def add_grid(self, grid: Grid, boundary: Any = None) -> None:
        """Keep a grid (an ordinary edit if it is known); it does not make the grid's database."""
        fields = {
            "code": grid.code,
            "name": dict(grid.name),
            "database": grid.database,
            "home": grid.home,
            "grid_path": list(grid.grid_path),
        }
        if boundary is not None:
            fields["boundary"] = boundary
        self._keep(f"grid:{grid.database.removeprefix('grid-')}", fields)

    def add_place(self, place: Place) -> None:
        """Keep a place under its code."""
        self._keep(
            f"place:{place.code}", {"code": place.code, "name": dict(place.name), "level": place.level}
        )

    def _keep(self, doc_id: str, fields: dict[str, Any]) -> None:
        store = self._stores.open(DATABASE)
        leaves = store.leaves(doc_id)
        if leaves and not leaves[0].deleted and leaves[0].fields == fields:
            return
        parent = leaves[0] if leaves else None
        rev = next_rev(parent.rev if parent else None, fields)
        store.graft([Document.of(doc_id, (rev, *(parent.path if parent else ())), fields)])
        self._asked_at = None

    def _current(self) -> _Book:
        if not self.fresh():
            with self._lock:
                if not self.fresh():
                    self.refresh()
        return self._book


def _read(store: DocStore, seq: str) -> _Book:
    ids = [doc_id for doc_id, _ in store.all_ids()]
    found = [leaves[0].fields | {"_id": doc_id} for doc_id, leaves in store.leaves_many(ids).items()]
    grids = sorted((_grid(f) for f in found if f["_id"].startswith("grid:")), key=lambda g: g.code)
    places = [
        Place(f["code"], f.get("name", {}), f.get("level", ""))
        for f in found
        if f["_id"].startswith("place:")
    ]
    return _Book(
        seq,
        tuple(grids),
        {g.database: g for g in grids},
        {g.code: g for g in grids},
        {p.code: p for p in places},
    )


def _grid(fields: Mapping[str, Any]) -> Grid:
    return Grid(
        fields["code"],
        fields.get("name", {}),
        fields["database"],
        fields.get("home", ""),
        tuple(fields.get("grid_path", ())),
    )
