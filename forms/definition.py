"""A form definition: loaded whole or refused with every error at once, each with its path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from marshmallow import ValidationError

from forms.expressions import Ast
from forms.messages import Text
from forms.schema import DefinitionSchema


@dataclass(frozen=True)
class Expression:
    """An expression as written and as resolved."""

    source: str
    ast: Ast


@dataclass(frozen=True)
class Choice:
    """One item of a choice list; `extra` are its further columns."""

    name: str
    label: Text
    extra: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Question:
    """A question, a group of questions, or a repeat of them."""

    name: str
    type: str
    label: Text | None = None
    hint: Text | None = None
    guidance_hint: Text | None = None
    media: Mapping[str, str | Text] | None = None
    required: bool | Expression = False
    required_message: Text | None = None
    relevant: Expression | None = None
    constraint: Expression | None = None
    constraint_message: Text | None = None
    calculation: Expression | None = None
    default: Expression | None = None
    choices: str | None = None
    choice_filter: Expression | None = None
    repeat_count: Expression | None = None
    appearance: str | None = None
    readonly: bool | Expression = False
    parameters: Mapping[str, Any] | None = None
    trigger: tuple[str, ...] = ()
    """Paths: the calculation is done when one of these answers changes, and only then."""
    rows: int | None = None
    """How many lines the field for a text shows."""
    merge: Literal["ask", "union", "latest"] | None = None
    sensitivity: Literal["P0", "P1", "P2", "P3", "P4"] | None = None
    warn: Expression | None = None
    warn_message: Text | None = None
    indicator: str | None = None
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Definition:
    """A form of one version. `workflow` is the whole table, `acts` what each of its acts asks, `due` the rules for
    follow-up; `use` and `who` say where and to whom a phone offers it."""

    form: str
    version: int
    kind: Literal["file", "record"]
    title: Text
    questions: tuple[Question, ...]
    choices: Mapping[str, tuple[Choice, ...]]
    subject: tuple[str, ...] = ()
    purpose: Text | None = None
    legal_basis: tuple[str, ...] = ()
    retention: str | None = None
    workflow: Mapping[str, Any] | None = None
    use: str | None = None
    who: tuple[str, ...] = ()
    acts: Mapping[str, tuple[Question, ...]] = field(default_factory=dict)
    due: tuple[Mapping[str, Any], ...] = ()
    instance_name: Expression | None = None
    default_language: str | None = None
    style: str | None = None
    migration: Mapping[str, Any] | None = None
    """How answers of the version before become answers of this one, as written (`forms/succession.py`)."""


class DefinitionInvalid(ValueError):
    """A definition with errors: `errors` maps each path (`questions[2].relevant`) to its messages."""

    def __init__(self, errors: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{path}: {' '.join(said)}" for path, said in errors.items()))
        self.errors = dict(errors)


MAX_NESTING = 20
"""Groups in groups: nobody reads more, and no reader of the form runs out of stack."""

CodeLists = Mapping[str, list[dict[str, Any]]]
Workflows = Mapping[str, Mapping[str, Any]]


def load(
    data: object,
    lists: CodeLists | None = None,
    workflows: Workflows | None = None,
    languages: tuple[str, ...] | None = None,
) -> Definition:
    """The definition in a parsed JSON object; raises DefinitionInvalid with all that is wrong.

    `lists` are the shared code lists, and files of choices by their names; `workflows` the tables it may name. Every
    text must exist in `languages`, or else in those that the title has.
    """
    from forms.linking import Linker  # the linker builds the values of this module

    if _depth(data) > MAX_NESTING:
        raise DefinitionInvalid({"questions": [f"Groups are nested deeper than {MAX_NESTING} levels."]})
    errors: dict[str, list[str]] = {}
    try:
        DefinitionSchema().load(data)  # type: ignore[arg-type]
    except ValidationError as error:
        errors.update(flattened(error.messages))
    if not isinstance(data, dict):
        raise DefinitionInvalid(errors or {"": ["A definition is a JSON object."]})
    linker = Linker(data, lists or {}, workflows or {}, languages)
    linker.look()
    for path, said in linker.errors.items():
        errors.setdefault(path, []).extend(text for text in said if text not in errors.get(path, []))
    if errors:
        raise DefinitionInvalid(errors)
    return linker.definition()


def _depth(data: object) -> int:
    """How deep questions lie in questions; one more than may be where it is more."""
    acts = data.get("acts") if isinstance(data, dict) else None
    level: list[Any] = [data]
    level += [{"questions": asked} for asked in (acts.values() if isinstance(acts, dict) else ())]
    for depth in range(MAX_NESTING + 1):
        listed = [item.get("questions") for item in level if isinstance(item, dict)]
        level = [question for questions in listed if isinstance(questions, list) for question in questions]
        if not level:
            return depth
    return MAX_NESTING + 1


def flattened(messages: Any, path: str = "") -> dict[str, list[str]]:
    """marshmallow's nested messages as paths: `questions[2].label`."""
    if isinstance(messages, list):
        return {path: [str(text) for text in messages]}
    found: dict[str, list[str]] = {}
    for key, inner in messages.items():
        if key == "_schema":
            step = path
        elif isinstance(key, int):
            step = f"{path}[{key}]"
        else:
            step = f"{path}.{key}" if path else str(key)
        found.update(flattened(inner, step))
    return found
