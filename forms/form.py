"""A published form, indexed: its questions by path, and the order in which their values depend on each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from forms.expressions import Ast

Published = Mapping[str, Any]
"""The published form object, as `forms.publish.published` makes it and the `forms` database keeps it."""


@dataclass(frozen=True)
class Node:
    """One question. `path` has no rows; `repeats` are the paths of the repeats around it, outermost first."""

    path: str
    question: Mapping[str, Any]
    parent: str
    repeats: tuple[str, ...]

    @property
    def is_repeat(self) -> bool:
        return bool(self.question["type"] == "repeat")

    @property
    def is_calculated(self) -> bool:
        """Whether the answer is whatever the calculation gives now, and not what it gave when it was set off."""
        return "calculation" in self.question and "trigger" not in self.question


class Form:
    """The questions of one published form."""

    def __init__(self, published: Published) -> None:
        self.published = published
        self.nodes: dict[str, Node] = {}
        self.children: dict[str, list[Node]] = {"": []}
        self._add(published["questions"], "", ())

    def _add(self, questions: list[Mapping[str, Any]], parent: str, repeats: tuple[str, ...]) -> None:
        for question in questions:
            path = f"{parent}.{question['name']}" if parent else question["name"]
            node = Node(path, question, parent, repeats)
            self.nodes[path] = node
            self.children[parent].append(node)
            if "questions" in question:
                self.children[path] = []
                self._add(question["questions"], path, (*repeats, path) if node.is_repeat else repeats)

    def choices(self, name: str) -> list[dict[str, Any]]:
        """The items of a choice list; none for a list that is not there."""
        found: list[dict[str, Any]] = self.published.get("choices", {}).get(name, [])
        return found

    @cached_property
    def set_off(self) -> dict[str, list[Node]]:
        """By the path of an answer the questions whose calculation is done when it changes."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes.values():
            for path in node.question.get("trigger", ()):
                found.setdefault(path, []).append(node)
        return found

    @cached_property
    def order(self) -> list[Node]:
        """The nodes so that each comes after those that its relevance and its value refer to."""
        done: dict[str, None] = {}
        for first in self.nodes:
            waiting = [(first, iter(self._needs(first)))]
            entered = {first}
            while waiting:
                path, needs = waiting[-1]
                following = next((need for need in needs if need not in done and need not in entered), None)
                if following is None:
                    waiting.pop()
                    done.setdefault(path)
                else:
                    entered.add(following)
                    waiting.append((following, iter(self._needs(following))))
        return [self.nodes[path] for path in done]

    def _needs(self, path: str) -> list[str]:
        node = self.nodes[path]
        needs = [node.parent] if node.parent else []
        for column in ("relevant", "repeat_count", *(("calculation",) if node.is_calculated else ())):
            if column in node.question:
                needs.extend(references(node.question[column]["ast"]))
        return [need for need in needs if need in self.nodes]


def offering(question: Mapping[str, Any]) -> str | None:
    """The path of the question in a repeat whose answers a select offers; None where it offers a list."""
    listed = question.get("choices", "")
    return listed[2:-1] if listed.startswith("${") else None


def references(tree: Ast) -> Iterator[str]:
    """The paths that a resolved tree reads."""
    waiting: list[Any] = [tree]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            if len(part) == 2 and part[0] == "ref":
                yield part[1]
            elif not (part and part[0] in ("str", "num")):
                waiting.extend(part)
