"""P1: bulk ingest through the whole path (token, admission, durable commit), 1 kB documents in batches of 500.

A peer checks no document and keeps nothing on a disk where it is `pouchdb-server` (it runs in memory here).
"""

from __future__ import annotations

from pathlib import Path

from tests.bench.documents import batches
from tests.bench.harness import REPETITIONS, Row, compared, interleaved
from tests.bench.pushing import seconds
from tests.bench.sides import BY, Jinlin, Side, jinlin, peers

FIGURE = "P1"
DOCUMENTS = 20_000
SLOW_DOCUMENTS = 5_000
"""Of `pouchdb-server`: it is asked for a rate, not for patience."""


def measure(folder: Path) -> list[Row]:
    """Documents per second: on one connection, on four to four grids, and on one while the followers run."""
    rows = []
    each = 2 * REPETITIONS + 2
    with jinlin(folder / "web", 4 * each) as server, peers(folder) as others:
        for connections in (1, 4):
            sides = {"Jinlin": lambda _, n=connections: _ours(server, n)}
            sides |= {peer.name: lambda _, p=peer, n=connections: _theirs(p, n) for peer in others}
            what = "1 connection" if connections == 1 else "4 connections, 4 grids"
            rows += compared(FIGURE, f"ingest, {what}", interleaved(sides), "docs/s", more_is_better=True)
    with jinlin(folder / "serve", each, "serve") as server:
        taken = interleaved({"Jinlin": lambda _: _ours(server, 1)})
        rows += compared(
            FIGURE, "ingest, 1 connection, settle and index at work", taken, "docs/s", more_is_better=True
        )
    return rows


def _ours(server: Jinlin, connections: int) -> float:
    grids = [server.grid() for _ in range(connections)]
    share = DOCUMENTS // connections
    work = {database: batches(0, share, code, database, BY) for code, database in grids}
    return share * connections / seconds(server.side(), work)


def _theirs(peer: Side, connections: int) -> float:
    count = SLOW_DOCUMENTS if peer.name == "pouchdb-server" else DOCUMENTS
    share = count // connections // 500 * 500
    names = [f"bench-{number}" for number in range(connections)]
    work = {name: batches(0, share, "350505001999001", name, BY) for name in names}
    rate = share * connections / seconds(peer, work)
    for name in names:
        peer.drop(name)
    return rate
