"""The first two steps of every request: who is it, and may they."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from server.access import Action, Actor, NotAllowed, may
from server.directory import Directory, Grid
from server.native import offload
from server.services import Services, services
from server.signin import actor_of
from sync.errors import NotFound
from sync.store import DocStore

NO_DATABASE = "Database does not exist."


@dataclass(frozen=True)
class Entry:
    """A request that was let in: by whom, to which database, and the code of its grid where it is one."""

    actor: Actor
    store: DocStore
    grid_code: str | None
    services: Services


def permitted(name: str, action: Action) -> Services:
    """Let the request in for an action that does not need the database to exist; `NotSignedIn`, `NotAllowed`."""
    return _let_in(name, action)[2]


def enter(name: str, action: Action) -> Entry:
    """Let the request in to a database. Who may not enter never learns whether it exists."""
    actor, grid_code, current = _let_in(name, action)
    try:
        store = offload(current.stores.open, name)
    except NotFound as error:
        raise NotFound(name, NO_DATABASE) from error
    return Entry(actor, store, grid_code, current)


def permitted_here(action: Action) -> Services:
    """Let the request in for an action on the server as a whole; `NotSignedIn`, `NotAllowed`."""
    if not may(actor_of(request), action):
        raise NotAllowed("You are not a server admin.")
    return services()


def _let_in(name: str, action: Action) -> tuple[Actor, str | None, Services]:
    current = services()
    actor = actor_of(request)
    grid = _grid_of(current.directory, name)
    grid_code = grid.code if grid else None
    if not may(actor, action, name, grid_code):
        raise NotAllowed("You are not allowed to access this db.")
    return actor, grid_code, current


def _grid_of(directory: Directory, name: str) -> Grid | None:
    """The grid a database holds; the native thread is only needed when the directory must read its database."""
    if directory.fresh():
        return directory.grid_of_database(name)
    return offload(directory.grid_of_database, name)
