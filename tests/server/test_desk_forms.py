"""表单 at the desk: a form is handed in, looked at, kept for its author to try, published or discarded."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from server.candidates import LIFE, MOST, Candidates
from server.manuscripts import Manuscript, from_json
from tests.support.pages import Page, Visitor, desk_of
from tests.support.site import Site
from tests.support.workbooks import SURVEY, workbook

LABEL = {"zh-CN": "题"}
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


def definition(version: int = 1, form: str = "garden", **question: object) -> bytes:
    asked = {"name": "wish", "type": "text", "label": LABEL, **question}
    head = {"form": form, "version": version, "kind": "record", "title": {"zh-CN": "小花园"}}
    return json.dumps({**head, "questions": [asked]}, ensure_ascii=False, indent=1).encode()


def book(*rows: Any, form: str = "garden", version: int = 1) -> bytes:
    return workbook(survey=[(*SURVEY, "relevant"), *rows], settings=[("form_id", "version"), (form, version)])


def hand_in(visitor: Visitor, **files: bytes) -> Page:
    """Choose files (`garden_json=…` is called garden.json) and press 检查."""
    chosen = [
        FileStorage(io.BytesIO(data), name.replace("_", "."), content_type="application/octet-stream")
        for name, data in files.items()
    ]
    fields = MultiDict([("csrf", visitor.open("/forms").field("csrf")), *(("files", one) for one in chosen)])
    boundary, body = encode_multipart(fields)
    kind = f"multipart/form-data; boundary={boundary}"
    return Page(visitor.client.post("/desk/forms", data=body, content_type=kind, follow_redirects=True))


def said(page: Page) -> list[str]:
    return [row.text for row in page.all("remark")]


@pytest.fixture
def fang(site: Site) -> Visitor:
    """The form author."""
    return desk_of(site, "fang")


def test_an_author_begins_at_the_forms_and_sees_nothing_else(fang: Visitor) -> None:
    page = fang.open("/")
    names = [row.attributes["data-form"] for row in page.all("form-row")]
    assert (len(names), "visit" in names) == (20, True)
    assert page.has("nav-forms")
    assert not page.has("nav-queue")
    assert not page.has("nav-grids")
    assert fang.open("/households").status == 403


def test_a_supervisor_has_no_forms_page(site: Site) -> None:
    for name in ("lin", "gao", "he"):
        visitor = desk_of(site, name)
        assert not visitor.open("/").has("nav-forms")
        assert visitor.open("/forms").status == 403
        assert visitor.open("/forms/garden").status == 403
        assert visitor.send("/forms/garden/publish", {}).status == 403
    assert desk_of(site, "admin").open("/").has("nav-forms")


def test_what_is_wrong_with_a_workbook_is_shown_by_cell_and_nothing_is_kept(fang: Visitor) -> None:
    page = hand_in(fang, garden_xlsx=book(("text", "wish", "愿望", "${hope} = 1")))
    assert (page.status, said(page)) == (422, ["错误 survey!D2 ${hope}：没有这个名称的题；请核对写法"])
    assert "garden.xlsx 还不能发布" in page.one("refused").text
    assert not fang.open("/forms").has("candidates")


def test_a_definition_is_shown_by_line(fang: Visitor) -> None:
    page = hand_in(fang, garden_json=definition(type="essay"))
    assert said(page) == ["错误 第 11 行 questions[0].type 没有 'essay' 这种题型"]
    broken = hand_in(fang, garden_json=b'{"form":\n')
    assert said(broken) == ["错误 第 2 行 不是 JSON（第 2 行第 1 列）"]


def test_a_form_is_checked_kept_published_and_kept_no_more(site: Site, fang: Visitor) -> None:
    page = hand_in(fang, garden_xlsx=book(("text", "risk_level", "等级")))
    assert page.status == 200
    assert "检查通过。发布后是一张新表单" in page.one("outcome").text
    assert said(page) == ["提醒 survey!A2 这里涉及给人贴的标签，应该问吗？"]
    assert page.one("try").attributes["href"] == "/#/try/garden"
    assert site.client("fang", "dev-fang000001").get("/api/forms/garden/1").status_code == 404
    fields: dict[str, str | list[str]] = {"kept_at": page.field("kept_at")}
    done = fang.send("/forms/garden/publish", fields, page.field("csrf"))
    assert "“garden”第 1 版已发布" in done.one("notice").text
    assert not done.has("candidates")
    assert site.client("chen", "dev-chen000001").get("/api/forms/garden/1").status_code == 200
    trail = [(row.who, row.detail) for row in site.services.accounts.notes() if row.what == "publish_form"]
    assert trail == [("fang", "form:garden:1")]


def test_what_was_handed_in_meanwhile_is_not_published_unseen(site: Site, fang: Visitor) -> None:
    page = hand_in(fang, garden_json=definition())
    clock = site.services.clock() + timedelta(minutes=1)
    site.services.candidates.keep("fang", from_json(definition(2)), "other.json", clock)
    fields: dict[str, str | list[str]] = {"kept_at": page.field("kept_at")}
    again = fang.send("/forms/garden/publish", fields, page.field("csrf"))
    assert again.status == 409
    assert again.has("publish")
    assert site.client("fang", "dev-fang000001").get("/api/forms/garden/2").status_code == 404


def test_a_next_version_says_what_it_follows_and_what_is_published_is_not_published_again(
    fang: Visitor,
) -> None:
    first = hand_in(fang, garden_json=definition())
    fields: dict[str, str | list[str]] = {"kept_at": first.field("kept_at")}
    fang.send("/forms/garden/publish", fields, first.field("csrf"))
    same = hand_in(fang, garden_json=definition())
    assert "完全相同" in same.one("outcome").text
    assert not same.has("publish")
    assert "接在第 1 版之后" in hand_in(fang, garden_json=definition(2)).one("outcome").text
    taken = hand_in(fang, garden_json=definition(label={"zh-CN": "别的"}))
    assert taken.status == 422
    assert said(taken) == [
        "错误 第 3 行 version garden 第 1 版已发布，内容不同；发布了的版本不能改，请用版本号 2"
    ]


def test_a_candidate_that_was_overtaken_says_so_and_is_not_published(site: Site, fang: Visitor) -> None:
    page = hand_in(fang, garden_json=definition())
    other = site.client("admin", "dev-admin000001")
    mine = definition(label={"zh-CN": "别的"})
    assert other.post("/api/forms", data=mine, content_type="application/json").status_code == 201
    assert "现在不能发布" in fang.open("/forms/garden").one("outcome").text
    fields: dict[str, str | list[str]] = {"kept_at": page.field("kept_at")}
    late = fang.send("/forms/garden/publish", fields, page.field("csrf"))
    assert (late.status, late.has("publish")) == (409, False)
    assert "请用版本号 2" in said(late)[0]


def test_tables_are_handed_in_beside_the_workbook(fang: Visitor) -> None:
    rows = book(("select_one_from_file places.csv", "place", "地点", ""))
    alone = hand_in(fang, garden_xlsx=rows)
    assert said(alone)[0].startswith("未导入 survey!A2 places.csv 没有导入")
    both = hand_in(fang, garden_xlsx=rows, places_csv="name,label\n1,东里\n".encode())
    assert said(both) == []


def test_one_form_at_a_time_and_nothing_is_said_in_words(fang: Visitor) -> None:
    for files in ({}, {"places_csv": b"name,label\n"}, {"a_json": definition(), "b_json": definition()}):
        page = hand_in(fang, **files)
        assert page.status == 422
        assert "请选一个表单文件" in said(page)[0]


def test_files_that_are_too_large_are_refused_in_words(fang: Visitor) -> None:
    kind = "multipart/form-data; boundary=x"
    page = Page(fang.client.post("/desk/forms", data=bytes(33 * 2**20), content_type=kind))
    assert (page.status, "最多 32 MB" in page.one("error").text) == (413, True)


def test_a_form_from_another_site_is_refused(fang: Visitor) -> None:
    files = {"files": (io.BytesIO(definition()), "garden.json"), "csrf": "no"}
    reply = fang.client.post("/desk/forms", data=files, content_type="multipart/form-data")
    assert reply.status_code == 403


def test_a_candidate_is_its_authors_alone(site: Site, fang: Visitor) -> None:
    hand_in(fang, garden_json=definition(relevant="1 = 1"))
    phone = site.client("fang", "dev-fang000001")
    [row] = phone.get("/api/candidates").json["candidates"]
    assert {**row, "kept_at": ""} == {
        "form": "garden",
        "version": 1,
        "title": {"zh-CN": "小花园"},
        "kept_at": "",
    }
    form = phone.get("/api/candidates/garden").json
    assert form["questions"][0]["relevant"]["source"] == "1 = 1"
    admin = site.client("admin", "dev-admin000001")
    assert admin.get("/api/candidates").json == {"candidates": []}
    assert admin.get("/api/candidates/garden").status_code == 404
    assert desk_of(site, "admin").open("/forms/garden").status == 404
    for name in ("chen", "lin", "gao", "he", "peer"):
        client = site.client(name, f"dev-{name}0000001")
        assert client.get("/api/candidates").status_code == 403, name
        assert client.get("/api/candidates/garden").status_code == 403, name
    assert site.client().get("/api/candidates/garden").status_code == 401
    assert phone.get("/api/forms").json["forms"][0]["form"] != "garden"


def test_what_is_not_wanted_is_discarded(fang: Visitor) -> None:
    page = hand_in(fang, garden_json=definition())
    assert not fang.send("/forms/garden/drop", {}, page.field("csrf")).has("candidates")
    assert fang.open("/forms/garden").status == 404


def manuscript(form: str, version: int = 1) -> Manuscript:
    return from_json(definition(version, form))


def test_a_newer_candidate_takes_the_place_of_the_older_and_the_oldest_go(tmp_path: Path) -> None:
    kept = Candidates(tmp_path / "candidates")
    kept.keep("fang", manuscript("a"), "a.json", NOW)
    kept.keep("fang", manuscript("a", 2), "b.json", NOW + timedelta(seconds=1))
    assert [(one.file, one.definition["version"]) for one in kept.all("fang", NOW)] == [("b.json", 2)]
    for number in range(MOST):
        kept.keep("fang", manuscript(f"f{number}"), "f.json", NOW + timedelta(minutes=number + 1))
    found = kept.all("fang", NOW)
    assert (len(found), found[0].form, found[-1].form) == (MOST, f"f{MOST - 1}", "f0")
    assert kept.all("admin", NOW) == []


def test_a_candidate_is_forgotten_after_its_time(tmp_path: Path) -> None:
    kept = Candidates(tmp_path / "candidates")
    kept.keep("fang", manuscript("a" * 300), "a.json", NOW)
    assert kept.find("fang", "a" * 300, NOW + LIFE) is not None
    late = NOW + LIFE + timedelta(seconds=1)
    assert kept.find("fang", "a" * 300, late) is None
    kept.keep("admin", manuscript("b"), "b.json", late)
    assert len(list((tmp_path / "candidates").rglob("*.json"))) == 1


def test_tables_that_are_too_large_are_told(fang: Visitor) -> None:
    page = hand_in(fang, garden_xlsx=book(("text", "a", "甲", "")), places_csv=bytes(5 * 2**20))
    assert (page.status, "选项表太大" in said(page)[0]) == (422, True)
