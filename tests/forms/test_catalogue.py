"""The shipped forms: whole, in two languages, and within the scope boundary."""

from __future__ import annotations

import re

import pytest

from forms.acts import act_form
from forms.catalogue import FOLDER, code_lists, read, shipped, workflow
from forms.form import Form
from forms.kinds import SILENT
from forms.publish import published

FORMS = {definition.form: published(definition) for definition in shipped()}

PARTS = {
    (name, act): Form(act_form(form, act) if act else form)
    for name, form in FORMS.items()
    for act in ("", *form["acts"])
}
"""Every shipped form, and what each of its acts asks."""

RETENTION = {
    "visit": "P3Y", "elder_care_visit": "P3Y", "merchant_visit": "P3Y", "appeal": "P3Y", "mediation_case": "P3Y",
    "safety_hazard": "P3Y", "micro_wish": "P3Y", "aid_case": "P3Y", "donation": "P3Y", "party_duty_report": "P1Y",
    "meter_alert": "P1Y",
    "council_meeting": None, "branch_assessment": None, "public_revenue_entry": None, "service_list_item": None,
    "volunteer_activity": None,
}  # fmt: skip
"""How long records are kept (catalogue 3.3); None: resolutions and books stay, hours as long as the volunteer wants."""


def test_all_twenty_forms_of_the_catalogue_are_shipped() -> None:
    assert sorted(FORMS) == sorted(["dwelling", "grid_unit", "household", "person", *RETENTION])


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_form_says_what_it_is_for_who_fills_it_on_what_ground_and_how_long_it_is_kept(name: str) -> None:
    form = FORMS[name]
    assert form["use"]
    assert form["who"]
    assert set(form["purpose"]) == set(form["title"]) == {"zh-CN", "en"}
    assert len(form["title"]["zh-CN"]) <= 8
    assert form["legal_basis"]
    assert set(form["legal_basis"]) <= {item["name"] for item in code_lists()["CL_BASIS"]}
    assert form["kind"] == ("file" if form["use"] == "file" else "record")
    if form["kind"] == "record":
        assert form["workflow"]["initial"] == "submitted"
        assert form["retention"] == RETENTION[name]
    assert {rule for due in form["due"] for rule in due["forms"]} <= set(FORMS)


@pytest.mark.parametrize("name", sorted(FORMS))
def test_where_consent_is_the_only_ground_it_is_asked_for(name: str) -> None:
    nodes = Form(FORMS[name]).nodes
    if FORMS[name]["legal_basis"] == ["1"]:
        assert {"consent.consent_method", "publish_name"} & set(nodes)


@pytest.mark.parametrize("name", [name for name in sorted(FORMS) if FORMS[name]["workflow"]])
def test_what_an_act_requires_is_asked_of_who_does_it(name: str) -> None:
    """But for a comment, which the desk has a place for."""
    for row in FORMS[name]["workflow"]["acts"]:
        part = PARTS.get((name, row["act"]))
        asked = {node.question["name"] for node in part.nodes.values()} if part else set()
        for either in row.get("requires", []):
            assert set(either) & {*asked, "comment"}, (row["act"], either)


@pytest.mark.parametrize("name", [name for name in sorted(FORMS) if FORMS[name]["workflow"]])
def test_what_clocks_acts_and_levels_read_is_asked_somewhere(name: str) -> None:
    table = FORMS[name]["workflow"]
    asked = {node.path for (form, _), part in PARTS.items() if form == name for node in part.nodes.values()}
    facts = {row["until"] for row in table.get("timers", []) if "until" in row}
    facts |= {fact for row in (*table["acts"], *table.get("timers", [])) for fact in row.get("when", {})}
    levels = {"level"} if "level" in table else set()
    assert facts <= asked | levels
    assert {table.get("level", {}).get("answer")} <= asked | {None}


def test_code_lists_that_no_form_asks_for_are_kept_for_what_is_said() -> None:
    used = {
        listed["list"]
        for path in FOLDER.glob("*.json")
        for listed in read(path)["choices"].values()
        if isinstance(listed, dict)
    }
    assert set(code_lists()) - used == {
        "CL_BASIS",  # the legal basis of a form
        "CL_EDU",  # the national code behind the short list
        "CL_GRADE",  # grades of emergencies, for exchange
        "CL_MARITAL",  # off by default
        "CL_NATION_FLOW",  # stages of digital city management, for exchange
        "CL_POLITICAL",  # off: nobody is asked
        "CL_REVIEW",  # states of review, for exchange; here review is steps
    }


@pytest.mark.parametrize(("name", "act"), sorted(PARTS))
def test_every_question_says_how_sensitive_it_is_and_every_text_is_there_twice(name: str, act: str) -> None:
    for node in PARTS[name, act].nodes.values():
        question = node.question
        if question["type"] not in ("group",):
            assert question.get("sensitivity") in {"P0", "P1", "P2", "P3", "P4"}, node.path
        for column in ("label", "hint", "required_message", "constraint_message", "warn_message"):
            if column in question:
                assert set(question[column]) == {"zh-CN", "en"}, (node.path, column)
        if "constraint" in question:
            assert "constraint_message" in question, node.path


@pytest.mark.parametrize(("name", "act"), sorted(PARTS))
def test_what_a_person_tells_of_others_is_scanned_for_numbers(name: str, act: str) -> None:
    for node in PARTS[name, act].nodes.values():
        free = node.question["type"] == "text" and node.question.get("appearance") == "multiline"
        if free and node.path not in {"temp_control", "measures"}:
            assert node.question["warn"]["source"] == "has-personal-number(.)", node.path


@pytest.mark.parametrize(("name", "act"), sorted(PARTS))
def test_labels_are_short_enough_for_a_narrow_screen(name: str, act: str) -> None:
    for node in PARTS[name, act].nodes.values():
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
