"""Published forms by name and version, as the desk and the index need them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from forms.catalogue import shipped
from forms.publish import published
from forms.scope import REFERENCE
from sync.errors import NotFound
from sync.store import StoreSet

Form = Mapping[str, Any]
"""A published form: self-contained JSON, never changed once published."""


class Library:
    """Forms of the `forms` database, else those that this version ships. What was found is kept."""

    def __init__(self, stores: StoreSet) -> None:
        self._stores = stores
        self._found: dict[tuple[str, int], Form] = {}

    def find(self, name: str, version: int) -> Form | None:
        """The published form of that name and version; None where it has not arrived."""
        key = (name, version)
        if key not in self._found:
            form = self._stored(name, version) or shipped_forms().get(key)
            if form is None:
                return None
            self._found[key] = form
        return self._found[key]

    def titles(self, locale: str) -> dict[str, str]:
        """What each form is called, by its newest known version."""
        known = {**shipped_forms(), **self._found}
        return {name: label(known[name, version].get("title"), locale) for name, version in sorted(known)}

    def _stored(self, name: str, version: int) -> Form | None:
        try:
            return self._stores.open("forms").get(f"form:{name}:{version}").fields
        except NotFound:
            return None


@cache
def shipped_forms() -> Mapping[tuple[str, int], Form]:
    """The published forms of the shipped definitions, by name and version."""
    forms = [published(definition) for definition in shipped()]
    return {(form["form"], form["version"]): form for form in forms}


def label(value: object, locale: str) -> str:
    """A text of a form in the wanted language, else Chinese, else whatever there is.

    An answer that it names, and that is not at hand here, is an ellipsis.
    """
    if not isinstance(value, Mapping):
        return value if isinstance(value, str) else ""
    found = str(value.get(locale) or value.get("zh-CN") or next(iter(value.values()), ""))
    return REFERENCE.sub("…", found)
