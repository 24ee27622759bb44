"""A server is put back to yesterday's backup: what phones had sent after it comes back by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import orjson

from tests.support.foreign import installed
from tests.support.live import ROOT, start
from tests.support.records import as_json, visit
from tests.support.town import GRID_1, GRID_2, settle_town

FIRST, LATER = 60, 40
DEVICE = "dev-eaaaaaaaaa"


def jinlin(data: Path, *words: object) -> None:
    env = {**os.environ, "JINLIN_DATA": str(data)}
    command = [sys.executable, "-m", "server.cli", *map(str, words)]
    subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True)


def test_what_a_stock_pouchdb_sent_after_the_backup_comes_back_after_the_restore(tmp_path: Path) -> None:
    data, copy = tmp_path / "data", tmp_path / "copy"
    settle_town(data)
    docs = [orjson.loads(as_json(visit(number, device=DEVICE))) for number in range(FIRST + LATER)]
    (tmp_path / "docs.json").write_bytes(orjson.dumps(docs))
    live = start(data)
    port = int(live.url.rpartition(":")[2])
    try:
        given = {"url": f"{live.db}/{GRID_1}", "token": live.token("chen", DEVICE), "first": FIRST}
        argument = json.dumps({**given, "docs": str(tmp_path / "docs.json")})
        with subprocess.Popen(
            ["node", "before_and_after.mjs", argument], cwd=installed(), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        ) as phone:  # fmt: skip
            assert phone.stdin is not None
            assert phone.stdout is not None
            assert phone.stdout.readline() == "pushed\n"
            jinlin(data, "backup", copy)
            print("go on", file=phone.stdin, flush=True)
            assert phone.stdout.readline() == "pushed\n"
            live.stop()
            jinlin(data, "restore", copy, "--replace")
            live = start(data, port=port)
            with live.client("peer") as peer:
                restored = peer.get(f"/db/{GRID_1}").json()
                assert (restored["doc_count"], restored["epoch"] > 0) == (FIRST, True)
            print("go on", file=phone.stdin, flush=True)
            result = json.loads(phone.stdout.readline())
        with live.client("peer") as peer:
            info = peer.get(f"/db/{GRID_1}").json()
            assert (result["written"], result["denied"], info["doc_count"]) == (LATER, [], FIRST + LATER)
            assert peer.get(f"/db/{GRID_2}").json()["doc_count"] == 0
    finally:
        live.stop()
    jinlin(data, "verify")
