"""What a worker's own token can do to others' work through `/db/`: nothing, and the rest of his batch is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from sync import causal
from sync.revisions import next_rev
from tests.support.site import Site
from tests.support.town import COMMUNITY, GRID_1, GRID_2, grid_path

CHEN, ZHANG = "dev-chen000001", "dev-zhang00001"
GRID_CODE = f"{COMMUNITY}001"
AT = "2026-11-22T01:00:00Z"
ULID = "01JD00000000000000000000"


@dataclass(frozen=True)
class Phone:
    """Somebody's phone, which pushes as stock PouchDB does."""

    client: FlaskClient
    name: str
    device: str
    database: str = GRID_1

    def push(self, *docs: dict[str, Any]) -> list[dict[str, Any]]:
        reply = self.client.post(
            f"/db/{self.database}/_bulk_docs", json={"docs": list(docs), "new_edits": False}
        )
        assert reply.status_code == 201, reply.text
        rows: list[dict[str, Any]] = reply.json
        return rows

    def read(self, doc_id: str) -> dict[str, Any] | None:
        reply = self.client.get(f"/db/{self.database}/{doc_id}?conflicts=true")
        return reply.json if reply.status_code == 200 else None

    def tier(self, doc: Mapping[str, Any]) -> str:
        asked = {doc["_id"]: doc["_rev"]}
        reply = self.client.post(f"/api/grids/{self.database}/receipts", json=asked)
        return str(reply.json[doc["_id"]]["tier"])


def record(doc_id: str, name: str, device: str, answers: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    fields = {
        "form": "visit",
        "form_version": 1,
        "subject": None,
        "grid_path": list(grid_path(GRID_CODE)),
        "captured_at": AT,
        "captured_by": name,
        "device": device,
        "home": {"grid": GRID_1, "move": 0},
        "answers": dict(answers),
        "causal": causal.create(dict(answers), f"{device}:1", AT, name),
        **members,
    }
    return {"_id": doc_id, "_rev": next_rev(None, fields), **fields}


def bare(doc: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in doc.items() if not name.startswith("_")}


def child(parent: Mapping[str, Any], fields: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    rev = next_rev(parent["_rev"], fields, deleted=members.get("_deleted", False))
    ids = [rev.partition("-")[2], parent["_rev"].partition("-")[2]]
    return {"_id": parent["_id"], "_rev": rev, "_revisions": {"start": 2, "ids": ids}, **fields, **members}


def step(name: str, device: str, **members: Any) -> dict[str, Any]:
    fields = {
        "record": f"record:{ULID}01", "act": "resubmit", "at": AT, "by": name, "role": "worker", "device": device,
        "after": [], "seen": {}, "fields": {}, **members,
    }  # fmt: skip
    return {"_id": f"step:{ULID}01:{device}-{ULID}0A", "_rev": next_rev(None, fields), **fields}


@pytest.fixture
def chen(site: Site) -> Phone:
    return Phone(site.client("chen", CHEN), "chen", CHEN)


@pytest.fixture
def zhang(site: Site) -> Phone:
    return Phone(site.client("zhang", ZHANG), "zhang", ZHANG)


@pytest.fixture
def home(zhang: Phone) -> dict[str, Any]:
    """A household whose phone number is zhang's edit."""
    made = record(f"household:{ULID}0H", "zhang", ZHANG, {"phone": "13900000002", "address": "1幢"})
    assert zhang.push(made) == []
    return made


@pytest.fixture
def visit(zhang: Phone) -> dict[str, Any]:
    """A record of zhang's."""
    made = record(f"record:{ULID}01", "zhang", ZHANG, {"summary": "无异常"})
    assert zhang.push(made) == []
    return made


MINE = record(f"record:{ULID}0M", "chen", CHEN, {"summary": "我的"})


def attack(chen: Phone, *docs: dict[str, Any]) -> list[dict[str, Any]]:
    """Push an attack in the middle of a batch with a record of one's own; gives the rows about the attack."""
    rows = chen.push(MINE, *docs)
    assert chen.tier(MINE) == "sent"
    return rows


def forbidden(rows: list[dict[str, Any]], slug: str) -> bool:
    return [(row["error"], row["reason"].partition(":")[0]) for row in rows] == [("forbidden", slug)]


def kept_apart(site: Site, chen: Phone, doc: dict[str, Any], slug: str) -> None:
    """The write was answered as taken, is in quarantine word for word, and not in the grid."""
    assert chen.tier(doc) == "quarantined"
    store = site.services.stores.open("quarantine")
    (entry,) = [store.get(doc_id).fields for doc_id, _ in store.all_ids()]
    assert (entry["database"], entry["doc_id"], entry["path"][0]) == (GRID_1, doc["_id"], doc["_rev"])
    assert (entry["sent_by"], entry["device"], entry["slug"]) == ("chen", CHEN, slug)
    assert entry["body"] == bare(doc)
    assert site.services.stores.open(GRID_1).missing({doc["_id"]: [doc["_rev"]]}) != {}


def test_a_record_in_anothers_name(site: Site, chen: Phone) -> None:
    forged = record(f"record:{ULID}0F", "zhang", CHEN, {"summary": "假的"})
    assert attack(chen, forged) == []
    kept_apart(site, chen, forged, "foreign_author")


def test_a_step_in_anothers_name(site: Site, chen: Phone, visit: dict[str, Any]) -> None:
    forged = step("zhang", CHEN)
    assert attack(chen, forged) == []
    kept_apart(site, chen, forged, "foreign_author")


def test_a_step_in_a_role_he_has_not(site: Site, chen: Phone, visit: dict[str, Any]) -> None:
    forged = step("chen", CHEN, act="approve", role="community")
    assert attack(chen, forged) == []
    kept_apart(site, chen, forged, "foreign_role")


def test_a_second_revision_of_anothers_step(site: Site, chen: Phone, zhang: Phone) -> None:
    made = step("zhang", ZHANG)
    zhang.push(made)
    forged = child(made, {**bare(made), "act": "approve"})
    assert attack(chen, forged) == []
    kept_apart(site, chen, forged, "step_changed")
    assert chen.read(made["_id"]) == made


def test_two_revisions_of_a_step_in_one_batch(site: Site, chen: Phone) -> None:
    first, second = step("chen", CHEN), step("chen", CHEN, act="return")
    assert attack(chen, first, second) == []
    kept_apart(site, chen, second, "step_changed")


def test_a_deletion_of_anothers_record(chen: Phone, zhang: Phone, visit: dict[str, Any]) -> None:
    assert forbidden(attack(chen, child(visit, {}, _deleted=True)), "deletion")
    assert zhang.read(visit["_id"]) == visit


def test_a_deletion_by_the_verb(chen: Phone, zhang: Phone, visit: dict[str, Any]) -> None:
    reply = chen.client.delete(f"/db/{GRID_1}/{visit['_id']}?rev={visit['_rev']}")
    assert (reply.status_code, reply.json["error"]) == (403, "forbidden")
    assert zhang.read(visit["_id"]) == visit


def test_a_ruling(chen: Phone, visit: dict[str, Any]) -> None:
    ruling = {**step("chen", CHEN), "_id": f"step:{ULID}01:ruling-{'a' * 32}"}
    assert forbidden(attack(chen, ruling), "ruling")


@pytest.mark.parametrize("doc_id", ["_design/app", "_design/records"])
def test_a_design_document(chen: Phone, doc_id: str) -> None:
    fields = {"language": "javascript", "validate_doc_update": "function(){throw({forbidden:'no'})}"}
    rows = attack(chen, {"_id": doc_id, "_rev": next_rev(None, fields), **fields})
    assert [row["error"] for row in rows] == ["forbidden"]
    assert chen.client.put(f"/db/{GRID_1}/{doc_id}", json=fields).status_code == 403


def test_a_context_beyond_what_the_server_holds(site: Site, chen: Phone, home: dict[str, Any]) -> None:
    fields = causal.edit(bare(home), CHEN, {"address": "2幢"}, AT, "chen")
    fields["causal"]["context"][ZHANG] = 900
    forged = child(home, fields)
    assert attack(chen, forged) == []
    kept_apart(site, chen, forged, "foreign_edit")


def test_another_value_under_an_edit_of_zhangs(
    site: Site, chen: Phone, zhang: Phone, home: dict[str, Any]
) -> None:
    forged = child(home, {**bare(home), "answers": {"phone": "110", "address": "1幢"}})
    assert attack(chen, forged) == []
    kept_apart(site, chen, forged, "cloned_device")
    assert zhang.read(home["_id"]) == home


def test_zhangs_answer_dropped_without_a_word(
    site: Site, chen: Phone, zhang: Phone, home: dict[str, Any]
) -> None:
    forged = child(home, {**bare(home), "answers": {"address": "1幢"}})
    assert attack(chen, forged) == []
    kept_apart(site, chen, forged, "dropped_answer")
    assert zhang.read(home["_id"]) == home


def test_one_edit_that_comes_twice_with_another_value(site: Site, chen: Phone, home: dict[str, Any]) -> None:
    once = child(home, causal.edit(bare(home), CHEN, {"address": "2幢"}, AT, "chen"))
    again = child(home, causal.edit(bare(home), CHEN, {"address": "3幢"}, AT, "chen"))
    assert attack(chen, once) == []
    assert attack(chen, again) == []
    kept_apart(site, chen, again, "cloned_device")


def test_one_edit_twice_in_one_batch(site: Site, chen: Phone, home: dict[str, Any]) -> None:
    once = child(home, causal.edit(bare(home), CHEN, {"address": "2幢"}, AT, "chen"))
    again = child(home, causal.edit(bare(home), CHEN, {"address": "3幢"}, AT, "chen"))
    assert attack(chen, once, again) == []
    kept_apart(site, chen, again, "cloned_device")


def test_an_edit_of_anothers_record(site: Site, chen: Phone, zhang: Phone, visit: dict[str, Any]) -> None:
    forged = child(visit, causal.edit(bare(visit), CHEN, {"summary": "有隐患"}, AT, "chen"))
    assert attack(chen, forged) == []
    kept_apart(site, chen, forged, "foreign_record")
    assert zhang.read(visit["_id"]) == visit


def test_an_ordinary_edit_of_anothers_record(
    site: Site, chen: Phone, zhang: Phone, visit: dict[str, Any]
) -> None:
    changed = {**bare(visit), "answers": {"summary": "改了"}}
    reply = chen.client.put(f"/db/{GRID_1}/{visit['_id']}?rev={visit['_rev']}", json=changed)
    assert reply.status_code == 201
    assert site.services.stores.open("quarantine").info().doc_count == 1
    assert zhang.read(visit["_id"]) == visit


def test_an_honest_edit_of_a_shared_household_is_stored(chen: Phone, home: dict[str, Any]) -> None:
    edited = child(home, causal.edit(bare(home), CHEN, {"phone": "13800000001"}, AT, "chen"))
    assert attack(chen, edited) == []
    assert chen.tier(edited) == "sent"


def test_a_retry_of_a_quarantined_write_is_the_same_entry(site: Site, chen: Phone) -> None:
    forged = record(f"record:{ULID}0F", "zhang", CHEN, {"summary": "假的"})
    for _ in range(2):
        assert attack(chen, forged) == []
    kept_apart(site, chen, forged, "foreign_author")


VERBS = [
    ("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/_all_docs"), ("GET", "/_changes"), ("POST", "/_bulk_docs"),
    ("POST", "/_bulk_get"), ("POST", "/_revs_diff"), ("GET", "/_local/x"), ("PUT", "/_local/x"),
    ("GET", f"/record:{ULID}01"), ("PUT", f"/record:{ULID}01"), ("DELETE", f"/record:{ULID}01"),
    ("POST", "/_ensure_full_commit"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "path"), VERBS, ids=[" ".join(v) for v in VERBS])
def test_another_grid_is_closed_for_every_verb(site: Site, verb: str, path: str) -> None:
    wu = site.client("wu", "dev-wu00000001")
    assert wu.open(f"/db/{GRID_1}{path}", method=verb, json={"docs": []}).status_code == 403
    assert site.client().open(f"/db/{GRID_1}{path}", method=verb, json={"docs": []}).status_code == 401


@pytest.mark.parametrize("database", ["directory", "quarantine", "grid-unknown0000", "nothing"])
def test_databases_of_the_system_are_closed_to_workers(chen: Phone, database: str) -> None:
    assert chen.client.get(f"/db/{database}").status_code == 403


def test_the_forms_are_read_only_to_workers(chen: Phone) -> None:
    assert chen.client.get("/db/forms").status_code == 200
    assert chen.client.put("/db/forms/form:visit:1", json={}).status_code == 403


def test_a_role_in_one_grid_says_nothing_in_another(site: Site) -> None:
    wu = Phone(site.client("wu", "dev-wu00000001"), "wu", "dev-wu00000001", GRID_2)
    elsewhere = record(f"record:{ULID}0W", "wu", wu.device, {"summary": "x"})
    assert wu.push(elsewhere) == []
    assert wu.tier(elsewhere) == "quarantined"


@pytest.mark.parametrize("local_id", ["jinlin-peers", "0123456789abcdef0123456789abcdef"])
def test_a_worker_cannot_touch_the_checkpoints_of_the_district(chen: Phone, local_id: str) -> None:
    assert chen.client.put(f"/db/{GRID_1}/_local/{local_id}", json={}).status_code == 403
    assert chen.client.put(f"/db/{GRID_1}/_local/Zm9vYmFyYmF6cXV4MTIzNA==", json={}).status_code == 201
