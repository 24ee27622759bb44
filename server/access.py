"""Who may do what: one table, pure, deny by default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, get_args

from server.refusals import NotAllowed

__all__ = [
    "ROLES",
    "TABLE",
    "Action",
    "Actor",
    "Grant",
    "NotAllowed",
    "Place",
    "Role",
    "may",
    "may_keep_checkpoint",
    "place_of",
]

Role = Literal["worker", "community", "street", "district", "author", "server", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

Action = Literal[
    "read_database",  # documents, changes, attachments
    "write_documents",  # documents, as far as admission takes them
    "replicate",  # keep checkpoints (`_local/`) in a database
    "administer_database",  # create, delete, design documents, security, compaction, limits
    "open_desk",  # the desk's pages at all
    "see_grid",  # that a grid exists, its counts and its queue
    "review",  # approve, return, reopen
    "edit_file",  # change an answer at the desk
    "read_file",  # open a file or a record with its answers (P0 to P2)
    "reveal",  # see one masked value (P3), written to the audit log
    "dispatch",  # hand matters to others
    "read_media",
    "write_media",
    "read_forms",
    "publish_forms",
    "administer_users",
    "read_audit",
    "see_operations",  # health in detail, metrics, parked changes
]

Place = Literal["grid", "forms", "directory", "quarantine", "other", "server"]
"""Where an action happens: a grid, a database of the system, any other database, or the server as a whole."""

_STAFF: frozenset[Role] = frozenset({"worker", "community"})
_MACHINES: frozenset[Role] = frozenset({"server", "admin"})
_DESK: frozenset[Role] = frozenset({"community", "street", "district"})
_ALL: frozenset[Role] = frozenset(ROLES)
_ADMIN: frozenset[Role] = frozenset({"admin"})

TABLE: Mapping[tuple[Place, Action], frozenset[Role]] = {
    ("grid", "read_database"): _STAFF | _MACHINES,
    ("grid", "write_documents"): _STAFF | _MACHINES,
    ("grid", "replicate"): _STAFF | _MACHINES,
    ("grid", "administer_database"): _MACHINES,
    ("grid", "see_grid"): _DESK | {"worker"},
    ("grid", "review"): frozenset({"community"}),
    ("grid", "edit_file"): frozenset({"community"}),
    ("grid", "read_file"): frozenset({"worker", "community", "street"}),
    ("grid", "reveal"): frozenset({"community"}),
    ("grid", "dispatch"): frozenset({"community", "street"}),
    ("grid", "read_media"): _STAFF | {"server"},
    ("grid", "write_media"): _STAFF | {"server"},
    ("forms", "read_database"): _ALL,
    ("forms", "write_documents"): _MACHINES,
    ("forms", "replicate"): _MACHINES,
    ("forms", "administer_database"): _MACHINES,
    ("directory", "read_database"): _MACHINES,
    ("directory", "write_documents"): _MACHINES,
    ("directory", "replicate"): _MACHINES,
    ("directory", "administer_database"): _MACHINES,
    ("quarantine", "read_database"): _MACHINES,
    ("quarantine", "write_documents"): _MACHINES,
    ("quarantine", "replicate"): _MACHINES,
    ("quarantine", "administer_database"): _MACHINES,
    ("other", "read_database"): _MACHINES,
    ("other", "write_documents"): _MACHINES,
    ("other", "replicate"): _MACHINES,
    ("other", "administer_database"): _MACHINES,
    ("server", "open_desk"): _DESK | {"author", "admin"},
    ("server", "read_forms"): _ALL,
    ("server", "publish_forms"): frozenset({"author", "admin"}),
    ("server", "administer_users"): _ADMIN,
    ("server", "read_audit"): _ADMIN,
    ("server", "see_operations"): _MACHINES,
}
"""Which roles may do an action at a place. What is not here, nobody may."""


@dataclass(frozen=True)
class Grant:
    """A role for an area: `scope` is the prefix of the grid codes it covers, `""` all of them."""

    role: Role
    scope: str

    def covers(self, grid_code: str | None) -> bool:
        """Whether a grid of this code is in scope; a grid without a known code is only in the scope of all."""
        return self.scope == "" or (grid_code is not None and grid_code.startswith(self.scope))


@dataclass(frozen=True)
class Actor:
    """Who is asking: an account, the device it speaks through (None with a bare password), and what it was granted."""

    name: str
    display_name: str
    device: str | None
    grants: tuple[Grant, ...]

    @cached_property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    @cached_property
    def trusted(self) -> bool:
        """Servers and administrators: their documents are taken as they are."""
        return not self.roles.isdisjoint(_MACHINES)

    def within(self, grid_code: str | None) -> Actor:
        """The same actor with only those grants that cover this grid, as admission is to see him there."""
        kept = tuple(grant for grant in self.grants if grant.covers(grid_code))
        return self if len(kept) == len(self.grants) else replace(self, grants=kept)


def place_of(database: str | None, grid_code: str | None) -> Place:
    """The row group of the table that a database belongs to; a grid code alone means its grid."""
    if database is None:
        return "server" if grid_code is None else "grid"
    if database.startswith("grid-"):
        return "grid"
    if database in ("forms", "directory", "quarantine"):
        return database  # type: ignore[return-value]  # narrowed by the test above
    return "other"


def may(actor: Actor, action: Action, database: str | None = None, grid_code: str | None = None) -> bool:
    """Whether the table allows it to one of the actor's roles, in whose scope the grid is.

    A grid database needs its grid's code (`Directory.grid_of_database`): without one, only a grant for all
    areas reaches it.
    """
    place = place_of(database, grid_code)
    roles = TABLE.get((place, action))
    if roles is None:
        return False
    return any(g.role in roles and (place != "grid" or g.covers(grid_code)) for g in actor.grants)


_OF_SERVERS = re.compile(r"jinlin-.*|[0-9a-f]{32}", re.ASCII)


def may_keep_checkpoint(actor: Actor, local_id: str) -> bool:
    """Whether somebody who may replicate a database may write this `_local/` document of it.

    Those by which servers replicate (`sync/checkpoints.py`) say what is at the district: only servers write them.
    PouchDB's own have other names.
    """
    return actor.trusted or _OF_SERVERS.fullmatch(local_id) is None
