"""The shipped forms are there and stay as they are; receipts say how far a document has come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from forms import catalogue
from forms.publish import published
from server.publishing import FormChanged, Publication, publish
from server.startup import prepare
from sync.documents import Document
from sync.replicate import replicate
from sync.revisions import next_rev
from tests.support.site import Site
from tests.support.town import GRID_1, GRID_2

RECORD = "record:01JD0000000000000000000001"


@pytest.fixture
def chen(site: Site) -> FlaskClient:
    return site.client("chen", "dev-chen000001")


def test_every_shipped_form_is_served(chen: FlaskClient) -> None:
    listed = {(row["form"], row["version"]) for row in chen.get("/api/forms").json["forms"]}
    assert listed == {(form.form, form.version) for form in catalogue.shipped()}
    assert {"household", "person", "dwelling", "visit", "safety_hazard"} <= {form for form, _ in listed}
    for form in catalogue.shipped():
        served = chen.get(f"/api/forms/{form.form}/{form.version}")
        assert served.json == published(form)
        again = chen.get(
            f"/api/forms/{form.form}/{form.version}", headers={"If-None-Match": served.headers["ETag"]}
        )
        assert again.status_code == 304


def test_forms_need_a_sign_in_and_an_unknown_one_is_not_found(site: Site, chen: FlaskClient) -> None:
    assert site.client().get("/api/forms").status_code == 401
    assert chen.get("/api/forms/visit/9999").status_code == 404
    assert chen.get("/api/forms/nothing/1").status_code == 404


def test_preparing_twice_writes_nothing(site: Site) -> None:
    before = site.services.stores.update_seqs()
    prepare(site.services)
    assert site.services.stores.update_seqs() == before


def test_a_published_version_never_changes(site: Site) -> None:
    form = catalogue.shipped()[0]
    store = site.services.stores.open("forms")
    with pytest.raises(FormChanged, match=form.form):
        publish(store, replace(form, title={"zh-CN": "别的"}))
    assert publish(store, form) == Publication(published(form), is_new=False, before=None)
    assert publish(store, replace(form, version=form.version + 1000)).is_new


def keep(site: Site, fields: dict[str, Any], parent: Document | None = None) -> Document:
    path = [next_rev(parent.rev if parent else None, fields), *(parent.path if parent else ())]
    document = Document.of(RECORD, path, fields)
    site.services.stores.open(GRID_1).graft([document])
    return document


def tiers(client: FlaskClient, *documents: Document) -> list[str]:
    found = []
    for document in documents:
        reply = client.post(f"/api/grids/{GRID_1}/receipts", json={document.doc_id: document.rev})
        found.append(reply.json[document.doc_id]["tier"])
    return found


def test_sent_is_a_revision_that_is_here_wherever_in_the_tree(site: Site, chen: FlaskClient) -> None:
    first = keep(site, {"answers": {"a": 1}})
    second = keep(site, {"answers": {"a": 2}}, first)
    elsewhere = Document.of(RECORD, ["2-" + "a" * 32], {})
    assert tiers(chen, first, second, elsewhere) == ["sent", "sent", "unknown"]


def test_at_the_district_when_a_replication_has_delivered_it(site: Site, chen: FlaskClient) -> None:
    first = keep(site, {"answers": {"a": 1}})
    stores = site.services.stores
    replicate(stores.open(GRID_1), stores.create("grid-district"), session="s1")
    assert tiers(chen, first) == ["district"]
    second = keep(site, {"answers": {"a": 2}}, first)
    assert tiers(chen, second) == ["sent"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"a": 1}', b'{"a": "x"}', b'{"a": "0-x"}', b"[" * 100_000])
def test_a_broken_question_is_a_bad_request(chen: FlaskClient, body: bytes) -> None:
    assert chen.post(f"/api/grids/{GRID_1}/receipts", data=body).status_code == 400


def test_receipts_of_another_grid_are_closed(site: Site, chen: FlaskClient) -> None:
    assert chen.post(f"/api/grids/{GRID_2}/receipts", json={}).status_code == 403
    assert site.client().post(f"/api/grids/{GRID_1}/receipts", json={}).status_code == 401


def test_quarantine_says_why_in_plain_words(chen: FlaskClient) -> None:
    fields = {"captured_by": "zhang", "answers": {}}
    doc = {"_id": RECORD, "_rev": next_rev(None, fields), **fields}
    chen.post(f"/db/{GRID_1}/_bulk_docs", json={"docs": [doc], "new_edits": False})

    def reason(language: str) -> str:
        reply = chen.post(
            f"/api/grids/{GRID_1}/receipts",
            json={RECORD: doc["_rev"]},
            headers={"Accept-Language": language},
        )
        return str(reply.json[RECORD]["reason"])

    assert reason("zh-CN") == "已收到，等待社区审核；填报人不是登录账号"
    assert reason("en-GB").startswith("Received")
