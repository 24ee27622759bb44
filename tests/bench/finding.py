"""FIND: a `_find` in one grid of 100,000 visits (`BENCH_FINDING`), by reading all of them and by an index.

Through the whole path, as a program asks: 25 documents in the order of two fields. The first query with an index
builds it; where that takes longer than a query may, it is asked again, as a client does. Reading all of them does not
become shorter by that: where its time is up, that counts.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import httpx
import psutil

from sync.documents import Json
from tests.bench.documents import BATCH, batches
from tests.bench.harness import MIB, REPETITIONS, Row, family, memory, say
from tests.bench.pushing import push
from tests.bench.sides import BY, jinlin
from tests.support.town import password_of

FIGURE = "FIND"
COUNT = int(os.environ.get("BENCH_FINDING", "100000"))
_PIECE = 20 * BATCH
_FIELDS = ["answers.result", "answers.summary"]
_ASKED: dict[str, Json] = {
    "selector": {"answers.result": "1", "answers.summary": {"$gte": "一切正常 7"}},
    "sort": _FIELDS,
    "execution_stats": True,
}


def measure(folder: Path) -> list[Row]:
    """Milliseconds of a query, documents a second of the first one, and the memory that took."""
    with jinlin(folder, 1, web_processes=1) as server:
        code, database = server.grid()
        for first in range(0, COUNT, _PIECE):
            say(f"   {first:,} documents")
            push(server.side(), database, batches(first, min(_PIECE, COUNT - first), code, database, BY))
        with httpx.Client(
            base_url=server.live.db, auth=("admin", password_of("admin")), timeout=120
        ) as admin:
            asked = {"index": {"fields": _FIELDS}, "ddoc": "bench", "name": "bench"}
            admin.post(f"/{database}/_index", json=asked).raise_for_status()
            before = _rss(server.live.process.pid)
            built_ms = _asked_ms(admin, database)
            grown = (_rss(server.live.process.pid) - before) / MIB
            found = [_asked_ms(admin, database) for _ in range(10 * REPETITIONS)]
            admin.delete(f"/{database}/_index/bench/json/bench").raise_for_status()
            read = [_asked_ms(admin, database, once=True) for _ in range(REPETITIONS)]
    slow, quick = statistics.median(read), statistics.median(found)
    what = f"_find among {COUNT:,}"
    return [
        Row(FIGURE, f"{what}, by an index", f"{quick:.1f} ms", f"reading all: {slow:,.0f} ms", slow / quick,
            f"{min(found):.1f}–{max(found):.1f}"),
        Row(FIGURE, f"{what}, the first time: the index is built", f"{COUNT / built_ms * 1000:,.0f} docs/s",
            f"{grown:+.0f} MiB"),
    ]  # fmt: skip


def _asked_ms(admin: httpx.Client, database: str, *, once: bool = False) -> float:
    begun = time.perf_counter()
    while (reply := admin.post(f"/{database}/_find", json=_ASKED)).status_code == 503:
        say("   its time is up")
        if once:
            break
    taken_ms = (time.perf_counter() - begun) * 1000
    if reply.status_code != 503 and len(reply.raise_for_status().json()["docs"]) != 25:
        raise AssertionError(reply.text[:300])
    return taken_ms


def _rss(pid: int) -> int:
    """What the processes of a server hold, the most of them it."""
    return sum(memory(process).rss for process in family(pid) if process.status() != psutil.STATUS_ZOMBIE)
