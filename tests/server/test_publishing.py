"""Publishing a form over HTTP: checked whole, then there for ever."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from server.api.forms import DEFINITION_BYTES_MAX
from tests.support.site import Site
from tests.support.workbooks import SURVEY, with_sheet, workbook

LABEL = {"zh-CN": "题"}


def form(version: int = 1, *questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = questions or ({"name": "wish", "type": "text", "label": LABEL, "required": True},)
    return {
        "form": "garden",
        "version": version,
        "kind": "record",
        "title": {"zh-CN": "小花园"},
        "questions": [*asked],
        **more,
    }


def post(client: FlaskClient, data: object, query: str = "") -> TestResponse:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, indent=1)
    return client.post(f"/api/forms{query}", data=text.encode(), content_type="application/json")


@pytest.fixture
def fang(site: Site) -> FlaskClient:
    """The form author."""
    return site.client("fang", "dev-fang000001")


def test_a_form_is_published_and_served_and_reaches_phones(site: Site, fang: FlaskClient) -> None:
    made = post(fang, form())
    assert (made.status_code, made.headers["Location"]) == (201, "/api/forms/garden/1")
    assert made.json == {"form": "garden", "version": 1, "title": {"zh-CN": "小花园"}}
    assert fang.get("/api/forms/garden/1").json["questions"][0]["name"] == "wish"
    chen = site.client("chen", "dev-chen000001")
    assert chen.get("/db/forms/form:garden:1").json["form"] == "garden"


def test_publishing_the_same_again_writes_nothing(site: Site, fang: FlaskClient) -> None:
    post(fang, form())
    before = site.services.stores.update_seqs()
    assert post(fang, form()).status_code == 200
    assert site.services.stores.update_seqs() == before


def test_a_published_version_is_never_another(fang: FlaskClient) -> None:
    post(fang, form())
    reply = post(fang, form(title={"zh-CN": "大花园"}))
    assert (reply.status_code, reply.json["error"]) == (409, "published")
    assert fang.get("/api/forms/garden/1").json["title"] == {"zh-CN": "小花园"}


def test_all_that_is_wrong_is_said_at_once_with_path_and_line(fang: FlaskClient) -> None:
    wrong = form(
        1,
        {"name": "wish", "type": "essay", "label": LABEL},
        {"name": "until", "type": "date", "label": LABEL, "relevant": "${hope} = '1'"},
    )
    reply = post(fang, wrong)
    assert (reply.status_code, reply.json["error"]) == (422, "invalid_definition")
    assert reply.json["details"] == {
        "questions[0].type": ["There is no question type 'essay'."],
        "questions[1].relevant": ["${hope}: there is no question of that name."],
    }
    lines = json.dumps(wrong, ensure_ascii=False, indent=1).splitlines()
    assert '"essay"' in lines[reply.json["lines"]["questions[0].type"] - 1]
    assert "${hope}" in lines[reply.json["lines"]["questions[1].relevant"] - 1]
    assert fang.get("/api/forms/garden/1").status_code == 404


def test_a_check_publishes_nothing(site: Site, fang: FlaskClient) -> None:
    before = site.services.stores.update_seqs()
    assert post(fang, form(), "?check=true").status_code == 200
    assert post(fang, form(1, {"name": "wish", "type": "essay"}), "?check=true").status_code == 422
    assert site.services.stores.update_seqs() == before


def test_the_next_version_keeps_its_types_and_is_greater(fang: FlaskClient) -> None:
    post(fang, form(5))
    lower = post(fang, form(4))
    assert lower.json["details"] == {"version": ["Version 5 is published; the next one is greater."]}
    changed = post(fang, form(6, {"name": "wish", "type": "integer", "label": LABEL}))
    assert list(changed.json["details"]) == ["questions[0].type"]
    migrated = form(
        6,
        {"name": "wish", "type": "integer", "label": LABEL},
        migration={
            "answers": {"wish": "number(${wish})"},
            "examples": [{"before": {"wish": "3"}, "after": {"wish": 3}}],
        },
    )
    assert post(fang, migrated).status_code == 201
    assert fang.get("/api/forms/garden/6").json["migration"]["from"] == 5


def test_a_shipped_form_is_adapted_from_version_1000_on(fang: FlaskClient) -> None:
    ours = {**form(2), "form": "visit"}
    assert list(post(fang, ours).json["details"]) == ["version"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not JSON: line 1"), ("", "not JSON: line 1"), ('{"a":\n\n x}', "not JSON: line 3")],
)
def test_what_is_no_json_is_a_400_with_the_line(fang: FlaskClient, text: str, said: str) -> None:
    fang.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    reply = post(fang, text)
    assert (reply.status_code, reply.json["error"]) == (400, "bad_request")
    assert said in reply.json["reason"]


def test_what_is_json_and_no_definition_is_told_so(fang: FlaskClient) -> None:
    for data in ([], "form", 7, None, {}, {"questions": 7}, {"questions": [7]}):
        assert post(fang, json.dumps(data)).status_code == 422, data


def test_nesting_without_end_and_too_large_a_text_are_refused(fang: FlaskClient) -> None:
    assert post(fang, "[" * 100_000).status_code == 400
    inner: list[dict[str, Any]] = [{"name": "wish", "type": "text", "label": LABEL}]
    for _ in range(300):
        inner = [{"name": "g", "type": "group", "label": LABEL, "questions": inner}]
    deep = post(fang, json.dumps(form(1, *inner)))
    said = {"questions": ["Groups are nested deeper than 20 levels."]}
    assert (deep.status_code, deep.json["details"]) == (422, said)
    column = "[" * 900 + "]" * 900
    text = json.dumps(form(choices={"c": [{"name": "1", "label": LABEL, "more": "column"}]}))
    deep = post(fang, text.replace('"column"', column))
    assert deep.status_code == 400
    assert post(fang, '"' + "x" * DEFINITION_BYTES_MAX + '"').status_code == 413


def test_only_authors_and_administrators_publish(site: Site) -> None:
    assert post(site.client(), form()).status_code == 401
    for name in ("chen", "lin", "gao", "he", "peer"):
        assert post(site.client(name, f"dev-{name}0000001"), form()).status_code == 403, name
    assert post(site.client("admin", "dev-admin000001"), form()).status_code == 201


def test_an_author_sees_no_grid(fang: FlaskClient) -> None:
    assert fang.get("/db/grid-aaaaaaaaaaa2").status_code == 403
    assert fang.get("/db/_all_dbs").status_code == 403


def test_the_schema_of_a_form_is_served(fang: FlaskClient) -> None:
    post(fang, form())
    reply = fang.get("/api/forms/garden/1/schema.json")
    assert reply.mimetype == "application/schema+json"
    schema = json.loads(reply.data)
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    assert judge.is_valid({"wish": "一棵树"})
    assert not judge.is_valid({"wish": 7})
    assert fang.get("/api/forms/garden/2/schema.json").status_code == 404


def test_an_author_is_told_of_what_lies_beyond_the_scope_and_may_still_publish(fang: FlaskClient) -> None:
    made = post(fang, form(1, {"name": "risk_level", "type": "text", "label": LABEL}))
    assert made.status_code == 201
    assert made.json["warnings"] == [{"path": "questions[0]", "about": "a label on a person"}]


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = [("form_id", "version"), ("garden", 1)]


def post_book(client: FlaskClient, data: bytes, query: str = "", kind: str = XLSX) -> TestResponse:
    return client.post(f"/api/forms{query}", data=data, content_type=kind)


def test_a_workbook_is_published_as_a_definition_is(site: Site, fang: FlaskClient) -> None:
    book = workbook(survey=[SURVEY, ("text", "wish", "愿望")], settings=HEAD)
    before = site.services.stores.update_seqs()
    checked = post_book(fang, book, "?check=true")
    assert (checked.status_code, site.services.stores.update_seqs()) == (200, before)
    made = post_book(fang, book)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/forms/garden/1")
    assert made.json == {"form": "garden", "version": 1, "title": {"zh-CN": "garden"}}
    assert fang.get("/api/forms/garden/1").json["questions"][0]["label"] == {"zh-CN": "愿望"}
    assert post_book(fang, book).status_code == 200


def test_all_that_is_wrong_with_a_workbook_is_said_by_sheet_row_and_column(fang: FlaskClient) -> None:
    rows = [(*SURVEY, "relevant"), ("text", "wish", "愿望", "${hope} = 1"), ("osm", "b", "乙", "")]
    reply = post_book(fang, workbook(survey=rows, settings=HEAD))
    assert (reply.status_code, reply.json["error"]) == (422, "invalid_definition")
    assert reply.json["report"] == [
        {
            "sheet": "survey", "row": 2, "column": "D", "severity": "error",
            "said": {"zh-CN": "${hope}：没有这个名称的题；请核对写法",
                     "en": "${hope}: there is no question of that name."},
        },
        {
            "sheet": "survey", "row": 3, "column": "A", "severity": "left out",
            "said": {"zh-CN": "不采集 OSM 要素；请改用 geopoint",
                     "en": "OpenStreetMap features are not collected; use geopoint"},
        },
    ]  # fmt: skip
    assert fang.get("/api/forms/garden/1").status_code == 404


def test_what_keeps_a_workbook_from_following_is_said_by_cell_and_warnings_too(fang: FlaskClient) -> None:
    def book(version: int, kind: str) -> bytes:
        rows = [SURVEY, ("text", "risk_level", "等级"), (kind, "wish", "愿望")]
        return workbook(survey=rows, settings=[("form_id", "version"), ("garden", version)])

    made = post_book(fang, book(5, "text"))
    assert made.status_code == 201
    [warning] = made.json["report"]
    assert (warning["sheet"], warning["row"], warning["severity"]) == ("survey", 2, "warning")
    changed = post_book(fang, book(6, "integer"))
    assert changed.status_code == 422
    assert [(one["row"], one["column"], one["severity"]) for one in changed.json["report"]] == [
        (3, "A", "error"),
        (2, "A", "warning"),
    ]
    [lower] = post_book(fang, book(4, "text")).json["report"][:1]
    assert (lower["sheet"], lower["row"], lower["column"]) == ("settings", 2, "B")
    assert post_book(fang, book(5, "integer")).status_code == 409


def test_a_workbook_sent_without_a_name_must_say_how_the_form_is_called(fang: FlaskClient) -> None:
    reply = post_book(fang, workbook(survey=[SURVEY, ("text", "wish", "愿望")]))
    assert reply.status_code == 422
    assert "form_id" in reply.json["report"][0]["said"]["en"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b"type,name", "no Excel workbook"),
        (workbook(survey=[SURVEY])[:1500], "damaged"),
        (
            with_sheet(
                "<row>"
                + "<c><v>1</v></c>" * 16_000
                + "</row>"
                + "<row/>" * 400_000
                + "<row><c><v>1</v></c></row>"
            ),
            "too large",
        ),
        (with_sheet('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), "too large"),
    ],
)
def test_a_hostile_workbook_is_a_400_that_says_why(fang: FlaskClient, data: bytes, said: str) -> None:
    fang.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    reply = post_book(fang, data)
    assert (reply.status_code, reply.json["error"]) == (400, "bad_request")
    assert said in reply.json["reason"]


def test_a_workbook_larger_than_any_is_not_looked_at(fang: FlaskClient) -> None:
    assert post_book(fang, b"PK" + bytes(16 * 2**20)).status_code == 413
    assert post_book(fang, b"PK", kind="application/zip").status_code == 415


def test_who_published_what_is_in_the_audit_trail_once(site: Site, fang: FlaskClient) -> None:
    for _ in range(2):
        post(fang, form())
    post(fang, form(2), "?check=true")
    notes = [(row.who, row.detail) for row in site.services.accounts.notes() if row.what == "publish_form"]
    assert notes == [("fang", "form:garden:1")]


def test_only_authors_and_administrators_publish_workbooks(site: Site) -> None:
    book = workbook(survey=[SURVEY, ("text", "wish", "愿望")], settings=HEAD)
    for name in ("chen", "lin", "peer"):
        assert post_book(site.client(name, f"dev-{name}0000001"), book).status_code == 403, name


def test_a_form_that_no_other_server_would_take_is_not_published(fang: FlaskClient) -> None:
    choices = [{"name": str(number), "label": {"zh-CN": "某某村" * 10}} for number in range(12_000)]
    pick = {"name": "village", "type": "select_one", "label": LABEL, "choices": "villages"}
    reply = post(fang, form(1, pick, choices={"villages": choices}))
    assert (reply.status_code, list(reply.json["details"])) == (422, [""])
    assert "larger than 1 MiB" in reply.json["details"][""][0]
