"""The choice lists of a definition: written out in it, taken from a shared code list, or standing in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Items = list[dict[str, Any]]


class ChoiceLists:
    """The lists of one raw definition by name; `errors` says what is wrong with them, by path."""

    def __init__(self, raw: object, shared: Mapping[str, Items], allow_duplicates: bool) -> None:
        self.shared = shared
        self.allow_duplicates = allow_duplicates
        self.errors: dict[str, list[str]] = {}
        self.items: dict[str, Items] = {}
        self.columns: dict[str, frozenset[str] | None] = {}
        for name, listed in raw.items() if isinstance(raw, dict) else ():
            self._read(name, listed)

    def _read(self, name: str, listed: object) -> None:
        found: Items | None = []
        if isinstance(listed, list):
            found = [item for item in listed if isinstance(item, dict)]
            if not listed:
                self._say(f"choices.{name}", "A choice list needs choices.")
            self._twice(name, found)
        elif isinstance(listed, dict):
            found = self.shared.get(str(listed["file"])) if "file" in listed else self._picked(name, listed)
        else:
            return
        self.items[name] = found or []
        self.columns[name] = None if found is None else _columns(found)

    def _picked(self, name: str, wanted: dict[str, Any]) -> Items:
        items = self.shared.get(str(wanted.get("list")))
        if items is None:
            self._say(f"choices.{name}.list", f"There is no code list {wanted.get('list')!r}.")
            return []
        by_name = {item["name"]: item for item in items}
        for key in ("only", "except"):
            for code in wanted.get(key, []):
                if code not in by_name:
                    self._say(f"choices.{name}.{key}", f"The code list {wanted['list']} has no {code!r}.")
        if "only" in wanted:
            return [by_name[code] for code in wanted["only"] if code in by_name]
        return [item for item in items if item["name"] not in wanted.get("except", [])]

    def _twice(self, name: str, items: Items) -> None:
        seen: set[str] = set()
        for index, item in enumerate(items):
            code = str(item.get("name"))
            if code in seen and not self.allow_duplicates:
                self._say(f"choices.{name}[{index}].name", f"The choice {code!r} is there twice.")
            seen.add(code)

    def _say(self, path: str, text: str) -> None:
        self.errors.setdefault(path, []).append(text)


def _columns(items: Items) -> frozenset[str]:
    return frozenset(column for item in items for column in item) | {"name"}
