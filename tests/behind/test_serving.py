"""`jinlin serve` in front of another server: phones, desk, followers, long-polls, receipts, and an outage."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from sync.couchdb import open_url
from tests.support.behind import documents_of, served
from tests.support.foreign import run_node
from tests.support.live import Live, free_port, running, start
from tests.support.records import as_json, visit
from tests.support.town import GRID_1, GRID_2, password_of, settle_town
from tests.sync.documents import body, edited, first

COUNT = 600
PATIENCE_S = 40.0


@pytest.fixture(scope="module")
def front(keeper_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Web and followers, on documents kept elsewhere."""
    with served(keeper_url, tmp_path_factory.mktemp("front") / "data") as server:
        yield server


def eventually(asked: Any, wanted: object) -> None:
    """Ask until the answer is the wanted one; other processes bring it about."""
    deadline = time.monotonic() + PATIENCE_S
    while (answer := asked()) != wanted:
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)


def test_a_stock_pouchdb_pushes_and_pulls_with_a_workers_token(front: Live, tmp_path: Path) -> None:
    device = "dev-baaaaaaaaa"
    docs = [orjson.loads(as_json(visit(10_000 + number, device=device))) for number in range(COUNT)]
    (tmp_path / "docs.json").write_bytes(orjson.dumps(docs))
    with front.client("peer") as peer:
        known = peer.get(f"/db/{GRID_1}").json()["doc_count"]
    result = run_node("push_pull.mjs", {
        "url": f"{front.db}/{GRID_1}", "token": front.token("chen", device), "docs": str(tmp_path / "docs.json"),
        "batch_size": 100,
    })  # fmt: skip
    assert (result["pushed"], result["denied"], result["again"]) == (COUNT, [], 0)
    assert (result["pulled"], result["differs"], result["failures"]) == (known + COUNT, [], 0)


def test_live_sync_sees_what_the_other_side_writes(front: Live) -> None:
    device = "dev-eaaaaaaaaa"
    first_doc, second = (
        orjson.loads(as_json(visit(number, device=device))) for number in (920_000_000, 920_000_001)
    )
    result = run_node("live.mjs", {
        "url": f"{front.db}/{GRID_1}", "token": front.token("chen", device), "first": first_doc, "second": second,
    })  # fmt: skip
    assert result == {"firstThere": first_doc["_rev"], "secondHere": second["_rev"]}


def test_another_grids_worker_is_forbidden_whatever_he_tries(front: Live) -> None:
    result = run_node("turned_away.mjs", {"url": f"{front.db}/{GRID_1}", "token": front.token("wu")})
    assert set(result["heard"]) == {403}


def test_a_held_feed_hears_of_its_own_grid_and_of_no_other(front: Live) -> None:
    ask = "/db/{}/_changes?feed=longpoll&since=now&heartbeat=200"
    with ExitStack() as stack:
        lin = stack.enter_context(front.client("lin"))
        feeds = [stack.enter_context(lin.stream("GET", ask.format(grid))) for grid in (GRID_1, GRID_2)]
        mine_lines, other_lines = [feed.iter_lines() for feed in feeds]
        assert [next(mine_lines), next(mine_lines)] == ['{"results":[', ""]
        assert [next(other_lines), next(other_lines)] == ['{"results":[', ""]
        record = visit(930_000_000)
        with front.client("peer") as peer:
            put = peer.put(f"/db/{GRID_1}/{record.doc_id}?new_edits=false", content=as_json(record),
                           headers={"Content-Type": "application/json"})  # fmt: skip
        assert put.status_code == 201, put.text
        told = json.loads('{"results":[' + "".join(mine_lines))
        assert [row["id"] for row in told["results"]] == [record.doc_id]
        assert next(other_lines) == ""


def test_a_phone_hears_how_far_its_record_has_come(front: Live) -> None:
    record = visit(940_000_000, device="dev-faaaaaaaaa")
    with front.client("chen", "dev-faaaaaaaaa") as chen:
        pushed = chen.post(
            f"/db/{GRID_1}/_bulk_docs", json={"docs": [json.loads(as_json(record))], "new_edits": False}
        )
        assert (pushed.status_code, pushed.json()) == (201, [])
        told = chen.post(f"/api/grids/{GRID_1}/receipts", json={record.doc_id: record.rev}).json()
    assert told[record.doc_id]["tier"] == "sent"


def test_two_edits_are_settled_by_the_followers(front: Live, keeper_url: str) -> None:
    root = first(body({"phone": "1"}), "household:01JD00000000000000000BEH1D")
    with closing(open_url(keeper_url)) as stores:
        grid = stores.open(GRID_2)
        grid.graft([edited(root, "dev-chen", {"phone": "2"}), edited(root, "dev-wu", {"floor": 3})])

        def live_answers() -> list[dict[str, Any]]:
            return [leaf.fields["answers"] for leaf in grid.leaves(root.doc_id) if not leaf.deleted]

        eventually(live_answers, [{"phone": "2", "floor": 3}])


def test_the_desk_lists_a_record_and_approves_it(front: Live) -> None:
    record = visit(950_000_000, device="dev-gaaaaaaaaa")
    with front.client("chen", "dev-gaaaaaaaaa") as chen:
        docs = {"docs": [json.loads(as_json(record))], "new_edits": False}
        assert chen.post(f"/db/{GRID_1}/_bulk_docs", json=docs).json() == []
    with httpx.Client(base_url=front.url, timeout=60, trust_env=False, follow_redirects=True) as lin:
        sign_in = lin.get("/desk/")
        lin.post(
            "/desk/sign-in", data=_fields(sign_in.text) | {"name": "lin", "password": password_of("lin")}
        )
        page = f"/desk/records/{record.doc_id}"
        eventually(lambda: lin.get(page).status_code, 200)
        shown = lin.get(page)
        done = lin.post(page, data=_fields(shown.text) | {"act": "approve"})
        assert done.status_code == 200, done.text[:500]
    with front.client("peer") as peer:
        told = peer.get(f'/db/{GRID_1}/_all_docs?include_docs=true&startkey="step:"&endkey="step:~"')
    steps = told.json().get("rows", told.text)
    assert [(row["doc"]["record"], row["doc"]["act"]) for row in steps] == [(record.doc_id, "approve")]


def _fields(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    inputs = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page)
    pairs = [(re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)) for tag in inputs]
    return {name[1]: value[1] for name, value in pairs if name and value}


def test_the_end_is_quiet_though_connections_outlive_the_threads_they_were_made_in(
    keeper_url: str, tmp_path: Path
) -> None:
    with served(keeper_url, tmp_path / "data") as server:
        assert documents_of(server, GRID_2) >= 0
    assert "Traceback" not in (tmp_path / "data" / "server.log").read_text()


def test_while_the_keeper_is_away_the_answer_is_503_and_then_all_goes_on(tmp_path: Path) -> None:
    keeper_data = tmp_path / "keeper"
    settle_town(keeper_data, {"peer": ("server", "")})
    port, pushed = free_port(), []
    url = f"http://peer:{password_of('peer')}@127.0.0.1:{port}/db"
    with running(keeper_data, port=port, web_processes=1):
        with closing(open_url(url)) as stores:
            settle_town(tmp_path / "data", stores=stores)
        front = start(tmp_path / "data", "serve", store=url)
        chen = front.client("chen", "dev-haaaaaaaaa")
    try:
        with chen:
            for number in (1, 2):
                record = visit(960_000_000 + number, device="dev-haaaaaaaaa")
                docs = {"docs": [json.loads(as_json(record))], "new_edits": False}
                pushed.append(record.doc_id)
                away = [chen.post(f"/db/{GRID_1}/_bulk_docs", json=docs), chen.get(f"/db/{GRID_1}")]
                assert [reply.status_code for reply in away] == [503, 503]
                assert away[0].json()["error"] == "service_unavailable"
                assert chen.get("/healthz").status_code == 503
                with running(keeper_data, port=port, web_processes=1) as keeper:
                    again = chen.post(f"/db/{GRID_1}/_bulk_docs", json=docs)
                    assert (again.status_code, again.json()) == (201, [])
                    ids = [row["id"] for row in chen.get(f"/db/{GRID_1}/_all_docs").json()["rows"]]
                    assert ids == pushed
                    assert keeper.process.poll() is None
    finally:
        front.stop()


def test_a_phone_that_waits_while_the_keeper_is_away_hears_of_what_comes_afterwards(tmp_path: Path) -> None:
    keeper_data = tmp_path / "keeper"
    settle_town(keeper_data, {"peer": ("server", "")})
    port, record = free_port(), visit(970_000_000, device="dev-jaaaaaaaaa")
    url = f"http://peer:{password_of('peer')}@127.0.0.1:{port}/db"
    with ExitStack() as stack:
        with running(keeper_data, port=port, web_processes=1):
            with closing(open_url(url)) as stores:
                settle_town(tmp_path / "data", stores=stores)
            front = stack.enter_context(running(tmp_path / "data", "web", store=url))
            chen = stack.enter_context(front.client("chen", "dev-jaaaaaaaaa"))
            lin = stack.enter_context(front.client("lin"))
            ask = f"/db/{GRID_1}/_changes?feed=longpoll&since=now&heartbeat=200"
            lines = stack.enter_context(lin.stream("GET", ask)).iter_lines()
            assert [next(lines), next(lines)] == ['{"results":[', ""]
        while chen.get(f"/db/{GRID_1}").status_code != 503:
            pass
        assert next(lines) == ""
        with running(keeper_data, port=port, web_processes=1):
            pushed = chen.put(f"/db/{GRID_1}/{record.doc_id}?new_edits=false", content=as_json(record),
                              headers={"Content-Type": "application/json"})  # fmt: skip
            assert pushed.status_code == 201, pushed.text
            told = json.loads('{"results":[' + "".join(islice(lines, 300)))
    assert [row["id"] for row in told["results"]] == [record.doc_id]
