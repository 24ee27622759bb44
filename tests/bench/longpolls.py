"""P7: thousands of phones wait on one machine; what each costs, and how soon each hears of a write.

All wait for one grid, which is the hardest: a single write wakes every one of them. The clients share the machine.
"""

from __future__ import annotations

import asyncio
import os
import resource
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.documents import visit_json
from tests.bench.harness import REPETITIONS, Row, cpu_s, family, percentile, pss, say
from tests.bench.holding import Held
from tests.bench.pushing import push
from tests.bench.sides import BY, Jinlin, jinlin

FIGURE = "P7"
PHONES = [int(count) for count in os.environ.get("BENCH_PHONES", "5000,10000").split(",")]
WAIT_S = 10.0
"""So long they only wait: one heartbeat for each."""


@dataclass(frozen=True)
class Round:
    """What one round of waiting and waking cost the server, each divided by the number of phones."""

    held_bytes: float
    waiting_cpu_us: float
    """In a second."""
    wake_cpu_us: float
    wakes_s: list[float]
    """From the write's reply until each phone had its answer."""


def measure(folder: Path) -> list[Row]:
    """Bytes per phone (proportional set size of the whole server), its CPU time, and wake times."""
    _raise_limit(2 * max(PHONES) + 1_000)
    return [row for count in PHONES for row in _measured(folder / str(count), count)]


def _measured(folder: Path, count: int) -> list[Row]:
    with jinlin(folder, 1, longpoll_s_max=600) as server:
        code, database = server.grid()
        push(server.side(), database, [_batch(0, code, database)])
        rounds = []
        for number in range(1, REPETITIONS + 2):
            done = asyncio.run(_round(server, code, database, number, count))
            p99_s = percentile(done.wakes_s, 0.99)
            say(
                f"   {count:,}: {done.held_bytes:,.0f} B, {done.wake_cpu_us:.0f} µs a wake, p99 {p99_s:.3f} s"
            )
            rounds.append(done)
    every = rounds[1:]
    what = f"{count:,} held long-polls of one grid"
    waiting = [each.waiting_cpu_us * count for each in every]
    return [
        Row(FIGURE, f"{what}: memory a phone (the first time)", f"{rounds[0].held_bytes / 1000:.1f} kB"),
        _row(f"{what}: CPU of the server while they wait, a beat each in 10 s", waiting, 1e4, "% of a core"),
        _row(f"{what}: CPU of the server a wake", [r.wake_cpu_us for r in every], 1, "µs"),
        _row(f"{what}: wake p50 after the write's reply", [percentile(r.wakes_s, 0.5) for r in every], 1e-3, "ms"),
        _row(f"{what}: wake p99", [percentile(r.wakes_s, 0.99) for r in every], 1e-3, "ms"),
    ]  # fmt: skip


def _row(what: str, values: list[float], of: float, unit: str) -> Row:
    low, middle, high = (value / of for value in (min(values), statistics.median(values), max(values)))
    return Row(FIGURE, what, f"{middle:,.3g} {unit}", spread=f"{low:,.3g}–{high:,.3g}")


async def _round(server: Jinlin, code: str, database: str, number: int, count: int) -> Round:
    """Hold so many phones, wait, write one document, and hear of it from each."""
    side = server.side()
    processes: list[psutil.Process] = family(server.live.process.pid)
    before = pss(processes)
    held = Held(side)
    with side.client() as client:
        since = client.get(f"/{database}").json()["update_seq"]
    await held.hold([database] * count, since)
    at_first_s = cpu_s(processes)
    await asyncio.sleep(WAIT_S)
    if held.waiting != count:
        raise AssertionError(f"only {held.waiting} of {count} are held")
    waited_s = cpu_s(processes)
    grown = pss(processes) - before
    await asyncio.to_thread(push, side, database, [_batch(number, code, database)])
    written_at = time.perf_counter()
    answers = await held.answered()
    return Round(
        grown / count,
        (waited_s - at_first_s) / WAIT_S / count * 1e6,
        (cpu_s(processes) - waited_s) / count * 1e6,
        [max(0.0, at - written_at) for at in answers],
    )


def _batch(number: int, code: str, database: str) -> bytes:
    return b'{"new_edits":false,"docs":[' + visit_json(number, code, database, BY) + b"]}"


def _raise_limit(wanted: int) -> None:
    """As many open files as this process may have; the server inherits it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, hard)), hard))
