"""May a form follow its published versions? A question keeps its name and its type for ever, or declares a migration.

What an author writes:

    "migration": {"answers": {"mobile": "${phone}"},
                  "examples": [{"before": {"phone": "13800138000"}, "after": {"mobile": "13800138000"}}]}

The expressions read the version before; the examples are tried before anything is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forms.definition import Definition, DefinitionInvalid
from forms.expressions import ExpressionInvalid, parse
from forms.form import Form, Published, references
from forms.migration import migrate
from forms.publish import published
from forms.scope import Entry, Resolver, Scope

EXAMPLE_CONTEXT = {"now": "2026-01-31T09:00:00+08:00", "today": "2026-01-31", "locale": "zh-CN"}
"""When the examples of a migration are tried: always at the same moment, so that they always say the same."""


def succeed(definition: Definition, older: Sequence[Published]) -> dict[str, Any]:
    """The published form after these lower versions; raises DefinitionInvalid with all that keeps it from following.

    Without an older version there is nothing to migrate from, and a migration is left out.
    """
    form = published(definition)
    if not older:
        return form
    errors: dict[str, list[str]] = {}
    before = max(older, key=lambda known: int(known["version"]))
    if definition.kind != before["kind"]:
        errors["kind"] = [f"A form of kind {before['kind']!r} stays one."]
    declared = definition.migration or {}
    _types(form, older, declared.get("answers", {}), errors)
    if declared and not errors:
        form["migration"] = _compiled(form, before, declared, errors)
        if not errors:
            _try(form, before, declared, errors)
    if errors:
        raise DefinitionInvalid(errors)
    return form


def _types(
    form: Published, older: Sequence[Published], migrated: Mapping[str, str], errors: dict[str, list[str]]
) -> None:
    """A path that was ever published with another type needs a migration."""
    known: dict[str, tuple[str, int]] = {}
    for version in sorted(older, key=lambda known: int(known["version"])):
        for path, node in Form(version).nodes.items():
            known[path] = (node.question["type"], version["version"])
    for at, path, question in _placed(form["questions"], "questions", ""):
        kind, version_number = known.get(path, (question["type"], 0))
        if kind != question["type"] and path not in migrated:
            errors[f"{at}.type"] = [
                f"{path!r} is {kind!r} in version {version_number}: take another name, or declare a migration."
            ]


def _placed(
    questions: Sequence[Mapping[str, Any]], at: str, parent: str
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Where each question stands in the file, its path, and itself."""
    for index, question in enumerate(questions):
        here, path = f"{at}[{index}]", f"{parent}.{question['name']}" if parent else question["name"]
        yield here, path, question
        yield from _placed(question.get("questions", ()), f"{here}.questions", path)


def _compiled(
    form: Published, before: Published, declared: Mapping[str, Any], errors: dict[str, list[str]]
) -> dict[str, Any]:
    new, old = Form(form), Form(before)
    answers: dict[str, Any] = {}
    for path, source in declared["answers"].items():
        node = new.nodes.get(path)
        at = f"migration.answers.{path}"
        if node is None:
            errors[at] = ["This version has no such question."]
        elif not all(repeat in old.nodes for repeat in node.repeats):
            errors[at] = [f"The repeat {node.repeats[-1]!r} was not there before; migrate it as a whole."]
        else:
            try:
                answers[path] = {"source": source, "ast": _resolved(old, path, node.repeats, source)}
            except ExpressionInvalid as error:
                errors[at] = [f"{error}. The expression reads version {before['version']}."]
    read = {path for made in answers.values() for path in references(made["ast"])}
    return {"from": before["version"], "answers": answers, "gone": sorted(read - new.nodes.keys())}


def _resolved(old: Form, path: str, repeats: tuple[str, ...], source: str) -> list[Any]:
    """The expression as the older form reads it at this place, which it need not have itself."""
    entries = {
        known: Entry(known, node.question["type"], node.parent, node.repeats, node.question.get("choices"))
        for known, node in old.nodes.items()
    }
    here = f"{path.rpartition('.')[0]}." if "." in path else ""
    place = f"{here}\N{RIGHTWARDS ARROW}"
    entries[place] = Entry(place, "calculate", path.rpartition(".")[0], repeats)
    lists = old.published.get("choices", {})
    columns = {name: frozenset(key for item in items for key in item) for name, items in lists.items()}
    return Resolver(Scope(entries, columns), place).resolve(parse(source))


def _try(
    form: Published, before: Published, declared: Mapping[str, Any], errors: dict[str, list[str]]
) -> None:
    versions = {int(known["version"]): Form(known) for known in (before, form)}
    for index, example in enumerate(declared["examples"]):
        given = migrate(versions, example["before"], before["version"], form["version"], EXAMPLE_CONTEXT)
        if given != example["after"]:
            errors[f"migration.examples[{index}].after"] = [f"The migration gives {given!r}."]
