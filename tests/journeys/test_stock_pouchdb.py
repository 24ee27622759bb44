"""Stock PouchDB from npm against a live server: what any CouchDB client may expect of us."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.foreign import run_node
from tests.support.live import Live
from tests.support.records import as_json, visit
from tests.support.town import GRID_1, GRID_3

COUNT = 5_000


def json_of(number: int, device: str, **answers: str) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(as_json(visit(number, device=device, **answers)))
    return parsed


@pytest.mark.parametrize("batch_size", [100, 1000])
def test_a_worker_pushes_and_pulls_5000_documents(live: Live, tmp_path: Path, batch_size: int) -> None:
    device = f"dev-{'b' if batch_size == 100 else 'c'}{'a' * 9}"
    first = batch_size * 100_000
    docs = [json_of(first + number, device) for number in range(COUNT)]
    (tmp_path / "docs.json").write_bytes(orjson.dumps(docs))
    with live.client("peer") as peer:
        known = peer.get(f"/db/{GRID_1}").json()["doc_count"]
    token = live.token("chen", device)
    result = run_node(
        "push_pull.mjs",
        {
            "url": f"{live.db}/{GRID_1}",
            "token": token,
            "docs": str(tmp_path / "docs.json"),
            "batch_size": batch_size,
        },
    )
    assert result == {
        "pushed": COUNT, "denied": [], "again": 0, "pulled": known + COUNT, "failures": 0, "nothing": 0,
        "count": known + COUNT, "differs": [],
    }  # fmt: skip


def test_a_refused_document_does_not_hold_up_the_rest(live: Live, tmp_path: Path) -> None:
    device = "dev-daaaaaaaaa"
    docs = [json_of(900_000_000 + number, device) for number in range(250)]
    bad = [
        {"_id": "_design/d", "_rev": "1-" + "a" * 32, "filters": {}},
        {"_id": "nonsense", "_rev": "1-" + "a" * 32, "v": 1},
        {**json_of(910_000_000, device), "_deleted": True},
    ]
    (tmp_path / "docs.json").write_bytes(orjson.dumps([*docs[:120], *bad, *docs[120:]]))
    result = run_node("push_some.mjs", {
        "url": f"{live.db}/{GRID_1}", "token": live.token("chen", device), "docs": str(tmp_path / "docs.json"),
    })  # fmt: skip
    assert result["written"] == 250
    assert {row["id"] for row in result["denied"]} == {doc["_id"] for doc in bad}
    assert all(":" in row["reason"] for row in result["denied"])
    assert result["again"] == 0
    asked = {doc["_id"]: [doc["_rev"]] for doc in docs}
    with live.client("peer") as peer:
        assert peer.post(f"/db/{GRID_1}/_revs_diff", json=asked).json() == {}


def test_live_sync_sees_what_the_other_side_writes(live: Live) -> None:
    device = "dev-eaaaaaaaaa"
    first, second = json_of(920_000_000, device), json_of(920_000_001, device)
    result = run_node("live.mjs", {
        "url": f"{live.db}/{GRID_1}", "token": live.token("chen", device), "first": first, "second": second,
    })  # fmt: skip
    assert result == {"firstThere": first["_rev"], "secondHere": second["_rev"]}


def test_conflicts_and_deletions_travel(live: Live) -> None:
    with live.client("admin") as admin:
        admin.put("/db/journey").raise_for_status()
    result = run_node("conflicts.mjs", {"url": f"{live.db}/journey", "token": live.token("admin")})
    winner, loser = "2-" + "c" * 32, "2-" + "b" * 32
    for side in result["before"].values():
        assert (side["both"]["_rev"], side["both"]["_conflicts"], side["leaves"]) == (winner, [loser], 2)
        assert (side["gone"], side["named"]["v"]) == ("deleted", "名字")
    assert result["after"] == {"_id": "both", "_rev": winner, "v": "c"}


def test_another_grids_worker_is_forbidden_whatever_he_tries(live: Live) -> None:
    result = run_node("turned_away.mjs", {"url": f"{live.db}/{GRID_1}", "token": live.token("wu")})
    assert set(result["heard"]) == {403}
    assert len(result["heard"]) >= result["attempts"]


def test_without_a_token_everything_is_unauthorized(live: Live) -> None:
    result = run_node("turned_away.mjs", {"url": f"{live.db}/{GRID_3}"})
    assert set(result["heard"]) == {401}
    assert len(result["heard"]) >= result["attempts"]
