"""What authors are told of ten broken definitions and five broken workbooks, word for word."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from forms.definition import DefinitionInvalid, load
from forms.wording import CHINESE, in_chinese
from forms.xlsform.languages import HAN
from tests.forms import test_definition, test_expressions, test_patterns
from tests.support.workbooks import SURVEY, imported

LABEL = {"zh-CN": "题", "en": "Question"}
SOUND: dict[str, Any] = {
    "form": "door",
    "version": 1,
    "kind": "record",
    "title": {"zh-CN": "门", "en": "Door"},
    "questions": [
        {"name": "a", "type": "text", "label": LABEL},
        {"name": "s", "type": "select_one", "choices": "yes_no", "label": LABEL},
        {"name": "r", "type": "repeat", "questions": [{"name": "x", "type": "integer", "label": LABEL}]},
    ],
    "choices": {"yes_no": [{"name": "yes", "label": LABEL}, {"name": "no", "label": LABEL}]},
}  # fmt: skip

DEFINITIONS: list[tuple[dict[str, Any], str, str]] = [
    ({"questions[0].type": "txt"}, "questions[0].type: There is no question type 'txt'.",
     "questions[0].type：没有 'txt' 这种题型"),
    ({"questions[0].relevant": "${b} = 1"}, "questions[0].relevant: ${b}: there is no question of that name.",
     "questions[0].relevant：${b}：没有这个名称的题；请核对写法"),
    ({"questions[0].relevant": "${s} = yes"},
     "questions[0].relevant: 'yes': a question is written ${yes}, a text in quotes.",
     "questions[0].relevant：'yes'：题目写成 ${yes}，文字要加引号"),
    ({"questions[0].constraint": "(. > 1"}, "questions[0].constraint: expected ')', met the end at character 7.",
     "questions[0].constraint：第 7 个字符处缺 ')'"),
    ({"questions[0].constraint": "${x} > 1"},
     "questions[0].constraint: ${x} lies in the repeat 'r': read it with sum(), count(), join(), indexed-repeat() ….",
     "questions[0].constraint：${x} 在重复组 'r' 里，有许多行；请用 sum()、count()、join()、indexed-repeat() 等来读"),
    ({"questions[0].calculation": "round(1, 2, 3)"},
     "questions[0].calculation: round() takes 1 to 2 arguments, here are 3.",
     "questions[0].calculation：round() 要 1 到 2 个参数，这里有 3 个"),
    ({"questions[0].relevant": "${s} = 'yes'", "questions[1].relevant": "${a} = 'x'"},
     "questions[1].relevant: It depends on itself: s → a → s.",
     "questions[1].relevant：绕了一圈又要用到自己：s → a → s"),
    ({"questions[1].choices": "yes_or_no"}, "questions[1].choices: There is no choice list 'yes_or_no'.",
     "questions[1].choices：没有选项表 'yes_or_no'；请核对写法，或在 choices 里加上"),
    ({"choices.yes_no[1].name": "yes"}, "choices.yes_no[1].name: The choice 'yes' is there twice.",
     "choices.yes_no[1].name：选项 'yes' 重复了；请改名，或删去一个"),
    ({"questions[1].label": {"zh-CN": "题"}}, "questions[1].label: The text is missing in en.",
     "questions[1].label：缺 en 的文字"),
]  # fmt: skip
WORKBOOKS: list[tuple[list[tuple[str, ...]], list[str], list[str]]] = [
    ([("begin group", "g", "G"), ("text", "a", "A")],
     ["survey!A2 The group that begins here does not end; add a row `end group`."],
     ["survey!A2 这里开始的 group 没有结束；请加一行 end group"]),
    ([("begin repeat", "r", "R"), ("text", "a", "A"), ("end group",), ("end repeat",)],
     ["survey!A4 What has to end here is the repeat that began in row 2."],
     ["survey!A4 这里该结束的是第 2 行开始的 repeat"]),
    ([("text", "a", "A"), ("text", "a", "B"), ("select_one", "s", "S"), ("txt", "b", "B"), ("integer", "", "C")],
     ["survey!B3 There is another a in this group; rename one of them.",
      "survey!A4 The choice list is missing; write `select_one` and the name of the list.",
      "survey!A5 There is no question type 'txt'; check what is written under type.",
      "survey!B6 This question has no name; write one under name, and never change it."],
     ["survey!B3 同一组里已有一题叫 a；请改名",
      "survey!A4 没有写选项表；请写成“select_one 选项表名”",
      "survey!A5 没有“txt”这种题型；请核对 type 列的写法",
      "survey!B6 这一题没有名称；请在 name 列写一个，定了就不再改"]),
    ([("select_one yes_no", "s", "S", "${t} = 'x'"), ("note", "n", "看 ${t}", "if(${s})")],
     ["survey!A2 There is no choice list 'yes_no'.", "survey!D2 ${t}: there is no question of that name.",
      "survey!C3 ${t}: there is no question of that name.", "survey!D3 if() takes 3 arguments, here are 1."],
     ["survey!A2 没有选项表 'yes_no'；请核对写法，或在 choices 里加上", "survey!D2 ${t}：没有这个名称的题；请核对写法",
      "survey!C3 ${t}：没有这个名称的题；请核对写法", "survey!D3 if() 要 3 个参数，这里有 1 个"]),
    ([("", "a", "A")],
     ["survey No question is left that could be imported."],
     ["survey 没有一道题能导入"]),
]  # fmt: skip


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """The sound definition with other values at some paths."""
    data = copy.deepcopy(SOUND)
    for path, value in changes.items():
        held: Any = data
        *steps, last = path.replace("]", "").replace("[", ".").split(".")
        for step in steps:
            held = held[int(step) if step.isdigit() else step]
        held[last] = value
    return data


def test_the_sound_definition_loads() -> None:
    load(SOUND)


@pytest.mark.parametrize(("changes", "en", "zh"), DEFINITIONS)
def test_a_broken_definition_is_told_where_and_what(changes: dict[str, Any], en: str, zh: str) -> None:
    with pytest.raises(DefinitionInvalid) as raised:
        load(changed(changes))
    *_, (path, [said]) = raised.value.errors.items()
    assert f"{path}: {said}" == en
    assert f"{path}：{in_chinese(said)}" == zh


@pytest.mark.parametrize(("rows", "en", "zh"), WORKBOOKS)
def test_a_broken_workbook_is_told_where_and_what(rows: list[Any], en: list[str], zh: list[str]) -> None:
    made = imported(*rows, header=(*SURVEY, "relevant"))
    errors = [entry for entry in made.report.sorted() if entry.severity == "error"]
    assert made.definition is None
    assert [f"{entry.place} {entry.said['en']}" for entry in errors] == en
    assert [f"{entry.place} {entry.said['zh-CN']}" for entry in errors] == zh


TOLD = ("said", "found")


def known() -> set[str]:
    """Every sentence that the tests of loading, of expressions and of patterns expect."""
    found: set[str] = set()
    for module in (test_definition, test_expressions, test_patterns):
        for name, test in vars(module).items():
            for mark in getattr(test, "pytestmark", []) if name.startswith("test_") else []:
                for case in mark.args[1] if mark.name == "parametrize" and mark.args[0][-1] in TOLD else []:
                    last = case[-1]
                    found |= set(last.values()) if isinstance(last, dict) else {str(last)}
    return {text if text.endswith(".") else f"{text}." for text in found if " " in text}


def test_what_loading_says_is_said_in_chinese_too() -> None:
    asked = known()
    assert len(asked) > 60
    lacking = [text for text in sorted(asked) if not HAN.search(in_chinese(text)) and ": not" not in text]
    assert lacking == []


def test_no_english_sentence_has_two_chinese_ones() -> None:
    english = [pattern for pattern, _ in CHINESE]
    assert len(english) == len(set(english))
