"""P10: memory of the whole family of processes: at rest, after 1,000 grids in turn, and during a large replication.

Proportional set size: a page that n processes share counts as an n-th in each.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tests.bench.documents import batches, visit_json
from tests.bench.harness import MIB, Memory, Row, family, memory, pss, say
from tests.bench.pushing import push
from tests.bench.sides import BY, Jinlin, jinlin
from tests.support.live import ROOT
from tests.support.town import password_of

FIGURE = "P10"
GRIDS = 1_000
DOCUMENTS = int(os.environ.get("BENCH_REPLICATION", "100000"))
SAMPLE_S = 0.1
REST_S = 3.0


def measure(folder: Path) -> list[Row]:
    """MiB at rest, with each process named; after the grids; and at most, of each family, while replicating."""
    with jinlin(folder / "source", GRIDS, "serve") as source, jinlin(folder / "target", 0, "serve") as target:
        time.sleep(REST_S)
        rows = _at_rest(target)
        say(f"   {GRIDS:,} grids in turn")
        rows.append(_in_turn(source))
        say(f"   {DOCUMENTS:,} documents replicated")
        return rows + _replicated(source, target)


def _at_rest(server: Jinlin) -> list[Row]:
    first = server.live.process.pid
    held = [memory(process, _role(process, first)) for process in family(first)]
    whole = Row(FIGURE, "server at rest, all processes", _mib(sum(each.pss for each in held)))
    return [whole, *(Row(FIGURE, f"at rest: {each.name}", _mib(each.pss), _parts(each)) for each in held)]


def _parts(held: Memory) -> str:
    return f"RSS {_mib(held.rss)}, own {_mib(held.uss)}"


def _role(process: psutil.Process, first: int) -> str:
    """What a process of the family does."""
    if process.pid == first:
        return "followers"
    return "web arbiter" if process.ppid() == first else "web worker"


def _in_turn(server: Jinlin) -> Row:
    """Write to and read from every grid, one after the other."""
    side = server.side()
    with side.client() as client:
        for code, database in server.unused[:990]:
            push(side, database, [_one(code, database)])
            client.get(f"/{database}/_changes", params={"include_docs": "true"}).raise_for_status()
    return Row(
        FIGURE, "after 990 grids, written and read in turn", _mib(pss(family(server.live.process.pid)))
    )


def _one(code: str, database: str) -> bytes:
    return b'{"new_edits":false,"docs":[' + visit_json(0, code, database, BY) + b"]}"


def _replicated(source: Jinlin, target: Jinlin) -> list[Row]:
    code, database = source.unused[991]
    for first in range(0, DOCUMENTS, 10_000):
        push(source.side(), database, batches(first, min(10_000, DOCUMENTS - first), code, database, BY))
    credentials = f"http://peer:{password_of('peer')}@"
    ends = [f"{server.live.db.replace('http://', credentials)}" for server in (source, target)]
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "server.cli", "replicate", *ends, "--database", database, "--quiet"],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("JINLIN_")},
    )
    names = {
        "jinlin replicate": process.pid,
        "its source": source.live.process.pid,
        "its target": target.live.process.pid,
    }
    peaks = dict.fromkeys(names, 0)
    while process.poll() is None:
        for name, pid in names.items():
            try:
                peaks[name] = max(peaks[name], pss(family(pid)))
            except psutil.Error:
                continue
        time.sleep(SAMPLE_S)
    taken_s = time.perf_counter() - begun
    if process.returncode:
        raise AssertionError(f"replicate ended with {process.returncode}")
    rows = [
        Row(FIGURE, f"{DOCUMENTS:,} documents replicated: at most, {name}", _mib(n))
        for name, n in peaks.items()
    ]
    return [
        *rows,
        Row(FIGURE, "the same replication, while it was watched", f"{DOCUMENTS / taken_s:,.0f} docs/s"),
    ]


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / MIB:.0f} MiB"
