"""`make bench`: measure and print the table. `BENCH=P1,P2` chooses figures, `JINLIN_BENCH_PEER` adds a CouchDB."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path

from tests.bench import (
    crowd,
    filling,
    finding,
    first_sync,
    footprint,
    growth,
    ingest,
    longpolls,
    pull,
    thousand_grids,
)
from tests.bench.harness import machine, say, table

MODULES = (ingest, pull, first_sync, crowd, longpolls, footprint, growth, finding, filling, thousand_grids)
FIGURES = {module.FIGURE: module for module in MODULES}


def main() -> None:
    """Measure what was chosen, one figure after the other, and print one table."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # the servers end with us
    chosen = [name for name in os.environ.get("BENCH", "").upper().split(",") if name] or list(FIGURES)
    rows = []
    before = machine()
    for name in chosen:
        say(f"{name}: {(FIGURES[name].__doc__ or '').partition(chr(10))[0]}")
        with tempfile.TemporaryDirectory(prefix="jinlin-bench-") as folder:
            rows += FIGURES[name].measure(Path(folder))
    print("\n".join(before))
    print(f"at the end: {machine()[0].rpartition('; ')[2]}\n")
    print(table(rows))


if __name__ == "__main__":
    main()
