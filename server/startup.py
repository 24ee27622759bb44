"""What must be there before the first request: the system's databases, and the shipped forms in them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from forms import catalogue
from forms.publish import published
from server import directory, quarantine
from server.services import Services
from sync.documents import Document
from sync.errors import DatabaseExists
from sync.revisions import next_rev
from sync.store import DocStore, StoreSet

FORMS = "forms"


class FormChanged(Exception):
    """A shipped form differs from its published version, which never changes: give it the next version number."""


def prepare(services: Services) -> None:
    """Make what is missing; repeating it changes nothing, and two processes may do it at once. `FormChanged`."""
    make_databases(services.stores)
    publish_shipped(services.stores)


def make_databases(stores: StoreSet) -> None:
    """The databases that every server has."""
    for name in (FORMS, directory.DATABASE, quarantine.DATABASE):
        with suppress(DatabaseExists):
            stores.create(name)


def publish_shipped(stores: StoreSet) -> None:
    """Publish every shipped form that is not published in its version. `FormChanged`."""
    store = stores.open(FORMS)
    for definition in catalogue.shipped():
        publish(store, published(definition))


def publish(store: DocStore, form: dict[str, Any]) -> None:
    """Publish one form; nothing happens if the same is there. `FormChanged` if another is."""
    plain: dict[str, Any] = json.loads(json.dumps(form))
    doc_id = form_id(form["form"], form["version"])
    leaves = store.leaves(doc_id)
    if not leaves:
        store.graft([Document.of(doc_id, [next_rev(None, plain)], plain)])
    elif leaves[0].fields != plain:
        raise FormChanged(f"{doc_id} is published already and differs; raise its version")


def form_id(form: str, version: int) -> str:
    """The id of a published form in the `forms` database."""
    return f"form:{form}:{version}"
