"""The references of a definition as other tools can follow them.

Their `${name}` needs a name that is there once, and knows no file of a household. So of several questions of one name
all but the first are written under another, with the true one beside it, and for `${subject.name}` there is a hidden
row of that very name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forms.expressions import Ast, ExpressionInvalid, parse
from forms.kinds import SILENT
from forms.linking import Linker
from forms.scope import REFERENCE, Entry, Resolver
from forms.xlsform.printing import mapped, source_of

UNSEEN = SILENT | {"group", "repeat", "note"}


def of_rows(question: Mapping[str, Any]) -> bool:
    """Whether a select offers what is answered in the rows of a repeat: its `choices` are a reference."""
    return REFERENCE.fullmatch(question.get("choices", "")) is not None


class References:
    """Rewrites the references of one definition.

    `root` is the name of the form among its questions, `names` the names under which some questions are written, by
    their paths, `helpers` the names of the hidden rows that are needed.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.scope = Linker(dict(definition), {}, {}, ()).scope
        self.helpers: dict[str, None] = {}
        taken = set(self.scope.by_name)
        self.root = _free("data", taken)
        self.names: dict[str, str] = {}
        for name, entries in self.scope.by_name.items():
            for entry in entries[1:]:
                self.names[entry.path] = _free(name, taken)
                taken.add(self.names[entry.path])

    def expression(self, source: str, here: str) -> str:
        """An expression whose references mean the same everywhere; as it is where they do."""
        try:
            tree = parse(source)
        except ExpressionInvalid:
            return source
        found = mapped(tree, lambda part: self._part(part, here))
        return source if found == tree else source_of(found)

    def text(self, text: str, here: str) -> str:
        """A label whose references mean the same everywhere."""
        return REFERENCE.sub(lambda match: f"${{{self._named(match[1].strip(), here)}}}", text)

    def trigger(self, text: str, here: str) -> str | None:
        """A trigger as ODK takes it: questions that people see; None where one is none."""
        found = []
        for part in text.split(","):
            entry = self._entry(["ref", part.strip()[2:-1].strip()], here)
            if entry is None or entry.type in UNSEEN:
                return None
            found.append(f"${{{self._named(entry.path, here)}}}")
        return ", ".join(found)

    def _part(self, part: Ast, here: str) -> Ast:
        """One reference, or the question that jr:choice-name() names in quotes."""
        if part[0] == "ref":
            return ["ref", self._named(part[1], here)]
        if part[0] == "path" and set(part[2]) - {".", ".."}:
            entry = self._entry(part, here)
            return part if entry is None or entry.path not in self.names else ["ref", self.names[entry.path]]
        if part[0] == "call" and part[1] == "jr:choice-name" and part[2][1:] and part[2][1][0] == "str":
            return [*part[:2], [part[2][0], ["str", self.expression(part[2][1][1], here)]]]
        return part

    def _named(self, name: str, here: str) -> str:
        plain = name.removeprefix("last-saved#")
        before = name[: len(name) - len(plain)]
        entry = self._entry(["ref", plain], here)
        if entry is not None:
            return before + self.names.get(entry.path, entry.path.rpartition(".")[2])
        self.helpers |= {name: None} if name.partition(".")[0] in ("subject", "last") and "." in name else {}
        return name

    def _entry(self, tree: Ast, here: str) -> Entry | None:
        """The question that a reference or a path means at a place."""
        try:
            found = Resolver(self.scope, here, gathering=True).resolve(tree)
        except ExpressionInvalid:
            return None
        if found == ["self"]:
            return self.scope.entries.get(here)
        return self.scope.entries.get(found[1]) if found[0] in ("ref", "stored") else None


def _free(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
