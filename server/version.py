"""The version of this software, as installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str:
    """The installed version; `0.0.0` when it runs from a folder that was never installed."""
    try:
        return version("jinlin")
    except PackageNotFoundError:
        return "0.0.0"
