"""The schemas of answers agree with the check, as far as a schema can say."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from forms.answers import json_schema, schema
from forms.check import check
from forms.form import Form, offering
from tests.forms.chance import ULIDS, answers
from tests.forms.compiled import compiled, vectors
from tests.forms.definitions import forms

MADE = compiled()
FORMS = {name: Form(published) for name, published in MADE["forms"].items()}
CONTEXT = vectors("check")["context"]
ALONE = ("type", "choice", "range")
"""The findings about one answer by itself."""


@pytest.mark.parametrize("name", sorted(FORMS))
def test_the_json_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(json_schema(MADE["forms"][name]))


@pytest.mark.parametrize(
    "case",
    [case for case in vectors("check")["cases"] if case["form"] == "types" and "findings" in case],
    ids=lambda case: case["name"],
)
def test_the_marshmallow_schema_says_what_the_check_says(case: dict[str, Any]) -> None:
    wrong = [path for path, code in case["findings"] if code in ALONE]
    assert bool(schema(MADE["forms"]["types"])().validate(case["answers"])) == bool(wrong)


def test_marshmallow_errors_keep_their_path() -> None:
    row = "0" * 25 + "1"
    found = schema(MADE["forms"]["types"])().validate(
        {"i": "x", "g": {"gi": "y"}, "r": [{"row": row, "k": 5}]}
    )
    assert found == {
        "i": ["“i” takes a whole number"],
        "g": {"gi": ["“gi” takes a whole number"]},
        "r": {row: {"k": ["“k” is not in the right form; please enter it again"]}},
    }


def test_what_the_check_accepts_the_json_schema_accepts_and_what_it_refuses_by_shape_is_refused() -> None:
    """Random answers. A schema cannot know relevance: it is asked only where no wrong answer hides behind it."""
    chance = Random(2020)
    agreed = refused = 0
    made = {**MADE["forms"], **forms(chance, 200)}
    indexed = {name: Form(published) for name, published in made.items()}
    validators = {name: Draft202012Validator(json_schema(form)) for name, form in made.items()}
    plain = {name: schema(form)() for name, form in made.items()}
    for number in range(3000):
        name = chance.choice(sorted(MADE["forms"]) if number % 2 else sorted(made))
        given = answers(chance, indexed[name], odd=0.01)
        by_marshmallow = not plain[name].validate(given)
        by_schema = validators[name].is_valid(given)
        found = [finding for finding in check(indexed[name], given, CONTEXT) if finding.code in ALONE]
        if by_marshmallow:
            assert by_schema, (name, given, [error.message for error in validators[name].iter_errors(given)])
            assert [one for one in found if not _depends(indexed[name], one.path)] == []
            agreed += 1
        if not by_schema:
            assert not by_marshmallow
            refused += 1
    assert agreed > 50
    assert refused > 200


def _depends(form: Form, path: str) -> bool:
    """Whether other answers decide what is right there: they are or filter the choices, or the answer is computed."""
    node = form.nodes[".".join(part for part in path.split(".") if part not in ULIDS)]
    by_others = "choice_filter" in node.question or offering(node.question) is not None
    return by_others or node.is_calculated
