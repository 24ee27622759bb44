"""Databases as a whole, and the root: what an administrator and a replicator see."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.support.site import Site
from tests.support.town import GRID_1


def test_the_root_says_welcome_without_a_sign_in(site: Site) -> None:
    reply = site.client().get("/db/")
    assert (reply.status_code, reply.json["couchdb"], reply.json["vendor"]["name"]) == (
        200,
        "Welcome",
        "Jinlin",
    )
    assert reply.json["uuid"] == site.services.stores.open("directory").info().uuid


def test_a_database_is_made_described_and_removed(admin: FlaskClient) -> None:
    assert admin.put("/db/books").status_code == 201
    info = admin.get("/db/books").json
    assert (info["db_name"], info["doc_count"], info["update_seq"]) == ("books", 0, "0-0")
    assert admin.head("/db/books/").status_code == 200
    assert admin.delete("/db/books").json == {"ok": True}
    assert admin.get("/db/books").json == {"error": "not_found", "reason": "Database does not exist."}


def test_making_a_database_twice_says_that_it_exists(admin: FlaskClient) -> None:
    admin.put("/db/books")
    again = admin.put("/db/books")
    assert (again.status_code, again.json["error"]) == (412, "file_exists")


@pytest.mark.parametrize("name", ["Abc", "_bad", "1a", "a.b", "%E7%BD%91"])
def test_a_name_couchdb_would_not_take_is_refused(admin: FlaskClient, name: str) -> None:
    reply = admin.put(f"/db/{name}")
    assert (reply.status_code, reply.json["error"]) == (400, "illegal_database_name")


def test_a_name_with_an_encoded_slash_is_one_database(admin: FlaskClient) -> None:
    assert admin.put("/db/a%2Fb%2Bc").status_code == 201
    assert admin.get("/db/a%2fb+c").json["db_name"] == "a/b+c"
    assert admin.put("/db/a%2Fb%2Bc/d%2Fe", json={"v": 1}).json["id"] == "d/e"
    assert admin.get("/db/a%2Fb%2Bc/d%2Fe").json["v"] == 1


def test_the_identity_of_a_database_lasts_as_long_as_it_lives(admin: FlaskClient) -> None:
    admin.put("/db/books")
    born = admin.get("/db/books").json["instance_start_time"]
    admin.put("/db/books/x", json={})
    assert admin.post("/db/books/_ensure_full_commit").json == {"ok": True, "instance_start_time": born}
    admin.delete("/db/books")
    admin.put("/db/books")
    assert admin.get("/db/books").json["instance_start_time"] != born


def test_an_administrator_sees_all_databases_and_their_info(admin: FlaskClient) -> None:
    assert GRID_1 in admin.get("/db/_all_dbs").json
    assert admin.get('/db/_all_dbs?startkey="forms"&limit=1').json == ["forms"]
    infos = admin.post("/db/_dbs_info", json={"keys": [GRID_1, "nowhere"]}).json
    assert infos[0]["info"]["db_name"] == GRID_1
    assert infos[1] == {"key": "nowhere", "error": "not_found"}


def test_the_session_tells_who_is_asking(site: Site) -> None:
    context = site.client("chen").get("/db/_session").json["userCtx"]
    assert context == {"name": "chen", "roles": ["worker"]}


def test_uuids_are_fresh_and_as_many_as_asked(admin: FlaskClient) -> None:
    ids = admin.get("/db/_uuids?count=3").json["uuids"]
    assert len(set(ids)) == 3
    assert admin.get("/db/_uuids?count=1001").status_code == 400


def test_a_checkpoint_is_kept_and_never_replicated(admin: FlaskClient) -> None:
    admin.put("/db/books")
    assert admin.get("/db/books/_local/cp").status_code == 404
    assert admin.put("/db/books/_local/cp", json={"last_seq": "1"}).json["rev"] == "0-1"
    assert admin.put("/db/books/_local/cp", json={"_rev": "0-9", "last_seq": "2"}).status_code == 201
    assert admin.get("/db/books/_local%2Fcp").json == {"_id": "_local/cp", "_rev": "0-2", "last_seq": "2"}
    assert admin.get("/db/books/_changes").json["results"] == []
    assert admin.delete("/db/books/_local/cp").json["rev"] == "0-0"
    assert admin.get("/db/books/_local/cp").status_code == 404


def test_a_checkpoint_that_says_it_is_deleted_is_forgotten(admin: FlaskClient) -> None:
    admin.put("/db/books")
    admin.put("/db/books/_local/cp", json={"last_seq": "1"})
    for _ in range(2):
        reply = admin.put("/db/books/_local/cp", json={"_deleted": True})
        assert (reply.status_code, reply.json["rev"]) == (201, "0-0")
    assert admin.get("/db/books/_local/cp").status_code == 404


def test_a_checkpoint_has_no_attachments(admin: FlaskClient) -> None:
    admin.put("/db/books")
    admin.put("/db/books/_local/cp", json={"_attachments": {"a": {"data": "", "content_type": "x"}}})
    for verb in (admin.get, admin.put, admin.delete):
        for path in ("cp/a", "cp/a/b", "none/a"):
            reply = verb(f"/db/books/_local/{path}")
            assert (reply.status_code, reply.json["error"]) == (400, "bad_request")
            assert reply.json["reason"] == "_local documents do not accept attachments."


def test_a_database_is_made_with_the_slash_that_pouchdb_sends(admin: FlaskClient) -> None:
    assert admin.put("/db/books/").status_code == 201
    assert admin.put("/db/books/").status_code == 412


def test_compaction_forgets_old_bodies_and_keeps_the_winner(admin: FlaskClient) -> None:
    admin.put("/db/books")
    first = admin.put("/db/books/x", json={"v": 1}).json["rev"]
    admin.put("/db/books/x", json={"_rev": first, "v": 2})
    assert admin.get(f"/db/books/x?rev={first}").json["v"] == 1
    assert admin.post("/db/books/_compact", json={}).status_code == 202
    assert admin.get(f"/db/books/x?rev={first}").status_code == 404
    assert admin.get("/db/books/x").json["v"] == 2
