"""How often Python looks for cycles among the values of a long-running process.

A batch of documents is some ten thousand dicts and lists, none in a cycle: they go by themselves when the request is
over. By default Python would walk them a dozen times while they are being made, which took a third of a bulk write
(`docs/performance.md`).
"""

from __future__ import annotations

import gc

YOUNG_MAX = 50_000
"""New containers before a look: more than a batch of 1,000 ordinary documents holds, a few MiB when all are garbage."""


def collect_seldom() -> None:
    """Look for cycles seldom, and never among what is there already. To be called once, when all code is loaded."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_MAX, 20, 20)
