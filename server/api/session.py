"""`/api/session`: a phone signs in, refreshes, asks who it is, signs out."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from server.access import Actor, may
from server.account_tables import stamp
from server.api.wording import speak
from server.directory import Grid
from server.native import offload
from server.services import services
from server.signin import Tokens, actor_of, signin
from sync import wire
from sync.errors import Malformed

blueprint = speak(Blueprint("session", __name__))

_DEVICE = re.compile(r"dev-[a-z0-9]{4,32}", re.ASCII)
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"


@blueprint.post("/api/session")
def sign_in() -> Response:
    """Name and password, and perhaps a device name of the phone's own making, for tokens and the user's grids."""
    given = _object()
    name, password, device = given.get("name"), given.get("password"), given.get("device")
    if not isinstance(name, str) or not isinstance(password, str):
        raise Malformed("name and password must be texts.")
    if device is not None and not (isinstance(device, str) and _DEVICE.fullmatch(device)):
        raise Malformed("device must be `dev-` and letters or digits in lower case.")
    account = signin().password(name, password)
    chosen = device or _new_device(services().new_id())
    tokens = signin().tokens(account, chosen)
    return _answer(account.actor(chosen, _now().date()), tokens)


@blueprint.post("/api/session/refresh")
def refresh() -> Response:
    """A refresh token, used up by this, for new tokens."""
    token = _object().get("refresh_token")
    if not isinstance(token, str):
        raise Malformed("refresh_token must be a text.")
    account, device, tokens = signin().refresh(token)
    return _answer(account.actor(device, _now().date()), tokens)


@blueprint.get("/api/session")
def who() -> Response:
    """Who this is, with the grids it may replicate now."""
    return _answer(actor_of(request), None)


@blueprint.delete("/api/session")
def sign_out() -> Response:
    """End this device's sign-in; what it holds stays on it."""
    actor = actor_of(request)
    signin().sign_out(actor)
    return _private(jsonify(ok=True))


def _answer(actor: Actor, tokens: Tokens | None) -> Response:
    grids = offload(services().directory.grids_of, actor)
    body: dict[str, Any] = {
        "server_time": stamp(_now()),
        "device": actor.device,
        "user": {
            "name": actor.name,
            "display_name": actor.display_name,
            "roles": [{"role": grant.role, "scope": grant.scope} for grant in actor.grants],
        },
        "grids": [_grid(actor, grid) for grid in grids if _replicates(actor, grid)],
    }
    if tokens is not None:
        body |= {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "expires_at": stamp(tokens.expires_at),
        }
    return _private(jsonify(body))


def _replicates(actor: Actor, grid: Grid) -> bool:
    """Whether a phone of this actor keeps the grid: staff do; servers have their own ways."""
    staff = {"worker", "community"} & actor.within(grid.code).roles
    return bool(staff) and may(actor, "replicate", grid.database, grid.code)


def _grid(actor: Actor, grid: Grid) -> dict[str, Any]:
    return {
        "code": grid.code,
        "name": dict(grid.name),
        "database": grid.database,
        "role": "community" if "community" in actor.within(grid.code).roles else "worker",
        "grid_path": list(grid.grid_path),
    }


def _new_device(chance: str) -> str:
    number = int.from_bytes(hashlib.sha256(chance.encode()).digest()[:8])
    return "dev-" + "".join(_BASE32[number >> shift & 31] for shift in range(0, 50, 5))


def _object() -> dict[str, Any]:
    return wire.load_object(request.get_data())


def _private(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _now() -> datetime:
    return services().clock()
