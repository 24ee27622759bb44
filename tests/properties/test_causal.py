"""Laws of the join, on whole bodies that people and machines made without seeing each other."""

import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from sync import causal
from sync.paths import expand, flatten, unflatten

ROWS = ("01JD00000000000000000000A1", "01JD00000000000000000000A2")
PATHS = (
    "phone", "needs", "heat.kind", "heat.checks.valve", "heat", "removed", "members",
    *(f"members.{row}.{name}" for row in ROWS for name in ("name", "phones.9A.no", "removed")),
)  # fmt: skip
VALUES = st.one_of(
    st.none(), st.booleans(), st.sampled_from(["13800138000", "", "é", "🏠", "\uffff"]), st.integers(-2, 2),
    st.sampled_from([1.0, 0.5, -0.0]), st.lists(st.sampled_from(["01", "02"]), max_size=2),
    st.just({"deeper": "x"}),
)  # fmt: skip
HOURS = st.integers(0, 3).map(lambda hour: f"2026-11-22T{hour:02}:00:00Z")
NAMES = st.from_regex(r"[a-z_%.0-9]{0,3}", fullmatch=True)
JSON = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


def canonical(value):
    return rfc8785.dumps(value)


@st.composite
def histories(draw):
    """The bodies of one document as several devices have them; each is an edit of something an earlier one knew."""
    answers = draw(st.dictionaries(st.sampled_from(["phone", "needs", "note"]), VALUES, max_size=3))
    bodies = [new(answers, "dev-a", draw(HOURS))]
    if draw(st.booleans()):  # two documents under one id, or a program that ignores causality
        bodies.append(new(answers, "dev-z", draw(HOURS)))
        bodies.append({key: value for key, value in bodies[0].items() if key != "causal"})
    for number in range(draw(st.integers(0, 7))):
        body = causal.join_all(draw(st.lists(st.sampled_from(bodies), min_size=1, max_size=3)))
        changes = draw(st.dictionaries(st.sampled_from(PATHS), VALUES, min_size=1, max_size=3))
        device = draw(st.sampled_from([f"dev-{number}", "dev-clone"]))
        bodies.append(
            causal.edit(body, device, changes, draw(HOURS), draw(st.sampled_from(["chen", "zhang"])))
        )
    return bodies


def new(answers, device, at):
    return {
        "form": "household",
        "captured_at": at,
        "home": {"grid": "grid-aaaaaaaaaaaa", "move": 0},
        "answers": answers,
        "causal": causal.create(answers, f"{device}:1", at, "chen"),
    }


@given(histories(), st.data())
def test_a_join_is_commutative_associative_and_idempotent(bodies, data):
    a, b, c = (data.draw(st.sampled_from(bodies)) for _ in range(3))
    assert canonical(causal.join(a, b)) == canonical(causal.join(b, a))
    assert canonical(causal.join(a, causal.join(b, c))) == canonical(causal.join(causal.join(a, b), c))
    joined = causal.join(a, b)
    assert canonical(causal.join(joined, joined)) == canonical(joined)
    assert canonical(causal.join(joined, a)) == canonical(joined)


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(bodies, random):
    arrived = [*bodies, *random.choices(bodies, k=3)]
    random.shuffle(arrived)
    assert canonical(causal.join_all(arrived)) == canonical(causal.join_all(bodies))


@given(histories())
def test_a_join_covers_its_parts_and_a_body_that_is_covered_adds_nothing(bodies):
    joined = causal.join_all(bodies)
    for body in bodies:
        assert causal.covers(joined, body)
        assert canonical(causal.join(joined, body)) == canonical(joined)


@given(histories(), st.dictionaries(st.sampled_from(PATHS), VALUES, min_size=1, max_size=3))
def test_a_retried_edit_changes_nothing(bodies, changes):
    before = causal.join_all(bodies)
    after = causal.edit(before, "dev-new", changes, "2026-11-23T00:00:00Z", "wu")
    assert canonical(
        causal.join(after, causal.edit(before, "dev-new", changes, "2026-11-23T00:00:00Z", "wu"))
    ) == (canonical(causal.join(after, after)))
    assert canonical(causal.join(before, after)) == canonical(causal.join(after, after))


@given(histories(), st.dictionaries(st.sampled_from(PATHS), VALUES, min_size=1, max_size=3))
def test_an_edit_answers_the_questions_it_touches_and_no_others(bodies, changes):
    before = causal.join_all(bodies)
    after = causal.edit(before, "dev-new", changes, "2026-11-23T00:00:00Z", "wu")
    touched = {path for name, value in changes.items() for path in expand(name, value)}
    asked = {path for path, siblings in causal.open_questions(before).items() if removal_aside(siblings)}
    assert {path for path, s in causal.open_questions(after).items() if removal_aside(s)} == asked - touched


def removal_aside(siblings):
    """Whether a question is one of values, not of a removal beside edits."""
    return len({canonical(s.value) for s in siblings if s.value is not None or len(siblings) < 2}) > 1


@given(histories())
def test_every_sibling_is_a_value_that_somebody_typed(bodies):
    typed = {(path, dot, canonical(value)) for body in bodies for path, dot, value in pairs(body)}
    assert {(path, dot, canonical(value)) for path, dot, value in pairs(causal.join_all(bodies))} <= typed


def pairs(body):
    return [(path, dot, value) for path, held in causal.registers(body).items() for dot, value in held]


@given(st.dictionaries(NAMES, JSON, max_size=5))
def test_flattening_loses_nothing_that_says_something(answers):
    paths = flatten(answers)
    assert canonical(flatten(unflatten(paths))) == canonical(paths)


@given(JSON)
@settings(max_examples=50, deadline=None)
def test_whatever_is_sent_as_a_body_can_be_joined(anything):
    body = {"answers": anything, "causal": anything if isinstance(anything, dict) else {}}
    for odd in (body, {"answers": anything}, {**body, "causal": {**odd_causal(anything), "born": "dev-a:1"}}):
        joined = causal.join(odd, new({"phone": "1"}, "dev-b", "2026-11-22T00:00:00Z"))
        assert canonical(causal.join(joined, odd)) == canonical(joined)


def odd_causal(anything):
    return {
        "context": anything,
        "stamps": {"phone": anything},
        "siblings": {"phone": [anything, ["x:1", anything]]},
    }
