"""A form being filled: answers and context, read the way expressions see them.

What is not relevant reads as unanswered; a calculation reads as what it gives now. Rows of a repeat are taken in the
order of their row ids, removed ones left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from forms.chance import shuffled
from forms.evaluate import evaluate
from forms.expressions import Ast
from forms.form import Form, Node, offering
from forms.messages import Text
from forms.place import At
from forms.scope import REFERENCE
from forms.spot import Spot
from forms.values import Value, atom, number_of, stored, text_of, truth_of, words

MAX_ROWS = 1000
"""As many rows as a form may count."""


Veil = Callable[[Node | None, str], str]
"""What is shown of an answer that a text names, by its question; without one it stands in another document."""


def unveiled(_node: Node | None, text: str) -> str:
    """All of it."""
    return text


class Filling:
    """Answers to a form in a context. Reading never changes the answers."""

    def __init__(self, form: Form, answers: Mapping[str, Any], context: Mapping[str, Any]) -> None:
        self.form = form
        self.answers = answers
        self.context = context
        self._relevant: dict[Spot, bool] = {}
        self._values: dict[Spot, Any] = {}
        self._counts: dict[Spot, int] = {}
        for node in form.order:
            if "relevant" in node.question or node.is_calculated:
                for spot in self.spots(node):
                    self.value(spot)

    def at(self, path: str) -> Spot | None:
        """The spot of an answer's path, row ids included; None for a path that is no question's."""
        names = [part for part in path.split(".") if not part[:1].isdigit()]
        node = self.form.nodes.get(".".join(names))
        rows = tuple(part for part in path.split(".") if part[:1].isdigit())
        return Spot(node, rows) if node is not None and len(node.repeats) == len(rows) else None

    def spots(self, node: Node, bound: Mapping[str, str] | None = None) -> Iterator[Spot]:
        """The places where a question is asked: one, or one for each row not bound."""
        rows: list[tuple[str, ...]] = [()]
        for repeat in node.repeats:
            if bound and repeat in bound:
                rows = [(*outer, bound[repeat]) for outer in rows]
            else:
                rows = [(*outer, row) for outer in rows for row in self.rows(repeat, outer)]
        return (Spot(node, outer) for outer in rows)

    def rows(self, repeat: str, outer: tuple[str, ...]) -> list[str]:
        """The row ids of a repeat inside the rows around it; no more than the form counts."""
        spot = Spot(self.form.nodes[repeat], outer)
        listed = self.answer(spot)
        if not isinstance(listed, list):
            return []
        kept = (row for row in listed if isinstance(row, dict) and row.get("removed") is not True)
        return sorted({row["row"] for row in kept if isinstance(row.get("row"), str)})[: self.count(spot)]

    def count(self, spot: Spot) -> int | None:
        """How many rows a repeat is to have; None where people decide."""
        if "repeat_count" not in spot.node.question:
            return None
        if spot not in self._counts:
            self._counts[spot] = 0
            number = number_of(self.evaluate(spot.node.question["repeat_count"]["ast"], spot))
            self._counts[spot] = int(min(number, MAX_ROWS)) if number >= 1 else 0
        return self._counts[spot]

    def lacks_rows(self, spot: Spot) -> bool:
        """Whether a repeat has fewer rows than the form counts."""
        return (
            len(self.rows(spot.node.path, spot.rows)) < (self.count(spot) or 0)
            if spot.node.is_repeat
            else False
        )

    def answer(self, spot: Spot) -> Any:
        """The answer as it stands in the document; None where there is none."""
        rows = dict(zip(spot.node.repeats, spot.rows, strict=True))
        held: Any = self.answers
        plain = ""
        for name in spot.node.path.split("."):
            plain = f"{plain}.{name}" if plain else name
            held = held.get(name) if isinstance(held, dict) else None
            if plain in rows and isinstance(held, list):
                held = next(
                    (row for row in held if isinstance(row, dict) and row.get("row") == rows[plain]), None
                )
        return held

    def value(self, spot: Spot) -> Any:
        """The answer as it counts: None when not relevant, the result where the question is calculated."""
        if spot in self._values:
            return self._values[spot]
        self._values[spot] = None
        if self.relevant(spot):
            question = spot.node.question
            if spot.node.is_calculated:
                self._values[spot] = converted(question, self.evaluate(question["calculation"]["ast"], spot))
            else:
                self._values[spot] = self.answer(spot)
        return self._values[spot]

    def current(self, spot: Spot) -> Any:
        """What `.` means: the calculated value once there is one, before that the answer as it stands."""
        calculated = self._values.get(spot) if spot.node.is_calculated else None
        return self.answer(spot) if calculated is None else calculated

    def relevant(self, spot: Spot) -> bool:
        """Whether the question and every group around it is asked."""
        if spot in self._relevant:
            return self._relevant[spot]
        self._relevant[spot] = True
        node = spot.node
        found = True
        if node.parent:
            parent = self.form.nodes[node.parent]
            found = self.relevant(Spot(parent, spot.rows[: len(parent.repeats)]))
        if found and "relevant" in node.question:
            found = self.holds(node.question["relevant"]["ast"], spot)
        self._relevant[spot] = found
        return found

    def required(self, spot: Spot) -> bool:
        """Whether an answer must be given, once the question is relevant."""
        wanted = spot.node.question.get("required", False)
        return wanted if isinstance(wanted, bool) else self.holds(wanted["ast"], spot)

    def offered(self, spot: Spot) -> list[dict[str, Any]]:
        """The choices of a select that its filter lets through now, in the order in which they are shown."""
        question = spot.node.question
        place = At(self, spot)
        offered = offering(question)
        if offered is not None:
            items = list(self._rows_offered(offered, place))
        else:
            items = self.form.choices(question.get("choices", ""))
            if "choice_filter" in question:
                tree = question["choice_filter"]["ast"]
                items = [item for item in items if truth_of(evaluate(tree, place, item))]
        parameters = question.get("parameters") or {}
        if parameters.get("randomize") is not True:
            return items
        return shuffled(items, self._seed(parameters.get("seed"), place))

    def _rows_offered(self, path: str, place: At) -> Iterator[dict[str, Any]]:
        """The answers to a question in the rows of its repeat, each once, as choices; the filter looks at the row."""
        tree = place.spot.node.question.get("choice_filter", {}).get("ast")
        told: set[str] = set()
        for row in place.in_rows_of(self.form.nodes[path].repeats[-1]):
            text = text_of(row.read(path))
            if text and text not in told and (tree is None or truth_of(evaluate(tree, row))):
                told.add(text)
                yield {"name": text, "label": {"zh-CN": text}}

    def worded(self, text: Text, spot: Spot, veil: Veil = unveiled) -> Text:
        """A text of the form as it reads at a spot: what the answers are stands in place of its `${…}`."""
        place = At(self, spot)
        return {
            language: REFERENCE.sub(lambda match: self._named(match[1], place, veil), part)
            for language, part in text.items()
        }

    def _named(self, name: str, place: At, veil: Veil) -> str:
        node = self.form.nodes.get(name)
        kind, _, path = name.partition(".")
        found = text_of(place.read(name) if node else [atom(place.outside(kind, path))])
        return veil(node, found) if found else ""

    def _seed(self, given: Any, place: At) -> float | str:
        """What the order of choices falls by: a number, what an expression gives, or the record and question."""
        if isinstance(given, dict):
            value = evaluate(given["ast"], place)
            number = number_of(value)
            return text_of(value) if math.isnan(number) else number
        return float(given) if isinstance(given, int | float) else place.seed()

    def evaluate(self, tree: Ast, spot: Spot) -> Value:
        """The value of an expression of the question at a spot."""
        return evaluate(tree, At(self, spot))

    def holds(self, tree: Ast, spot: Spot) -> bool:
        """Whether a condition of the question at a spot is true."""
        return truth_of(self.evaluate(tree, spot))


def converted(question: Mapping[str, Any], value: Value) -> Any:
    """A computed value as an answer of the question's type."""
    kept = stored(value)
    kind = question["type"]
    if kept is None:
        return None
    if kind in ("select_multiple", "rank"):
        return words(text_of(value)) or None
    if kind == "acknowledge":
        return truth_of(value)
    if kind in ("calculate", "hidden", "integer", "decimal", "money", "range"):
        return kept
    return text_of(value)
