"""Every vector, in Python; `forms/app/src/pure/vectors.test.ts` runs the same ones on the phone's side."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from forms.calendar import Calendar
from forms.check import check, finalise, prefill
from forms.deadlines import Life, deadlines, level_of
from forms.due import next_due
from forms.evaluate import evaluate
from forms.filling import Filling
from forms.form import Form
from forms.migration import migrate
from forms.place import At
from forms.spot import Spot
from forms.triggers import set_off
from forms.values import Value
from forms.workflow import Move, Someone, State, Step, allowed, fold
from forms.workflow_table import table
from tests.forms.compiled import COMPILED, FILES, compiled, text_of, vectors

MADE = compiled()
EXPRESSIONS = vectors("expressions")
CHECKS = vectors("check")
WORKFLOW = vectors("workflow")
DUE = vectors("due")
MIGRATION = vectors("migration")
KIT = Form(MADE["kit"])
SUCCESSIONS = {
    name: {form["version"]: Form(form) for form in versions} for name, versions in MADE["successions"].items()
}
FORMS = {name: Form(published) for name, published in MADE["forms"].items()}
TABLES = {**MADE["workflows"], **{name: table(data) for name, data in WORKFLOW["tables"].items()}}


def named(cases: list[dict[str, Any]], *keys: str) -> list[Any]:
    """Cases with readable ids."""
    return [
        pytest.param(case, id=f"{index}: " + " ".join(case[key] for key in keys))
        for index, case in enumerate(cases)
    ]


def plain(value: Value) -> Any:
    """A value as the vectors write it."""
    if isinstance(value, list):
        return plain(value[0] if value else "") if len(value) < 2 else [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"is": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value


@pytest.mark.parametrize("case", named(EXPRESSIONS["cases"], "about", "expr"))
def test_an_expression_gives_what_was_decided(case: dict[str, Any]) -> None:
    given = case.get("given", {})
    answers = EXPRESSIONS["answers"][given] if isinstance(given, str) else given
    filling = Filling(KIT, answers, {**EXPRESSIONS["context"], **case.get("context", {})})
    at = case.get("at", "z")
    place = At(filling, Spot(KIT.nodes[at], tuple(case.get("rows", ()))))
    found = plain(evaluate(MADE["trees"][at][case["expr"]], place))
    assert found == case["expect"]
    assert isinstance(found, bool) == isinstance(case["expect"], bool)


def spot_of(filling: Filling, path: str) -> Spot:
    """Where an answer's path is."""
    spot = filling.at(path)
    assert spot is not None
    assert spot.path == path
    return spot


@pytest.mark.parametrize("case", named(CHECKS["cases"], "form", "name"))
def test_a_check_finds_what_was_decided(case: dict[str, Any]) -> None:
    form = FORMS[case["form"]]
    context = {**CHECKS["context"], **case.get("context", {})}
    if "findings" in case:
        found = check(form, case["answers"], context)
        assert [[finding.path, finding.code] for finding in found] == case["findings"]
        messages = {finding.path: finding.message for finding in found}
        assert {path: messages[path] for path in case.get("messages", {})} == case.get("messages", {})
    if "finalised" in case:
        assert finalise(form, case["answers"], context) == case["finalised"]
    if "prefilled" in case:
        assert prefill(form, case["answers"], context) == case["prefilled"]
    filling = Filling(form, case["answers"], context)
    for path, names in case.get("offered", {}).items():
        assert [item["name"] for item in filling.offered(spot_of(filling, path))] == names
    for path, texts in case.get("worded", {}).items():
        spot = spot_of(filling, path)
        assert {key: filling.worded(spot.node.question[key], spot) for key in texts} == texts
    for path, labels in case.get("labels", {}).items():
        spot = spot_of(filling, path)
        items = filling.offered(spot)
        assert {item["name"]: filling.worded(item["label"], spot) for item in items} == labels
    if "changed" in case:
        assert set_off(form, case["answers"], case["changed"], context) == case["set_off"]


@pytest.mark.parametrize(
    "case", named([case for case in WORKFLOW["cases"] if "effective" in case], "table", "name")
)
def test_a_fold_gives_what_was_decided(case: dict[str, Any]) -> None:
    table = TABLES[case["table"]]
    found = fold(table, steps_of(case), case["author"])
    assert found.state == case["state"]
    assert found.last == case["last"]
    assert list(found.effective) == case["effective"]
    assert found.superseded == case["superseded"]
    assert list(found.competing) == case.get("competing", [])
    assert found.said == case.get("said", found.said)
    if "level" in case:
        assert level_of(table, case["answers"], found) == case["level"]


@pytest.mark.parametrize(
    "case", named([case for case in WORKFLOW["cases"] if "allowed" in case], "table", "name")
)
def test_who_may_act_is_what_was_decided(case: dict[str, Any]) -> None:
    asked = case["allowed"]
    moves = tuple(Move(m["act"], m["to"], tuple(m["steps"]), tuple(m["by"])) for m in asked["moves"])
    found = State(asked["state"], None, moves, asked["said"])
    someone = Someone(asked["name"], frozenset(asked["roles"]), asked["author"])
    acts = allowed(TABLES[case["table"]], found, someone, asked["offline"])
    assert [row["act"] for row in acts] == case["acts"]


@pytest.mark.parametrize(
    "case", named([case for case in WORKFLOW["cases"] if "deadlines" in case], "table", "name")
)
def test_what_is_due_on_a_record_is_what_was_decided(case: dict[str, Any]) -> None:
    table, life = TABLES[case["table"]], case["life"]
    steps = steps_of(case)
    made = Life(life["answers"], life["begun_at"], fold(table, steps, case["author"]), steps)
    found = deadlines(table, made, Calendar.of(**life["calendar"]))
    assert [{"timer": one.timer, "due_at": one.due_at, "act": one.act} for one in found] == case["deadlines"]


def steps_of(case: dict[str, Any]) -> list[Step]:
    return [Step.read(step["id"], step) for step in case["steps"]]


@pytest.mark.parametrize("case", named(DUE["cases"], "name"))
def test_a_due_day_is_what_was_decided(case: dict[str, Any]) -> None:
    found = next_due({**DUE["rule"], **case.get("rule", {})}, case["answers"], case["records"], case["today"])
    assert (found.on, found.why, found.late_days, found.last_at) == (
        case["on"],
        case["why"],
        case["late_days"],
        case["last_at"],
    )


@pytest.mark.parametrize("case", named(MIGRATION["cases"], "form", "name"))
def test_a_migration_gives_what_was_decided(case: dict[str, Any]) -> None:
    before = json.dumps(case["answers"])
    found = migrate(
        SUCCESSIONS[case["form"]], case["answers"], case["since"], case["until"], MIGRATION["context"]
    )
    assert found == case["expect"]
    assert json.dumps(case["answers"]) == before


def test_what_the_phone_reads_of_the_vectors_is_up_to_date() -> None:
    assert COMPILED.read_text(encoding="utf-8") == text_of(MADE), "run: python -m tests.forms.compiled"


def test_both_languages_run_the_same_number_of_cases(capsys: pytest.CaptureFixture[str]) -> None:
    """The phone's test holds its own counts to `counts` of the same file."""
    counts = {name: len(vectors(name)["cases"]) for name in FILES}
    with capsys.disabled():
        print(f"\nvectors: {counts}, {sum(counts.values())} cases")
    assert counts == MADE["counts"]
    assert sum(counts.values()) >= 300


def test_no_case_is_there_twice() -> None:
    for name in FILES:
        cases = [
            repr({key: case[key] for key in case if key not in ("about", "name")})
            for case in vectors(name)["cases"]
        ]
        assert len(cases) == len(set(cases)), name
