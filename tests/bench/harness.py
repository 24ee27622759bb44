"""What every figure shares: rows of the table, interleaved repetitions, the machine, and processes' memory.

A figure counts only as a ratio to a peer that did the same work in the same run, in turns with it.
"""

from __future__ import annotations

import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import psutil

REPETITIONS = int(os.environ.get("BENCH_REPETITIONS", "5"))
"""How often each side does its work after one warm-up; a table with fewer than five is no result."""
MIB = 2**20


@dataclass(frozen=True)
class Row:
    """One line of the table. `ratio` says how many times better than the peer; None where there is no peer."""

    figure: str
    what: str
    value: str
    peer: str = ""
    ratio: float | None = None
    spread: str = ""


def interleaved(
    sides: Mapping[str, Callable[[int], float]], repetitions: int = REPETITIONS
) -> dict[str, list[float]]:
    """What each side measured in each repetition, the sides taking turns; repetition 0 is a warm-up, forgotten."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for repetition in range(repetitions + 1):
        for name, measure in sides.items():
            value = measure(repetition)
            if repetition:
                taken[name].append(value)
    return taken


def compared(
    figure: str, what: str, taken: Mapping[str, Sequence[float]], unit: str, *, more_is_better: bool
) -> list[Row]:
    """A row for each peer: the medians, and the ratio of the first side (ours) to it."""
    (ours, values), *peers = taken.items()
    mine = statistics.median(values)
    spread = f"{min(values):,.4g}–{max(values):,.4g}"
    if not peers:
        return [Row(figure, f"{what}, {ours}", f"{mine:,.4g} {unit}", spread=spread)]
    rows = []
    for name, others in peers:
        theirs = statistics.median(others)
        ratio = mine / theirs if more_is_better else theirs / mine
        rows.append(
            Row(figure, f"{what}, {ours}", f"{mine:,.4g} {unit}", f"{name} {theirs:,.4g}", ratio, spread)
        )
    return rows


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@dataclass(frozen=True)
class Memory:
    """What processes hold, in bytes. `pss` counts a page shared by n processes as an n-th in each."""

    name: str
    rss: int
    pss: int
    uss: int


def memory(process: psutil.Process, name: str = "") -> Memory:
    """What one process holds now."""
    held = process.memory_full_info()
    return Memory(name or " ".join(process.cmdline())[-40:], held.rss, held.pss, held.uss)


def family(pid: int) -> list[psutil.Process]:
    """A process and all that came of it."""
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def pss(processes: Sequence[psutil.Process]) -> int:
    """What these processes hold together, shared pages counted once."""
    return sum(memory(process).pss for process in processes if process.is_running())


def cpu_s(processes: Sequence[psutil.Process]) -> float:
    """CPU time these processes have taken so far, in seconds."""
    return sum(sum(process.cpu_times()[:2]) for process in processes if process.is_running())


def machine() -> list[str]:
    """The machine, the versions and the load, a line each."""
    with open("/proc/cpuinfo") as info:
        model = next((line.partition(":")[2].strip() for line in info if line.startswith("model name")), "?")
    packages = ", ".join(
        f"{name} {version(name)}" for name in ("flask", "gevent", "gunicorn", "orjson", "apsw")
    )
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    return [
        f"{model}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}"
        f" {platform.release()}; load {load}",
        f"Python {platform.python_version()}, {packages}, Node {_node()}; {REPETITIONS} repetitions",
    ]


def _node() -> str:
    program = shutil.which("node")
    return "absent" if program is None else subprocess.check_output([program, "--version"], text=True).strip()


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    head = "| Figure | Work | Median | Range | Peer | Ratio |\n|---|---|---|---|---|---|\n"
    return head + "\n".join(
        f"| {row.figure} | {row.what} | {row.value} | {row.spread} | {row.peer} | "
        f"{'' if row.ratio is None else f'{row.ratio:.2f}×'} |"
        for row in rows
    )


def say(text: str) -> None:
    """Progress, apart from the table."""
    print(text, file=sys.stderr, flush=True)
