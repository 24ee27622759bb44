"""What a new version of a form may change, and the migrations it may declare."""

from __future__ import annotations

from typing import Any

import pytest

from forms.definition import DefinitionInvalid, load
from forms.form import Form
from forms.migration import migrate
from forms.succession import EXAMPLE_CONTEXT, succeed

LABEL = {"zh-CN": "题"}
FIRST: list[dict[str, Any]] = [
    {"name": "phone", "type": "text"},
    {"name": "age", "type": "text"},
    {"name": "home", "type": "group", "questions": [{"name": "room", "type": "text", "label": LABEL}]},
    {"name": "members", "type": "repeat", "questions": [{"name": "name", "type": "text", "label": LABEL}]},
]


def definition(version: int, questions: list[dict[str, Any]], **more: Any) -> Any:
    data = {
        "form": "door",
        "version": version,
        "kind": "file",
        "title": LABEL,
        "questions": [{"label": LABEL, **question} for question in questions],
        **more,
    }
    return load(data, languages=("zh-CN",))


def objections(questions: list[dict[str, Any]], **more: Any) -> dict[str, list[str]]:
    """What the second version is told."""
    first = succeed(definition(1, FIRST), [])
    with pytest.raises(DefinitionInvalid) as raised:
        succeed(definition(2, questions, **more), [first])
    return raised.value.errors


def migration(answers: dict[str, str], before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {"answers": answers, "examples": [{"before": before, "after": after}]}


def test_a_version_may_add_relabel_reorder_tighten_and_leave_out() -> None:
    first = succeed(definition(1, FIRST), [])
    questions = [
        {
            "name": "members",
            "type": "repeat",
            "questions": [{"name": "name", "type": "text", "label": LABEL}],
        },
        {"name": "phone", "type": "text", "label": {"zh-CN": "电话"}, "constraint": "string-length(.) > 5"},
        {"name": "new", "type": "date"},
    ]
    assert "migration" not in succeed(definition(2, questions), [first])


def test_a_type_does_not_change() -> None:
    questions = [FIRST[0], {"name": "age", "type": "integer"}, *FIRST[2:]]
    said = "'age' is 'text' in version 1: take another name, or declare a migration."
    assert objections(questions) == {"questions[1].type": [said]}


def test_a_type_inside_groups_and_repeats_does_not_change_either() -> None:
    inner = [{"name": "name", "type": "integer", "label": LABEL}]
    assert list(objections([*FIRST[:3], {"name": "members", "type": "repeat", "questions": inner}])) == [
        "questions[3].questions[0].type"
    ]
    assert list(objections([*FIRST[:3], {"name": "members", "type": "text"}])) == ["questions[3].type"]


def test_a_name_that_was_given_up_does_not_come_back_as_something_else() -> None:
    first = succeed(definition(1, FIRST), [])
    second = succeed(definition(2, FIRST[:1]), [first])
    with pytest.raises(DefinitionInvalid) as raised:
        succeed(definition(3, [FIRST[0], {"name": "age", "type": "integer"}]), [second, first])
    assert list(raised.value.errors) == ["questions[1].type"]


def test_the_kind_of_a_form_does_not_change() -> None:
    assert list(objections(FIRST, kind="record")) == ["kind"]


def test_a_declared_migration_changes_a_type_and_says_what_it_reads() -> None:
    questions = [{"name": "mobile", "type": "phone"}, {"name": "age", "type": "integer"}, *FIRST[2:]]
    declared = migration(
        {"mobile": "${phone}", "age": "number(${age})"},
        {"phone": "13800138000", "age": "41"},
        {"mobile": "13800138000", "age": 41},
    )
    first = succeed(definition(1, FIRST), [])
    second = succeed(definition(2, questions, migration=declared), [first])
    assert second["migration"] == {
        "from": 1,
        "answers": {
            "mobile": {"source": "${phone}", "ast": ["ref", "phone"]},
            "age": {"source": "number(${age})", "ast": ["call", "number", [["ref", "age"]]]},
        },
        "gone": ["phone"],
    }
    forms = {1: Form(first), 2: Form(second)}
    assert migrate(forms, {"age": "7"}, 1, 2, EXAMPLE_CONTEXT) == {"age": 7}


def test_an_example_that_does_not_come_out_keeps_a_version_from_being_published() -> None:
    declared = migration({"age": "number(${age})"}, {"age": "41"}, {"age": 42})
    questions = [FIRST[0], {"name": "age", "type": "integer"}]
    assert objections(questions, migration=declared) == {
        "migration.examples[0].after": ["The migration gives {'age': 41}."]
    }


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"nowhere": "${phone}"}, "This version has no such question."),
        (
            {"age": "${mobile}"},
            "${mobile}: there is no question of that name. The expression reads version 1.",
        ),
        ({"rows.name": "${phone}"}, "The repeat 'rows' was not there before; migrate it as a whole."),
    ],
)
def test_a_migration_that_cannot_be_is_named(answers: dict[str, str], said: str) -> None:
    questions = [
        *FIRST,
        {"name": "rows", "type": "repeat", "questions": [{"name": "name", "type": "text", "label": LABEL}]},
    ]
    found = objections(questions, migration=migration(answers, {}, {}))
    assert found == {f"migration.answers.{path}": [said] for path in answers}


def test_a_migration_without_an_example_does_not_load() -> None:
    with pytest.raises(DefinitionInvalid) as raised:
        definition(2, FIRST, migration={"answers": {"age": "${age}"}, "examples": []})
    assert list(raised.value.errors) == ["migration.examples"]


def test_without_an_older_version_there_is_nothing_to_migrate() -> None:
    declared = migration({"age": "number(${gone})"}, {}, {})
    assert "migration" not in succeed(definition(2, FIRST, migration=declared), [])


def test_a_migration_whose_older_version_is_not_known_is_left_out() -> None:
    declared = migration({"mobile": "${phone}"}, {"phone": "1"}, {"mobile": "1"})
    first = succeed(definition(1, FIRST), [])
    second = succeed(definition(2, [{"name": "mobile", "type": "text"}], migration=declared), [first])
    assert migrate({2: Form(second)}, {"phone": "1"}, 1, 2, EXAMPLE_CONTEXT) == {"phone": "1"}
