"""P11: what one more document costs when 10,000, 100,000 and 1,000,000 are there already (`BENCH_GROWTH`: the first).

All of one grid, in one file, through the whole path on one connection. Costs of a probe are medians of its batches, and
the probes of the small grid and of the grown one take turns, so that the machine's mood is in both.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.documents import BATCH, batches
from tests.bench.harness import REPETITIONS, Row, say
from tests.bench.pushing import push
from tests.bench.sides import BY, Jinlin, jinlin

FIGURE = "P11"
ONCE = int(os.environ.get("BENCH_GROWTH", "10000"))
TIMES = (1, 10, 100)
FILLING = 20
"""Batches made at a time while a grid is filled."""
PROBE = 4
"""Batches of one probe."""


def measure(folder: Path) -> list[Row]:
    """Microseconds per document, and how many times as much as in the small grid."""
    rows = []
    with jinlin(folder, len(TIMES) + 1) as server:
        small, grown = _Grid(server), _Grid(server)
        small.fill(ONCE)
        for times in TIMES:
            say(f"   {ONCE * times:,} documents")
            grown.fill(ONCE * times)
            costs = [(small.probe_us(), grown.probe_us()) for _ in range(REPETITIONS + 1)][1:]
            here, there = (statistics.median(cost[side] for cost in costs) for side in (0, 1))
            spread = f"{min(c[1] for c in costs):.0f}–{max(c[1] for c in costs):.0f}"
            what = f"a document more where {ONCE * times:,} are"
            rows.append(Row(FIGURE, what, f"{there:.0f} µs", f"{ONCE:,}: {here:.0f}", there / here, spread))
    return rows


class _Grid:
    """A grid that grows."""

    def __init__(self, server: Jinlin) -> None:
        self._server = server
        self._code, self._database = server.grid()
        self._count = 0

    def fill(self, count: int) -> None:
        """Push until so many are there."""
        for bodies in self._batches(count - self._count):
            push(self._server.side(), self._database, bodies)

    def probe_us(self) -> float:
        """Push a little more; microseconds per document, the median of its batches."""
        bodies = next(self._batches(PROBE * BATCH))
        side, taken = self._server.side(), []
        for body in bodies:
            begun = time.perf_counter()
            push(side, self._database, [body])
            taken.append((time.perf_counter() - begun) / BATCH * 1e6)
        return statistics.median(taken)

    def _batches(self, count: int) -> Iterator[list[bytes]]:
        while count > 0:
            piece = min(count, FILLING * BATCH)
            yield batches(self._count, piece, self._code, self._database, BY)
            self._count += piece
            count -= piece
