"""What a store may be able to do beyond `DocStore`. Who needs one of these asks `isinstance` and has another way."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from sync.documents import Change, Document, Json


@runtime_checkable
class FindsChanges(Protocol):
    """A store that finds the changes of some documents without reading its whole feed."""

    def changes_of(self, doc_ids: Sequence[str], since: str = "0") -> list[Change]:
        """The changes of these documents after `since`, in the order of the feed."""
        ...


class Keyed(Protocol):
    """What an index orders documents by."""

    @property
    def identity(self) -> str:
        """The same for whatever gives the same keys."""
        ...

    def key(self, winner: Document, conflicts: Sequence[str]) -> bytes | None:
        """The key of a document with these live revisions beside its winner; None: it is not in the index.

        Of the winner's ancestry only its own revision is told.
        """
        ...


class Span(NamedTuple):
    """A part of an index: keys from `start` on and before `stop`, behind the place `after` in the way it is read."""

    start: bytes
    stop: bytes
    after: tuple[bytes, str] | None = None
    descending: bool = False


@runtime_checkable
class KeepsIndexes(Protocol):
    """A store that finds documents by keys that are made of them, and keeps the keys by itself."""

    def entries(
        self, index: Keyed, span: Span, *, fresh: bool, left_s: Callable[[], float]
    ) -> Generator[tuple[bytes, str]]:
        """(key, id) of the documents in a part of an index, in order of key and then of id.

        What is committed before the call is in it if it is to be `fresh`; what is written meanwhile may be. So an id
        may be of a document that is deleted or has another key by now: who reads it looks again.
        `left_s` says how long the caller still waits, and raises what he likes when that is over: what was done for
        the index by then is kept. Raises `Unindexed`.
        """
        ...


@runtime_checkable
class FindsItself(Protocol):
    """A store with a query language of its own, which is CouchDB's."""

    def find(self, query: Mapping[str, Json]) -> Mapping[str, Json] | None:
        """Its reply to a sound `_find`; None where it has no answer to such a query."""
        ...

    def explain(self, query: Mapping[str, Json]) -> Mapping[str, Json] | None:
        """Its reply to an `_explain`; None where it would not answer that query."""
        ...
