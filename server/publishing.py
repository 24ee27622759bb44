"""Publishing: a definition becomes a document `form:<name>:<version>` of the `forms` database, and never changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from forms import catalogue
from forms.catalogue import code_lists, workflows
from forms.definition import Definition, DefinitionInvalid, load
from forms.succession import succeed
from sync.documents import Document
from sync.revisions import next_rev
from sync.store import DocStore

FORMS = "forms"
"""The database of published forms; every phone reads it."""

OWN_VERSION_MIN = 1000
"""Where the versions begin that authors may give a shipped form: those below are ours, in years to come."""


class FormChanged(Exception):
    """Another form is published under that name and version, which never changes: take the next version number."""


def form_id(form: str, version: int) -> str:
    """The id of a published form in the `forms` database."""
    return f"form:{form}:{version}"


def authored(store: DocStore, data: object) -> Definition:
    """The definition in parsed JSON, held to what an author may publish next; raises DefinitionInvalid."""
    definition = load(data, code_lists(), workflows())
    name, version = definition.form, definition.version
    versions = published_versions(store, name)
    if version in versions:
        return definition
    if version < OWN_VERSION_MIN and any(ours.form == name for ours in catalogue.shipped()):
        said = f"{name!r} comes with this software: number your own versions from {OWN_VERSION_MIN}."
        raise DefinitionInvalid({"version": [said]})
    if version < max(versions, default=0):
        raise DefinitionInvalid(
            {"version": [f"Version {max(versions)} is published; the next one is greater."]}
        )
    return definition


def successor(store: DocStore, definition: Definition) -> tuple[dict[str, Any], bool]:
    """The form as it is or would be published, and whether it is new here; nothing is written.

    Raises DefinitionInvalid where it may not follow the versions before it, `FormChanged` where its version is taken.
    """
    versions = published_versions(store, definition.form)
    older = [form for version, form in versions.items() if version < definition.version]
    form: dict[str, Any] = json.loads(json.dumps(succeed(definition, older)))
    taken = versions.get(definition.version)
    if taken is not None and taken != form:
        raise FormChanged(f"{definition.form} {definition.version} is published already and differs")
    return form, taken is None


def publish(store: DocStore, definition: Definition) -> tuple[dict[str, Any], bool]:
    """`successor`, durable. Of two that publish one version at once, one is told that it is there already."""
    form, is_new = successor(store, definition)
    if is_new:
        doc_id = form_id(definition.form, definition.version)
        document = Document.of(doc_id, [next_rev(None, form)], form)
        if store.graft([document], lambda _, leaves: not leaves) == ["refused"]:
            return successor(store, definition)
    return form, is_new


def published_versions(store: DocStore, form: str) -> dict[int, Mapping[str, Any]]:
    """Every published version of a form, by number."""
    ids = [doc_id for doc_id, _ in store.all_ids(f"form:{form}:", f"form:{form}:\uffff")]
    found = (leaves[0].fields for leaves in store.leaves_many(ids).values())
    return {fields["version"]: fields for fields in found}
