"""Workflow tables load or say why; the fold depends on the set of steps alone."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import pytest

from forms import catalogue
from forms.calendar import Calendar
from forms.catalogue import workflow, workflows
from forms.days import instant_ms, local_day
from forms.roles import ROLES
from forms.workflow import Step, fold
from forms.workflow_table import TableInvalid, table
from server import access
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
        table = chance.choice(list(workflows().values()))
        made = [Step.read(step["id"], step) for step in steps(chance, table)]
        found = fold(table, made, "chen")
        assert fold(table, chance.sample(made, len(made)), "chen") == found
        assert fold(table, made + made, "chen") == found
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


def test_there_is_a_table_for_every_kind_of_record_of_the_catalogue() -> None:
    assert sorted(workflows()) == [
        "aid_case", "appeal", "branch_assessment", "council_meeting", "donation", "elder_care_visit",
        "mediation_case", "meter_alert", "micro_wish", "party_duty_report", "public_revenue_entry", "review",
        "safety_hazard", "service_list_item", "visit", "volunteer_activity",
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(workflows()))
def test_a_table_speaks_of_known_roles_in_both_languages(name: str) -> None:
    table = workflow(name)
    assert table["workflow"] == name
    assert {role for row in table["acts"] for role in row["who"]} <= set(ROLES)
    labels = [
        *table["states"].values(),
        *(row["label"] for row in (*table["acts"], *table.get("timers", []))),
    ]
    assert all(set(label) == {"zh-CN", "en"} and all(label.values()) for label in labels)
    assert not any("一" <= letter <= "鿿" for label in labels for letter in label["en"])


@pytest.mark.parametrize("name", sorted(workflows()))
def test_every_table_begins_where_a_record_is_handed_in_and_can_send_it_back(name: str) -> None:
    """One queue and one red card for all: the first state is `submitted`, and what people hand in can be returned."""
    table = workflow(name)
    assert table["initial"] == "submitted"
    rows = {row["act"]: (row["from"], row.get("to")) for row in table["acts"]}
    if name not in ("council_meeting", "meter_alert"):  # planned, or made by a machine: nothing to correct
        assert rows["return"] == (["submitted"], "returned")
        assert "returned" in rows["resubmit"][0]


@pytest.mark.parametrize("name", sorted(workflows()))
def test_a_state_is_left_again_or_is_an_end(name: str) -> None:
    table = workflow(name)
    left = {state for row in table["acts"] if "to" in row for state in row["from"]}
    ends = {
        "closed", "archived", "merged", "transferred", "advised", "declined", "withdrawn", "handed_over",
        "rejected", "published", "given_back", "reversed", "cancelled", "approved",
    }  # fmt: skip
    assert set(table["states"]) - left <= ends


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"acts": [{"act": "x", "label": {"en": "x"}, "from": ["a"], "to": "b", "who": ["w"], "offline": True}],
          "states": {"a": {"en": "a"}, "b": {"en": "b"}, "c": {"en": "c"}}}, "no act leads to 'c'"),
        ({"acts": [{"act": "x", "label": {"en": "x"}, "from": ["a"], "who": ["w"], "offline": True,
                    "not_by_maker_of": ["y"]}]}, "x: 'y' is no act"),
        ({"timers": [{"timer": "t", "label": {"en": "t"}, "in": ["z"], "after": "P1D"}]}, "t: 'z' is no state"),
        ({"timers": [{"timer": "t", "label": {"en": "t"}, "in": ["a"], "after": "P1D", "act": "y"}]},
         "t: 'y' is no act"),
        ({"timers": [{"timer": "t", "label": {"en": "t"}, "in": ["a"], "after": "P1D", "act": "x"}]},
         "t: the server may not x"),
        ({"timers": [{"timer": "t", "label": {"en": "t"}, "in": ["a"], "after": "1 day"}]}, "Not a duration"),
        ({"timers": [{"timer": "t", "label": {"en": "t"}, "in": ["a"], "after": "P"}]}, "Not a duration"),
        ({"timers": [{"timer": "t", "label": {"en": "t"}, "in": ["a"], "after": "P1DT"}]}, "Not a duration"),
        ({"timers": [{"timer": "t", "label": {"en": "t"}, "in": ["a"]}]}, "either `after` or `until`"),
        ({"timers": [{"timer": "t", "label": {"en": "t"}, "in": ["a"], "after": "P1D", "until": "d"}]},
         "either `after` or `until`"),
        ({"timers": [{"timer": "t", "label": {"en": "t"}, "in": ["a"], "after": "P1D", "before": "P1D"}]},
         "`before` needs `until`"),
    ],
)  # fmt: skip
def test_what_a_table_names_must_be_there(data: dict[str, Any], said: str) -> None:
    acts = [{"act": "x", "label": {"en": "x"}, "from": ["a"], "who": ["w"], "offline": True}]
    plain: dict[str, Any] = {"workflow": "w", "initial": "a", "states": {"a": {"en": "a"}}, "acts": acts}
    table(plain)
    with pytest.raises(TableInvalid, match=said):
        table({**plain, **data})


def test_every_role_of_the_server_is_a_role_of_the_tables() -> None:
    assert set(access.ROLES) <= set(ROLES)


def test_the_shipped_calendar_moves_weekdays_off_and_weekend_days_in() -> None:
    calendar, plain = catalogue.calendar(), Calendar()
    assert calendar.off
    assert all(plain.is_worked(day) for day in calendar.off)
    assert not any(plain.is_worked(day) for day in calendar.worked)
    first, last = (local_day(instant_ms(text) or 0) for text in ("2025-12-31", "2026-12-31"))
    assert (
        calendar.between(first, last) == 261 - 19 + 6
    )  # weekdays of 2026, weekdays off, weekend days worked
