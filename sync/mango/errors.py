"""What can be wrong with a query. `slug` is CouchDB's word for it.

Malformed
└── BadQuery
    ├── InvalidOperator
    └── BadArgument
TooSlow
"""

from __future__ import annotations

from sync.documents import Json
from sync.errors import Malformed


class BadQuery(Malformed):
    """A part of a query or of an index that is not what it should be."""

    def __init__(self, slug: str, sentence: str) -> None:
        super().__init__(sentence)
        self.slug = slug


class InvalidOperator(BadQuery):
    """An operator that is none."""

    def __init__(self, name: str) -> None:
        super().__init__("invalid_operator", f"Invalid operator: {name}")


class BadArgument(BadQuery):
    """An operator with an argument that it does not take."""

    def __init__(self, name: str, argument: Json) -> None:
        super().__init__("bad_arg", f"Bad argument for operator {name}: {str(argument)[:100]}")


class TooSlow(Exception):
    """A pattern or a search took longer than it may; nothing is answered rather than a part."""
