"""Publishing: a definition becomes a document `form:<name>:<version>` of the `forms` database, and never changes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from forms import catalogue
from forms.catalogue import code_lists, workflows
from forms.definition import Definition, DefinitionInvalid, load
from forms.succession import succeed
from server.accounts import Accounts
from server.manuscripts import Manuscript, Refused, Remark, too_deep
from sync.documents import Document
from sync.revisions import next_rev
from sync.store import DocStore

FORMS = "forms"
"""The database of published forms; every phone reads it."""

OWN_VERSION_MIN = 1000
"""Where the versions begin that authors may give a shipped form: those below are ours, in years to come."""


FORM_BYTES_MAX = 2**20
"""A published form is a document, and other servers take none that is larger."""


class FormChanged(Exception):
    """Another form is published under that name and version, which never changes: take the next version number."""

    def __init__(self, form: str, version: int, newest: int) -> None:
        super().__init__(f"{form} {version} is published already and differs; take version {newest + 1}.")
        zh = f"{form} 第 {version} 版已发布，内容不同；发布了的版本不能改，请用版本号 {newest + 1}"
        self.words = {"zh-CN": zh, "en": str(self)}


@dataclass(frozen=True)
class Publication:
    """A form as it is or would be published."""

    form: dict[str, Any]
    is_new: bool
    """Whether this version was not here before."""
    before: int | None
    """The newest version below it; none for the first of its name."""


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


def successor(store: DocStore, definition: Definition) -> Publication:
    """The form as it is or would be published; nothing is written.

    Raises DefinitionInvalid where it is too large or may not follow the versions before it, `FormChanged` where its
    version is taken.
    """
    versions = published_versions(store, definition.form)
    older = {version: form for version, form in versions.items() if version < definition.version}
    text = json.dumps(succeed(definition, list(older.values())), ensure_ascii=False)
    if len(text.encode()) > FORM_BYTES_MAX:
        most = FORM_BYTES_MAX // 2**20
        raise DefinitionInvalid({"": [f"The form is larger than {most} MiB: shorten its choice lists."]})
    form: dict[str, Any] = json.loads(text)
    taken = versions.get(definition.version)
    if taken is not None and taken != form:
        raise FormChanged(definition.form, definition.version, max(versions))
    return Publication(form, taken is None, max(older, default=None))


def publish(store: DocStore, definition: Definition) -> Publication:
    """`successor`, durable. Of two that publish one version at once, one is told that it is there already."""
    made = successor(store, definition)
    if made.is_new:
        doc_id = form_id(definition.form, definition.version)
        document = Document.of(doc_id, [next_rev(None, made.form)], made.form)
        if store.graft([document], lambda _, leaves: not leaves) == ["refused"]:
            return successor(store, definition)
    return made


def publish_as(who: str, data: object, store: DocStore, accounts: Accounts, at: datetime) -> Publication:
    """Publish what an author hands in, as parsed JSON; who did is written to the audit trail."""
    made = publish(store, authored(store, data))
    if made.is_new:
        accounts.note(who, "publish_form", form_id(made.form["form"], made.form["version"]), at)
    return made


@contextmanager
def in_its_places(manuscript: Manuscript) -> Iterator[None]:
    """What keeps a manuscript from being published is told as Refused, where its author finds it."""
    try:
        yield
    except DefinitionInvalid as error:
        raise manuscript.refused(error) from None
    except FormChanged as error:
        raise Refused(Remark("error", error.words, manuscript.place("version"))) from None
    except RecursionError:
        raise too_deep() from None


def published_versions(store: DocStore, form: str) -> dict[int, Mapping[str, Any]]:
    """Every published version of a form, by number."""
    ids = [doc_id for doc_id, _ in store.all_ids(f"form:{form}:", f"form:{form}:\uffff")]
    found = (leaves[0].fields for leaves in store.leaves_many(ids).values())
    return {fields["version"]: fields for fields in found}
