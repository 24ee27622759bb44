"""Phone and server agree on what nobody wrote down: random expressions, answers, patterns and steps."""

from __future__ import annotations

import math
from pathlib import Path
from random import Random
from typing import Any, get_args

from forms.calendar import Calendar
from forms.deadlines import Life, deadlines, level_of
from forms.evaluate import evaluate
from forms.expressions import parse
from forms.filling import At, Filling, Spot
from forms.form import Form
from forms.linking import Linker
from forms.patterns import matches
from forms.scope import Resolver
from forms.values import Value
from forms.workflow import Step, Why, fold
from tests.forms import chance as made
from tests.forms.compiled import compiled, vectors
from tests.forms.phone import CONTEXT, ask, compared

MADE = compiled()
KIT = Form(MADE["kit"])
PLAIN = [
    node.path
    for node in KIT.nodes.values()
    if "." not in node.path and node.question["type"] not in ("group", "repeat")
]
COUNT = 2000


def same(one: Any, two: Any) -> bool:
    """Equal, numbers to twelve digits: sines and logarithms may differ in the last one."""
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(same(a, b) for a, b in zip(one, two, strict=True))
    if isinstance(one, float | int) and isinstance(two, float | int) and not isinstance(one, bool):
        return math.isclose(one, two, rel_tol=1e-12, abs_tol=1e-12)
    return bool(one == two) and type(one) is type(two)


def plain(value: Value) -> Any:
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"is": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value


def test_random_expressions_give_the_same_on_both_sides(phone: Path) -> None:
    chance = Random(20261122)
    scope = Linker(vectors("expressions")["form"], {}, {}, ()).scope
    cases, sources, ours = [], [], []
    for number in range(COUNT * 2):
        name = made.CALLED[number // 2 % len(made.CALLED)]
        source = made.call(chance, name, PLAIN) if number % 2 else made.expression(chance, PLAIN)
        answers = made.answers(chance, KIT)
        at = chance.choice(PLAIN)
        tree = Resolver(scope, at).resolve(parse(source))
        filling = Filling(KIT, answers, CONTEXT)
        ours.append(plain(evaluate(tree, At(filling, Spot(KIT.nodes[at])))))
        sources.append((source, answers))
        cases.append({"kind": "expression", "form": "kit", "answers": answers, "at": at, "tree": tree})
    theirs = ask(phone, cases)
    differing = [(s, o, t) for s, o, t in zip(sources, ours, theirs, strict=True) if not same(o, t)]
    assert differing == []


def test_random_answers_are_found_alike_on_both_sides(phone: Path) -> None:
    differing, findings = compared(phone, MADE["forms"], Random(350505), COUNT)
    assert differing == []
    assert findings > COUNT


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
