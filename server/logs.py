"""Structured logs: one JSON object a line on stderr. They name ids, sizes and places, never answers."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import orjson

LEVELS = ("debug", "info", "warning", "error")


class Log:
    """What a process says of itself, from a level on."""

    def __init__(self) -> None:
        self._lowest = 0

    def configure(self, level: str) -> None:
        """Leave out what is below this level."""
        self._lowest = LEVELS.index(level)

    def warning(self, event: str, **facts: object) -> None:
        """What mends itself, or somebody else has to mend."""
        self._say("warning", event, facts)

    def error(self, event: str, **facts: object) -> None:
        """What somebody has to look at."""
        self._say("error", event, facts)

    def _say(self, level: str, event: str, facts: dict[str, object]) -> None:
        if LEVELS.index(level) >= self._lowest:
            line = {"event": event, "level": level, "timestamp": datetime.now(UTC), **facts}
            print(orjson.dumps(line, default=str).decode(), file=sys.stderr, flush=True)


log = Log()
"""The log of this process."""
