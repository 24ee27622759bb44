"""What a store may be able to do beyond `DocStore`. Who needs one of these asks `isinstance` and has another way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from sync.documents import Change


@runtime_checkable
class FindsChanges(Protocol):
    """A store that finds the changes of some documents without reading its whole feed."""

    def changes_of(self, doc_ids: Sequence[str], since: str = "0") -> list[Change]:
        """The changes of these documents after `since`, in the order of the feed."""
        ...
