"""Headers, languages and type cells, in the spellings that authors use."""

from __future__ import annotations

import pytest

from forms.xlsform.headers import CHOICES, SETTINGS, is_of_a_tool, read_header
from forms.xlsform.languages import NAMES, name_of, tag_of
from forms.xlsform.typecells import read_type


@pytest.mark.parametrize(
    ("text", "column", "language"),
    [
        ("type", "type", "und"),
        ("label::English (en)", "label", "en"),
        ("label:English", "label", "en"),
        ("Label :: Français(fr)", "label", "fr"),
        ("label::中文 (zh-CN)", "label", "zh-CN"),
        ("hint::汉语", "hint", "zh-CN"),
        ("media::image", "image", "und"),
        ("media:image:English", "image", "en"),
        ("image", "image", "und"),
        ("bind:relevant", "relevant", "und"),
        ("relevance", "relevant", "und"),
        ("required message", "required_message", "und"),
        ("requiredMsg", "required_message", "und"),
        ("constraint message::en", "constraint_message", "en"),
        ("bind:jr:constraintMsg", "constraint_message", "und"),
        ("Choice Filter", "choice_filter", "und"),
        ("jr:count", "repeat_count", "und"),
        ("read only", "readonly", "und"),
        ("body::accuracyThreshold", "capture-accuracy", "und"),
        ("calculate", "calculation", "und"),
        ("display.prompt.text.hi", "label", "hi"),
        ("jinlin::warn_message::English (en)", "jinlin::warn_message", "en"),
    ],
)
def test_a_header_of_the_survey_is_understood(text: str, column: str, language: str) -> None:
    found = read_header(text)
    assert (found.name, found.language, found.is_carried) == (column, language, True)


def test_each_sheet_has_columns_of_its_own() -> None:
    assert read_header("list name", CHOICES).name == "list_name"
    assert not read_header("default", CHOICES).is_carried
    assert read_header("id_string", SETTINGS).name == "form_id"
    assert not read_header("relevant", SETTINGS).is_carried


def test_what_a_tool_knows_is_told_from_an_author_s_own_notes() -> None:
    assert is_of_a_tool(read_header("instance::tag"))
    assert is_of_a_tool(read_header("save_to"))
    assert not is_of_a_tool(read_header("comments"))


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("English (en)", "en"),
        ("en", "en"),
        ("english", "en"),
        ("Chinese", "zh-CN"),
        ("zh-Hans", "zh-CN"),
        ("हिन्दी (hindi)", "hi"),
        ("portuguese(pt_br)", "pt-BR"),
        ("Swahili(swa)", "sw"),
        ("Dioula", "x-dioula"),
        ("x-dioula", "x-dioula"),
        ("???", "und"),
    ],
)
def test_a_language_has_a_tag(name: str, tag: str) -> None:
    assert tag_of(name) == tag


def test_the_name_of_a_language_gives_its_tag_back() -> None:
    assert {tag: tag_of(name_of(tag)) for tag in NAMES} == {tag: tag for tag in NAMES}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("string", ("question", "text")),
        ("Int", ("question", "integer")),
        ("photo", ("question", "image")),
        ("gps", ("question", "geopoint")),
        ("tel", ("question", "phone")),
        ("dateTime", ("question", "datetime")),
        ("id_card", ("question", "id_card")),
        ("subscriberid", ("question", "deviceid")),
        ("uri:username", ("question", "username")),
        ("start-geopoint", ("question", "start-geopoint")),
        ("trigger", ("question", "acknowledge")),
        ("begin_group", ("begin", "group")),
        ("end repeat", ("end", "repeat")),
        ("begin loop over toilets", ("begin", "loop")),
        ("xml-external", ("instance", "xml")),
        ("set form title", ("setting", "form_title")),
        ("background-audio", ("left out", "background-audio")),
        ("osm tags", ("left out", "osm")),
        ("txt", ("unknown", "txt")),
        ("select_oneyes", ("unknown", "select_oneyes")),
        ("begin table", ("unknown", "begin table")),
        ("", ("unknown", "")),
    ],
)
def test_a_type_is_understood(text: str, found: tuple[str, str]) -> None:
    cell = read_type(text)
    assert (cell.role, cell.kind) == found


@pytest.mark.parametrize(
    ("text", "kind", "listed", "source", "or_other"),
    [
        ("select_one c", "select_one", "c", "choices", False),
        ("select one from c", "select_one", "c", "choices", False),
        ("select1 c", "select_one", "c", "choices", False),
        ("select all that apply from c or specify other", "select_multiple", "c", "choices", True),
        ("select_multiple c or_other", "select_multiple", "c", "choices", True),
        ("select_one or_other", "select_one", "", "choices", True),
        ("add select one prompt using c", "select_one", "c", "choices", False),
        ("select_one_external c", "select_one", "c", "external_choices", False),
        ("select_multiple_from_file a.csv", "select_multiple", "a.csv", "file", False),
        ("select_one a.csv", "select_one", "a.csv", "file", False),
        ("rank c", "rank", "c", "choices", False),
        ("db:district_hospital", "ref", "district_hospital", "choices", False),
    ],
)
def test_a_select_says_its_list_and_where_it_stands(
    text: str, kind: str, listed: str, source: str, or_other: bool
) -> None:
    cell = read_type(text)
    assert (cell.kind, cell.listed, cell.source, cell.or_other) == (kind, listed, source, or_other)
