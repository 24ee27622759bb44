"""The embedded store against a model so simple that it is right: sets of revisions, and which is whose parent.

Two handles on one folder, as two processes have them, on a disk that loses its power: writes, edits, attachments,
local documents, limits, purges, compactions, deletions, failures, crashes and restarts in any order; and a reader who
follows the feed a little at a time. `make soak` runs the same for hours.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from hashlib import md5
from itertools import count, product
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sync.digests import digest_of
from sync.documents import Attachment, Change, Document
from sync.errors import Conflict, Malformed, MissingStub, NotFound, StoreUnavailable
from sync.revisions import generation
from sync.sqlite import SqliteStore, SqliteStores, blobs, changed, schema
from sync.store import Missing
from tests.support.disk import Disk
from tests.support.lengthy import Elsewhere

NAME = "machine"
DOC_IDS = ("household:1", "聚福/社区", "b")
PHOTOS = (b"", b"one", b"two" * 3_000, b"four" * 1_001)
"""Short ones, one in pieces, and one in pieces that comes from elsewhere."""
CONTENTS = list(product(DOC_IDS, (None, *PHOTOS), range(10), (False, True)))
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A folder without a disk under it: what the power takes away is the business of `Disk`."""
handles = st.integers(0, 1)


def child(parent: str | None, letter: str) -> str:
    """The revision somebody makes of a parent: the same wherever it is made, as real revision ids are."""
    number = generation(parent) + 1 if parent else 1
    return f"{number}-{md5(f'{parent}{letter}'.encode()).hexdigest()}"


def photo(data: bytes, revpos: int) -> Attachment:
    where = Elsewhere(data) if data == PHOTOS[-1] else data
    return Attachment("image/jpeg", digest_of(data), len(data), revpos, where)


def edits(number: int) -> tuple[str, ...]:
    """A history of one to six edits, newest first; short for small numbers."""
    path: tuple[str, ...] = ()
    for place in range(1 + number // 3**6):
        path = (child(path[0] if path else None, "abc"[number // 3**place % 3]), *path)
    return path


def told(number: int, kept: int, content: int) -> Document:
    """The newest revision of a history, with all of its ancestry or only some."""
    history = edits(number)
    doc_id, data, n, deleted = CONTENTS[content]
    attached = {} if data is None else {"photo": photo(data, len(history))}
    return Document(doc_id, history[:kept], b'{"n":%d}' % n, deleted, attached)


documents = st.builds(
    told, st.integers(0, 6 * 3**6 - 1), st.integers(1, 6), st.integers(0, len(CONTENTS) - 1)
)
"""Three choices with many ways each: it is the number of choices that takes time."""


@cache
def prepared(build: Callable[[str], None]) -> bytes:
    """A new file as it is built in earnest. Building one takes as long as several steps of a schedule."""
    with TemporaryDirectory(prefix="store-machine-", dir=MEMORY) as folder:
        build(f"{folder}/file")
        return Path(folder, "file").read_bytes()


def next_database(template: bytes) -> Callable[[str], None]:
    """Makes copies of an empty database, each with a uuid of its own."""
    found = re.search(rb"[0-9a-f]{32}", template)
    assert found is not None
    uuids = count(int(found[0], 16))
    return lambda path: written_as(template.replace(found[0], b"%032x" % next(uuids)))(path)


def written_as(content: bytes) -> Callable[[str], None]:
    """Makes files with this content."""

    def build(path: str) -> None:
        Path(path).write_bytes(content)

    return build


class Model:
    """One document: parents as far as they were told and kept, and what was stored under each revision first."""

    def __init__(self, parents: Mapping[str, str | None] = {}, stored: Mapping[str, Document] = {}) -> None:
        self.parents = dict(parents)
        self.stored = dict(stored)

    def graft(self, document: Document, limit: int) -> bool:
        is_new = document.rev not in self.parents
        told = dict(zip(document.path, [*document.path[1:], None], strict=True))
        grown = {**self.parents, **{rev: self.parents.get(rev) or parent for rev, parent in told.items()}}
        if is_new:
            self.stored[document.rev] = document
        if grown != self.parents:
            self.parents = grown
            self.keep(rev for leaf in self.leaf_revs() for rev in self.path(leaf)[:limit])
        return is_new

    def purge(self, revs: Iterable[str]) -> tuple[str, ...]:
        leaves = self.leaf_revs()
        gone = tuple(rev for rev in revs if rev in leaves)
        self.keep(rev for leaf in leaves.difference(gone) for rev in self.path(leaf))
        return gone

    def keep(self, revs: Iterable[str]) -> None:
        kept = set(revs)
        self.stored = {rev: document for rev, document in self.stored.items() if rev in kept}
        parents = {rev: parent for rev, parent in self.parents.items() if rev in kept}
        self.parents = {rev: parent if parent in kept else None for rev, parent in parents.items()}

    def path(self, rev: str) -> tuple[str, ...]:
        parent = self.parents[rev]
        return (rev, *self.path(parent)) if parent else (rev,)

    def leaf_revs(self) -> set[str]:
        return set(self.parents).difference(filter(None, self.parents.values()))

    def leaves(self) -> list[Document]:
        """Winner first; attachments with their bytes."""
        ranked = sorted(self.leaf_revs(), key=lambda rev: (generation(rev), rev), reverse=True)
        leaves = [self.stored[rev] for rev in sorted(ranked, key=lambda rev: self.stored[rev].deleted)]
        return [Document(d.doc_id, self.path(d.rev), d.body, d.deleted, d.attachments) for d in leaves]


def shown(document: Document) -> tuple[object, ...]:
    """A document but for the bytes of its attachments."""
    stubs = {name: (part.digest, part.revpos) for name, part in document.attachments.items()}
    return document.doc_id, document.path, document.body, document.deleted, stubs


class StoreMachine(RuleBasedStateMachine):
    """The schedules."""

    @initialize(seed=st.integers(0, 2**32), crowded=st.booleans())
    def begin(self, seed: int, crowded: bool) -> None:
        """In a crowded folder the databases take turns to be the one that is open."""
        self.crowd = ["other"] if crowded else []
        self.manners = pytest.MonkeyPatch()
        self.manners.setattr(schema, "_BUSY_TIMEOUT_MS", 0)
        self.manners.setattr(schema, "_CHECKPOINT_PAGES", 6)
        self.manners.setattr(blobs, "PIECE_BYTES", 1_000)
        self.manners.setattr(schema, "create", next_database(prepared(schema.create)))
        self.manners.setattr(changed, "_build", written_as(prepared(changed._build)))
        self.folder = TemporaryDirectory(prefix="store-machine-", dir=MEMORY)
        self.disk = Disk(random.Random(seed))
        apsw.set_default_vfs(self.disk.name)
        self.open()
        for name in self.crowd:
            self.sets[0].create(name)
        self.sets[0].create(NAME)
        self.forget_all()

    def open(self) -> None:
        self.sets = [self.started(), self.started()]
        self.stores: list[SqliteStore] = [found._store(NAME) for found in self.sets]
        self.reader: Iterator[Change] = iter(())
        self.has_only_read = False

    def started(self) -> SqliteStores:
        return SqliteStores(Path(self.folder.name), open_files=1)

    def forget_all(self) -> None:
        """The database is a new one."""
        self.models: dict[str, Model] = {}
        self.limit = 1000
        self.locals: dict[str, int] = {}
        self.compacted = False
        self.since = "0"
        self.followed: dict[str, tuple[str, ...]] = {}
        self.reader = iter(())
        self.uuid = self.stores[0].info().uuid

    def learn(self, batch: list[Document]) -> list[str]:
        """What the model says of a batch."""
        return [
            "stored"
            if self.models.setdefault(document.doc_id, Model()).graft(document, self.limit)
            else "known"
            for document in batch
        ]

    def some_revs(self, doc_id: str, mask: int) -> list[str]:
        """Some leaves of a document, and its oldest revision."""
        model = self.models.get(doc_id, Model())
        revs = [leaf.rev for leaf in model.leaves()] + sorted(model.parents)[:1]
        return [rev for place, rev in enumerate(dict.fromkeys(revs)) if mask >> place & 1]

    def unlearn(self, doc_id: str, revs: list[str]) -> dict[str, tuple[str, ...]]:
        """What the model says of a purge."""
        model = self.models.get(doc_id, Model())
        gone = model.purge(revs)
        if not model.parents:
            self.models.pop(doc_id, None)
        return {doc_id: gone}

    def remembered(self) -> dict[str, Model]:
        return {doc_id: Model(model.parents, model.stored) for doc_id, model in self.models.items()}

    @rule(handle=handles, batch=st.lists(documents, min_size=1, max_size=5))
    def graft(self, handle: int, batch: list[Document]) -> None:
        expected = self.learn(batch)
        assert self.stores[handle].graft(batch) == expected

    @rule(
        handle=handles, doc_id=st.sampled_from(DOC_IDS), pick=st.integers(0, 5), n=st.integers(0, 9),
        deleted=st.booleans(), data=st.sampled_from((None, "stub", *PHOTOS)),
    )  # fmt: skip
    def put(
        self, handle: int, doc_id: str, pick: int, n: int, deleted: bool, data: bytes | str | None
    ) -> None:
        model = self.models.get(doc_id, Model())
        leaves = model.leaves()
        known = [leaf.rev for leaf in leaves] + sorted(model.parents)
        parent = ([*known, None])[pick % (len(known) + 1)]
        base = next((leaf for leaf in leaves if leaf.rev == parent), None)
        if parent is None and leaves and leaves[0].deleted:
            base = leaves[0]
        fits = base is not None or (parent is None and not leaves)
        position = generation(base.rev) + 1 if base else 1
        held = base.attachments.get("photo") if base else None
        kept = photo(data, position) if isinstance(data, bytes) else (held if data else None)
        given = {} if data is None else {"photo": kept if isinstance(data, bytes) else photo(b"", 1)}
        if data == "stub":
            given = {"photo": Attachment("", "", 0, 0)}
        try:
            rev = self.stores[handle].put(doc_id, {"n": n}, parent, deleted=deleted, attachments=given)  # type: ignore[arg-type]
        except Conflict:
            assert not fits
            return
        except MissingStub:
            assert fits
            assert data == "stub"
            assert held is None
            return
        assert fits
        path = (rev, *(base.path if base else ()))
        attached = {"photo": kept} if kept else {}
        self.learn([Document(doc_id, path, f'{{"n":{n}}}'.encode(), deleted, attached)])

    @rule(handle=handles, batch=st.lists(documents, min_size=1, max_size=3))
    def fail_in_the_middle(self, handle: int, batch: list[Document]) -> None:
        broken = Document("b", ("3-" + "f" * 32, "1-" + "f" * 32))
        with suppress(ValueError), self.stores[handle]._file().writing() as (db, _):
            db.execute("DELETE FROM docs")
            raise ValueError
        with pytest.raises(Malformed):
            self.stores[handle].graft([*batch, broken])

    @rule(handle=handles, batch=st.lists(documents, min_size=1, max_size=3))
    def write_while_the_other_is_writing(self, handle: int, batch: list[Document]) -> None:
        with self.stores[handle]._file().writing() as (db, _):
            db.execute("UPDATE state SET live = live + 1")
            with pytest.raises(StoreUnavailable):
                self.stores[1 - handle].graft(batch)
            self.leaves_and_counts_are_those_of_the_model()
            db.execute("UPDATE state SET live = live - 1")

    @rule(handle=handles, steps=st.integers(0, 40), batch=st.lists(documents, min_size=1, max_size=5))
    def crash(self, handle: int, steps: int, batch: list[Document]) -> None:
        """The power fails somewhere on the way; a batch that was not acknowledged is there whole or not at all."""
        before = self.remembered()
        self.learn(batch)
        self.disk.cut_after(steps)
        acknowledged = False
        with suppress(StoreUnavailable):
            self.stores[handle].graft(batch)
            acknowledged = True
            self.stores[1 - handle].compact()
        self.compacted = self.compacted or acknowledged
        self.start_again(None if acknowledged else before)

    @rule(handle=handles, steps=st.integers(0, 120), doc_id=st.sampled_from(DOC_IDS), mask=st.integers(1, 31))
    def crash_in_a_purge(self, handle: int, steps: int, doc_id: str, mask: int) -> None:
        before = self.remembered()
        revs = self.some_revs(doc_id, mask)
        expected = self.unlearn(doc_id, revs)
        self.disk.cut_after(steps)
        acknowledged = False
        with suppress(StoreUnavailable):
            assert self.stores[handle].purge({doc_id: revs}) == expected
            acknowledged = True
        self.start_again(None if acknowledged else before)
        assert self.stores[handle].purge({doc_id: revs}) == self.unlearn(doc_id, revs)
        self.no_trace_is_left_of(before)

    def start_again(self, before: dict[str, Model] | None) -> None:
        """After the power has failed: all is as the model says, or all is as it was before, where that may be."""
        self.disk.is_off = True
        self.reader = iter(())
        for stores in self.sets:
            stores.close()
        self.disk.mend()
        self.open()
        if before is not None and self.as_stored() != self.as_expected():
            self.models = before

    @rule(handle=handles)
    def restart(self, handle: int) -> None:
        """One process ends and another takes its place, beside the other one."""
        self.sets[handle].close()
        self.sets[handle] = self.started()
        self.stores[handle] = self.sets[handle]._store(NAME)

    @rule(handle=handles)
    def compact(self, handle: int) -> None:
        self.stores[handle].compact()
        self.compacted = True

    @rule(handle=handles, doc_id=st.sampled_from(DOC_IDS), mask=st.integers(1, 31))
    def purge(self, handle: int, doc_id: str, mask: int) -> None:
        before = self.remembered()
        revs = self.some_revs(doc_id, mask)
        assert self.stores[handle].purge({doc_id: revs}) == self.unlearn(doc_id, revs)
        self.no_trace_is_left_of(before)

    def no_trace_is_left_of(self, before: dict[str, Model]) -> None:
        """No digest of a revision that no document has any more is in the file or its log."""
        known = {rev for model in self.models.values() for rev in model.parents}
        gone = {rev for model in before.values() for rev in model.parents} - known
        path = Path(self.folder.name, f"{NAME}.sqlite")
        written = path.read_bytes() + path.with_name(f"{path.name}-wal").read_bytes()
        assert not [rev for rev in gone if rev.partition("-")[2].encode() in written]

    @rule(handle=handles, limit=st.sampled_from((1, 2, 3, 1000)))
    def keep_fewer_generations(self, handle: int, limit: int) -> None:
        self.stores[handle].set_revs_limit(limit)
        self.limit = limit

    @rule(handle=handles, other=handles)
    def delete_and_make_again(self, handle: int, other: int) -> None:
        self.sets[handle].delete(NAME)
        for store in self.stores:
            with pytest.raises(NotFound):
                store.put("b", {})
        assert NAME not in self.sets[other].update_seqs()
        self.sets[other].create(NAME)
        uuid = self.uuid
        self.forget_all()
        assert self.uuid != uuid

    @rule(handle=handles, key=st.sampled_from("xy"), n=st.integers(0, 9))
    def put_local(self, handle: int, key: str, n: int) -> None:
        self.stores[handle].put_local(key, {"n": n})
        self.locals[key] = n

    @rule(handle=handles, key=st.sampled_from("xy"))
    def delete_local(self, handle: int, key: str) -> None:
        try:
            self.stores[handle].delete_local(key)
        except NotFound:
            assert key not in self.locals
        else:
            del self.locals[key]

    @rule(handle=handles, limit=st.sampled_from([1, 2, None]))
    def follow(self, handle: int, limit: int | None) -> None:
        self.has_only_read = True
        for name in self.crowd:
            self.sets[handle].open(name).info()
        self.hear(self.stores[handle].changes(self.since, limit=limit), None)

    @rule(handle=handles, count=st.integers(1, 3))
    def follow_a_little(self, handle: int, count: int) -> None:
        """One feed that is read on while others write."""
        self.has_only_read = True
        if self.hear(self.reader, count) < count:
            self.reader = iter(self.stores[handle].changes(self.since))

    def hear(self, feed: Iterator[Change], count: int | None) -> int:
        heard = 0
        while heard != count and (change := next(feed, None)) is not None:
            heard += 1
            if int(change.seq) > int(self.since):  # a feed that is read slowly tells what was
                self.since = change.seq
                self.followed[change.doc_id] = tuple(leaf.rev for leaf in change.leaves)
        return heard

    @rule(handle=handles, document=documents)
    def look_for(self, handle: int, document: Document) -> None:
        self.has_only_read = True
        model = self.models.get(document.doc_id, Model())
        lacking = tuple(rev for rev in document.path if rev not in model.parents)
        found = self.stores[handle].missing({document.doc_id: document.path})
        if not lacking:
            assert found == {}
            return
        younger = max(map(generation, lacking))
        ancestors = tuple(leaf.rev for leaf in model.leaves() if generation(leaf.rev) < younger)
        assert found == {document.doc_id: Missing(lacking, ancestors)}

    @rule(handle=handles, document=documents)
    def get(self, handle: int, document: Document) -> None:
        self.has_only_read = True
        model = self.models.get(document.doc_id, Model())
        stored = model.stored.get(document.rev)
        is_leaf = any(leaf.rev == document.rev for leaf in model.leaves())
        try:
            found = self.stores[handle].get(document.doc_id, document.rev)
        except NotFound:
            assert stored is None or (self.compacted and not is_leaf)
            return
        assert stored is not None
        assert shown(found)[2:] == shown(stored)[2:]
        assert found.path == model.path(document.rev)

    def as_stored(self) -> dict[str, list[tuple[object, ...]]]:
        found = self.stores[1].leaves_many(DOC_IDS)
        return {doc_id: [shown(leaf) for leaf in leaves] for doc_id, leaves in found.items()}

    def as_expected(self) -> dict[str, list[tuple[object, ...]]]:
        return {doc_id: [shown(leaf) for leaf in model.leaves()] for doc_id, model in self.models.items()}

    def leaves_and_counts_are_those_of_the_model(self) -> None:
        seqs = [stores.update_seqs()[NAME] for stores in self.sets]
        expected = self.as_expected()
        assert self.as_stored() == expected
        live = sorted(doc_id for doc_id, leaves in expected.items() if not leaves[0][3])
        info = self.stores[0].info()
        assert (info.doc_count, info.doc_del_count) == (len(live), len(expected) - len(live))
        assert (info.uuid, info.epoch) == (self.uuid, 0)
        assert self.stores[0].revs_limit() == self.limit
        assert [doc_id for doc_id, _ in self.stores[0].all_ids()] == live
        assert seqs == [info.update_seq] * 2

    def local_documents_are_those_of_the_model(self) -> None:
        for key in "xy":
            with suppress(NotFound):
                assert self.stores[0].get_local(key)[1] == {"n": self.locals[key]}
                continue
            assert key not in self.locals

    @invariant()
    def the_store_is_as_the_model_says(self) -> None:
        """Nothing else is looked at after a step that only read, until one writes."""
        if not self.has_only_read:
            self.leaves_and_counts_are_those_of_the_model()
            self.local_documents_are_those_of_the_model()
        self.has_only_read = False

    def teardown(self) -> None:
        if not hasattr(self, "uuid"):
            return
        try:
            self.follow(0, None)
            assert {doc_id: revs for doc_id, revs in self.followed.items() if doc_id in self.models} == {
                doc_id: tuple(leaf.rev for leaf in model.leaves()) for doc_id, model in self.models.items()
            }
            for model in self.models.values():
                for leaf in model.leaves():
                    for name, part in leaf.attachments.items():
                        kept = self.stores[0].attachment(leaf.doc_id, name, leaf.rev)
                        assert kept.whole() == part.whole()
            assert self.stores[0].verify() == []
        finally:
            for stores in self.sets:
                stores.close()
            self.manners.undo()
            apsw.set_default_vfs("unix")
            self.disk.unregister()
            self.folder.cleanup()


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=300, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
