"""The table of who may do what, and the directory that knows which grid a database is."""

from __future__ import annotations

from itertools import product
from typing import get_args

import pytest

from server.access import ROLES, TABLE, Action, Actor, Grant, Role, may, may_keep_checkpoint
from server.directory import FRESH_S, Directory, Grid, Place
from sync.sqlite import SqliteStores

GRID = "350505001999001"
SCOPES: dict[Role, str] = {
    "worker": GRID,
    "community": GRID[:12],
    "street": GRID[:9],
    "district": GRID[:6],
    "author": "",
    "server": "",
    "admin": "",
}


def actor(role: Role, scope: str | None = None) -> Actor:
    return Actor("somebody", "某人", None, (Grant(role, SCOPES[role] if scope is None else scope),))


def roles_that_may(action: Action, database: str | None, code: str | None = None) -> set[str]:
    return {role for role in ROLES if may(actor(role), action, database, code)}


STAFF, MACHINES = {"worker", "community"}, {"server", "admin"}

EXPECTED: list[tuple[Action, str | None, str | None, set[str]]] = [
    ("read_database", "grid-a", GRID, STAFF | MACHINES),
    ("write_documents", "grid-a", GRID, STAFF | MACHINES),
    ("replicate", "grid-a", GRID, STAFF | MACHINES),
    ("administer_database", "grid-a", GRID, MACHINES),
    ("review", None, GRID, {"community"}),
    ("edit_file", None, GRID, {"community"}),
    ("reveal", None, GRID, {"community"}),
    ("dispatch", None, GRID, {"community", "street"}),
    ("read_file", None, GRID, {"worker", "community", "street"}),
    ("see_grid", None, GRID, {"worker", "community", "street", "district"}),
    ("read_media", "grid-a", GRID, STAFF | {"server"}),
    ("read_database", "forms", None, set(ROLES)),
    ("write_documents", "forms", None, MACHINES),
    ("read_database", "directory", None, MACHINES),
    ("read_database", "quarantine", None, MACHINES),
    ("read_database", "whatever", None, MACHINES),
    ("open_desk", None, None, {"community", "street", "district", "author", "admin"}),
    ("administer_users", None, None, {"admin"}),
    ("publish_forms", None, None, {"author", "admin"}),
]


@pytest.mark.parametrize(
    ("action", "database", "code", "roles"), EXPECTED, ids=[f"{row[0]} {row[1]}" for row in EXPECTED]
)
def test_the_table(action: Action, database: str | None, code: str | None, roles: set[str]) -> None:
    assert roles_that_may(action, database, code) == roles


def test_a_grant_ends_at_its_area() -> None:
    for role in ROLES:
        other = actor(role, "350505001888001" if SCOPES[role] else None)
        allowed = may(other, "read_database", "grid-a", GRID)
        assert allowed == (role in MACHINES)


def test_a_grid_without_a_known_code_is_for_all_areas_only() -> None:
    assert roles_that_may("read_database", "grid-unknown") == MACHINES
    assert not may(actor("server", "350505"), "read_database", "grid-unknown")


@pytest.mark.parametrize("database", ["grid-a", "forms", "directory", "quarantine", "other", None])
def test_what_the_table_does_not_name_nobody_may(database: str | None) -> None:
    places = {"grid-a": "grid", None: "server"}
    for action, role in product(get_args(Action), ROLES):
        if (places.get(database, database), action) not in TABLE:
            assert not may(actor(role), action, database, GRID if database == "grid-a" else None)


def test_nobody_without_a_grant_may_anything() -> None:
    nobody = Actor("nobody", "", None, ())
    assert not any(
        may(nobody, action, database, GRID)
        for action in get_args(Action)
        for database in ("grid-a", "forms", None)
    )


def test_seen_within_a_grid_an_actor_has_the_roles_he_has_there() -> None:
    both = Actor("li", "李", None, (Grant("worker", GRID), Grant("community", "350505001888")))
    assert both.within(GRID).roles == {"worker"}
    assert both.within("350505001888002").roles == {"community"}
    assert both.within(None).roles == set()


def test_checkpoints_of_servers_are_written_by_servers() -> None:
    for local_id in ("jinlin-peers", "0123456789abcdef0123456789abcdef"):
        assert not may_keep_checkpoint(actor("worker"), local_id)
        assert may_keep_checkpoint(actor("server"), local_id)
    assert may_keep_checkpoint(actor("worker"), "Zm9vYmFyYmF6cXV4MTIzNA==")


class TestDirectory:
    """Grids and places, remembered for a few seconds."""

    grid = Grid(GRID, {"zh-CN": "第一网格"}, "grid-a", "local", ("350505", GRID[:9], GRID[:12], GRID))

    @pytest.fixture
    def stores(self, tmp_path: object) -> SqliteStores:
        stores = SqliteStores(tmp_path / "stores")  # type: ignore[operator]
        stores.create("directory")
        return stores

    def test_it_gives_back_what_was_kept(self, stores: SqliteStores) -> None:
        directory = Directory(stores, lambda: 0.0)
        directory.add_grid(self.grid)
        directory.add_place(Place(GRID[:12], {"zh-CN": "聚福社区"}, "community"))
        assert directory.grid_of_database("grid-a") == directory.grid_of_code(GRID) == self.grid
        assert directory.code_of_database("grid-a") == GRID
        assert directory.place(GRID[:12]) == Place(GRID[:12], {"zh-CN": "聚福社区"}, "community")
        stores.close()

    def test_keeping_the_same_twice_writes_nothing(self, stores: SqliteStores) -> None:
        directory = Directory(stores, lambda: 0.0)
        directory.add_grid(self.grid)
        before = stores.update_seqs()
        directory.add_grid(self.grid)
        assert stores.update_seqs() == before
        stores.close()

    def test_what_another_process_keeps_is_seen_within_seconds(self, stores: SqliteStores) -> None:
        now = [0.0]
        mine, theirs = Directory(stores, lambda: now[0]), Directory(stores, lambda: now[0])
        assert mine.grids() == ()
        theirs.add_grid(self.grid)
        assert mine.grids() == ()
        now[0] += FRESH_S
        assert mine.grids() == (self.grid,)
        stores.close()

    def test_each_sees_the_grids_of_his_scope(self, stores: SqliteStores) -> None:
        directory = Directory(stores, lambda: 0.0)
        directory.add_grid(self.grid)
        assert directory.grids_of(actor("worker")) == [self.grid]
        assert directory.grids_of(actor("district")) == [self.grid]
        assert directory.grids_of(actor("worker", "350505001999002")) == []
        stores.close()

    def test_a_server_without_a_directory_has_no_grids(self, tmp_path: object) -> None:
        stores = SqliteStores(tmp_path / "bare")  # type: ignore[operator]
        assert Directory(stores, lambda: 0.0).grid_of_database("grid-a") is None
        stores.close()
