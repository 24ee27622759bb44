"""The app in this process, on the town of the tests: for everything that needs no second process."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.access import Role
from server.app import create_app
from server.services import EXTENSION, Services
from server.settings import load
from server.signin import signin
from tests.support.town import PEOPLE, password_of, settle_town


@dataclass(frozen=True)
class Site:
    """An app with the town's grids and accounts."""

    app: Flask
    data: Path

    @property
    def services(self) -> Services:
        """What the app shares among its parts."""
        services: Services = self.app.extensions[EXTENSION]
        return services

    def basic(self, name: str) -> dict[str, str]:
        """The header of somebody who sends name and password (on no device)."""
        pair = base64.b64encode(f"{name}:{password_of(name)}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def bearer(self, name: str, device: str) -> dict[str, str]:
        """The header of somebody's phone."""
        with self.app.test_request_context():
            account = self.services.accounts.find(name)
            assert account is not None
            token = signin().tokens(account, device).access_token
        return {"Authorization": f"Bearer {token}"}

    def client(self, name: str | None = None, device: str | None = None) -> FlaskClient:
        """A client that signs each request as somebody: a phone where a device is named, else by password."""
        client = self.app.test_client()
        if name is not None:
            header = self.bearer(name, device) if device else self.basic(name)
            client.environ_base["HTTP_AUTHORIZATION"] = header["Authorization"]
        return client


def open_site(data: Path, people: dict[str, tuple[Role, str]] = PEOPLE, **settings: object) -> Site:
    """Settle the town in a folder and make the app on it. Settings by name: `document_bytes_max=1000`."""
    settle_town(data, people)
    env = {f"JINLIN_{name.upper()}": str(value) for name, value in {"data": data, **settings}.items()}
    return Site(create_app(load(env)), data)


def close_site(site: Site) -> None:
    """Close what the app holds open."""
    site.services.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The app on a town of its own."""
    made = open_site(tmp_path / "data")
    yield made
    close_site(made)


@pytest.fixture
def admin(site: Site) -> FlaskClient:
    """An administrator at the site."""
    return site.client("admin")
