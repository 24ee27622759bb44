"""1,000 grids created, written, compacted, verified and backed up in one process: time, memory, open files.

`python -m tests.bench.thousand_grids [GRIDS]` runs it alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from server import backup, manifest
from sync.documents import Document
from sync.sqlite import SqliteStores
from tests.bench.harness import MIB, Row, say, table
from tests.support.live import ROOT

FIGURE = "GRIDS"
GRIDS = 1_000
DOCUMENTS = 100
"""Of 1 kB in each grid; half of them are edited once."""


def measure(folder: Path, grids: int = GRIDS) -> list[Row]:
    """A row for each step: its time, the memory of the process after it, its open files, and the most of both."""
    command = [sys.executable, "-m", "tests.bench.thousand_grids", "--child", str(folder), str(grids)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        rows = [_row(grids, json.loads(line)) for line in child.stdout]
    if child.returncode:
        raise RuntimeError(f"the run of {grids} grids ended with {child.returncode}")
    return rows


def _row(grids: int, found: dict[str, float]) -> Row:
    say(f"   {found}")
    held = (
        f"{found['rss_bytes'] / MIB:.0f} MiB, at most {found['peak_bytes'] / MIB:.0f} MiB; "
        f"{found['files']:.0f} files open, at most {found['files_most']:.0f}"
    )
    return Row(FIGURE, f"{grids:,} grids: {found['step']}", f"{found['took_s']:.1f} s", spread=held)


class _Watched:
    """The process measures itself after each grid."""

    def __init__(self) -> None:
        self._me = psutil.Process()
        self._files_most = self._peak = 0

    def look(self) -> None:
        self._files_most = max(self._files_most, self._me.num_fds())
        self._peak = max(self._peak, self._me.memory_info().rss)

    def step(self, name: str, work: Callable[[], None]) -> None:
        began_s = time.perf_counter()
        work()
        took_s = time.perf_counter() - began_s
        self.look()
        files, rss = self._me.num_fds(), self._me.memory_info().rss
        found = {"step": name, "took_s": took_s, "rss_bytes": rss, "peak_bytes": self._peak}
        print(json.dumps({**found, "files": files, "files_most": self._files_most}), flush=True)


def child(folder: Path, grids: int) -> None:
    """Do the work, with a line of JSON after each step."""
    data, watched = folder / "data", _Watched()
    stores = SqliteStores(data / "stores")
    names = [f"grid-{number:012d}" for number in range(grids)]

    def each(act: Callable[[str], object]) -> Callable[[], None]:
        def work() -> None:
            for name in names:
                act(name)
                watched.look()

        return work

    def sound(name: str) -> None:
        assert stores.open(name).verify() == []

    watched.step("created", each(stores.create))
    watched.step(f"{DOCUMENTS} documents and {DOCUMENTS // 2} edits written in each", each(_write_to(stores)))
    watched.step("compacted", each(lambda name: stores.open(name).compact()))
    watched.step("polled for changes", lambda: _polled(stores, grids))
    watched.step("verified", each(sound))
    watched.step("backed up", lambda: _backed_up(data, folder / "copy", watched))
    watched.step("digests of the backup checked", lambda: _checked(folder / "copy"))
    stores.close()


def _write_to(stores: SqliteStores) -> Callable[[str], object]:
    first, second = list(_documents(1)), list(_documents(2))[: DOCUMENTS // 2]

    def write(name: str) -> None:
        store = stores.open(name)
        store.graft(first)
        store.graft(second)

    return write


def _documents(generation: int) -> Iterator[Document]:
    for number in range(DOCUMENTS):
        path = [f"{n}-{number:031x}{n}" for n in range(generation, 0, -1)]
        yield Document.of(f"record:{number:06d}", path, {"n": generation, "pad": "x" * 1_000})


def _polled(stores: SqliteStores, grids: int) -> None:
    assert len(stores.update_seqs()) == grids


def _backed_up(data: Path, target: Path, watched: _Watched) -> None:
    backup.back_up(data, target, "2026-11-22T00:00:00Z", lambda _: watched.look())


def _checked(target: Path) -> None:
    assert list(manifest.problems(target, manifest.read(target), lambda _: None)) == []


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        with tempfile.TemporaryDirectory(prefix="jinlin-grids-") as made:
            print(table(measure(Path(made), int(sys.argv[1]) if sys.argv[1:] else GRIDS)))
