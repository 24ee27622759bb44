"""One database to another by CouchDB's replication protocol, knowing neither side (`replicate(source, target)`).

The headings are the specification's (docs.couchdb.org/en/stable/replication/protocol.html). What a run has sent is
durable at the target before its checkpoint is written, and `_revs_diff` is asked of every batch: a run that was killed
anywhere is finished by the next one, which sends nothing that has arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Protocol, runtime_checkable

from sync import checkpoints
from sync.carrying import with_bytes
from sync.checkpoints import Log
from sync.documents import Change, Document
from sync.errors import BatchTooLarge, MissingStub, NotFound
from sync.revisions import generation
from sync.store import DocStore, Missing

BATCH = 500
"""Documents between two checkpoints."""

UPLOAD_BYTES = 4 * 2**20
"""Documents and attachments in one request; one larger document travels alone."""

_FETCH = 100


@dataclass(frozen=True)
class Refused:
    """A revision that the target would not take, and its word for why."""

    doc_id: str
    rev: str
    reason: str


@dataclass(frozen=True)
class Progress:
    """How far a run has come. `written` counts revisions, the rest documents."""

    checked: int = 0
    left: int = 0
    """What the source held beyond `checked` when the run began; never below 0."""
    written: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Result:
    """What a run did."""

    seq: str
    """The source's sequence up to which the target has everything it would take."""
    checked: int
    written: int
    refused: tuple[Refused, ...] = ()
    finished: bool = True
    """False where the run was asked to stop before the end of the feed."""


@runtime_checkable
class _Selective(Protocol):
    """A store that gives revisions by name in one request."""

    def revisions(self, wanted: Mapping[str, Sequence[str]]) -> Iterator[Document]: ...


@runtime_checkable
class _Receiving(Protocol):
    """A store that takes history without telling stored from known; gives what it refused."""

    def push(self, documents: Sequence[Document]) -> Sequence[Refused]: ...


def replicate(
    source: DocStore,
    target: DocStore,
    *,
    session: str,
    progress: Callable[[Progress], None] = lambda _: None,
    stopping: Callable[[], bool] = lambda: False,
    batch: int = BATCH,
) -> Result:
    """Send every leaf of the source that the target lacks. `session` is a fresh name for this run.

    Raises what either store raises; what was sent before is kept, and the next run goes on from there.
    """
    # Get Peers Information
    source_info, target_info = source.info(), target.info()

    # Find Common Ancestry
    where = checkpoints.identity(target, target_info)
    name = checkpoints.replication_id(checkpoints.identity(source, source_info), where)
    log = checkpoints.common(checkpoints.read(source, name), checkpoints.read(target, name))
    run = _Run(source, target, log, Progress(left=source.pending(log.seq)))
    progress(run.progress)

    # Locate Changed Documents
    feed = source.changes(log.seq)
    count = 0
    while not (stopping() and count) and (changes := list(islice(feed, batch))):
        run.send(changes, progress)

        # Record Replication Checkpoint
        if count == 0:
            checkpoints.introduce(source, name, where.rpartition("#")[0])
        count += 1
        run.remember(f"{session}-{count}", changes[-1].seq)
        checkpoints.write(target, name, run.log)
        checkpoints.write(source, name, run.log)
        if len(changes) < batch:
            break
    done = run.progress
    return Result(
        run.log.seq, done.checked, done.written, tuple(run.refused), not stopping() or done.left == 0
    )


@dataclass
class _Run:
    """The state of one run between two batches."""

    source: DocStore
    target: DocStore
    log: Log
    progress: Progress
    refused: list[Refused] = field(default_factory=list)
    _since_checkpoint: list[Refused] = field(default_factory=list)
    _sent: set[str] = field(default_factory=set)

    def send(self, changes: Sequence[Change], tell: Callable[[Progress], None]) -> None:
        """Give the target what it lacks of these changes."""
        # Calculate Revision Difference
        offered = {c.doc_id: [leaf.rev for leaf in c.leaves] for c in changes if not c.doc_id.startswith("_")}
        lacking = self.target.missing(offered)

        # Fetch Changed Documents, Upload Batch of Changed Documents
        for documents in _pieces(_fetched(self.source, lacking)):
            refused = _upload(self.source, self.target, documents)
            self._since_checkpoint += refused
            self._sent |= {document.doc_id for document in documents}
            self.progress = replace(
                self.progress,
                written=self.progress.written + len(documents) - len(refused),
                refused=self.progress.refused + len(refused),
            )
            tell(self.progress)
        left = max(0, self.progress.left - len(changes))
        self.progress = replace(self.progress, checked=self.progress.checked + len(changes), left=left)
        tell(self.progress)

    def remember(self, checkpoint: str, seq: str) -> None:
        """Note that everything up to `seq` is at the target, but what it refused."""
        refused = {refusal.doc_id: refusal.rev for refusal in self._since_checkpoint}
        self.log = checkpoints.advance(self.log, checkpoint, seq, refused, self._sent)
        self.refused += self._since_checkpoint
        self._since_checkpoint, self._sent = [], set()


def _fetched(source: DocStore, lacking: Mapping[str, Missing]) -> Iterator[Document]:
    """The lacking revisions with what the target needs of their attachments; a leaf that is none any more is left

    to the later change that replaced it.
    """
    remaining = iter(lacking.items())
    while chunk := dict(islice(remaining, _FETCH)):
        for document in _revisions(source, {doc_id: missing.revs for doc_id, missing in chunk.items()}):
            yield with_bytes(source, document, _shared(document, chunk[document.doc_id].possible_ancestors))


def _revisions(source: DocStore, wanted: Mapping[str, Sequence[str]]) -> Iterator[Document]:
    if isinstance(source, _Selective):
        yield from source.revisions(wanted)
        return
    for doc_id, leaves in source.leaves_many(list(wanted)).items():
        yield from (leaf for leaf in leaves if leaf.rev in wanted[doc_id])


def _shared(document: Document, held: Sequence[str]) -> int:
    """The generation of the newest ancestor that the target holds; what came before it travels as stubs."""
    return max((generation(rev) for rev in held if rev in document.path), default=0)


def _pieces(documents: Iterator[Document]) -> Iterator[list[Document]]:
    """The documents in pieces that are worth a request and fit into one."""
    piece: list[Document] = []
    size = 0
    for document in documents:
        weight = _weight(document)
        if piece and size + weight > UPLOAD_BYTES:
            yield piece
            piece, size = [], 0
        piece.append(document)
        size += weight
    if piece:
        yield piece


def _weight(document: Document) -> int:
    data = sum(
        len(part.data) * 4 // 3 for part in document.attachments.values() if isinstance(part.data, bytes)
    )
    return len(document.body) + 34 * len(document.path) + data + 200


def _upload(source: DocStore, target: DocStore, documents: Sequence[Document]) -> list[Refused]:
    """Store the documents at the target; those it would not take. A request that is too large is halved."""
    try:
        return _take(target, documents)
    except MissingStub:
        return [refusal for document in documents for refusal in _upload_whole(source, target, document)]
    except BatchTooLarge:
        if len(documents) == 1:
            return [_refused(documents[0], "too_large")]
        half = len(documents) // 2
        return _upload(source, target, documents[:half]) + _upload(source, target, documents[half:])


def _take(target: DocStore, documents: Sequence[Document]) -> list[Refused]:
    if isinstance(target, _Receiving):
        return [Refused(r.doc_id, r.rev, r.reason) for r in target.push(documents)]
    outcomes = zip(documents, target.graft(documents), strict=True)
    return [_refused(document, "refused") for document, outcome in outcomes if outcome == "refused"]


def _upload_whole(source: DocStore, target: DocStore, document: Document) -> list[Refused]:
    """One document without stubs: the target lacks an attachment of an ancestor that it holds."""
    try:
        return _take(target, [with_bytes(source, document)])
    except (MissingStub, NotFound):
        return [_refused(document, "missing_attachment")]
    except BatchTooLarge:
        return [_refused(document, "too_large")]


def _refused(document: Document, reason: str) -> Refused:
    return Refused(document.doc_id, document.rev, reason)
