"""Loading a definition: every error at once, each where it is."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from forms.acts import act_form
from forms.catalogue import FOLDER, code_lists, workflows
from forms.check import check, finalise
from forms.definition import DefinitionInvalid, load
from forms.lines import line_of, lines
from forms.publish import published
from server.commands.forms import form

LABEL = {"zh-CN": "题", "en": "Question"}
LISTS = {"CL": [{"name": name, "label": LABEL} for name in "abc"]}
PLAIN: dict[str, Any] = {
    "form": "plain",
    "version": 1,
    "kind": "record",
    "title": LABEL,
    "questions": [
        {"name": "a", "type": "text", "label": LABEL},
        {"name": "n", "type": "integer", "label": LABEL},
    ],
}


def with_(*more: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The plain definition with more questions or other keys."""
    data = copy.deepcopy(PLAIN)
    data["questions"] += [{"label": LABEL, **question} for question in more]
    return {**data, **changes}


def errors(data: Any) -> dict[str, list[str]]:
    with pytest.raises(DefinitionInvalid) as raised:
        load(data, LISTS, workflows())
    return raised.value.errors


def test_a_plain_definition_loads() -> None:
    assert [question.name for question in load(PLAIN).questions] == ["a", "n"]


BAD_NAME = "A name is letters, digits, _ and -, and begins with a letter or _."
NOBODY = "${c}: there is no question of that name."
OWN = "The question's own answer cannot decide whether it is asked."
LIST = 'A choice list is [{"name": "1", "label": {…}}, …] or {"list": "CL_…"}.'
TRIGGER = "a trigger is the reference of another question: ${question}."
MEDIA = "Media are {kind: file}, or {kind: {language: file}}: ('image', 'audio', 'video', 'big-image')."
INNER = [{"name": "x", "type": "text", "label": LABEL}]


@pytest.mark.parametrize(
    ("question", "column", "said"),
    [
        ({"type": "txt"}, "type", "There is no question type 'txt'."),
        ({"name": "1b"}, "name", BAD_NAME),
        ({"name": "b\n"}, "name", BAD_NAME),
        ({"name": "a"}, "name", "The name 'a' is there twice."),
        ({"colour": 1}, "colour", "Unknown field."),
        ({"relevant": "${c}"}, "relevant", NOBODY),
        ({"required": "${c}"}, "required", NOBODY),
        ({"required": 3}, "required", "Either true, false or an expression in quotes."),
        ({"relevant": ". = 1"}, "relevant", OWN),
        ({"hint": {"zh-CN": "${c}", "en": "x"}}, "hint", NOBODY),
        ({"type": "select_one"}, "choices", "A select needs a choice list."),
        ({"type": "select_one", "choices": "zz"}, "choices", "There is no choice list 'zz'."),
        ({"name": "meta"}, "name", "The name 'meta' is kept by XForms for itself."),
        ({"type": "group"}, "questions", "A group needs questions."),
        ({"questions": INNER}, "questions", "A text holds no questions."),
        ({"type": "calculate"}, "calculation", "A calculate needs a calculation."),
        ({"warn": ". = 'x'"}, "warn_message", "A warning needs its text."),
        ({"repeat_count": "2"}, "repeat_count", "A text has no repeat_count."),
        ({"trigger": "${a}"}, "trigger", "A trigger needs the calculation that it sets off."),
        (
            {"trigger": "a", "calculation": "1"},
            "trigger",
            "'a': a question is written ${a}, a text in quotes.",
        ),
        ({"trigger": "1", "calculation": "1"}, "trigger", TRIGGER),
        ({"relevant": ". = 'x'"}, "relevant", OWN),
        ({"relevant": "string-length() > 0"}, "relevant", OWN),
        ({"relevant": "not(normalize-space())"}, "relevant", OWN),
        ({"relevant": "once('x') = 'x'"}, "relevant", OWN),
        ({"rows": 0}, "rows", "Must be greater than or equal to 1 and less than or equal to 100."),
        ({"media": {"smell": "x"}}, "media", MEDIA),
        ({"parameters": {"randomize": True, "seed": "${c}"}}, "parameters.seed", NOBODY),
    ],
)
def test_an_error_of_a_question_is_said_at_its_column(
    question: dict[str, Any], column: str, said: str
) -> None:
    assert errors(with_({"name": "b", "type": "text", **question})) == {f"questions[2].{column}": [said]}


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"titel": 1}, {"titel": "Unknown field."}),
        ({"version": 0}, {"version": "Must be greater than or equal to 1."}),
        ({"allow_choice_duplicates": "1"}, {"allow_choice_duplicates": "Not a valid boolean."}),
        ({"choices": {"c": {"file": 5}}}, {"choices.c.value": LIST}),
        ({"choices": {"c": []}}, {"choices.c": "A choice list needs choices."}),
        ({"title": "Plain"}, {"title": 'A text is written {"zh-CN": "…", "en": "…"}.'}),
        ({"workflow": "nope"}, {"workflow": "There is no workflow 'nope'."}),
        ({"choices": {"c": {"list": "zz"}}}, {"choices.c.list": "There is no code list 'zz'."}),
        (
            {"choices": {"c": {"list": "CL", "only": ["q"]}}},
            {"choices.c.only": "The code list CL has no 'q'."},
        ),
        ({"choices": {"c": 5}}, {"choices.c.value": LIST}),
        (
            {"choices": {"c": [{"name": "1"}]}},
            {"choices.c.value": "Every choice needs a name (text) and a label."},
        ),
        ({"choices": {"c": LISTS["CL"][:1] * 2}}, {"choices.c[1].name": "The choice 'a' is there twice."}),
        (
            {"choices": {"c": [{"name": "1", "label": {"en": "x"}}]}},
            {"choices.c[0].label": "The text is missing in zh-CN."},
        ),
        ({"instance_name": "${c}"}, {"instance_name": NOBODY}),
    ],
)
def test_an_error_of_the_form_is_said_at_its_key(changes: dict[str, Any], found: dict[str, str]) -> None:
    assert errors(with_(**changes)) == {path: [said] for path, said in found.items()}


def test_every_text_is_there_in_the_languages_of_the_title_or_those_that_are_asked_for() -> None:
    one_language = with_(title={"fr": "Formulaire"})
    assert errors(one_language) == {
        "questions[0].label": ["The text is missing in fr."],
        "questions[1].label": ["The text is missing in fr."],
    }
    assert load(with_(title={"zh-CN": "表"})).title == {"zh-CN": "表"}
    with pytest.raises(DefinitionInvalid) as raised:
        load(with_(title={"zh-CN": "表"}), languages=("zh-CN", "en"))
    assert raised.value.errors == {"title": ["The text is missing in en."]}


def test_groups_are_nested_so_deep_and_no_deeper() -> None:
    def nested(depth: int) -> dict[str, Any]:
        question: dict[str, Any] = {"name": "x", "type": "text", "label": LABEL}
        for _ in range(depth):
            question = {"name": "g", "type": "group", "questions": [question]}
        return with_(question)

    assert load(nested(19)).questions[2].name == "g"
    assert errors(nested(20)) == {"questions": ["Groups are nested deeper than 20 levels."]}
    inside_an_act = with_(acts={"close": nested(30)["questions"]})
    assert errors(inside_an_act) == {"questions": ["Groups are nested deeper than 20 levels."]}
    assert errors(nested(900)) == {"questions": ["Groups are nested deeper than 20 levels."]}


def test_choices_of_a_file_come_from_where_they_are_given_and_else_are_none() -> None:
    data = with_(
        {"name": "s", "type": "select_one", "choices": "c", "choice_filter": "town = ${a}"},
        choices={"c": {"file": "places.csv"}},
    )
    assert load(data).choices["c"] == ()
    items = [{"name": "1", "label": LABEL, "town": "x"}]
    assert [choice.name for choice in load(data, {"places.csv": items}).choices["c"]] == ["1"]
    with pytest.raises(DefinitionInvalid, match="no such column"):
        load(data, {"places.csv": [{"name": "1", "label": LABEL}]})


def test_one_name_for_several_choices_is_allowed_where_the_form_says_so() -> None:
    twice = with_(choices={"c": LISTS["CL"][:1] * 2}, allow_choice_duplicates=True)
    assert len(load(twice).choices["c"]) == 2


def test_several_choices_are_joined_by_spaces_so_none_has_one() -> None:
    question = {"name": "s", "type": "select_multiple", "choices": "c"}
    said = "'a b' has a space in it, and several choices are joined by spaces."
    found = errors(with_(question, choices={"c": [{"name": "a b", "label": LABEL}]}))
    assert found == {"questions[2].choices": [said]}


def test_a_number_of_rows_that_needs_the_rows_is_a_circle() -> None:
    repeat = {"name": "r", "type": "repeat", "repeat_count": "count(${x})", "questions": INNER}
    assert errors(with_(repeat))["questions[2].repeat_count"] == ["It depends on itself: r → r.x → r."]


def test_a_calculation_that_is_set_off_may_read_its_own_result() -> None:
    one = {"name": "b", "type": "calculate", "calculation": "${c} + 1", "trigger": "${a}"}
    two = {"name": "c", "type": "calculate", "calculation": "${b}"}
    assert published(load(with_(one, two)))["questions"][2]["trigger"] == ["a"]


def test_a_seed_is_an_expression_of_the_form() -> None:
    question = {"name": "s", "type": "select_one", "choices": "c", "parameters": {"randomize": True}}
    question["parameters"] = {"randomize": True, "seed": "${a}"}
    form = published(load(with_(question, choices={"c": LISTS["CL"]})))
    assert form["questions"][2]["parameters"]["seed"] == {"source": "${a}", "ast": ["ref", "a"]}


def test_what_is_no_object_is_no_definition() -> None:
    assert errors([]) == {"": ["Invalid input type."]}


def test_calculations_that_need_each_other_are_a_circle() -> None:
    one = {"name": "b", "type": "calculate", "calculation": "${c}"}
    two = {"name": "c", "type": "calculate", "calculation": "${b}"}
    assert errors(with_(one, two)) == {
        "questions[2].calculation": ["It depends on itself: b → c → b."],
        "questions[3].calculation": ["It depends on itself: c → b → c."],
    }


def test_a_group_reads_the_questions_in_it_as_they_stand() -> None:
    group = {"name": "g", "type": "group", "relevant": "./x = 1", "questions": INNER}
    assert published(load(with_(group)))["questions"][2]["relevant"]["ast"][2] == ["stored", "g.x"]


def test_a_group_that_needs_itself_by_way_of_another_question_is_a_circle() -> None:
    group = {"name": "g", "type": "group", "relevant": "${c} = 1", "questions": INNER}
    other = {"name": "c", "type": "calculate", "calculation": "${x}"}
    assert errors(with_(group, other))["questions[2].relevant"] == ["It depends on itself: g → c → g.x → g."]


def test_a_question_without_a_label_is_said() -> None:
    assert errors(with_(questions=[{"name": "a", "type": "text"}])) == {
        "questions[0].label": ["A question that people see needs a label."]
    }


def test_all_errors_come_at_once() -> None:
    data = with_(
        {"name": "b", "type": "txt", "relevant": "${zz}"},
        {"name": "c", "type": "select_one", "choices": "zz", "constraint": "foo("},
        version=0,
    )
    assert set(errors(data)) == {
        "version",
        "questions[2].type",
        "questions[2].relevant",
        "questions[3].choices",
        "questions[3].constraint",
    }


def test_the_published_form_stands_alone_and_is_json() -> None:
    definition = load(
        with_(
            {"name": "s", "type": "select_one", "choices": "c", "relevant": "${n} > 1"},
            choices={"c": {"list": "CL", "except": ["b"]}},
            workflow="review",
        ),
        LISTS,
        workflows(),
    )
    form = json.loads(json.dumps(published(definition)))
    assert form["questions"][2]["relevant"] == {
        "source": "${n} > 1",
        "ast": ["op", ">", ["ref", "n"], ["num", 1]],
    }
    assert [item["name"] for item in form["choices"]["c"]] == ["a", "c"]
    assert form["workflow"]["initial"] == "submitted"


def test_the_name_of_a_record_is_published_as_an_expression() -> None:
    form = published(load(with_(instance_name="concat(${a}, '!')")))
    assert form["instance_name"]["ast"] == ["call", "concat", [["ref", "a"], ["str", "!"]]]


def test_a_check_takes_the_definition_itself() -> None:
    definition = load(with_({"name": "b", "type": "text", "required": True}))
    assert [finding.path for finding in check(definition, {"n": "x"}, {})] == ["n", "b"]


def test_what_is_not_even_a_question_is_said() -> None:
    data = with_(choices={"c": [5]})
    data["questions"].insert(0, 5)
    assert errors(data) == {"questions[0]": ["Invalid input type."], "choices.c.value": [LIST]}


def test_every_path_has_its_line() -> None:
    text = '{\n "a": [\n  1,\n  {"b": "x]",\n   "c": []}\n ],\n "d": {}, "e": "\\"é"\n}\n'
    assert lines(text) == {"": 1, "a": 2, "a[0]": 3, "a[1]": 4, "a[1].b": 4, "a[1].c": 5, "d": 7, "e": 7}
    assert line_of(lines(text), "a[1].zz.y") == 4
    assert line_of(lines(text), "nowhere") == 1


def test_the_command_names_file_line_and_path(tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(with_({"name": "b", "type": "txt"}), indent=1), encoding="utf-8")
    done = CliRunner().invoke(form, ["check", str(file)])
    line = file.read_text(encoding="utf-8").splitlines().index('   "type": "txt"') + 1
    assert done.exit_code == 1
    said = "没有 'txt' 这种题型。 There is no question type 'txt'."
    assert done.stderr == f"{file}:{line}: questions[2].type: {said}\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"{",
            ":1: 不是 JSON（第 1 行第 2 列）。 not JSON: line 1, column 2: Expecting property name enclosed in double "
            "quotes\n",
        ),
        (b"\xff", ": 不是 UTF-8 文本。 not UTF-8 text (byte 0)\n"),
        (b"[" * 100_000, ": 套得太深。 nested too deep\n"),
        (b"3", ":1: the whole: 写法不对，这里要的是 JSON 对象。 Invalid input type.\n"),
    ],
)
def test_the_command_never_ends_in_a_traceback(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(content)
    done = CliRunner().invoke(form, ["check", str(file)])
    assert (done.exit_code, done.stderr) == (1, f"{file}{said}")


def test_the_command_is_content_with_the_shipped_forms() -> None:
    done = CliRunner().invoke(form, ["check", *map(str, sorted(FOLDER.glob("*.json")))])
    assert (done.exit_code, done.stderr) == (0, "")
    assert code_lists()


ACT = {"return": [{"name": "why", "type": "select_one", "choices": "c", "label": LABEL, "required": True}]}


def test_an_act_asks_questions_of_its_own_and_reads_what_is_known_of_the_record() -> None:
    asked = [
        *ACT["return"],
        {"name": "b", "type": "text", "label": LABEL, "relevant": "${why} = 'a' and ${subject.n} > 1"},
    ]
    definition = load(
        with_(workflow="review", choices={"c": {"list": "CL"}}, acts={"return": asked}), LISTS, workflows()
    )
    form = act_form(published(definition), "return")
    assert [finding.path for finding in check(form, {}, {})] == ["why"]
    assert [finding.path for finding in check(form, {"why": "z"}, {})] == ["why"]
    assert finalise(form, {"why": "a", "b": "x"}, {"subject": {"n": 2}}) == {"why": "a", "b": "x"}
    assert finalise(form, {"why": "a", "b": "x"}, {"subject": {"n": 1}}) == {"why": "a", "b": None}
    assert act_form(published(definition), "approve")["questions"] == []


@pytest.mark.parametrize(
    ("changes", "path", "said"),
    [
        ({"acts": {"fly": INNER}}, "acts.fly", "The workflow has no act 'fly'."),
        ({"acts": {"return": [{"name": "x", "type": "text", "label": LABEL, "relevant": "${n} > 1"}]}},
         "acts.return[0].relevant", "${n}: there is no question of that name."),
        ({"acts": {"return": [{"name": "x", "type": "text", "label": {"zh-CN": "题"}}]}},
         "acts.return[0].label", "The text is missing in en."),
        ({"acts": {"return": [{"name": "x", "type": "select_one", "choices": "d", "label": LABEL}]}},
         "acts.return[0].choices", "There is no choice list 'd'."),
        ({"acts": {"return": []}}, "acts.return.value", "Shorter than minimum length 1."),
        ({"use": "play"}, "use", "There is no use 'play'."),
        ({"who": ["pilot"]}, "who[0]", "There is no role 'pilot'."),
    ],
)  # fmt: skip
def test_a_fault_in_what_an_act_asks_or_in_who_may_fill_is_named(
    changes: dict[str, Any], path: str, said: str
) -> None:
    assert errors(with_(workflow="review", **changes)) == {path: [said]}


def test_the_command_warns_of_what_lies_beyond_the_scope(tmp_path: Path) -> None:
    file = tmp_path / "watch.json"
    file.write_text(json.dumps(with_({"name": "risk", "type": "text"}), indent=1), encoding="utf-8")
    done = CliRunner().invoke(form, ["check", str(file)])
    assert (done.exit_code, done.stderr) == (0, "")
    said = "提醒 warning: 这里涉及给人贴的标签，应该问吗？ this asks about a label on a person; should it?"
    assert f"questions[2]: {said}" in done.stdout


PEOPLE = {
    "name": "people",
    "type": "repeat",
    "questions": [
        {"name": "who", "type": "text", "label": LABEL},
        {"name": "age", "type": "integer", "label": LABEL},
        {"name": "pets", "type": "repeat", "questions": [{"name": "pet", "type": "text", "label": LABEL}]},
    ],
}


def test_choices_are_taken_from_a_repeat_and_their_filter_reads_the_row() -> None:
    one = {
        "name": "head",
        "type": "select_one",
        "label": LABEL,
        "choices": "${who}",
        "choice_filter": "${age} > 17",
    }
    form = published(load(with_(PEOPLE, one)))
    head = form["questions"][-1]
    assert head["choices"] == "${people.who}"
    assert head["choice_filter"]["ast"] == ["op", ">", ["ref", "people.age"], ["num", 17]]


@pytest.mark.parametrize(
    ("changes", "path", "said"),
    [
        ({"choices": "${n}"}, "choices", "${n} is no question in a repeat, whose rows could be offered."),
        ({"choices": "${people}"}, "choices", "${people} is no question in a repeat, whose rows could be offered."),
        ({"choices": "${nobody}"}, "choices", "${nobody}: there is no question of that name."),
        ({"choices": "${pet}"}, "choices",
         "${pet} lies in a repeat inside another one that this question is not in."),
        ({"type": "select_multiple"}, "choices", "Only a select_one takes its choices from a repeat: ${who}."),
        ({"choice_filter": "age > 1"}, "choice_filter",
         "'age': a question is written ${age}, a text in quotes."),
        ({"relevant": "${age} > 1"}, "relevant",
         "${age} lies in the repeat 'people': read it with sum(), count(), join(), indexed-repeat() …."),
    ],
)  # fmt: skip
def test_a_fault_in_choices_from_a_repeat_is_named(changes: dict[str, Any], path: str, said: str) -> None:
    one = {"name": "head", "type": "select_one", "label": LABEL, "choices": "${who}", **changes}
    data = with_(PEOPLE, one)
    at = len(data["questions"]) - 1
    assert errors(data) == {f"questions[{at}].{path}": [said]}
