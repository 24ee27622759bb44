"""The second look at a definition: names, references, expressions, choice lists, languages, cycles.

It reads the raw object with care, because it also runs when the first look (`forms/schema.py`) found errors: an
author wants to see them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from forms.choicelists import ChoiceLists
from forms.circles import circles
from forms.definition import Choice, CodeLists, Definition, Expression, Question, Workflows
from forms.expressions import ExpressionInvalid, parse
from forms.form import references
from forms.kinds import SELECTS, SILENT
from forms.scope import REFERENCE, Entry, Resolver, Scope, source_of_choices, template
from forms.values import words

EXPRESSIONS = ("relevant", "constraint", "calculation", "default", "repeat_count", "warn")
NEEDED_FIRST = ("relevant", "calculation", "repeat_count")
"""What decides whether a question is asked, how often, and what its answer is."""
CONDITIONS = ("required", "readonly")
UNLABELLED = SILENT | {"group", "repeat"}
CIRCLE = "It depends on itself:"
OWN_ANSWER = "The question's own answer cannot decide whether it is asked."
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
        languages: tuple[str, ...] | None,
        root: str = "questions",
    ) -> None:
        self.data = data
        self.lists = lists
        self.workflows = workflows
        self.root = root
        title = data.get("title")
        self.languages = tuple(title if isinstance(title, dict) else ()) if languages is None else languages
        listed = ChoiceLists(data.get("choices"), lists, bool(data.get("allow_choice_duplicates")))
        self.errors: dict[str, list[str]] = listed.errors
        self.choices = listed.items
        self.scope = Scope({}, listed.columns)
        self.found = list(self._walk(data.get("questions"), root, "", ()))
        self.linked: dict[str, dict[str, Expression]] = {}
        self.triggers: dict[str, tuple[str, ...]] = {}
        self.offering: dict[str, Entry] = {}
        """By where a select stands in the file the question whose answers it offers."""
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
            data = {key: self.data.get(key) for key in ("choices", "allow_choice_duplicates")}
            data["questions"] = questions
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
        if "label" not in raw and kind not in UNLABELLED:
            self.say(f"{at}.label", "A question that people see needs a label.")
        self._parts(found, kind)
        self._choices(found, kind)
        for key in (*EXPRESSIONS, *CONDITIONS, "choice_filter"):
            if isinstance(raw.get(key), str):
                self._expression(found, key, raw[key])
        if kind == "calculate" and "calculation" not in raw:
            self.say(f"{at}.calculation", "A calculate needs a calculation.")
        if "repeat_count" in raw and kind != "repeat":
            self.say(f"{at}.repeat_count", f"A {kind} has no repeat_count.")
        if isinstance(raw.get("trigger"), str):
            self._trigger(found, raw["trigger"])
        seed = raw["parameters"].get("seed") if isinstance(raw.get("parameters"), dict) else None
        if isinstance(seed, str):
            self._expression(found, "parameters.seed", seed)
        if "warn" in raw and "warn_message" not in raw:
            self.say(f"{at}.warn_message", "A warning needs its text.")

    def _parts(self, found: Found, kind: str) -> None:
        raw, at = found.raw, found.at
        if kind in ("group", "repeat") and not raw.get("questions"):
            self.say(f"{at}.questions", f"A {kind} needs questions.")
        if kind not in ("group", "repeat") and "questions" in raw:
            self.say(f"{at}.questions", f"A {kind} holds no questions.")

    def _choices(self, found: Found, kind: str) -> None:
        """The list of a select, or the question of a repeat whose answers it offers."""
        at, listed = found.at, found.raw.get("choices")
        if kind in SELECTS and listed is None:
            self.say(f"{at}.choices", "A select needs a choice list.")
        if isinstance(listed, str) and REFERENCE.fullmatch(listed):
            self._offering(found, kind, listed)
        elif isinstance(listed, str) and listed not in self.choices:
            self.say(f"{at}.choices", f"There is no choice list {listed!r}.")
        elif kind in ("select_multiple", "rank"):
            for code in (str(item.get("name")) for item in self.choices.get(str(listed), ())):
                if len(words(code)) != 1:
                    self.say(
                        f"{at}.choices",
                        f"{code!r} has a space in it, and several choices are joined by spaces.",
                    )

    def _offering(self, found: Found, kind: str, listed: str) -> None:
        try:
            entry = source_of_choices(self.scope, found.path, listed)
        except ExpressionInvalid as error:
            self.say(f"{found.at}.choices", f"{error}.")
            return
        if kind != "select_one":
            self.say(f"{found.at}.choices", f"Only a select_one takes its choices from a repeat: {listed}.")
        elif entry is not None:
            self.offering[found.at] = entry

    def _trigger(self, found: Found, text: str) -> None:
        """`${a}`, or several with commas between them."""
        paths = []
        for part in text.split(","):
            try:
                tree = Resolver(self.scope, found.path).resolve(parse(part))
                if tree[0] != "ref":
                    raise ExpressionInvalid("a trigger is the reference of another question: ${question}")
                paths.append(tree[1])
            except ExpressionInvalid as error:
                self.say(f"{found.at}.trigger", f"{error}.")
        if "calculation" not in found.raw:
            self.say(f"{found.at}.trigger", "A trigger needs the calculation that it sets off.")
        self.triggers[found.at] = tuple(paths)

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
        entry = self.offering.get(found.at) if key == "choice_filter" else None
        items = found.raw.get("choices") if key == "choice_filter" and entry is None else None
        at = f"{found.at}.{key}" if found.at else key
        row = entry.repeats[-1] if entry else None
        resolver = Resolver(self.scope, found.path, items, gathering=key == "repeat_count", row=row)
        try:
            tree = resolver.resolve(parse(source))
        except ExpressionInvalid as error:
            self.say(at, f"{error}.")
        else:
            self.linked.setdefault(found.at, {})[key] = Expression(source, tree)

    def _cycles(self) -> None:
        """What needs itself to be asked, repeated or calculated, by way of others or of the groups around it."""
        needs: dict[str, set[str]] = {}
        at: dict[str, Found] = {}
        for found in self.found:
            own = {found.path.rpartition(".")[0]} - {""}
            linked = self.linked.get(found.at, {})
            for key in NEEDED_FIRST:
                if key in linked and not (key == "calculation" and "trigger" in found.raw):
                    own.update(references(linked[key].ast))
                    if key == "relevant" and _has_self(linked[key].ast):
                        self.say(f"{found.at}.relevant", OWN_ANSWER)
            needs[found.path] = own
            at[found.path] = found
        for circle in circles(needs):
            found = at[circle[0]]
            key = next((key for key in NEEDED_FIRST[::-1] if key in found.raw), "relevant")
            self.say(f"{found.at}.{key}", f"{CIRCLE} {' → '.join(circle)}.")

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
            instance_name=self.linked.get("", {}).get("instance_name"),
            default_language=data.get("default_language"),
            style=data.get("style"),
            migration=data.get("migration"),
            questions=self.questions(),
            choices={name: tuple(map(self._choice, items)) for name, items in self.choices.items()},
        )

    def _choice(self, item: dict[str, Any]) -> Choice:
        extra = tuple((key, value) for key, value in item.items() if key not in ("name", "label"))
        label = {language: template(self.scope, "", text) for language, text in item["label"].items()}
        return Choice(item["name"], label, extra)

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
            values.update(self.linked.get(here, {}))
            if here in self.offering:
                values["choices"] = f"${{{self.offering[here].path}}}"
            if "parameters.seed" in values:
                values["parameters"] = {**values["parameters"], "seed": values.pop("parameters.seed")}
            values["trigger"] = self.triggers.get(here, ())
            values["questions"] = self._questions(question.get("questions", []), f"{here}.questions", path)
            found.append(Question(**values))
        return tuple(found)


def _has_self(tree: list[Any]) -> bool:
    """Whether a tree reads the question's own answer, as `once()` does too."""
    reads = tree == ["self"] or tree[:2] == ["call", "once"]
    return reads or any(isinstance(part, list) and _has_self(part) for part in tree)
