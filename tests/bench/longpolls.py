"""P7: 5,000 phones wait on one machine; what each costs, and how soon each hears of a write.

All wait for one grid, which is the hardest: a single write wakes every one of them.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import time
from pathlib import Path

import psutil

from tests.bench.documents import visit_json
from tests.bench.harness import REPETITIONS, Row, family, percentile, pss, say
from tests.bench.holding import Held
from tests.bench.pushing import push
from tests.bench.sides import BY, Jinlin, jinlin

FIGURE = "P7"
PHONES = 5_000


def measure(folder: Path) -> list[Row]:
    """Bytes per phone (proportional set size of the whole server), and wake times in milliseconds."""
    _raise_limit()
    with jinlin(folder, 1, longpoll_s_max=600) as server:
        code, database = server.grid()
        push(server.side(), database, [_batch(0, code, database)])
        grown, waits = [], []
        for number in range(1, REPETITIONS + 2):
            memory_bytes, wakes_s = asyncio.run(_round(server, code, database, number))
            say(f"   {memory_bytes / PHONES / 1000:.1f} kB a phone, p99 {percentile(wakes_s, 0.99):.3f} s")
            grown.append(memory_bytes / PHONES / 1000)
            waits.append(wakes_s)
    every = waits[1:]
    p50, p99 = ([percentile(times, share) for times in every] for share in (0.5, 0.99))
    what = f"{PHONES:,} held long-polls of one grid"
    return [
        Row(FIGURE, f"{what}: memory a phone (the first time)", f"{grown[0]:.1f} kB"),
        _row(f"{what}: wake p50 after the write's reply", p50),
        _row(f"{what}: wake p99", p99),
    ]


def _row(what: str, times_s: list[float]) -> Row:
    spread = f"{min(times_s) * 1000:.0f}–{max(times_s) * 1000:.0f}"
    return Row(FIGURE, what, f"{statistics.median(times_s) * 1000:.0f} ms", spread=spread)


async def _round(server: Jinlin, code: str, database: str, number: int) -> tuple[int, list[float]]:
    """Growth of the server's memory while the phones are held, and the seconds from the write's reply to each wake."""
    side = server.side()
    processes: list[psutil.Process] = family(server.live.process.pid)
    before = pss(processes)
    held = Held(side)
    with side.client() as client:
        since = client.get(f"/{database}").json()["update_seq"]
    await held.hold([database] * PHONES, since)
    await asyncio.sleep(2)
    if held.waiting != PHONES:
        raise AssertionError(f"only {held.waiting} of {PHONES} are held")
    grown = pss(processes) - before
    await asyncio.to_thread(push, side, database, [_batch(number, code, database)])
    written_at = time.perf_counter()
    answers = await held.answered()
    return grown, [max(0.0, at - written_at) for at in answers]


def _batch(number: int, code: str, database: str) -> bytes:
    return b'{"new_edits":false,"docs":[' + visit_json(number, code, database, BY) + b"]}"


def _raise_limit() -> None:
    """As many open files as this process may have; the server inherits it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = PHONES * 2 + 1_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))
