"""The embedded store against a model so simple that it is right: sets of revisions, and which is whose parent."""

from __future__ import annotations

from contextlib import suppress
from hashlib import md5
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from sync.documents import Document
from sync.errors import Conflict, Malformed, NotFound
from sync.revisions import generation
from sync.sqlite import SqliteStore, SqliteStores
from sync.store import Missing

DOC_IDS = ("household:1", "聚福/社区", "b")


def child(parent: str | None, letter: str) -> str:
    """The revision somebody makes of a parent: the same wherever it is made, as real revision ids are."""
    number = generation(parent) + 1 if parent else 1
    return f"{number}-{md5(f'{parent}{letter}'.encode()).hexdigest()}"


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A revision some edits away from the beginning, with all of its ancestry or only some."""
    path: list[str] = []
    for letter in draw(st.text("abc", min_size=1, max_size=6)):
        path.insert(0, child(path[0] if path else None, letter))
    kept = draw(st.integers(1, len(path)))
    fields = {"n": draw(st.integers(0, 9))}
    return Document.of(draw(st.sampled_from(DOC_IDS)), path[:kept], fields, deleted=draw(st.booleans()))


class Model:
    """One document: parents as far as they were told, and what was stored under each revision first."""

    def __init__(self) -> None:
        self.parents: dict[str, str | None] = {}
        self.stored: dict[str, Document] = {}

    def graft(self, document: Document) -> bool:
        is_new = document.rev not in self.parents
        for rev, parent in zip(document.path, [*document.path[1:], None], strict=True):
            self.parents[rev] = self.parents.get(rev) or parent
        if is_new:
            self.stored[document.rev] = document
        return is_new

    def path(self, rev: str) -> tuple[str, ...]:
        parent = self.parents[rev]
        return (rev, *self.path(parent)) if parent else (rev,)

    def leaves(self) -> list[Document]:
        """Winner first."""
        revs = set(self.parents) - set(self.parents.values())
        ranked = sorted(revs, key=lambda rev: (generation(rev), rev), reverse=True)
        leaves = [self.stored[rev] for rev in sorted(ranked, key=lambda rev: self.stored[rev].deleted)]
        return [Document(d.doc_id, self.path(d.rev), d.body, d.deleted) for d in leaves]


class StoreMachine(RuleBasedStateMachine):
    """Writes, compactions, failures and restarts in any order; and a reader who follows the feed from time to time."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory(prefix="store-machine-")
        self.stores = SqliteStores(Path(self.folder.name), open_files=1)
        self.stores.create("other")
        self.store: SqliteStore = self.stores.create("machine")
        self.models: dict[str, Model] = {}
        self.compacted = False
        self.since = "0"
        self.followed: dict[str, tuple[str, ...]] = {}

    @rule(batch=st.lists(documents(), min_size=1, max_size=5))
    def graft(self, batch: list[Document]) -> None:
        expected = [
            "stored" if self.models.setdefault(document.doc_id, Model()).graft(document) else "known"
            for document in batch
        ]
        assert self.store.graft(batch) == expected

    @rule(doc_id=st.sampled_from(DOC_IDS), pick=st.integers(0, 5), n=st.integers(0, 9), deleted=st.booleans())
    def put(self, doc_id: str, pick: int, n: int, deleted: bool) -> None:
        model = self.models.get(doc_id, Model())
        leaves = model.leaves()
        known = [leaf.rev for leaf in leaves] + sorted(model.parents)
        parent = ([*known, None])[pick % (len(known) + 1)]
        fits = any(leaf.rev == parent for leaf in leaves) or (
            parent is None and (not leaves or leaves[0].deleted)
        )
        try:
            rev = self.store.put(doc_id, {"n": n}, parent, deleted=deleted)
        except Conflict:
            assert not fits
            return
        assert fits
        edited = parent or (leaves[0].rev if leaves else None)
        path = (rev, *(model.path(edited) if edited else ()))
        self.models.setdefault(doc_id, Model()).graft(Document.of(doc_id, path, {"n": n}, deleted=deleted))

    @rule(batch=st.lists(documents(), min_size=1, max_size=3))
    def fail_in_the_middle(self, batch: list[Document]) -> None:
        broken = Document("b", ("3-" + "f" * 32, "1-" + "f" * 32))
        with suppress(ValueError), self.store._file().writing() as (db, _):
            db.execute("DELETE FROM docs")
            raise ValueError
        with pytest.raises(Malformed):
            self.store.graft([*batch, broken])

    @rule()
    def compact(self) -> None:
        self.store.compact()
        self.compacted = True

    @rule()
    def restart(self) -> None:
        self.stores.close()
        self.stores = SqliteStores(Path(self.folder.name), open_files=1)
        self.store = self.stores.open("machine")

    @rule(limit=st.sampled_from([1, 2, None]))
    def follow(self, limit: int | None) -> None:
        self.stores.open("other").info()
        for change in self.store.changes(self.since, limit=limit):
            self.since = change.seq
            self.followed[change.doc_id] = tuple(leaf.rev for leaf in change.leaves)

    @rule(document=documents())
    def look_for(self, document: Document) -> None:
        model = self.models.get(document.doc_id, Model())
        lacking = tuple(rev for rev in document.path if rev not in model.parents)
        found = self.store.missing({document.doc_id: document.path})
        if not lacking:
            assert found == {}
            return
        younger = max(map(generation, lacking))
        ancestors = tuple(leaf.rev for leaf in model.leaves() if generation(leaf.rev) < younger)
        assert found == {document.doc_id: Missing(lacking, ancestors)}

    @rule(document=documents())
    def get(self, document: Document) -> None:
        model = self.models.get(document.doc_id, Model())
        stored = model.stored.get(document.rev)
        is_leaf = any(leaf.rev == document.rev for leaf in model.leaves())
        try:
            found = self.store.get(document.doc_id, document.rev)
        except NotFound:
            assert stored is None or (self.compacted and not is_leaf)
            return
        assert stored is not None
        assert (found.body, found.deleted, found.path) == (
            stored.body,
            stored.deleted,
            model.path(document.rev),
        )

    @invariant()
    def leaves_and_counts_are_those_of_the_model(self) -> None:
        expected = {doc_id: model.leaves() for doc_id, model in self.models.items()}
        assert self.store.leaves_many(DOC_IDS) == expected
        live = sorted(doc_id for doc_id, leaves in expected.items() if not leaves[0].deleted)
        info = self.store.info()
        assert (info.doc_count, info.doc_del_count) == (len(live), len(expected) - len(live))
        assert [doc_id for doc_id, _ in self.store.all_ids()] == live
        assert self.stores.update_seqs()["machine"] == info.update_seq

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        try:
            self.follow(None)
            assert self.followed == {
                doc_id: tuple(leaf.rev for leaf in model.leaves()) for doc_id, model in self.models.items()
            }
            assert self.store.verify() == []
        finally:
            self.stores.close()
            self.folder.cleanup()


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
