"""P4: a hundred phones begin at once, each with a grid of its own of 2,000 documents of 1 kB.

By a client that costs almost nothing: each phone reads the snapshot of its grid and of the forms, gzipped, and when
the last has its last byte all is unpacked and counted. And, since a hundred of it are more than this machine can
drive, ten of stock PouchDB in one Node process. `BENCH_CROWD` is how many phones there are.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import threading
import time
from collections.abc import Sequence
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.documents import batches
from tests.bench.harness import REPETITIONS, Row, cpu_s, family, say
from tests.bench.pushing import push
from tests.bench.sides import BY, Side, jinlin
from tests.support.foreign import run_node

FIGURE = "P4"
PHONES = int(os.environ.get("BENCH_CROWD", "100"))
DOCUMENTS = 2_000
STOCK_PHONES = 10


def measure(folder: Path) -> list[Row]:
    """Seconds until the last phone has everything."""
    with jinlin(folder / "web", PHONES) as server:
        grids = [server.grid() for _ in range(PHONES)]
        for code, database in grids:
            push(server.side(), database, batches(0, DOCUMENTS, code, database, BY))
        say(f"   {PHONES} grids are filled")
        names = [database for _, database in grids]
        processes = family(server.live.process.pid)
        taken, spent = [], []
        for _ in range(REPETITIONS + 1):
            before = cpu_s(processes)
            taken.append(_crowd(server.side(), names))
            spent.append(cpu_s(processes) - before)
        stock = [_stock(server.side(), names[:STOCK_PHONES]) for _ in range(REPETITIONS + 1)]
    what = f"{PHONES} phones at once, {DOCUMENTS:,} documents each"
    return [
        _row(f"{what}: all have everything", taken[1:], "s"),
        _row("of it CPU of the server", spent[1:], "s"),
        _row(f"{STOCK_PHONES} stock PouchDBs at once, the same grids", stock[1:], "s"),
    ]


def _row(what: str, values: Sequence[float], unit: str) -> Row:
    spread = f"{min(values):,.3g}–{max(values):,.3g}"
    return Row(FIGURE, what, f"{statistics.median(values):,.3g} {unit}", spread=spread)


def _crowd(side: Side, databases: Sequence[str]) -> float:
    """One phone for each database, all at once."""
    read: dict[str, bytes] = {}
    threads = [threading.Thread(target=_phone, args=(side, database, read)) for database in databases]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken_s = time.perf_counter() - begun
    for database in databases:
        head, *rows, end = gzip.decompress(read.get(database, b"")).splitlines()
        if len(rows) != DOCUMENTS or json.loads(end)["last_seq"] != json.loads(head)["sequence"]:
            raise AssertionError(f"{database}: {len(rows)} documents came")
    return taken_s


def _phone(side: Side, database: str, read: dict[str, bytes]) -> None:
    parts = urlsplit(side.root)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=600)
    for name in ("forms", database):
        asked = {"Accept-Encoding": "gzip", **side.headers}
        connection.request("GET", f"/api/grids/{name}/snapshot", headers=asked)
        read[name] = connection.getresponse().read()
    connection.close()


def _stock(side: Side, databases: Sequence[str]) -> float:
    urls = [f"{side.root}/{database}" for database in databases]
    done = run_node("bench_crowd.mjs", {"urls": urls, "authorization": side.authorization})
    if done["pulled"] != [DOCUMENTS] * len(databases):
        raise AssertionError(f"{done['pulled']} documents were pulled")
    return float(done["seconds"])
