"""One document that the disk gives back changed does not stop the others of its request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from sync.errors import Damaged

T = TypeVar("T")

OF_THE_DISK = "the document on the server's disk is not what was written"
"""What a row says of it. `jinlin verify` tells the operator more."""


def spared(
    read: Callable[[Sequence[str]], Mapping[str, T]], doc_ids: Sequence[str]
) -> dict[str, T | Damaged]:
    """What `read` gives of these documents, read one by one where one of them is damaged; its error stands for it."""
    try:
        return dict(read(doc_ids))
    except Damaged:
        return {doc_id: found for each in doc_ids for doc_id, found in _alone(read, each).items()}


def _alone(read: Callable[[Sequence[str]], Mapping[str, T]], doc_id: str) -> Mapping[str, T | Damaged]:
    try:
        return read([doc_id])
    except Damaged as error:
        return {doc_id: error}
