"""Who may do what under `/db/`: every route, every method."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from server.app import url_rules
from tests.support.records import as_json, batch_of, visit
from tests.support.site import Site
from tests.support.town import GRID_1, GRID_2

PHONE = "dev-aaaaaaaaaa"
_SAMPLES = {
    "document:doc_id": "record:x", "any_segment:doc_id": "record:x", "any_segment:design": "d",
    "any_segment:local_id": "cp", "any_segment:view": "v",
    "special:special": "_nope", "local:local_id": "_local%2Fcp", "part:part": "p.png",
}  # fmt: skip


def every_route(site: Site, database: str) -> list[tuple[str, str]]:
    """Method and URL of every route below a database."""
    routes = []
    for rule in site.app.url_map.iter_rules():
        if not re.match(r"/db/<(any_)?segment:name>", rule.rule):
            continue
        url = re.sub(r"<(any_)?segment:name>", database, rule.rule)
        for sample, value in _SAMPLES.items():
            url = url.replace(f"<{sample}>", value)
        routes += [(method, url) for method in sorted(rule.methods or ()) if method != "OPTIONS"]
    return routes


def statuses(site: Site, client: FlaskClient, routes: list[tuple[str, str]]) -> set[int]:
    assert len(routes) > 40
    assert not any("<" in url for _, url in routes)
    return {client.open(url, method=method, json={}).status_code for method, url in routes}


def test_every_verb_of_another_grid_is_forbidden(site: Site) -> None:
    assert statuses(site, site.client("wu", "dev-wwwwwwwwww"), every_route(site, GRID_1)) == {403}


def test_every_verb_without_a_token_is_unauthorized(site: Site) -> None:
    assert statuses(site, site.client(), every_route(site, GRID_1)) == {401}
    rest = {rule for rule in url_rules() if rule.startswith("/db/_")} - {"/db/_session"}
    assert {site.client().get(rule).status_code for rule in rest} <= {401, 405}


def test_without_a_token_the_session_is_nobodys(site: Site) -> None:
    assert site.client().get("/db/_session").json["userCtx"] == {"name": None, "roles": []}


def test_who_may_not_enter_never_learns_whether_it_exists(site: Site) -> None:
    client = site.client("wu", "dev-wwwwwwwwww")
    assert client.get("/db/no-such").data == client.get(f"/db/{GRID_1}").data
    assert statuses(site, client, every_route(site, "no-such")) == {403}


def test_a_wrong_token_is_unauthorized(site: Site) -> None:
    client = site.client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer nonsense"
    assert client.get(f"/db/{GRID_1}").status_code == 401
    assert "Basic" not in client.get(f"/db/{GRID_1}").headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", ""), ("DELETE", ""), ("POST", "_compact"), ("GET", "_security"), ("PUT", "_security"),
        ("GET", "_revs_limit"), ("PUT", "_revs_limit"), ("POST", "_purge"), ("POST", "_index"),
    ],
)  # fmt: skip
def test_a_worker_does_not_administer_even_his_own_grid(site: Site, method: str, path: str) -> None:
    reply = site.client("chen", PHONE).open(f"/db/{GRID_1}/{path}".rstrip("/"), method=method, json={})
    assert reply.status_code == 403


def test_a_worker_writes_no_design_document(site: Site) -> None:
    client = site.client("chen", PHONE)
    reply = client.put(f"/db/{GRID_1}/_design/d", json={"validate_doc_update": "function () {}"})
    assert (reply.status_code, reply.json["error"]) == (403, "forbidden")
    pushed = batch_of(b'{"_id":"_design/d","_rev":"1-a"}', visit(1))
    rows = client.post(f"/db/{GRID_1}/_bulk_docs", data=pushed, content_type="application/json").json
    assert [(row["id"], row["error"]) for row in rows] == [("_design/d", "forbidden")]
    assert client.get(f"/db/{GRID_1}/{visit(1).doc_id}").status_code == 200


def test_a_worker_reads_forms_and_does_not_write_them(site: Site) -> None:
    client = site.client("chen", PHONE)
    assert client.get("/db/forms").status_code == 200
    assert client.get("/db/forms/_changes").status_code == 200
    assert client.post("/db/forms/_bulk_docs", json={"docs": []}).status_code == 403
    assert client.put("/db/forms/x", json={}).status_code == 403


@pytest.mark.parametrize("name", ["directory", "quarantine", "books", "accounts", "_users"])
def test_a_worker_reads_nothing_else(site: Site, name: str) -> None:
    client = site.client("chen", PHONE)
    assert client.get(f"/db/{name}").status_code in (403, 405)
    assert client.get(f"/db/{name}/_all_docs").status_code in (403, 404, 405)
    assert client.get("/db/_all_dbs").status_code == 403
    assert client.post("/db/_dbs_info", json={"keys": [GRID_2]}).status_code == 403


def test_a_worker_pushes_pulls_and_keeps_checkpoints(site: Site) -> None:
    client = site.client("chen", PHONE)
    record = visit(1)
    url = f"/db/{GRID_1}"
    pushed = client.post(f"{url}/_bulk_docs", data=batch_of(record), content_type="application/json")
    assert (pushed.status_code, pushed.json) == (201, [])
    assert client.post(f"{url}/_revs_diff", json={record.doc_id: [record.rev]}).json == {}
    got = client.post(f"{url}/_bulk_get", json={"docs": [{"id": record.doc_id, "rev": record.rev}]}).json
    assert got["results"][0]["docs"][0]["ok"]["answers"] == record.fields["answers"]
    assert client.put(f"{url}/_local/cp", json={"last_seq": "1"}).status_code == 201


def test_a_single_put_passes_admission_too(site: Site) -> None:
    client = site.client("chen", PHONE)
    mine, anothers = visit(1), visit(2, by="zhang")
    for record in (mine, anothers):
        url = f"/db/{GRID_1}/{record.doc_id}?new_edits=false"
        reply = client.put(url, data=as_json(record), content_type="application/json")
        assert reply.status_code in (201, 403)
    assert client.get(f"/db/{GRID_1}/{mine.doc_id}").status_code == 200
    assert client.get(f"/db/{GRID_1}/{anothers.doc_id}").status_code == 404


def test_what_belongs_in_quarantine_is_answered_as_taken_and_kept_there(site: Site) -> None:
    client, admin = site.client("chen", PHONE), site.client("admin")
    forged = visit(7, by="zhang")
    rows = client.post(
        f"/db/{GRID_1}/_bulk_docs", data=batch_of(forged), content_type="application/json"
    ).json
    assert rows == []
    assert client.get(f"/db/{GRID_1}/{forged.doc_id}").status_code == 404
    kept = admin.get("/db/quarantine/_all_docs?include_docs=true").json["rows"]
    assert [(row["doc"]["doc_id"], row["doc"]["sent_by"]) for row in kept] == [(forged.doc_id, "chen")]


def test_a_second_revision_of_one_batch_is_judged_on_the_first(site: Site) -> None:
    """Both are new to the store; admission sees the first when it judges the second."""
    client = site.client("chen", PHONE)
    step = {"record": visit(1).doc_id, "act": "resubmit", "at": "2026-11-22T01:07:12Z", "by": "chen",
            "role": "worker", "device": PHONE, "after": [], "seen": {}, "fields": {}}  # fmt: skip
    import orjson

    step_id = f"step:{visit(1).doc_id.partition(':')[2]}:{PHONE}-{visit(9).doc_id.partition(':')[2]}"
    first = orjson.dumps({"_id": step_id, "_rev": "1-" + "a" * 32, **step})
    second = orjson.dumps({"_id": step_id, "_rev": "1-" + "b" * 32, **step, "at": "2026-11-22T02:00:00Z"})
    client.post(f"/db/{GRID_1}/_bulk_docs", data=batch_of(first, second), content_type="application/json")
    leaves = client.get(f"/db/{GRID_1}/{step_id}?open_revs=all").json
    assert [row["ok"]["_rev"] for row in leaves] == ["1-" + "a" * 32]


def test_an_administrators_database_takes_any_document(site: Site) -> None:
    admin = site.client("admin")
    admin.put("/db/books")
    assert admin.put("/db/books/anything", json={"whatever": [1, {"a": None}]}).status_code == 201
    assert admin.put("/db/books/_design/d", json={}).status_code == 201


def test_a_replication_account_writes_what_others_said(site: Site) -> None:
    peer = site.client("peer")
    rows = peer.post(
        f"/db/{GRID_1}/_bulk_docs", data=batch_of(visit(3, by="zhang")), content_type="application/json"
    ).json
    assert rows == []
    assert peer.get(f"/db/{GRID_1}/{visit(3).doc_id}").status_code == 200


def test_who_may_only_read_a_database_keeps_checkpoints_nobody_else_sees(site: Site) -> None:
    chen, wu, admin = (site.client(name) for name in ("chen", "wu", "admin"))
    local = "/db/forms/_local/cp"
    assert chen.get(local).status_code == 404
    assert chen.put(local, json={"last_seq": 7}).json == {"ok": True, "id": "_local/cp", "rev": "0-1"}
    assert chen.get(local).json == {"_id": "_local/cp", "_rev": "0-1", "last_seq": 7}
    assert (wu.get(local).status_code, admin.get(local).status_code) == (404, 404)
    assert wu.put(local, json={"last_seq": 1}).json["rev"] == "0-1"
    assert chen.put(local, json={"last_seq": "x" * 70_000}).status_code == 413
    assert chen.delete(local).status_code == 200
    assert (chen.get(local).status_code, wu.get(local).status_code) == (404, 200)
    for verb in (chen.get, chen.delete):
        assert verb("/db/directory/_local/cp").status_code == 403
    assert chen.put("/db/directory/_local/cp", json={}).status_code == 403
