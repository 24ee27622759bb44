"""Where an answer is: a question, and the rows it is asked in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from forms.form import Node


@dataclass(frozen=True)
class Spot:
    """A question in a row of each repeat around it."""

    node: Node
    rows: tuple[str, ...] = ()

    @cached_property
    def path(self) -> str:
        """The path of the answer, row ids included: `members.01J….relation`."""
        rows = dict(zip(self.node.repeats, self.rows, strict=True))
        parts: list[str] = []
        plain = ""
        for name in self.node.path.split("."):
            plain = f"{plain}.{name}" if plain else name
            parts.append(name)
            if plain in rows:
                parts.append(rows[plain])
        return ".".join(parts)

    def __hash__(self) -> int:
        return hash((self.node.path, self.rows))
