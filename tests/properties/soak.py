"""Schedules of the store machine for hours: `make soak`, or `SCHEDULES=5000 make soak`.

Runs in rounds, each with a seed of its own; that of a round that fails is printed, with what repeats it.
"""

from __future__ import annotations

import argparse
import random
import time

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties.test_store_machine import StoreMachine

ROUND = 500


def main() -> None:
    """Run rounds until the number of schedules, or the time, is used up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schedules", type=int, default=100_000)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after the round under way")
    parser.add_argument("--steps", type=int, default=25, help="most steps of one schedule")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = parser.parse_args()
    began_s, done, number = time.monotonic(), 0, given.seed
    print(f"seed {given.seed}", flush=True)
    while done < given.schedules and time.monotonic() - began_s < given.minutes * 60:
        count = min(ROUND, given.schedules - done)
        try:
            round_of(number, count, given.steps)
        except BaseException:
            print(f"failed: --seed {number} --schedules {count} --steps {given.steps}", flush=True)
            raise
        done, number = done + count, number + 1
        print(f"{done} schedules, {time.monotonic() - began_s:.0f} s", flush=True)


def round_of(number: int, count: int, steps: int) -> None:
    """One round: the same for the same numbers."""
    chosen = settings(
        max_examples=count,
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
