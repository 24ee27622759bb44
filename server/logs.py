"""Structured logs: one JSON object a line on stderr. They name ids, sizes and places, never answers."""

from __future__ import annotations

import logging
import sys

import orjson
import structlog


def configure(level: str) -> None:
    """Send structlog's lines to stderr at this level (debug, info, warning, error) and above."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _dumps(event: object, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()


log = structlog.get_logger("jinlin")
"""The log of this process."""
