"""The promise of a store of documents, in words and types. `tests/contract/` holds every store to it.

It is the weakest common truth of SQLite and CouchDB: no query language, no secondary index.
Any verb may raise `StoreUnavailable`; then nothing of that call was stored. Behind HTTP an answer may be lost after
the work was done: then a verb that writes may have had its effect, `graft` any part of it; repeating it is safe.
A store is used from several threads at once; none of its verbs yields to another greenlet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from sync.documents import Attachment, Change, Document, Json


@dataclass(frozen=True)
class Info:
    """What a store says of itself."""

    name: str
    uuid: str
    """Constant while the database lives; another after it is deleted and made again (on a CouchDB, which tells two
    databases of one name apart by the second they were made: a second later)."""
    update_seq: str
    doc_count: int
    """Documents whose winner is not deleted."""
    doc_del_count: int
    size_bytes: int
    epoch: int
    """Raised by a restore from a backup, so that phones and followers check everything again."""
    purge_seq: str
    """Another one after something was purged: documents may be gone that no feed will ever name again."""


@dataclass(frozen=True)
class Missing:
    """What a store lacks of one document, and which leaves it has that may be ancestors of it."""

    revs: tuple[str, ...]
    possible_ancestors: tuple[str, ...]


Outcome = Literal["stored", "known", "refused"]
"""What a graft did with one document: stored its revision, had it already, or left it out as its judge said."""

Judge = Callable[[Document, Sequence[Document]], bool]
"""May this document be grafted, given all leaves the store holds of it (winner first)?

It is asked inside the write transaction, once for each document of the batch whose revision is not known yet, in order;
the leaves are those from before the batch. So what it decides on is what is written to (ADR 2: admission).
It only computes: it neither touches a store nor waits. Where a batch brings long attachments all of it is asked about
again, when their bytes are there.

A store behind HTTP has no such transaction. It asks before the write, reads the leaves again after it, and where
somebody else has written meanwhile asks again, about the leaves there would be without this batch; what is refused
then is withdrawn by a deleted revision and counts as refused (`sync/couch/judged.py`). So a judge answers a second
question about the same revision as if it were the first. What is left of the race: others may see for a moment what
is withdrawn, and a process that dies in that moment leaves it.
"""


class DocStore(Protocol):
    """One database: documents with their revision trees, an ordered change feed, and local documents."""

    @property
    def name(self) -> str: ...

    def info(self) -> Info: ...

    def get(self, doc_id: str, rev: str | None = None) -> Document:
        """The winner, or one revision (a leaf, or an ancestor whose body is not compacted away).

        Its path names at least the thousand latest revisions that the tree holds; a CouchDB tells of no more.

        Attachments are stubs; their bytes come by `attachment`.

        Raises `NotFound`, with reason `deleted` where the winner is a deleted leaf and no rev was named.
        """
        ...

    def leaves(self, doc_id: str) -> list[Document]:
        """Every leaf, deleted ones too, winner first; an empty list for an unknown document."""
        ...

    def leaves_many(self, doc_ids: Sequence[str]) -> dict[str, list[Document]]:
        """`leaves` of many documents in one look-up; unknown documents have no entry."""
        ...

    def put(
        self,
        doc_id: str,
        fields: Mapping[str, Json],
        parent: str | None = None,
        *,
        deleted: bool = False,
        attachments: Mapping[str, Attachment] | None = None,
    ) -> str:
        """An ordinary edit; durable when it returns its revision id.

        Raises `Conflict` if `parent` is no leaf, or is None while the winner is live; `MissingStub` for an
        attachment without bytes that the parent does not have. An attachment that is not named is dropped.
        With parent None on a deleted document the edit extends the tombstone.
        """
        ...

    def graft(self, documents: Sequence[Document], judge: Judge | None = None) -> list[Outcome]:
        """Store foreign history (`new_edits=false`), in one transaction; durable when it returns.

        A store behind HTTP has no transaction over a batch: where a call fails there, a part of it may have been
        stored, and the same call again completes it.

        Never conflicts; a known revision is left as it is, body included, and makes no new sequence. What its path adds
        to the tree is taken. A CouchDB also takes the body of an inner revision that has none.
        Repeating a graft changes nothing. With a judge, only documents it agrees to are stored.
        """
        ...

    def missing(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Missing]:
        """Of these revisions (by document id) those the tree does not hold anywhere; known documents are left out."""
        ...

    def changes(
        self, since: str = "0", *, limit: int | None = None, descending: bool = False
    ) -> Iterator[Change]:
        """Changes after `since` in order; a document appears once, at its latest sequence. `"0"` is the beginning.

        The documents of one graft come in any order.

        Rows are read in pieces, so a feed of any length is never in memory.
        """
        ...

    def pending(self, since: str) -> int:
        """How many documents `changes` would give after `since`."""
        ...

    def all_ids(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        limit: int | None = None,
        skip: int = 0,
        descending: bool = False,
    ) -> Iterator[tuple[str, str]]:
        """(id, winning rev) of live documents, by id in byte order, both ends included."""
        ...

    def attachment(self, doc_id: str, name: str, rev: str | None = None) -> Attachment:
        """One attachment with its bytes, of the winner or of one revision; `NotFound` as for `get`.

        Long ones are not read yet: a piece may be `Damaged`, or `NotFound` where it is compacted away meanwhile.
        """
        ...

    def get_local(self, local_id: str) -> tuple[str, dict[str, Json]]:
        """Revision (`0-n`) and body of a local document, given without `_local/`; `NotFound` if there is none."""
        ...

    def put_local(self, local_id: str, fields: Mapping[str, Json]) -> str:
        """Store a local document without comparing revisions (as a CouchDB 3 cluster does); gives its new revision."""
        ...

    def delete_local(self, local_id: str) -> None:
        """Remove a local document; `NotFound` if there is none."""
        ...

    def purge(self, revs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
        """Take leaves away as if they had never been here; durable when it returns what was taken, for each id.

        What is no leaf stays. Ancestors go that only hung on what goes, with their bodies and attachments. A document
        with leaves left is in the feed at a new sequence; one without is nowhere any more. Either way `update_seq`
        and `purge_seq` move. Nobody else is told: who still has a revision brings it back.

        The embedded store keeps no word of it in its file; the call that fails there may have purged already, and the
        same call again completes it. A CouchDB's file holds the words until it compacts.
        """
        ...

    def revs_limit(self) -> int:
        """How many generations are kept on each path of a revision tree: 1000 where nobody has said otherwise."""
        ...

    def set_revs_limit(self, limit: int) -> None:
        """Keep another number of generations, from 1 to 10,000; a tree follows when it is written to, or earlier.

        `Malformed` for any other number. Edits that were made elsewhere and are not here yet must be fewer than that,
        or they come as conflicts that nobody made.
        """
        ...

    def compact(self) -> None:
        """Forget the bodies of revisions that are no leaves, and attachments nobody names; ids and leaves stay.

        A CouchDB begins with it and goes on after this returns.
        """
        ...


class StoreSet(Protocol):
    """All databases of one server."""

    def names(self) -> list[str]:
        """Database names, sorted."""
        ...

    def open(self, name: str) -> DocStore:
        """The database of that name; `NotFound` if there is none."""
        ...

    def create(self, name: str) -> DocStore:
        """A new database; `DatabaseExists` if there is one, `Malformed` for a name CouchDB would not take."""
        ...

    def delete(self, name: str) -> None:
        """Remove a database and all it holds; `NotFound` if there is none."""
        ...

    def update_seqs(self, names: Iterable[str] | None = None) -> dict[str, str]:
        """The update sequence of each database (all, or those named): cheap, made for polling.

        Never behind a commit that was finished before the call; databases that are not there have no entry.
        """
        ...

    def close(self) -> None: ...
