"""Exporting: ODK's own converter accepts the workbook, and reading it back gives the same form."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from forms.catalogue import FOLDER, code_lists, shipped, workflows
from forms.catalogue import read as read_json
from forms.definition import DefinitionInvalid, load
from forms.expressions import parse
from forms.publish import published
from forms.xlsform.cells import read_sheets
from forms.xlsform.cellvalues import default, static
from forms.xlsform.exporting import TooLong, write_workbook
from forms.xlsform.importing import read_workbook
from forms.xlsform.printing import source_of
from tests.forms import chance as made
from tests.forms.definitions import definition

LABEL = {"zh-CN": "题", "en": "Question"}


def back(data: dict[str, Any], lists: Any = None) -> tuple[bytes, dict[str, Any]]:
    """The workbook of a definition, and the definition that is read of it."""
    workbook = write_workbook(data, lists)
    found = read_workbook(read_sheets(workbook), "any.xlsx", lists=lists, workflows=workflows())
    errors = [
        (str(entry.place), entry.said["en"]) for entry in found.report.entries if entry.severity == "error"
    ]
    assert found.definition is not None, errors
    return workbook, found.definition


def meaning(data: dict[str, Any], lists: Any = None) -> Any:
    """What is published of a definition, without how it was written.

    Two things come back otherwise and mean the same: a condition that always holds or never does, and the file of a
    list that only pulldata() names.
    """
    form = json.loads(json.dumps(published(load(data, lists, workflows()))))

    def plain(value: Any) -> Any:
        if isinstance(value, list):
            return [plain(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"source", "ast"}:
            return {"call": value["ast"]}
        found = {key: plain(inner) for key, inner in value.items()}
        for key in ("required", "readonly"):
            found[key] = _constant(found.get(key, False))
        return found

    return {**plain(form), "choices": {name: items for name, items in form["choices"].items() if items}}


def _constant(value: Any) -> Any:
    """A condition that always holds or never does, as true or false; any other as it is."""
    tree = value["call"] if isinstance(value, dict) else None
    if tree in (["call", "true", []], ["call", "false", []]):
        return tree[1] == "true"
    return tree[1] != 0 if tree and tree[0] == "num" else value


@settings(deadline=None, max_examples=120)
@given(st.integers(0, 2**32))
@example(3000748)  # `required` is the expression `1`, which a sheet cannot tell from a tick
def test_any_definition_comes_back_with_its_meaning_and_the_converter_accepts_it(seed: int) -> None:
    data = definition(Random(seed))
    try:
        load(data)
    except DefinitionInvalid:
        assume(False)
    workbook, found = back(data)
    assert meaning(found) == meaning(data)
    convert(workbook, file_type=".xlsx")


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_a_shipped_form_comes_back_as_it_is(name: str) -> None:
    data = read_json(FOLDER / f"{name}.json")
    workbook, found = back(data, code_lists())
    assert meaning(found, code_lists()) == meaning(data, code_lists())
    assert {key: found[key] for key in data if key not in ("questions", "choices")} == {
        key: data[key] for key in data if key not in ("questions", "choices")
    }
    assert found.get("choices") == data.get("choices")
    convert(workbook, file_type=".xlsx")


def test_every_shipped_form_was_looked_at() -> None:
    assert len(shipped()) == len(list(FOLDER.glob("*.json"))) >= 20


FORM: dict[str, Any] = {"form": "f", "version": 1, "kind": "record", "title": LABEL}


def test_a_name_that_is_there_twice_is_written_twice_and_comes_back() -> None:
    def group(name: str, *inner: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "type": "group", "questions": list(inner)}

    x = {"name": "x", "type": "select_one", "choices": "c", "label": LABEL}
    y = {"name": "y", "type": "text", "label": {"zh-CN": "看 ${x}", "en": "see ${g.x}"}}
    y |= {"relevant": "${x} = '1' and ../x = '1' and ${g.x} != '' and jr:choice-name(${x}, '${x}') != ''"}
    data = {
        **FORM,
        "questions": [
            group("g", x),
            group("h", x, y),
            group("data", {**y, "label": LABEL, "relevant": "${h.x} = ''"}),
        ],
        "choices": {"c": [{"name": "1", "label": LABEL}]},
    }
    workbook, found = back(data)
    assert meaning(found) == meaning(data)
    convert(workbook, file_type=".xlsx")
    assert [row[1] for row in read_sheets(workbook)["survey"][1:] if len(row) > 1] == [
        "g", "x", "h", "x_2", "y", "data", "y_2",
    ]  # fmt: skip


def test_an_edited_list_is_no_longer_the_shared_one() -> None:
    lists = {"CL": [{"name": name, "label": {"zh-CN": name, "en": name}} for name in "abc"]}
    question = {"name": "a", "type": "select_one", "choices": "c", "label": LABEL}
    for spec in ({"list": "CL"}, {"list": "CL", "only": ["a", "b"]}, {"list": "CL", "except": ["b"]}):
        data = {**FORM, "questions": [question], "choices": {"c": spec}}
        assert back(data, lists)[1]["choices"] == {"c": spec}
    sheets = read_sheets(write_workbook(data, lists))
    label = next(at for at, header in enumerate(sheets["choices"][0]) if header.startswith("label::English"))
    sheets["choices"][1][label] = "changed"
    found = read_workbook(sheets, "x.xlsx", lists=lists)
    assert found.definition is not None
    assert found.definition["choices"]["c"][0]["label"] == {"zh-CN": "a", "en": "changed"}
    assert [entry.said["en"] for entry in found.report.entries] == [
        "The list c differs from the shared code list CL; it becomes this form's own."
    ]


def test_a_type_that_was_changed_by_hand_counts() -> None:
    data = {**FORM, "questions": [{"name": "a", "type": "id_card", "label": LABEL}]}
    sheets = read_sheets(write_workbook(data))
    sheets["survey"][1][0] = "integer"
    found = read_workbook(sheets, "x.xlsx").definition
    assert found is not None
    assert found["questions"][0]["type"] == "integer"


def test_long_parts_of_the_head_go_over_several_rows() -> None:
    data = {**FORM, "purpose": dict.fromkeys(LABEL, "为" * 40_000)}
    data["questions"] = [{"name": "a", "type": "text", "label": LABEL}]
    assert back(data)[1]["purpose"] == data["purpose"]
    sheets = read_sheets(write_workbook(data))
    sheets["jinlin"][1][1] = "{"
    broken = read_workbook(sheets, "x.xlsx")
    assert [entry.said["en"] for entry in broken.report.entries if entry.severity == "error"][:1] == [
        "What stands beside title is no JSON; put back what was exported."
    ]


def test_a_text_that_no_cell_holds_is_refused() -> None:
    data = {**FORM, "questions": [{"name": "a", "type": "text", "label": dict.fromkeys(LABEL, "x" * 40_000)}]}
    with pytest.raises(TooLong):
        write_workbook(data)


def test_what_looks_like_a_formula_or_a_number_stays_a_text() -> None:
    label = {"zh-CN": "=1+1", "en": "0012"}
    data = {**FORM, "questions": [{"name": "a", "type": "text", "label": label, "constraint": ". = '\x07'"}]}
    assert back(data)[1]["questions"] == [
        {"name": "a", "type": "text", "label": label, "constraint": ". = ''"}
    ]


def test_an_expression_is_printed_so_that_it_is_read_the_same() -> None:
    chance = Random(350505)
    for _ in range(1500):
        source = made.expression(chance, ["a", "b-c"], 4)
        tree = parse(source)
        assert parse(source_of(tree)) == tree, source
    for source in (
        "../a/b",
        "./a",
        ".",
        "..",
        "/data/a",
        "${a}/b",
        "a/b",
        "-(1 + 2) * -3",
        "instance('c')/root/item[a = 1][b]/d",
    ):
        assert parse(source_of(parse(source))) == parse(source), source


@given(st.text(max_size=20), st.sampled_from(["text", "integer", "date"]))
def test_a_default_is_written_so_that_it_is_read_the_same(text: str, kind: str) -> None:
    plain = text.strip()
    assume(plain and "\x00" not in plain)
    assert default(static(default(plain, kind), kind), kind) == default(plain, kind)


def test_choices_from_a_repeat_and_texts_that_name_answers_come_back_and_the_converter_takes_them() -> None:
    def asked(name: str, kind: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "type": kind, "label": LABEL, **more}

    named = {"zh-CN": "${name}要什么？", "en": "What for ${name}?"}
    inner = [asked("name", "text"), asked("age", "integer", label=named)]
    inner.append(asked("mother", "select_one", choices="${name}", choice_filter="${age} > 17"))
    questions = [
        asked("people", "repeat", questions=inner),
        asked("g", "group", questions=[asked("name", "text")]),
        asked("head", "select_one", choices="${people.name}", choice_filter="${people.age} > 17"),
        asked("need", "select_one", choices="c"),
    ]
    label = {"zh-CN": "给${head}", "en": "For ${head}"}
    data = {
        "form": "family", "version": 1, "kind": "record", "title": LABEL, "questions": questions,
        "choices": {"c": [{"name": "1", "label": label}]},
    }  # fmt: skip
    workbook, again = back(data)
    convert(workbook)
    assert meaning(again) == meaning(data)
