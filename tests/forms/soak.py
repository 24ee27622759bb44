"""`python -m tests.forms.soak`: far more random expressions and forms than the suite compares on desk and phone.

Rounds of 5,000, each through one Node process and with a seed of its own, which is printed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from tests.forms.definitions import forms
from tests.forms.phone import bundle, compared, differing_expressions, expressions, value_here

ROUND = 5000


def main() -> None:
    """Compare until both counts are reached; exit with 1 after a round in which the two sides differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--expressions", type=int, default=100_000)
    parser.add_argument("--fillings", type=int, default=100_000, help="random answers, five to a random form")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="of the first round")
    given = parser.parse_args()
    slowest_s = 0.0
    with tempfile.TemporaryDirectory(prefix="jinlin-forms-") as folder:
        script = bundle(Path(folder))
        for seed, count in rounds(given.seed, given.expressions):
            cases = expressions(Random(seed), count)
            slowest_s = max(slowest_s, *map(took_s, cases))
            judge(f"seed {seed}: {count} expressions", differing_expressions(script, cases))
        for seed, count in rounds(given.seed, given.fillings):
            chance = Random(seed)
            differing, findings = compared(script, forms(chance, count // 5), chance, count)
            judge(f"seed {seed}: {count} fillings, {findings} findings", differing)
    print(
        f"{given.expressions} expressions, the slowest {slowest_s * 1000:.1f} ms; {given.fillings} fillings"
    )


def rounds(seed: int, count: int) -> Iterator[tuple[int, int]]:
    """Seed and size of each round."""
    for number, done in enumerate(range(0, count, ROUND)):
        yield seed + number, min(ROUND, count - done)


def took_s(case: Mapping[str, Any]) -> float:
    begun_s = time.thread_time()
    value_here(case)
    return time.thread_time() - begun_s


def judge(what: str, differing: Sequence[Any]) -> None:
    print(f"{what}: {len(differing)} differ", flush=True)
    if differing:
        sys.exit(f"{differing[0]}")


if __name__ == "__main__":
    main()
