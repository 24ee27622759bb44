"""Importing: what the rows of a workbook become, and what is said of what they do not."""

from __future__ import annotations

from typing import Any

import pytest

from forms.definition import load
from forms.publish import published
from forms.xlsform.importing import read_workbook
from tests.support.workbooks import SURVEY, imported, said, sheets

CHOICES = (("list_name", "name", "label"), ("c", "1", "One"), ("c", "2", "Two"))


def questions(*rows: Any, **more: Any) -> list[dict[str, Any]]:
    """The questions of a workbook that imports without errors."""
    made = imported(*rows, **more)
    assert made.definition is not None, said(made)
    found: list[dict[str, Any]] = made.definition["questions"]
    return found


def test_the_smallest_workbook_is_a_form() -> None:
    made = imported(("text", "a", "A"))
    assert made.definition == {
        "form": "book",
        "version": 1,
        "kind": "record",
        "title": {"und": "book"},
        "questions": [{"name": "a", "type": "text", "label": {"und": "A"}}],
    }
    assert said(made) == []
    load(made.definition)


def test_settings_are_the_head_of_the_form() -> None:
    settings = (
        (
            "form_title",
            "form_id",
            "version",
            "default_language",
            "style",
            "instance_name",
            "allow_choice_duplicates",
        ),
        ("走访", "visit", 3, "中文 (zh-CN)", "pages", "concat(${a}, '!')", "yes"),
    )
    made = imported(("text", "a", "甲"), settings=settings)
    assert made.definition is not None
    assert {key: value for key, value in made.definition.items() if key != "questions"} == {
        "form": "visit",
        "version": 3,
        "kind": "record",
        "title": {"zh-CN": "走访"},
        "instance_name": "concat(${a}, '!')",
        "style": "pages",
        "default_language": "zh-CN",
        "allow_choice_duplicates": True,
    }


def test_every_column_finds_its_key() -> None:
    header = (
        "type", "name", "label", "hint", "guidance_hint", "required", "required message", "relevance", "constraint",
        "constraint_message", "bind:calculate", "default", "choice_filter", "appearance", "read_only", "parameters",
        "image", "media::audio::English (en)", "rows",
    )  # fmt: skip
    first = ("text", "a", "A")
    second = (
        "select_one c or_other", "b", "B", "h", "g", "yes", "rm", "${a} = '1'", ". != '2'", "cm", "${a}", "1",
        "name = ${a}", "minimal", "no", "randomize=true seed=42", "x.png", "x.mp3", 3,
    )  # fmt: skip
    assert questions(first, second, header=header, choices=CHOICES)[1] == {
        "name": "b",
        "type": "select_one",
        "label": {"en": "B"},
        "hint": {"en": "h"},
        "guidance_hint": {"en": "g"},
        "required": True,
        "required_message": {"en": "rm"},
        "relevant": "${a} = '1'",
        "constraint": ". != '2'",
        "constraint_message": {"en": "cm"},
        "calculation": "${a}",
        "default": "'1'",
        "choice_filter": "name = ${a}",
        "appearance": "minimal",
        "readonly": False,
        "parameters": {"randomize": True, "seed": 42, "or_other": True},
        "media": {"image": "x.png", "audio": {"en": "x.mp3"}},
        "rows": 3,
        "choices": "c",
    }


def test_groups_and_repeats_hold_what_stands_between_their_rows() -> None:
    header = ("type", "name", "label", "repeat_count")
    found = questions(
        ("integer", "n", "N"),
        ("begin_group", "g", ""),
        ("begin repeat", "r", "R", "${n}"),
        ("text", "x", "X"),
        ("end repeat",),
        ("end group",),
        header=header,
    )
    assert found[1] == {
        "name": "g",
        "type": "group",
        "questions": [
            {
                "name": "r",
                "type": "repeat",
                "label": {"und": "R"},
                "repeat_count": "${n}",
                "questions": [{"name": "x", "type": "text", "label": {"und": "X"}}],
            }
        ],
    }


def test_excel_s_truths_numbers_and_days_are_read_as_they_look() -> None:
    header = ("type", "name", "label", "required", "default", "relevant")
    found = questions(
        ("integer", "a", "A", True, 5),
        ("text", "b", 7, False, 12, True),
        ("date", "c", "C", None, "2026-01-31"),
        header=header,
    )
    assert [question.get("required") for question in found] == [True, False, None]
    assert [question["default"] for question in found] == ["5", "'12'", "'2026-01-31'"]
    assert found[1]["relevant"] == "true()"
    assert found[1]["label"] == {"und": "7"}


@pytest.mark.parametrize(
    ("kind", "text", "default"),
    [
        ("text", "Hello (world)", "'Hello (world)'"),
        ("text", "N/A", "'N/A'"),
        ("text", "today()", "today()"),
        ("text", "${a}", "${a}"),
        ("text", "it's", '"it\'s"'),
        ("text", """it's "so\"""", "concat('it', \"'\", 's \"so\"')"),
        ("text", "0012", "'0012'"),
        ("integer", "-2", "-2"),
        ("date", "2026-01-31", "'2026-01-31'"),
        ("text", "'quoted'", "'quoted'"),
        ("text", "../a", "../a"),
    ],
)
def test_a_default_is_a_text_unless_it_computes(kind: str, text: str, default: str) -> None:
    header = ("type", "name", "label", "default")
    assert questions(("text", "a", "A"), (kind, "b", "B", text), header=header)[1]["default"] == default


def test_a_workbook_in_several_languages_keeps_them_and_is_complete_in_the_main_one() -> None:
    header = ("type", "name", "label::English (en)", "label::中文 (zh-CN)", "hint::Kiswahili (sw)")
    made = imported(("text", "a", "A", "甲", "x"), ("text", "b", None, "乙"), header=header)
    assert made.definition is not None
    assert made.definition["title"] == {"zh-CN": "book"}
    assert made.definition["questions"][0]["hint"] == {"sw": "x", "zh-CN": "x"}
    assert said(made) == [
        ("survey!C", "1 texts are missing in zh-CN; another language stands in for them. Please add them.")
    ]


def test_texts_of_no_named_language_are_chinese_where_they_are_written_so() -> None:
    assert questions(("text", "a", "甲"), ("text", "b", "B"))[1]["label"] == {"zh-CN": "B"}


def test_a_bare_column_beside_named_ones_is_of_the_default_language() -> None:
    header = ("type", "name", "label", "label::fr")
    settings = (("form_id", "default_language"), ("x", "English (en)"))
    assert questions(("text", "a", "A", "F"), header=header, settings=settings)[0]["label"] == {
        "en": "A",
        "fr": "F",
    }
    header = ("type", "name", "label::fr", "hint")
    assert questions(("text", "a", "F", "H"), header=header)[0]["hint"] == {"fr": "H"}


def test_names_that_cannot_be_used_are_changed_with_what_refers_to_them() -> None:
    header = ("type", "name", "label", "relevant")
    made = imported(
        ("text", "tel.office", "A"),
        ("text", "姓名", "B"),
        ("begin group", "meta", "M"),
        ("text", "1st", "C ${tel.office}", "../../tel.office = ${姓名} and ${tel.office} != 'tel.office'"),
        ("end group",),
        header=header,
    )
    assert made.definition is not None
    assert [question["name"] for question in made.definition["questions"]] == ["tel_office", "q3", "meta_"]
    inner = made.definition["questions"][2]["questions"][0]
    assert inner["name"] == "_1st"
    assert inner["relevant"] == "../../tel_office = ${q3} and ${tel_office} != 'tel.office'"
    assert inner["label"] == {"und": "C ${tel_office}"}
    assert [place for place, _ in said(made, "note")] == ["survey!B2", "survey!B3", "survey!B4", "survey!B5"]


def test_types_of_ours_can_be_written_in_the_type_column() -> None:
    rows = [(kind, kind, kind) for kind in ("money", "id_card", "credit_code", "phone", "signature")]
    assert [question["type"] for question in questions(*rows)] == [row[0] for row in rows]


def test_a_reference_of_the_cht_is_a_reference_here() -> None:
    header = ("type", "name", "label", "calculation")
    found = questions(
        ("db:person", "who", "W"),
        ("calculate", "c", "", "instance('contact-summary')/context/phone"),
        header=header,
    )
    assert found[0] == {"name": "who", "type": "ref", "label": {"und": "W"}, "parameters": {"kind": "person"}}
    assert found[1]["calculation"] == "instance('contact-summary')/context/phone"


def test_an_image_that_is_drawn_as_a_signature_is_one() -> None:
    header = ("type", "name", "label", "appearance")
    found = questions(("image", "a", "A", "signature"), ("image", "b", "B", "new signature"), header=header)
    assert [(q["type"], q.get("appearance")) for q in found] == [("signature", None), ("signature", "new")]


def test_choices_have_columns_media_and_languages_of_their_own() -> None:
    choices = (
        ("list name", "name", "label::en", "label::fr", "image", "town", "value"),
        ("c", 1, "One", "Un", "1.png", "x", 7),
        (),
        ("c", True, "Two", None, None, "y"),
    )
    made = imported(("select_one c", "a", "A"), choices=choices)
    assert made.definition is not None
    assert made.definition["choices"]["c"] == [
        {
            "name": "1",
            "label": {"en": "One", "fr": "Un"},
            "media": {"image": "1.png"},
            "town": "x",
            "value": "7",
        },
        {"name": "TRUE", "label": {"en": "Two"}, "town": "y"},
    ]


def test_a_choice_that_is_there_twice_is_one_and_two_of_one_name_are_told() -> None:
    rows = [*CHOICES, ("c", "1", "One"), ("c", "2", "Other")]
    made = imported(("select_one c", "a", "A"), choices=rows)
    assert made.definition is not None
    assert [item["name"] for item in made.definition["choices"]["c"]] == ["1", "2", "2"]
    assert made.definition["allow_choice_duplicates"] is True
    assert [place for place, _ in said(made, "note")] == ["choices", "choices!B4"]


def test_external_choices_are_choices() -> None:
    header = ("type", "name", "label", "choice_filter")
    external = (("list_name", "name", "town"), ("v", "1", "x"))
    made = imported(
        ("text", "t", "T"),
        ("select_one_external v", "a", "A", "town=${t}"),
        header=header,
        external_choices=external,
    )
    assert made.definition is not None
    assert made.definition["choices"]["v"] == [{"name": "1", "label": {"und": "1"}, "town": "x"}]


TABLE = "name,label,label::fr,town\n1,One,Un,x\n2,Two,,y\n".encode("utf-8-sig")


def with_files(*rows: Any, **files: bytes) -> Any:
    """What becomes of rows with tables beside the workbook."""
    header = ("type", "name", "label", "calculation", "appearance", "choice_filter")
    book = sheets(survey=[header, *rows], choices=(("list_name", "name", "label"), ("find", "town", "label")))
    return read_workbook(book, "x.xlsx", lambda name: files.get(name.removesuffix(".csv")))


def test_choices_in_a_table_beside_the_workbook_are_written_out() -> None:
    made = with_files(("select_one_from_file places.csv", "a", "A"), places=TABLE)
    assert made.definition["questions"][0]["choices"] == "places"
    assert made.definition["choices"]["places"] == [
        {"name": "1", "label": {"und": "One", "fr": "Un"}, "town": "x"},
        {"name": "2", "label": {"und": "Two"}, "town": "y"},
    ]


def test_a_table_that_is_not_there_is_told_and_named() -> None:
    rows = (
        ("select_one_from_file places.csv", "a", "A"),
        ("calculate", "b", "", "pulldata('people', 'age', 'id', ${a})"),
        ("xml-external", "villages"),
        ("calculate", "c", "", "instance('villages')/root/item[name = ${a}]/label"),
    )
    made = with_files(*rows)
    listed = made.definition["choices"]
    assert {name: listed[name] for name in ("places", "people", "villages")} == {
        "places": {"file": "places.csv"},
        "people": {"file": "people.csv"},
        "villages": {"file": "villages.xml"},
    }
    assert [place for place, _ in said(made, "left out")] == ["survey", "survey!A2", "survey!D3"]


def test_a_search_takes_its_choices_from_the_table_and_its_filter_with_them() -> None:
    row = ("select_one find", "a", "A", "", "search('places', 'matches', 'name', ${t}) minimal")
    made = with_files(("text", "t", "T"), row, places=TABLE)
    question = made.definition["questions"][1]
    assert (question["appearance"], question["choice_filter"]) == ("minimal", "name = ${t}")
    assert [item["name"] for item in made.definition["choices"][question["choices"]]] == ["x", "y"]
    kept = with_files(("text", "t", "T"), row)
    assert kept.definition["questions"][1]["choices"] == "find"
    assert kept.definition["questions"][1]["appearance"].startswith("search(")


@pytest.mark.parametrize("table", [b"", b"\xff\xfe\x00\x81", b'a,b\n"', b"name\n" + b"x" * 200_000 + b"\n"])
def test_a_table_that_cannot_be_read_is_as_if_it_were_not_there(table: bytes) -> None:
    made = with_files(("select_one_from_file places.csv", "a", "A"), places=table)
    assert made.definition["choices"]["places"] == {"file": "places.csv"}


def test_a_choice_without_a_list_or_a_name_is_left_out() -> None:
    made = imported(("select_one c", "a", "A"), choices=(*CHOICES, (None, "3", "x"), ("c", None, "y")))
    assert [place for place, _ in said(made, "left out")] == ["choices!A4"]


@pytest.mark.parametrize(
    ("row", "column", "text"),
    [
        (("osm tags", "b", "B"), "A3", "OpenStreetMap features are not collected; use geopoint"),
        (("background-audio", "b", ""), "A3", "nothing is recorded without being seen"),
        (("calculate", "b", "", "z-score('x', 1, 2)"), "D3", "z-score() needs the CHT's growth tables, which are not "
         "here; this cell is left out."),
        (("calculate", "b", "", "cht:extension-lib('x.js')"), "D3", "cht:extension-lib() runs outside code, which "
         "forms may not; this cell is left out."),
        (("calculate", "b", "", "pstr:foo(1)"), "D3", "pstr:foo() belongs to another tool; this cell is left out."),
        (("text", "b", "B", "", "regex(., '(a+)+')"), "E3", "regex() does not carry this pattern: a repetition inside "
         "a repetition, such as (a+)+, is refused; this cell is left out."),
        (("calculate", "b", "", "instance('x')/root/data[y = 1]/z"), "D3", "instance('x') reads data that a form here "
         "has not; only its own choice lists are read, as /root/item[…]/column; this cell is left out."),
        (("text", "b", "B", "", "", "../nobody/x = ''"), "F3", "../nobody/x is no question or column here and counts "
         "as empty; if it is a text, put it in quotes."),
        (("text", "b", "B", "", "", "${a} = NULL"), "F3", "NULL is no question or column here and counts as empty; if "
         "it is a text, put it in quotes."),
        (("text", "b", "B", "", "", ". = 'x'"), "F3", "The question's own answer cannot decide whether it is asked; "
         "this cell is left out."),
        (("calculate", "b", "", "${b2}"), "D3", "It depends on itself: b → b2 → b; this cell is left out."),
        (("", "b", "B"), "A3", "This row has no type; it is not imported."),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_named_and_the_rest_is_imported(
    row: tuple[str, ...], column: str, text: str
) -> None:
    header = ("type", "name", "label", "calculation", "constraint", "relevant")
    made = imported(
        ("text", "a", "A"), row, ("calculate", "b2", "", "${b}") if "b2" in str(row) else (), header=header
    )
    assert made.definition is not None, said(made)
    assert said(made, "left out") == [(f"survey!{column}", text)]
    load(made.definition)


def test_what_refers_to_what_was_left_out_is_left_out_too() -> None:
    header = ("type", "name", "label", "relevant")
    made = imported(
        ("begin loop over c", "l", "L"),
        ("integer", "inner", "%(label)s"),
        ("end loop",),
        ("text", "a", "A ${inner}", "${inner} > 1"),
        ("text", "b", "B", "../l/inner > 1"),
        header=header,
        choices=CHOICES,
    )
    assert made.definition is not None
    assert made.definition["questions"] == [
        {"name": "a", "type": "text", "label": {"und": "A "}},
        {"name": "b", "type": "text", "label": {"und": "B"}},
    ]
    assert [place for place, _ in said(made, "left out")] == [
        "survey!A2",
        "survey!C5",
        "survey!D5",
        "survey!D6",
    ]


def test_a_path_that_leads_nowhere_reads_as_nothing_as_it_did() -> None:
    header = ("type", "name", "label", "relevant")
    row = (
        "text",
        "b",
        "B",
        "if(../x = '', -(2), ${a} + 1 * 3) > 1 and not(instance('c')/root/item[name = z]/town)",
    )
    found = questions(("text", "a", "A"), row, header=header, choices=CHOICES)
    assert found[1]["relevant"] == "if('' = '', -2, ${a} + 1 * 3) > 1 and not('')"


def test_a_column_of_no_meaning_here_is_told_once() -> None:
    header = ("type", "name", "label", "instance::tag", "comments", "empty")
    made = imported(("text", "a", "A", "x", "y"), ("text", "b", "B", "x", "y"), header=header)
    assert [(place, text.split(" has ")[0]) for place, text in said(made)] == [
        ("survey!D", "The column instance::tag"),
        ("survey!E", "The column comments"),
    ]


def test_a_question_without_a_label_shows_its_hint_or_its_name() -> None:
    header = ("type", "name", "label", "hint")
    found = questions(("text", "a", "", "H"), ("text", "b"), ("calculate", "c"), header=header)
    assert [question.get("label") for question in found] == [{"und": "H"}, {"und": "b"}, None]
    assert found[2]["type"] == "hidden"


def test_rows_that_are_disabled_are_not_there() -> None:
    header = ("type", "name", "label", "disabled")
    assert [
        q["name"] for q in questions(("text", "a", "A", "yes"), ("text", "b", "B", "no"), header=header)
    ] == ["b"]


def test_notes_groups_and_metadata_need_no_name() -> None:
    found = questions(("start",), ("note", "", "N"), ("begin group",), ("text", "a", "A"), ("end group",))
    assert [question["name"] for question in found] == ["start", "note_3", "group_4"]


def test_odk_x_imports_without_its_javascript() -> None:
    header = (
        "clause",
        "condition",
        "type",
        "values_list",
        "name",
        "display.prompt.text",
        "constraint",
        "required",
    )
    made = imported(
        ("if", "data('x') > 1"),
        ("", "", "select_one", "c", "a", "A"),
        ("", "", "integer", "", "b", "B", "data('b') > 1 && data('b') < 5", "true"),
        ("", "", "text", "", "b", "B again"),
        ("", "", "select_one", "query", "q", "Q"),
        ("", "", "linegraph", "", "g", "G"),
        ("end if",),
        header=header,
        choices=(("choice_list_name", "data_value", "display.title.text"), ("c", "1", "One")),
    )
    assert made.definition is not None, said(made)
    assert [(q["name"], q["type"]) for q in made.definition["questions"]] == [
        ("a", "select_one"), ("b", "integer"), ("q", "hidden"), ("g", "hidden"),
    ]  # fmt: skip
    assert made.definition["choices"]["c"] == [{"name": "1", "label": {"und": "One"}}]


@pytest.mark.parametrize("depth", [19, 20, 3000])
def test_groups_are_nested_so_deep_and_no_deeper(depth: int) -> None:
    rows = [("begin group", f"g{n}", "G") for n in range(depth)]
    made = imported(*rows, ("text", "a", "A"), *[("end group",)] * depth)
    assert (made.definition is not None) == (depth == 19)


def test_a_header_below_a_title_is_found() -> None:
    book = sheets(survey=[("My form",), (), ("", "type", "name", "label"), (), ("", "text", "a", "A")])
    made = read_workbook(book, "x.xlsx")
    assert made.definition is not None
    assert made.definition["questions"][0]["name"] == "a"


def test_ten_thousand_rows_take_seconds() -> None:
    header = ("type", "name", "label", "relevant")
    rows = [("text", f"q{n}", "Q", f"${{q{max(0, n - 1)}}} != 'x'" if n else "") for n in range(10_000)]
    assert len(questions(*rows, header=header)) == 10_000


def test_choices_are_taken_from_the_rows_of_a_repeat() -> None:
    header = (*SURVEY, "choice_filter")
    rows = [
        ("begin repeat", "people", "People", ""),
        ("text", "full name", "Name", ""),
        ("integer", "age", "Age", ""),
        ("select_one ${full name}", "mother", "Mother", "${age} > 17"),
        ("end repeat",),
        ("select one ${full name}", "head", "Head", "${age} > 17 and starts-with(${full name}, 'A')"),
    ]
    made = imported(*rows, header=header)
    assert made.definition is not None, said(made)
    repeat, head = made.definition["questions"]
    assert repeat["questions"][2]["choices"] == head["choices"] == "${full_name}"
    assert head["choice_filter"] == "${age} > 17 and starts-with(${full_name}, 'A')"
    form = published(load(made.definition, languages=("und",)))
    assert form["questions"][1]["choices"] == "${people.full_name}"


def test_what_is_no_question_in_a_repeat_offers_no_choices() -> None:
    made = imported(("text", "a", "A"), ("select_one ${a}", "b", "B"), ("select_one ${c}", "d", "D"))
    assert said(made, "error") == [
        ("survey!A3", "${a} is no question in a repeat, whose rows could be offered."),
        ("survey!A4", "${c}: there is no question of that name."),
    ]
