"""The second look at a definition: names, references, expressions, choice lists, languages, cycles.

It reads the raw object with care, because it also runs when the first look (`forms/schema.py`) found errors: an
author wants to see them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forms.definition import Choice, CodeLists, Definition, Expression, Question, Workflows
from forms.expressions import ExpressionInvalid, parse
from forms.form import references
from forms.kinds import SELECTS, SILENT
from forms.scope import Entry, Resolver, Scope, template

EXPRESSIONS = ("relevant", "constraint", "calculation", "default", "repeat_count", "warn")
CONDITIONS = ("required", "readonly")
TEXTS = ("label", "hint", "guidance_hint", "required_message", "constraint_message", "warn_message")


@dataclass(frozen=True)
class Found:
    """A question of the raw object: where it is in the file, and its path in the form."""

    at: str
    path: str
    raw: dict[str, Any]


class Linker:
    """Looks at one raw definition; `errors` fills up, and without errors `definition()` gives the value."""

    def __init__(
        self,
        data: dict[str, Any],
        lists: CodeLists,
        workflows: Workflows,
        languages: tuple[str, ...],
        root: str = "questions",
    ) -> None:
        self.data = data
        self.lists = lists
        self.workflows = workflows
        self.languages = languages
        self.root = root
        self.errors: dict[str, list[str]] = {}
        self.choices = self._choices()
        self.scope = Scope({}, {name: _columns(items) for name, items in self.choices.items()})
        self.found = list(self._walk(data.get("questions"), root, "", ()))
        self.linked: dict[tuple[str, str], Expression] = {}
        self.acts: dict[str, Linker] = {}

    def say(self, path: str, text: str) -> None:
        """Note an error."""
        self.errors.setdefault(path, []).append(text)

    def look(self) -> None:
        """Everything that can be wrong beyond the shape."""
        for key in ("title", "purpose"):
            self._languages(self.data.get(key), key, "")
        self._workflow()
        for found in self.found:
            self._question(found)
        self._choice_languages()
        self._cycles()
        self._acts()
        name = self.data.get("instance_name")
        if isinstance(name, str):
            self._expression(Found("", "", self.data), "instance_name", name)

    def _walk(self, raw: Any, at: str, parent: str, repeats: tuple[str, ...]) -> Iterator[Found]:
        names: set[str] = set()
        for index, question in enumerate(raw if isinstance(raw, list) else []):
            if not isinstance(question, dict) or not isinstance(question.get("name"), str):
                continue
            name, kind = question["name"], str(question.get("type"))
            here = f"{at}[{index}]"
            if name in names:
                self.say(f"{here}.name", f"The name {name!r} is there twice.")
                continue
            names.add(name)
            path = f"{parent}.{name}" if parent else name
            listed = question.get("choices")
            self.scope.add(Entry(path, kind, parent, repeats, listed if isinstance(listed, str) else None))
            yield Found(here, path, question)
            inner = (*repeats, path) if kind == "repeat" else repeats
            yield from self._walk(question.get("questions"), f"{here}.questions", path, inner)

    def _choices(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        raw = self.data.get("choices")
        for name, items in raw.items() if isinstance(raw, dict) else ():
            if isinstance(items, dict):
                found[name] = self._shared(name, items)
            elif isinstance(items, list):
                found[name] = [item for item in items if isinstance(item, dict)]
                self._twice(name, found[name])
        return found

    def _shared(self, name: str, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        items = self.lists.get(str(wanted.get("list")))
        if items is None:
            self.say(f"choices.{name}.list", f"There is no code list {wanted.get('list')!r}.")
            return []
        by_name = {item["name"]: item for item in items}
        for key in ("only", "except"):
            for code in wanted.get(key, []):
                if code not in by_name:
                    self.say(f"choices.{name}.{key}", f"The code list {wanted['list']} has no {code!r}.")
        if "only" in wanted:
            return [by_name[code] for code in wanted["only"] if code in by_name]
        return [item for item in items if item["name"] not in wanted.get("except", [])]

    def _twice(self, name: str, items: list[dict[str, Any]]) -> None:
        seen: set[str] = set()
        for index, item in enumerate(items):
            code = str(item.get("name"))
            if code in seen:
                self.say(f"choices.{name}[{index}].name", f"The choice {code!r} is there twice.")
            seen.add(code)

    def _workflow(self) -> None:
        name = self.data.get("workflow")
        if name is not None and name not in self.workflows:
            self.say("workflow", f"There is no workflow {name!r}.")

    def _acts(self) -> None:
        """What each act asks: a form of its own, over the same choices."""
        raw = self.data.get("acts")
        table = self.workflows.get(str(self.data.get("workflow")), {"acts": []})
        known = {row["act"] for row in table["acts"]}
        for act, questions in raw.items() if isinstance(raw, dict) else ():
            if act not in known:
                self.say(f"acts.{act}", f"The workflow has no act {act!r}.")
            data = {"questions": questions, "choices": self.data.get("choices")}
            inner = Linker(data, self.lists, {}, self.languages, f"acts.{act}")
            inner.look()
            self.acts[act] = inner
            for at, said in inner.errors.items():
                if at.startswith(inner.root):
                    self.errors.setdefault(at, []).extend(said)

    def _question(self, found: Found) -> None:
        raw, at = found.raw, found.at
        kind = str(raw.get("type"))
        for key in TEXTS:
            self._languages(raw.get(key), f"{at}.{key}", found.path)
        if "label" not in raw and kind not in SILENT:
            self.say(f"{at}.label", "A question that people see needs a label.")
        self._parts(found, kind)
        for key in (*EXPRESSIONS, *CONDITIONS, "choice_filter"):
            if isinstance(raw.get(key), str):
                self._expression(found, key, raw[key])
        if kind == "calculate" and "calculation" not in raw:
            self.say(f"{at}.calculation", "A calculate needs a calculation.")
        if "repeat_count" in raw:
            self.say(f"{at}.repeat_count", "repeat_count is not there yet; let people add rows.")
        if "warn" in raw and "warn_message" not in raw:
            self.say(f"{at}.warn_message", "A warning needs its text.")

    def _parts(self, found: Found, kind: str) -> None:
        raw, at = found.raw, found.at
        if kind in ("group", "repeat") and not raw.get("questions"):
            self.say(f"{at}.questions", f"A {kind} needs questions.")
        if kind not in ("group", "repeat") and "questions" in raw:
            self.say(f"{at}.questions", f"A {kind} holds no questions.")
        if kind in SELECTS and "choices" not in raw:
            self.say(f"{at}.choices", "A select needs a choice list.")
        listed = raw.get("choices")
        if isinstance(listed, str) and listed not in self.choices:
            self.say(f"{at}.choices", f"There is no choice list {listed!r}.")

    def _languages(self, text: Any, at: str, here: str) -> None:
        if not isinstance(text, dict):
            return
        for language in self.languages:
            if not text.get(language):
                self.say(at, f"The text is missing in {language}.")
        for value in text.values():
            try:
                template(self.scope, here, str(value))
            except ExpressionInvalid as error:
                self.say(at, f"{error}.")

    def _choice_languages(self) -> None:
        raw = self.data.get("choices")
        for name, items in raw.items() if isinstance(raw, dict) else ():
            for index, item in enumerate(items if isinstance(items, list) else []):
                if isinstance(item, dict):
                    self._languages(item.get("label"), f"choices.{name}[{index}].label", "")

    def _expression(self, found: Found, key: str, source: str) -> None:
        items = found.raw.get("choices") if key == "choice_filter" else None
        at = f"{found.at}.{key}" if found.at else key
        try:
            tree = Resolver(self.scope, found.path, items=items, gathering=key == "repeat_count").resolve(
                parse(source)
            )
        except ExpressionInvalid as error:
            self.say(at, f"{error}.")
        else:
            self.linked[found.at, key] = Expression(source, tree)

    def _cycles(self) -> None:
        """A calculation or a relevance that needs itself, by way of others or of the groups around it."""
        needs: dict[str, set[str]] = {}
        for found in self.found:
            own = {found.path.rpartition(".")[0]} - {""}
            for key in ("relevant", "calculation"):
                if (found.at, key) in self.linked:
                    tree = self.linked[found.at, key].ast
                    own.update(references(tree))
                    if key == "relevant" and _has_self(tree):
                        self.say(
                            f"{found.at}.relevant",
                            "The question's own answer cannot decide whether it is asked.",
                        )
            needs[found.path] = own
        for found in self.found:
            circle = _circle(found.path, needs)
            if circle:
                key = "calculation" if "calculation" in found.raw else "relevant"
                self.say(f"{found.at}.{key}", f"It depends on itself: {' → '.join(circle)}.")

    def definition(self) -> Definition:
        """The value, once `look()` has found nothing."""
        data = self.data
        return Definition(
            form=data["form"],
            version=data["version"],
            kind=data["kind"],
            title=data["title"],
            subject=tuple(data.get("subject", ())),
            purpose=data.get("purpose"),
            legal_basis=tuple(data.get("legal_basis", ())),
            retention=data.get("retention"),
            workflow=self.workflows[data["workflow"]] if "workflow" in data else None,
            use=data.get("use"),
            who=tuple(data.get("who", ())),
            acts={act: inner.questions() for act, inner in self.acts.items()},
            due=tuple(data.get("due", ())),
            instance_name=self.linked.get(("", "instance_name")),
            migration=data.get("migration"),
            questions=self.questions(),
            choices={name: tuple(_choice(item) for item in items) for name, items in self.choices.items()},
        )

    def questions(self) -> tuple[Question, ...]:
        """The questions as values, once `look()` has found nothing."""
        return self._questions(self.data["questions"], self.root, "")

    def _questions(self, raw: list[dict[str, Any]], at: str, parent: str) -> tuple[Question, ...]:
        found: list[Question] = []
        for index, question in enumerate(raw):
            here, path = f"{at}[{index}]", f"{parent}.{question['name']}" if parent else question["name"]
            values = dict(question)
            for key in TEXTS:
                if key in values:
                    texts = values[key].items()
                    values[key] = {language: template(self.scope, path, text) for language, text in texts}
            values.update({key: made for (place, key), made in self.linked.items() if place == here})
            values["questions"] = self._questions(question.get("questions", []), f"{here}.questions", path)
            found.append(Question(**values))
        return tuple(found)


def _columns(items: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(column for item in items for column in item) | {"name"}


def _choice(item: dict[str, Any]) -> Choice:
    extra = tuple((key, value) for key, value in item.items() if key not in ("name", "label"))
    return Choice(item["name"], item["label"], extra)


def _has_self(tree: list[Any]) -> bool:
    return tree == ["self"] or any(isinstance(part, list) and _has_self(part) for part in tree)


def _circle(start: str, needs: dict[str, set[str]]) -> list[str]:
    """A way from a question through what it needs back to itself; empty if there is none."""
    waiting = [[start]]
    seen: set[str] = set()
    while waiting:
        way = waiting.pop()
        for need in sorted(needs.get(way[-1], ())):
            if need == start:
                return [*way, start]
            if need not in seen:
                seen.add(need)
                waiting.append([*way, need])
    return []
