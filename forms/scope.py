"""What the references of an expression mean at its place in the form: names become absolute paths.

Resolved trees hold no `path` and no `name`; they gain `["self"]`, `["col", column]`, `["position", repeat]`,
`["choice", value, path]`, `["stored", path]`, `["last", path]` and `["saved", path]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from forms.expressions import Ast, ExpressionInvalid, parse
from forms.functions import FUNCTIONS, KNOWN_ELSEWHERE, MANY
from forms.patterns import PatternInvalid, compiled

OF_ITSELF = frozenset({"string-length", "normalize-space"})
"""Functions that are of the question's own answer where nothing else is given."""

AGGREGATES = frozenset(
    {
        "count",
        "sum",
        "min",
        "max",
        "join",
        "concat",
        "count-non-empty",
        "de-duplicate",
        "item-at",
        "randomize",
    }
    | {"indexed-repeat", "distance", "area", "position"}
)
"""Functions that take the rows of a repeat from outside it."""

REFERENCE = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True)
class Entry:
    """A question as the index of names knows it."""

    path: str
    type: str
    parent: str
    repeats: tuple[str, ...]
    choices: str | None = None


@dataclass(frozen=True)
class Scope:
    """The names of one form: its questions by path, and the columns of its choice lists."""

    entries: dict[str, Entry] = field(default_factory=dict)
    columns: Mapping[str, frozenset[str] | None] = field(default_factory=dict)
    """By choice list; None where the list comes from a file that is not at hand."""
    by_name: dict[str, list[Entry]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for entry in self.entries.values():
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Know one question more."""
        self.entries[entry.path] = entry
        self.by_name.setdefault(entry.path.rpartition(".")[2], []).append(entry)

    def named(self, name: str, here: str) -> Entry:
        """The question that `${name}` means at `here`: the nearest of that name."""
        found = self.by_name.get(name)
        if not found:
            raise ExpressionInvalid(f"${{{name}}}: there is no question of that name")
        around = here
        while len(found) > 1:
            near = [entry for entry in found if entry.parent == around]
            if len(near) == 1:
                return near[0]
            if not around:
                raise ExpressionInvalid(f"${{{name}}}: several questions have that name")
            around = around.rpartition(".")[0]
        return found[0]


@dataclass(frozen=True)
class Resolver:
    """Resolves the trees of one question. `items` is the choice list whose columns bare names mean, if any; `row` the
    repeat one of whose rows is looked at, as a filter of choices that are taken from them does."""

    scope: Scope
    here: str
    items: str | None = None
    gathering: bool = False
    row: str | None = None

    def resolve(self, tree: Ast) -> Ast:
        """The resolved tree; raises ExpressionInvalid for a name that means nothing here."""
        kind = tree[0]
        if kind == "op":
            return self._operation(tree)
        if kind in ("num", "str"):
            return tree
        if kind == "neg":
            return ["neg", self._plain().resolve(tree[1])]
        if kind == "ref":
            return self.reference(tree[1])
        if kind == "name":
            return self._column(tree[1])
        if kind == "path":
            return self._path(tree)
        if kind == "call":
            return self._call(tree[1], tree[2])
        if kind == "lookup":
            return self._lookup(tree)
        if kind == "instance":
            raise ExpressionInvalid(f"instance('{tree[1]}') is read as /root/item[…]/column only")
        return tree

    def reference(self, name: str) -> Ast:
        """What `${name}` reads."""
        if name.startswith("last-saved#"):
            return ["saved", self.scope.named(name.removeprefix("last-saved#"), self.here).path]
        first, dot, rest = name.partition(".")
        if dot and first in ("subject", "last"):
            return [first, rest]
        if dot and name in self.scope.entries:
            return self._read(self.scope.entries[name])
        return self._read(self.scope.named(name, self.here))

    def _plain(self) -> Resolver:
        return replace(self, gathering=False) if self.gathering else self

    def _operation(self, tree: Ast) -> Ast:
        inner = self._plain()
        links: list[Ast] = []
        while tree[0] == "op":
            links.append(tree)
            tree = tree[2]
        found = inner.resolve(tree)
        for _, operator, _, right in reversed(links):
            found = ["op", operator, found, inner.resolve(right)]
        return found

    def _read(self, entry: Entry) -> Ast:
        if entry.path == self.here and not self.gathering and entry.type not in ("group", "repeat"):
            return ["self"]
        own = self.scope.entries.get(self.here)
        around = set(own.repeats) if own is not None else set()
        around |= {self.row} if self.row is not None else set()
        if own is not None and own.type == "repeat":
            around.add(self.here)
        if not self.gathering and not set(entry.repeats) <= around:
            raise ExpressionInvalid(
                f"${{{entry.path.rpartition('.')[2]}}} lies in the repeat {entry.repeats[-1]!r}: "
                "read it with sum(), count(), join(), indexed-repeat() …"
            )
        if own is not None and own.type == "group" and entry.path.startswith(f"{own.path}."):
            return ["stored", entry.path]  # a group that asked what it itself lets be asked would need itself
        return ["ref", entry.path]

    def _column(self, name: str) -> Ast:
        if self.items is None:
            raise ExpressionInvalid(f"{name!r}: a question is written ${{{name}}}, a text in quotes")
        columns = self.scope.columns.get(self.items, frozenset())
        if columns is not None and name not in columns:
            raise ExpressionInvalid(f"{name!r}: the choice list {self.items!r} has no such column")
        return ["col", name]

    def _path(self, tree: Ast) -> Ast:
        _, base, steps = tree
        if self.items is not None and base == "self" and steps[:1] == ["."] and len(steps) == 2:
            return self._column(steps[1])
        if steps in ([], ["."]) and base == "self":
            return ["self"]
        return self._read(self.scope.entries[self._walk(base, steps)])

    def _walk(self, base: str | Ast, steps: list[str]) -> str:
        if base == "self":
            parts = self.here.split(".")
        elif base == "root":
            parts, steps = [], steps[1:]
        else:
            parts = self.scope.named(base[1], self.here).path.split(".")
        for step in steps:
            if step == "..":
                parts = parts[:-1]
            elif step != ".":
                parts = [*parts, step]
        path = ".".join(parts)
        if path not in self.scope.entries:
            raise ExpressionInvalid(f"the path {'/'.join(steps)!r} leads to no question")
        return path

    def _call(self, name: str, arguments: list[Ast]) -> Ast:
        name = name if name in FUNCTIONS else name.lower()
        function = FUNCTIONS.get(name)
        if function is None:
            reason = KNOWN_ELSEWHERE.get(name, "is not a function of this language")
            raise ExpressionInvalid(f"{name}() {reason}")
        if not function.least <= len(arguments) <= function.most:
            upper = "or more" if function.most == MANY else f"to {function.most}"
            wanted = str(function.least) if function.least == function.most else f"{function.least} {upper}"
            raise ExpressionInvalid(f"{name}() takes {wanted} arguments, here are {len(arguments)}")
        if name in ("position", "index"):
            return ["position", self._repeat(name, arguments)]
        if name == "duration":
            return ["call", name, [self._begun()]]
        if name == "jr:choice-name":
            return self._choice_name(arguments)
        if name == "regex" and arguments[1][0] == "str":
            try:
                compiled(arguments[1][1])
            except PatternInvalid as error:
                raise ExpressionInvalid(f"regex(): {error}") from None
        inner = replace(self, gathering=name in AGGREGATES)
        found = [inner.resolve(argument) for argument in arguments]
        if not found and name in OF_ITSELF:
            found = [["self"]]
        if name == "indexed-repeat" and any(part[0] != "ref" for part in (found[0], *found[1::2])):
            raise ExpressionInvalid("indexed-repeat() takes a question, a repeat, a number, …")
        return ["call", name, found]

    def _repeat(self, name: str, arguments: list[Ast]) -> str:
        """The repeat that position(..) and index() count in."""
        path, [argument] = self.here, arguments or [["name", ""]]
        if argument[0] == "path":
            path = (
                ".".join(self.here.split(".")[: -argument[2].count("..") or None])
                if argument[1] == "self"
                else ""
            )
        elif argument[0] == "ref":
            path = self.scope.named(argument[1], self.here).path
        while path and self.scope.entries[path].type != "repeat":
            path = path.rpartition(".")[0]
        if not path:
            raise ExpressionInvalid(f"{name}(): there is no repeat here")
        return path

    def _begun(self) -> Ast:
        """When filling began: the answer to the form's question of type `start`."""
        for entry in self.scope.entries.values():
            if entry.type == "start" and not entry.repeats:
                return ["ref", entry.path]
        raise ExpressionInvalid("duration() needs a question of type start")

    def _choice_name(self, arguments: list[Ast]) -> Ast:
        target = arguments[1]
        if target[0] == "str":
            try:
                target = parse(target[1])
            except ExpressionInvalid:
                target = ["str", ""]
        if target[0] not in ("ref", "path"):
            raise ExpressionInvalid("jr:choice-name() takes a value and a question in quotes: '${question}'")
        read = Resolver(self.scope, self.here, gathering=True).resolve(target)
        entry = self.scope.entries.get(self.here if read == ["self"] else read[1])
        if entry is None or entry.choices is None:
            raise ExpressionInvalid(f"jr:choice-name(): {read[-1]!r} has no choices")
        return ["choice", self._plain().resolve(arguments[0]), entry.path]

    def _lookup(self, tree: Ast) -> Ast:
        _, name, column, conditions = tree
        if name not in self.scope.columns:
            raise ExpressionInvalid(f"instance('{name}'): there is no such choice list")
        inner = Resolver(self.scope, self.here, items=name)
        inner._column(column)
        return ["lookup", name, column, [inner.resolve(condition) for condition in conditions]]


def source_of_choices(scope: Scope, here: str, listed: str) -> Entry | None:
    """The question in a repeat whose answers a select offers: `choices` is its reference. None for a list's name."""
    match = REFERENCE.fullmatch(listed)
    if match is None:
        return None
    found = Resolver(scope, here, gathering=True).reference(match[1].strip())
    entry = scope.entries.get(found[1]) if found[0] == "ref" else None
    own = scope.entries.get(here)
    if entry is None or entry.type in ("group", "repeat") or not entry.repeats:
        raise ExpressionInvalid(f"{listed} is no question in a repeat, whose rows could be offered")
    if not set(entry.repeats[:-1]) <= set(own.repeats if own else ()):
        raise ExpressionInvalid(f"{listed} lies in a repeat inside another one that this question is not in")
    return entry


def template(scope: Scope, here: str, text: str) -> str:
    """A label whose `${name}` are written as the absolute references that the published form holds."""

    def absolute(match: re.Match[str]) -> str:
        found = Resolver(scope, here).reference(match[1].strip())
        name = {"ref": found[-1], "self": here}.get(found[0]) or f"{found[0]}.{found[1]}"
        return f"${{{name}}}"

    return REFERENCE.sub(absolute, text)
