"""Texts of a form that name answers, at the desk: filled in for who may see the answer, masked for who may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forms.catalogue import workflows
from forms.definition import load
from forms.filling import Filling
from forms.form import Form
from forms.publish import published
from server.publishing import publish
from server.review.asked import Asked
from server.review.library import label
from tests.support.block import Block
from tests.support.pages import desk_of
from tests.support.site import Site

ROW = "0000000000000000000000000A"
DEFINITION = {
    "form": "garden", "version": 1, "kind": "record", "title": {"zh-CN": "小花园"}, "subject": ["household"],
    "workflow": "visit",
    "questions": [
        {"name": "tree", "type": "text", "label": {"zh-CN": "种什么？"}, "sensitivity": "P1"},
        {"name": "card", "type": "text", "label": {"zh-CN": "证件"}, "sensitivity": "P3"},
        {"name": "why", "type": "select_one", "choices": "why", "label": {"zh-CN": "为什么种${tree}？"},
         "required": True},
        {"name": "seen", "type": "text", "label": {"zh-CN": "${card}核对了吗？"}},
        {"name": "phone_right", "type": "text", "label": {"zh-CN": "电话${subject.contact_phone}对吗？"}},
        {"name": "helpers", "type": "repeat", "label": {"zh-CN": "种${tree}的人"}, "questions": [
            {"name": "helper_name", "type": "text", "label": {"zh-CN": "姓名"}},
            {"name": "hours", "type": "integer", "label": {"zh-CN": "${helper_name}几小时？"}, "required": True}]},
        {"name": "first", "type": "select_one", "choices": "${helper_name}", "label": {"zh-CN": "谁先来？"}},
    ],
    "choices": {"why": [{"name": "1", "label": {"zh-CN": "${tree}好看"}}]},
}  # fmt: skip
ANSWERS = {
    "tree": "桂花", "card": "350505195001010013", "why": "1", "seen": "是", "phone_right": "对", "first": "王小明",
    "helpers": [{"row": ROW, "helper_name": "王小明"}],
}  # fmt: skip


@pytest.fixture
def block(site: Site) -> Block:
    """A household, and a record of the garden's form about it, whose helper has no hours."""
    publish(site.services.stores.open("forms"), load(DEFINITION, workflows=workflows()))
    made = Block(site.services)
    made.place = replace(made.place, versions={**made.place.versions, "garden": 1})
    household = made.household()
    made.write("record:00000000000000000000000001", "garden", household, ANSWERS)
    made.follow()
    return made


def test_a_record_reads_its_labels_choices_and_findings_with_the_answers(site: Site, block: Block) -> None:
    page = desk_of(site, "lin").open("/records/record:00000000000000000000000001")
    assert page.one("answer-why").text == "为什么种桂花？ 桂花好看"
    assert page.one("answer-first").text == "谁先来？ 王小明"
    assert page.one("answer-phone_right").text.startswith("电话138****8000对吗？")
    assert "种桂花的人" in page.html
    assert "请填写“王*明几小时？”" in page.html
    assert "${" not in page.html


def test_what_may_not_be_seen_is_masked_in_texts_too(site: Site, block: Block) -> None:
    for name in ("lin", "gao"):
        page = desk_of(site, name).open("/records/record:00000000000000000000000001")
        assert "**************0013核对了吗？" in page.html, name
        assert "350505195001010013" not in page.html
    assert "王小明几小时" not in desk_of(site, "gao").open("/records/record:00000000000000000000000001").html


def test_what_is_not_at_hand_is_an_ellipsis() -> None:
    assert label({"zh-CN": "为什么种${tree}？"}, "zh-CN") == "为什么种…？"


def test_what_an_act_asks_reads_with_what_was_said_and_offers_the_rows() -> None:
    form = Form(published(load(DEFINITION, workflows=workflows())))
    filling = Filling(form, ANSWERS, {"subject": {"contact_phone": "13800138000"}, "locale": "zh-CN"})
    controls = {control.name: control for control in Asked(filling, "zh-CN").controls()}
    assert controls["said:why"].label == "为什么种桂花？"
    assert controls["said:why"].options == [("1", "桂花好看", True)]
    assert controls["said:seen"].label == "**************0013核对了吗？"
    assert controls["said:first"].options == [("王小明", "王小明", True)]
    assert controls["said:helpers"].rows[0][1].label == "王小明几小时？"
