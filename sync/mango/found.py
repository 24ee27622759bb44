"""What came of a search."""

from __future__ import annotations

from dataclasses import dataclass

_MANY = 10
"""Documents looked at for each one that is meant, beyond which CouchDB advises a better index."""
_TOO_MANY = (
    "The number of documents examined is high in proportion to the number of results returned."
    " Consider adding a more specific index to improve this."
)


@dataclass(frozen=True)
class Found:
    """The ids of the documents that are meant, in order, what it took to find them, and where to go on."""

    ids: list[str]
    keys_examined: int
    docs_examined: int
    bookmark: str
    warnings: tuple[str, ...] = ()

    @property
    def warning(self) -> str | None:
        """What CouchDB would say of it."""
        too_many = self.docs_examined > _MANY * max(1, len(self.ids))
        return "\n".join([*self.warnings, *([_TOO_MANY] if too_many else [])]) or None
