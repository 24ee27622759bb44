"""Phone and server agree on what nobody wrote down: random expressions, answers, patterns and steps."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import get_args

from forms.calendar import Calendar
from forms.deadlines import Life, deadlines, level_of
from forms.patterns import matches
from forms.workflow import Step, Why, fold
from tests.forms import chance as made
from tests.forms.compiled import compiled
from tests.forms.definitions import forms
from tests.forms.phone import ask, compared, differing_expressions, expressions

MADE = compiled()
COUNT = 2000


def test_random_expressions_give_the_same_on_both_sides(phone: Path) -> None:
    assert differing_expressions(phone, expressions(Random(20261122), 2 * COUNT)) == []


def test_random_answers_are_found_alike_on_both_sides(phone: Path) -> None:
    differing, findings = compared(phone, MADE["forms"], Random(350505), COUNT)
    assert differing == []
    assert findings > COUNT


def test_random_forms_are_answered_alike_on_both_sides(phone: Path) -> None:
    differing, findings = compared(phone, forms(Random(20201), 1000), Random(20262), 5000)
    assert differing == []
    assert findings > 5000


def test_random_patterns_match_alike_on_both_sides(phone: Path) -> None:
    chance = Random(11643)
    cases = [
        {"kind": "pattern", "pattern": made.pattern(chance), "text": made.subject(chance)}
        for _ in range(COUNT * 2)
    ]
    ours = [matches(case["pattern"], case["text"]) for case in cases]
    theirs = ask(phone, cases)
    assert [case for case, o, t in zip(cases, ours, theirs, strict=True) if o != t] == []
    assert 200 < sum(ours) < COUNT * 2 - 200


def test_random_steps_fold_alike_on_both_sides_in_any_order(phone: Path) -> None:
    chance = Random(32100)
    days = {"off": ["2026-12-01"], "worked": ["2026-11-28"]}
    cases, ours = [], []
    for _ in range(COUNT * 2):
        name = chance.choice(sorted(MADE["workflows"]))
        table = MADE["workflows"][name]
        steps = made.steps(chance, table)
        author = chance.choice(("chen", "xu", None))
        answers = {
            "urgency": chance.choice("123"),
            "level": chance.choice("1245"),
            "planned_at": "2026-12-02",
        }
        read = [Step.read(step["id"], step) for step in steps]
        found = fold(table, read, author)
        life = Life(answers, chance.choice(made.TIMES), found, read)
        ours.append(
            {
                "state": found.state,
                "last": found.last,
                "moves": [
                    {"act": move.act, "to": move.to, "steps": list(move.steps), "by": list(move.by)}
                    for move in found.moves
                ],
                "said": dict(found.said),
                "effective": list(found.effective),
                "superseded": dict(found.superseded),
                "competing": list(found.competing),
                "level": level_of(table, answers, found),
                "deadlines": [vars(due) for due in deadlines(table, life, Calendar.of(**days))],
            }
        )
        shuffled = chance.sample(steps, len(steps))
        case = {"kind": "fold", "table": name, "steps": shuffled, "author": author, "answers": answers}
        cases.append({**case, "begun_at": life.begun_at, "calendar": days})
    theirs = ask(phone, cases)
    assert [(case, o, t) for case, o, t in zip(cases, ours, theirs, strict=True) if o != t] == []
    assert {why for one in ours for why in one["superseded"].values()} == set(get_args(Why))
    tables = MADE["workflows"].values()
    states, timers = (
        {state for table in tables for state in table["states"]},
        {row["timer"] for table in tables for row in table.get("timers", [])},
    )
    assert len({one["state"] for one in ours}) > 0.9 * len(states)
    assert len({due["timer"] for one in ours for due in one["deadlines"]}) > 0.7 * len(timers)
