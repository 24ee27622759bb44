"""The form author's guide tells the truth, in both languages: every example of it is computed here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from forms.check import check
from forms.definition import load
from forms.evaluate import evaluate
from forms.expressions import parse
from forms.filling import Filling
from forms.form import Form
from forms.functions import FUNCTIONS
from forms.kinds import KINDS
from forms.linking import Linker
from forms.place import At
from forms.publish import published
from forms.schema import QuestionSchema
from forms.scope import Resolver
from forms.spot import Spot
from forms.succession import succeed
from forms.values import text_of

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDES = {
    language: (DOCS / f"guide-author.{language}.md").read_text(encoding="utf-8") for language in ("zh", "en")
}
CONTEXT = {
    "now": "2026-01-31T09:30:00+08:00",
    "today": "2026-01-31",
    "locale": "zh-CN",
    "seed": "a form of the guide",
}
IN_A_ROW = ("position(..)", "index()")
"""What only means something in a row: computed in the second one."""


def block(language: str, kind: str) -> Any:
    """The one fenced block of JSON that is marked so."""
    (found,) = re.findall(rf"^```json ?{kind}\n(.*?)^```", GUIDES[language], re.M | re.S)
    return json.loads(found)


def examples(language: str) -> list[tuple[str, str]]:
    """Expressions and what the guide says they give."""
    return re.findall(r"^\| `([^`]*\([^`]*)` \| `([^`]*)` \|", GUIDES[language], re.M)


@pytest.mark.parametrize("language", GUIDES)
def test_every_example_gives_what_the_guide_says(language: str) -> None:
    data, answers = block(language, "form"), block(language, "answers")
    form = Form(published(load(data, languages=("zh-CN",))))
    scope = Linker(data, {}, {}, ()).scope
    given = {}
    for source, _ in examples(language):
        at, rows = ("members.who", (answers["members"][1]["row"],)) if source in IN_A_ROW else ("here", ())
        tree = Resolver(scope, at).resolve(parse(source))
        given[source] = text_of(
            evaluate(tree, At(Filling(form, answers, CONTEXT), Spot(form.nodes[at], rows)))
        )
    assert given == dict(examples(language))


@pytest.mark.parametrize("language", GUIDES)
def test_every_function_type_and_key_is_explained(language: str) -> None:
    called = {
        name for source, _ in examples(language) for name in re.findall(r"[a-z][a-z0-9:-]*(?=\()", source)
    }
    assert called == set(FUNCTIONS)
    assert set(re.findall(r"^\| `([a-z_-]+)` \|", GUIDES[language], re.M)) >= set(KINDS)
    keys = set(QuestionSchema().fields) - {"name", "type", "questions", "indicator"}
    assert {key for key in keys if f"`{key}`" not in GUIDES[language]} == set()


@pytest.mark.parametrize("language", GUIDES)
def test_the_forms_of_the_guide_load_and_its_answers_are_clean(language: str) -> None:
    languages = ("zh-CN",) if language == "zh" else ("zh-CN", "en")
    load(block(language, ""), languages=languages)
    form = Form(published(load(block(language, "form"), languages=("zh-CN",))))
    assert check(form, block(language, "answers"), CONTEXT) == []


@pytest.mark.parametrize("language", GUIDES)
def test_the_migration_of_the_guide_can_be_published(language: str) -> None:
    def version(number: int, *questions: tuple[str, str], **more: Any) -> dict[str, Any]:
        asked = [{"name": name, "type": kind, "label": {"zh-CN": name}} for name, kind in questions]
        head = {"form": "door", "version": number, "kind": "file", "title": {"zh-CN": "门"}}
        return {**head, "questions": asked, **more}

    first = succeed(load(version(1, ("phone", "text"), ("age_text", "text")), languages=("zh-CN",)), [])
    second = version(2, ("mobile", "phone"), ("age", "integer"), migration=block(language, "migration"))
    assert succeed(load(second, languages=("zh-CN",)), [first])["migration"]["gone"] == ["age_text", "phone"]


def test_both_languages_have_the_same_examples() -> None:
    assert examples("zh") == examples("en")
    for kind in ("form", "answers", "migration"):
        assert block("zh", kind) == block("en", kind)
