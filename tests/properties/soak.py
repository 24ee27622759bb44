"""Schedules of the store machine for hours: `make soak`, or `SCHEDULES=5000 make soak`.

Runs in rounds, each with a seed of its own, in several processes; that of a round that fails is printed, with what
repeats it.
"""

from __future__ import annotations

import argparse
import os
import random
import time
import traceback
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.test_store_machine import StoreMachine

ROUND = 500


def main() -> None:
    """Run rounds until the number of schedules, or the time, is used up; exit with 1 after one that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after the rounds under way")
    parser.add_argument("--steps", type=int, default=25, help="most steps of one schedule")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="of the first round")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    began_s = time.monotonic()
    done, asked, seeds = 0, 0, count(given.seed)
    running: set[Future[int]] = set()
    with ProcessPoolExecutor(given.processes) as pool:
        while True:
            while (
                len(running) < given.processes and asked < given.schedules and within(began_s, given.minutes)
            ):
                size = min(ROUND, given.schedules - asked)
                running.add(pool.submit(repeatable, next(seeds), size, given.steps))
                asked += size
            if not running:
                break
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            done += sum(each.result() for each in finished)
            lasted_s = time.monotonic() - began_s
            print(f"{done} schedules, {lasted_s:.0f} s, {done / lasted_s:.1f} a second", flush=True)
    print(f"{done} schedules passed, seeds {given.seed} to {next(seeds) - 1}", flush=True)


def within(began_s: float, minutes: float) -> bool:
    return time.monotonic() - began_s < minutes * 60


def repeatable(number: int, size: int, steps: int) -> int:
    """One round in a process of its own; the number of its schedules. Tells how to repeat it where it fails."""
    try:
        round_of(number, size, steps)
    except BaseException:
        traceback.print_exc()
        print(f"failed: --seed {number} --schedules {size} --steps {steps} --processes 1", flush=True)
        raise SystemExit(1) from None
    return size


def round_of(number: int, size: int, steps: int) -> None:
    """One round: the same for the same numbers."""
    chosen = settings(
        max_examples=size,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )

    @seed(number)
    class Seeded(StoreMachine):
        pass

    run_state_machine_as_test(Seeded, settings=chosen)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
