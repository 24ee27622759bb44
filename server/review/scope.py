"""What part of the index somebody may see: conditions from the grants that the access table allows."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, false, or_, select, true
from sqlalchemy.sql import Select

from server.access import TABLE, Action, Actor
from server.review.tables import AREA_LEVELS, grids


@dataclass(frozen=True)
class Scope:
    """Area codes whose rows are visible; `everything` includes grids whose place is not known yet."""

    codes: tuple[str, ...]
    everything: bool = False

    def covers(self, table: Table) -> ColumnElement[bool]:
        """The condition on a table with area columns."""
        if self.everything:
            return true()
        return or_(false(), *(_within(table, code) for code in self.codes))

    def databases(self) -> Select[tuple[str]]:
        """The databases of the grids in it, as a subquery: each grid's rows then stand together in an index."""
        return select(grids.c.database).where(self.covers(grids))


def scope_of(actor: Actor, action: Action) -> Scope:
    """The areas in which the actor may do this to grids."""
    roles = TABLE.get(("grid", action), frozenset())
    codes = {grant.scope for grant in actor.grants if grant.role in roles}
    widest = {code for code in codes if not any(code != other and code.startswith(other) for other in codes)}
    return Scope(tuple(sorted(widest)), everything="" in codes)


def reaches(actor: Actor, action: Action) -> bool:
    """Whether there is any grid to which the actor may do this."""
    scope = scope_of(actor, action)
    return scope.everything or bool(scope.codes)


def _within(table: Table, code: str) -> ColumnElement[bool]:
    level = AREA_LEVELS.get(len(code))
    if level:
        return table.c[level] == code
    return table.c.grid.startswith(code, autoescape=True)
