"""The shipped forms: whole, in two languages, and within the scope boundary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from forms.catalogue import FOLDER, code_lists, read, shipped, workflow
from forms.form import Form
from forms.kinds import SILENT
from forms.publish import published

FORMS = {definition.form: published(definition) for definition in shipped()}

OUT_OF_SCOPE = re.compile(
    r"religio|faith|church|ethnic|minzu|\bnation\b|political|party_member|risk|threat|petition|suspect|watch_?list|blacklist"
    r"|face_?(id|recog|print)|biometric|fingerprint|iris|track(s|ing)?\b|trajectory|宗教|信仰|民族|政治面貌|党员|重点人员|高危|风险"
    r"|信访|上访|嫌疑|黑名单|人脸|指纹|虹膜|轨迹|刑满|吸毒|邪教",
    re.IGNORECASE,
)
"""What no question and no choice of a shipped form may be about (catalogue, scope boundary)."""

ALLOWED = {
    "本人同意才拍，不做人脸识别",
    "1–6 张，避开人脸和别人的车牌",
    "党员突击队",
    "Party member team",
}
"""Promises not to, and a kind of volunteer team."""


def texts(value: Any) -> Iterator[str]:
    """Every name and every text for people in a published form."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("name", "zh-CN", "en") and isinstance(inner, str):
                yield inner
            elif key not in ("ast", "source", "workflow"):
                yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def test_the_five_forms_of_first_light_are_shipped() -> None:
    assert sorted(FORMS) == ["dwelling", "household", "person", "safety_hazard", "visit"]


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_shipped_form_keeps_within_the_scope_boundary(name: str) -> None:
    assert [text for text in texts(FORMS[name]) if OUT_OF_SCOPE.search(text) and text not in ALLOWED] == []


@pytest.mark.parametrize(
    "forbidden",
    ["ethnicity", "religion", "political", "risk_level", "face_id", "gps_track", "民族", "重点人员"],
)
def test_the_boundary_is_seen(forbidden: str) -> None:
    assert OUT_OF_SCOPE.search(forbidden)


@pytest.mark.parametrize("name", sorted(FORMS))
def test_every_question_says_how_sensitive_it_is_and_every_text_is_there_twice(name: str) -> None:
    for node in Form(FORMS[name]).nodes.values():
        question = node.question
        if question["type"] not in ("group",):
            assert question.get("sensitivity") in {"P0", "P1", "P2", "P3", "P4"}, node.path
        for column in ("label", "hint", "required_message", "constraint_message", "warn_message"):
            if column in question:
                assert set(question[column]) == {"zh-CN", "en"}, (node.path, column)
        if "constraint" in question:
            assert "constraint_message" in question, node.path


@pytest.mark.parametrize("name", sorted(FORMS))
def test_what_a_person_tells_of_others_is_scanned_for_numbers(name: str) -> None:
    for node in Form(FORMS[name]).nodes.values():
        free = node.question["type"] == "text" and node.question.get("appearance") == "multiline"
        if free and node.path not in {"temp_control", "measures"}:
            assert node.question["warn"]["source"] == "has-personal-number(.)", node.path


@pytest.mark.parametrize("name", sorted(FORMS))
def test_labels_are_short_enough_for_a_narrow_screen(name: str) -> None:
    for node in Form(FORMS[name]).nodes.values():
        label = node.question.get("label", {"zh-CN": ""})
        limit = 30 if node.question["type"] == "note" else 16
        assert len(label["zh-CN"]) <= limit, (node.path, label)


@pytest.mark.parametrize("name", sorted(FORMS))
def test_health_aid_income_and_schooling_are_of_the_highest_class(name: str) -> None:
    highest = {
        "health",
        "disability",
        "disability_grade",
        "ability",
        "aid_status",
        "hardship",
        "income_band",
        "school_stage",
    }
    for node in Form(FORMS[name]).nodes.values():
        if node.question["name"] in highest:
            assert node.question["sensitivity"] == "P4", node.path


def test_silent_questions_need_no_label() -> None:
    silent = [
        node for form in FORMS.values() for node in Form(form).nodes.values() if "label" not in node.question
    ]
    assert {node.question["type"] for node in silent} <= SILENT


def test_all_code_lists_of_the_catalogue_are_shipped() -> None:
    assert len(code_lists()) == 77


@pytest.mark.parametrize("name", sorted(code_lists()))
def test_a_code_list_says_where_it_comes_from_and_holds_each_code_once_in_two_languages(name: str) -> None:
    file = read(FOLDER / "lists" / f"{name}.json")
    assert set(file) == {"title", "source", "codes"}
    assert file["source"]
    items = file["codes"]
    assert len({item["name"] for item in items}) == len(items)
    columns = {column for item in items for column in item} - {"name", "label"}
    assert all(set(text) == {"zh-CN", "en"} for text in (file["title"], *(item["label"] for item in items)))
    assert all(text.strip() for item in items for text in (item["name"], *item["label"].values()))
    assert not any(re.search("[一-龥]", item["label"]["en"]) for item in items)
    assert columns <= {"parent", "group", "days"}


def test_a_school_certificate_belongs_to_a_level_of_the_short_list() -> None:
    short = {item["name"] for item in code_lists()["CL_EDU_S"]}
    assert {item["parent"] for item in code_lists()["CL_EDU"] if "parent" in item} <= short


def test_political_affiliation_is_a_list_that_no_form_asks_for() -> None:
    asked = {
        choices["list"]
        for path in FOLDER.glob("*.json")
        for choices in read(path).get("choices", {}).values()
        if isinstance(choices, dict)
    }
    assert "CL_POLITICAL" in code_lists()
    assert "CL_POLITICAL" not in asked


def test_the_review_table_is_as_the_contract_says() -> None:
    rows = {act["act"]: (act["from"], act["to"], act["offline"]) for act in workflow("review")["acts"]}
    assert rows == {
        "approve": (["submitted"], "approved", False),
        "return": (["submitted"], "returned", False),
        "resubmit": (["returned"], "submitted", True),
        "reopen": (["approved"], "submitted", False),
    }


def test_an_unknown_workflow_is_an_error() -> None:
    with pytest.raises(KeyError):
        workflow("nope")
