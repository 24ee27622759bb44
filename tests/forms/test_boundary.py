"""What no form here is for: religion, ethnicity, political status, labels on people, faces, tracks."""

from __future__ import annotations

from typing import Any

import pytest

from forms.boundary import crossings
from forms.catalogue import FOLDER, code_lists, read

SHIPPED = sorted(path.stem for path in FOLDER.glob("*.json"))

MEANT = {
    "appeal": {"petitions"},  # cases are counted; nothing is written to a person's file
    "party_duty_report": {"political status"},  # asked of nobody else, by the rule of reporting for duty
}
"""The two exceptions of the catalogue, and in which form each is allowed."""


def asking(name: str, label: str = "题") -> dict[str, Any]:
    return {"name": name, "type": "text", "label": {"zh-CN": label, "en": "x"}}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_form_keeps_within_the_scope_boundary(name: str) -> None:
    found = crossings(read(FOLDER / f"{name}.json"))
    assert {subject for _, subject in found} == MEANT.get(name, set())


def test_petitions_are_counted_when_a_matter_is_registered_and_nowhere_else() -> None:
    appeal = read(FOLDER / "appeal.json")
    [(path, _)] = crossings(appeal)
    assert path.startswith("acts.register[")
    assert [asked["sensitivity"] for asked in appeal["acts"]["register"]] == ["P1"] * 4


def test_no_shipped_form_uses_a_code_list_beyond_the_boundary() -> None:
    beyond = {
        name
        for name, items in code_lists().items()
        if crossings({"choices": {name: items}}) and name != "CL_POLITICAL"
    }
    assert beyond == set()


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        (asking("ethnicity"), "religion or ethnicity"),
        (asking("x", "民族"), "religion or ethnicity"),
        (asking("religion"), "religion or ethnicity"),
        (asking("political"), "political status"),
        (asking("risk_level"), "a label on a person"),
        (asking("x", "是否重点人员"), "a label on a person"),
        (asking("petitioner"), "petitions"),
        (asking("face_id"), "faces and bodies"),
        (asking("gps_track"), "where people go"),
    ],
)
def test_the_boundary_is_seen_wherever_a_question_stands(question: dict[str, Any], subject: str) -> None:
    inside = {"name": "g", "type": "group", "questions": [question]}
    assert crossings({"questions": [question]}) == [("questions[0]", subject)]
    assert crossings({"questions": [inside]}) == [("questions[0].questions[0]", subject)]
    assert crossings({"acts": {"close": [question]}}) == [("acts.close[0]", subject)]
    assert crossings({"choices": {"c": [question]}}) == [("choices.c[0]", subject)]


@pytest.mark.parametrize(
    "data", [None, [], {"questions": 5, "acts": [], "choices": {"c": {"list": "CL"}}}, {"questions": [5]}]
)
def test_a_broken_definition_is_no_trouble(data: Any) -> None:
    assert crossings(data) == []


def test_a_hint_may_promise_what_is_not_done() -> None:
    assert crossings({"questions": [{**asking("photo"), "hint": {"zh-CN": "不做人脸识别"}}]}) == []
