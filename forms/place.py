"""What expressions see at one spot of a filling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from forms.messages import in_language
from forms.spot import Spot
from forms.values import Atom, atom

if TYPE_CHECKING:
    from forms.filling import Filling


@dataclass(frozen=True)
class At:
    """The place of one spot of a filling, for the evaluator."""

    filling: Filling
    spot: Spot
    bound_rows: tuple[tuple[str, str], ...] = ()

    @cached_property
    def bound(self) -> dict[str, str]:
        own = self.spot.node
        bound = dict(zip(own.repeats, self.spot.rows, strict=True))
        return {**bound, **dict(self.bound_rows)}

    def read(self, path: str) -> list[Atom]:
        node = self.filling.form.nodes[path]
        found: list[Atom] = []
        for spot in self.filling.spots(node, self.bound):
            if node.is_repeat:
                found.extend(self.filling.rows(path, spot.rows) if self.filling.relevant(spot) else [])
            else:
                found.append(atom(self.filling.value(spot)))
        return found

    def stored(self, path: str) -> list[Atom]:
        spots = self.filling.spots(self.filling.form.nodes[path], self.bound)
        return [atom(self.filling.answer(spot)) for spot in spots]

    def own(self) -> list[Atom]:
        return [atom(self.filling.current(self.spot))]

    def in_rows_of(self, repeat: str) -> Iterator[At]:
        """The same spot, seen from each row of a repeat."""
        outer = tuple(self.bound[around] for around in self.filling.form.nodes[repeat].repeats)
        rows = self.filling.rows(repeat, outer)
        return (At(self.filling, self.spot, (*self.bound_rows, (repeat, row))) for row in rows)

    def row(self, repeat: str, index: int) -> At | None:
        node = self.filling.form.nodes[repeat]
        outer = tuple(self.bound[around] for around in node.repeats if around in self.bound)
        if len(outer) != len(node.repeats):
            return None
        rows = self.filling.rows(repeat, outer)
        if not 1 <= index <= len(rows):
            return None
        return At(self.filling, self.spot, (*self.bound_rows, (repeat, rows[index - 1])))

    def position(self, repeat: str) -> int:
        node = self.filling.form.nodes[repeat]
        if repeat not in self.bound:
            return 0
        outer = tuple(self.bound[around] for around in node.repeats)
        rows = self.filling.rows(repeat, outer)
        return rows.index(self.bound[repeat]) + 1 if self.bound[repeat] in rows else 0

    def choices(self, name: str) -> list[dict[str, Any]]:
        return self.filling.form.choices(name)

    def choice_text(self, path: str, name: str) -> str:
        node = self.filling.form.nodes[path]
        for item in self.filling.form.choices(node.question.get("choices", "")):
            if item["name"] == name:
                label = self.filling.worded(item.get("label", {}), self.spot)
                return in_language(label, self.context("locale")) or name
        return name

    def outside(self, kind: str, path: str) -> object:
        held: Any = self.filling.context.get(kind)
        for part in path.split("."):
            held = held.get(part) if isinstance(held, dict) else None
        return held

    def context(self, name: str) -> str:
        held = self.filling.context.get(name)
        return held if isinstance(held, str) else ""

    def seed(self) -> str:
        return f"{self.context('seed')}\n{self.spot.path}"
