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
    reply = post(fang, text)
    assert reply.status_code == 400
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
