"""P2: stock PouchDB (Node, memory adapter) pulls 10,000 documents of 1 kB, in batches of 100 and of 1,000.

Most of the time is PouchDB's own: the floor is what it takes to write the same documents into itself.
"""

from __future__ import annotations

from pathlib import Path

from tests.bench.documents import batches
from tests.bench.harness import Row, compared, interleaved
from tests.bench.pushing import check, push
from tests.bench.sides import BY, Side, jinlin, peers
from tests.support.foreign import run_node

FIGURE = "P2"
DOCUMENTS = 10_000


def measure(folder: Path) -> list[Row]:
    """Seconds until the last document is in the phone."""
    rows = []
    with jinlin(folder / "web", 1) as server, peers(folder) as others:
        code, ours = server.grid()
        _fill(server.side(), ours, code)
        for peer in others:
            _fill(peer, "bench-pull", code)
        for batch_size in (100, 1000):
            sides = {"Jinlin": lambda _, n=batch_size: _seconds(server.side(), ours, n)}
            sides |= {p.name: lambda _, p=p, n=batch_size: _seconds(p, "bench-pull", n) for p in others}
            what = f"stock PouchDB pulls {DOCUMENTS:,}, batches of {batch_size:,}"
            rows += compared(FIGURE, what, interleaved(sides), "s", more_is_better=False)
        for peer in others:
            peer.drop("bench-pull")
    return rows


def _fill(side: Side, database: str, code: str) -> None:
    bodies = batches(0, DOCUMENTS, code, database, BY)
    side.fresh(database)
    push(side, database, bodies)
    check(side, {database: bodies})


def _seconds(side: Side, database: str, batch_size: int) -> float:
    asked = {
        "url": f"{side.root}/{database}", "authorization": side.authorization, "batch_size": batch_size,
    }  # fmt: skip
    done = run_node("bench_pull.mjs", asked)
    if done["pulled"] != DOCUMENTS:
        raise AssertionError(f"{side.name}: {done['pulled']} of {DOCUMENTS} documents were pulled")
    return float(done["seconds"])
