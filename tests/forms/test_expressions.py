"""The parser: what it reads, what it refuses and how it says so. Meaning is in the vectors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.evaluate import evaluate
from forms.expressions import MAX_DEPTH, ExpressionInvalid, parse
from forms.filling import Filling
from forms.form import Form, references
from forms.linking import Linker
from forms.place import At
from forms.scope import Resolver, template
from forms.spot import Spot
from tests.forms.compiled import compiled, vectors

DEFINITION = vectors("expressions")["form"]
SCOPE = Linker(DEFINITION, {}, {}, ()).scope
KIT = Form(compiled()["kit"])


def resolved(source: str, at: str = "z", items: str | None = None) -> Any:
    return Resolver(SCOPE, at, items=items).resolve(parse(source))


@pytest.mark.parametrize(
    ("source", "tree"),
    [
        ("selected(${ms}, 'red')", ["call", "selected", [["ref", "ms"], ["str", "red"]]]),
        ("1 + 2 * 3", ["op", "+", ["num", 1], ["op", "*", ["num", 2], ["num", 3]]]),
        ("-${n}", ["neg", ["ref", "n"]]),
        ("a-b", ["name", "a-b"]),
        ("../x", ["path", "self", ["..", "x"]]),
        ("a/b", ["path", "self", ["a", "b"]]),
        ("${g}/x", ["path", ["ref", "g"], ["x"]]),
        ("div div mod", ["op", "div", ["name", "div"], ["name", "mod"]]),
        ("jr:choice-name(1, 2)", ["call", "jr:choice-name", [["num", 1], ["num", 2]]]),
        ("instance('c')/root/item[a = 1]/b", ["lookup", "c", "b", [["op", "=", ["name", "a"], ["num", 1]]]]),
    ],
)
def test_source_becomes_a_tree_of_lists(source: str, tree: list[Any]) -> None:
    assert parse(source) == tree


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "the expression ends where a value should be"),
        ("1 +", "the expression ends where a value should be"),
        ("(1", "expected ')', met the end at character 3"),
        ("1 2", "expected the end, met '2' at character 3"),
        ("'abc", "the quote opened at character 1 is not closed"),
        ("a @ b", "unexpected '@' at character 3"),
        ("${}", "${} names no question"),
        ("1 = = 2", "unexpected '=' at character 5"),
        ("../", "a path needs a name at character 4"),
        ("f(1,)", "unexpected ')' at character 5"),
        ("//x", "a path needs a name at character 2"),
        ("instance('c')/root/item[1", "expected ']', met the end at character 26"),
        ("${a} = ‘’’", "the quote opened at character 10 is not closed"),
        ("(" * 70 + "1" + ")" * 70, f"nested deeper than {MAX_DEPTH} levels at character 61"),
        (" + ".join(["1"] * 400), "more than 300 operands in a row"),
    ],
)
def test_what_is_no_expression_is_said_with_its_place(source: str, said: str) -> None:
    with pytest.raises(ExpressionInvalid) as raised:
        parse(source)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("${nobody}", "${nobody}: there is no question of that name"),
        ("nobody", "'nobody': a question is written ${nobody}, a text in quotes"),
        (
            "${k} = 'a'",
            "${k} lies in the repeat 'rows': read it with sum(), count(), join(), indexed-repeat() …",
        ),
        (
            "sum(${k} + 1)",
            "${k} lies in the repeat 'rows': read it with sum(), count(), join(), indexed-repeat() …",
        ),
        ("foo(1)", "foo() is not a function of this language"),
        ("index()", "index(): there is no repeat here"),
        ("instance('c')/x", "instance('c') is read as /root/item[…]/column only"),
        ("instance('c')/root/data[a = 1]/b", "instance('c') is read as /root/item[…]/column only"),
        ("instance('c')/root/item/a/b", "instance('c') is read as /root/item[…]/column only"),
        ("instance('c')/root/item/a[1]", "instance('c') is read as /root/item[…]/column only"),
        (
            "cht:difference-in-months(1, 2)",
            "cht:difference-in-months() is written difference-in-months(a, b) here",
        ),
        ("z-score(1)", "z-score() needs the CHT's growth tables, which are not here"),
        ("not()", "not() takes 1 arguments, here are 0"),
        ("round(1, 2, 3)", "round() takes 1 to 2 arguments, here are 3"),
        ("concat()", "concat() takes 1 or more arguments, here are 0"),
        ("regex(., '[a')", "regex(): the pattern ends too early"),
        ("../nobody", "the path '../nobody' leads to no question"),
        ("position(..)", "position(): there is no repeat here"),
        ("jr:choice-name(1, 'x')", "jr:choice-name() takes a value and a question in quotes: '${question}'"),
        ("jr:choice-name(1, '${a}')", "jr:choice-name(): 'a' has no choices"),
        ("instance('zz')/root/item[1]/name", "instance('zz'): there is no such choice list"),
        ("instance('places')/root/item[zz = 1]/name", "'zz': the choice list 'places' has no such column"),
        ("indexed-repeat(1, ${rows}, 1)", "indexed-repeat() takes a question, a repeat, a number, …"),
    ],
)
def test_a_name_that_means_nothing_here_is_said(source: str, said: str) -> None:
    with pytest.raises(ExpressionInvalid) as raised:
        resolved(source)
    assert str(raised.value) == said


def test_a_filter_reads_the_columns_of_its_list() -> None:
    assert resolved("parent = ${a}", items="places") == ["op", "=", ["col", "parent"], ["ref", "a"]]
    assert resolved("./parent = ''", items="places") == ["op", "=", ["col", "parent"], ["str", ""]]


def test_the_nearest_question_of_a_name_is_meant() -> None:
    twice = {
        "questions": [
            {"name": "x", "type": "text"},
            {
                "name": "g",
                "type": "group",
                "questions": [{"name": "x", "type": "text"}, {"name": "y", "type": "text"}],
            },
            {"name": "h", "type": "group", "questions": [{"name": "y", "type": "text"}]},
            {"name": "out", "type": "text"},
        ]
    }
    scope = Linker(twice, {}, {}, ()).scope
    assert Resolver(scope, "g.y").resolve(parse("${x}")) == ["ref", "g.x"]
    assert Resolver(scope, "h.y").resolve(parse("${x}")) == ["ref", "x"]
    with pytest.raises(ExpressionInvalid, match="several questions have that name"):
        Resolver(scope, "out").resolve(parse("${y}"))
    with pytest.raises(ExpressionInvalid, match="needs a question of type start"):
        Resolver(scope, "out").resolve(parse("duration()"))


def test_references_in_labels_become_absolute() -> None:
    assert (
        template(SCOPE, "rows.v", "${k}的 ${ subject.name } ${v}") == "${rows.k}的 ${subject.name} ${rows.v}"
    )


def test_the_paths_a_tree_reads() -> None:
    assert set(references(resolved("concat(${a}, 'ref', ${g}/gx) = ${n}"))) == {"a", "g.gx", "n"}


@given(st.text(max_size=60))
@settings(max_examples=400, deadline=None)
def test_any_text_parses_or_is_refused_by_name(source: str) -> None:
    try:
        tree = parse(source)
    except ExpressionInvalid:
        return
    assert isinstance(tree[0], str)


ATOMS = st.sampled_from(
    ["${a}", "${n}", "${ms}", "''", "'2026-11-22'", "1", "0", "-1", ".", "today()", "'[a-z]*'", "1e9"]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FORMULAS = st.recursive(
    ATOMS,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "=", "<", "and", "div", "mod"]), inner)
        | st.builds(
            "{}({})".format,
            st.sampled_from(["not", "number", "date", "int", "string-length", "count", "sum"]),
            inner,
        )
        | st.builds(
            "{}({}, {})".format,
            st.sampled_from(["selected", "substr", "regex", "round", "pow"]),
            inner,
            inner,
        )
    ),
    max_leaves=8,
)


@given(FORMULAS, st.dictionaries(st.sampled_from(["a", "n", "ms", "z", "rows", "g", "hid"]), JSON))
@settings(max_examples=400, deadline=None)
def test_an_expression_never_raises_on_the_data_it_is_given(source: str, answers: dict[str, Any]) -> None:
    try:
        tree = resolved(source)
    except ExpressionInvalid:
        return
    filling = Filling(KIT, answers, {"now": "2026-11-22T02:00:00Z", "today": "2026-11-22"})
    assert isinstance(evaluate(tree, At(filling, Spot(KIT.nodes["z"]))), str | float | bool | list)
