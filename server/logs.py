"""Structured logs: one JSON object a line on stderr. They name ids, sizes and places, never answers."""

from __future__ import annotations

import logging

from pythonjsonlogger.orjson import OrjsonFormatter

log = logging.getLogger("jinlin")
"""The log of this process; facts beside the event are its `extra`."""


def configure(level: str) -> None:
    """Write what is of this level (debug, info, warning, error) and above."""
    lines = logging.StreamHandler()
    lines.setFormatter(
        OrjsonFormatter(
            "%(message)s %(levelname)s",
            rename_fields={"message": "event", "levelname": "level"},
            timestamp=True,
        )
    )
    log.handlers, log.propagate = [lines], False
    log.setLevel(level.upper())
