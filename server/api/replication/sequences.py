"""Sequences as clients see them: the store's number and the epoch of its database, `12-0`.

In an epoch that a restore began, a sequence from before it stands for nothing: who comes with one starts anew.
A CouchDB behind this server has sequences of its own, which are passed on as they are.
"""

from __future__ import annotations

import re

from sync.store import Info

_OURS = re.compile(r"([0-9]+)-([0-9]+)")


def shown(seq: str, epoch: int) -> str:
    """A sequence of the store, for a client."""
    return f"{seq}-{epoch}" if seq.isdigit() else seq


def meant(given: str, info: Info) -> str:
    """The sequence of the store that a client means; the beginning, where it is one of another epoch."""
    ours = _OURS.fullmatch(given)
    if ours is None:
        return given
    return ours[1] if ours[2] == str(info.epoch) else "0"
