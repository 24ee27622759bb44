"""Workflow tables load or say why; the fold depends on the set of steps alone."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest

from forms.catalogue import workflow
from forms.workflow import Step, TableInvalid, fold, table
from tests.forms.chance import steps


def broken(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(workflow("review")), **changes}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (broken(initial="nowhere"), "'nowhere' is no state"),
        (broken(states={"submitted": {"en": "x"}}), "approve: 'approved' is no state"),
        (broken(colour="red"), "Unknown field."),
        (broken(acts=[{"act": "x"}]), "Missing data for required field."),
        ([], "Invalid input type."),
    ],
)
def test_a_broken_table_says_why(data: Any, said: str) -> None:
    with pytest.raises(TableInvalid, match=said):
        table(data)


def test_a_step_reads_from_any_body() -> None:
    assert Step.read("s", {"act": 5, "after": "x", "fields": []}) == Step("s", "", "", "")
    assert Step.read(
        "s", {"act": "approve", "by": "lin", "role": "community", "at": "t", "after": ["a", 3]}
    ).after == ("a",)


def test_the_fold_is_a_function_of_the_set() -> None:
    chance = Random(7)
    for _ in range(400):
        made = [Step.read(step["id"], step) for step in steps(chance)]
        found = fold(workflow("review"), made, "chen")
        assert fold(workflow("review"), chance.sample(made, len(made)), "chen") == found
        assert fold(workflow("review"), made + made, "chen") == found
        counted = {step.id for step in made if not step.is_ruling}
        assert set(found.effective) | set(found.superseded) == counted
        assert not set(found.effective) & set(found.superseded)


def test_a_long_chain_of_steps_folds() -> None:
    acts = ("return", "resubmit") * 150
    made = [
        Step(
            f"s{n:03}",
            act,
            "chen" if act == "resubmit" else "lin",
            "community",
            after=(f"s{n - 1:03}",),
            fields={"comment": "x"},
        )
        for n, act in enumerate(acts)
    ]
    found = fold(workflow("review"), made, "chen")
    assert (found.state, len(found.effective)) == ("submitted", 300)
