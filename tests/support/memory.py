"""A light store in memory for schedules of thousands of meetings: trees by `sync.revtree`, bodies in a dict.

It has the verbs that settling and meeting need; the real store is held to the whole contract elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy

from sync import revtree
from sync.documents import Change, Document
from sync.errors import NotFound
from sync.revtree import Tree
from sync.store import Judge, Missing, Outcome


class MemoryStore:
    """Documents, their trees, and the bodies that came here."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._trees: dict[str, Tree] = {}
        self._kept: dict[tuple[str, str], Document] = {}

    def copied(self) -> MemoryStore:
        """A backup of this moment."""
        other = copy(self)
        other._trees, other._kept = dict(self._trees), dict(self._kept)
        return other

    def graft(self, documents: Sequence[Document], judge: Judge | None = None) -> list[Outcome]:
        held = self.leaves_many([document.doc_id for document in documents])
        outcomes: list[Outcome] = []
        for document in documents:
            if judge is not None and not judge(document, held.get(document.doc_id, ())):
                outcomes.append("refused")
                continue
            tree = self._trees.get(document.doc_id, Tree({}))
            grafted = revtree.graft(tree, document.path, 1, deleted=document.deleted)
            self._trees[document.doc_id] = grafted.tree
            if grafted.is_new:
                self._kept[document.doc_id, document.rev] = document
            outcomes.append("stored" if grafted.is_new else "known")
        return outcomes

    def get(self, doc_id: str, rev: str) -> Document:
        if (doc_id, rev) not in self._kept:
            raise NotFound(doc_id)
        return self._kept[doc_id, rev]

    def leaves(self, doc_id: str) -> list[Document]:
        tree = self._trees.get(doc_id, Tree({}))
        return [self._kept[doc_id, leaf.rev] for leaf in tree.leaves]

    def leaves_many(self, doc_ids: Sequence[str]) -> dict[str, list[Document]]:
        return {doc_id: self.leaves(doc_id) for doc_id in doc_ids if doc_id in self._trees}

    def missing(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Missing]:
        lacking = {
            doc_id: tuple(
                rev for rev in named if doc_id not in self._trees or rev not in self._trees[doc_id].nodes
            )
            for doc_id, named in revs.items()
        }
        return {doc_id: Missing(named, ()) for doc_id, named in lacking.items() if named}

    def changes(self) -> Iterator[Change]:
        for number, (doc_id, tree) in enumerate(self._trees.items(), 1):
            yield Change(str(number), doc_id, tree.leaves)

    def pull(self, other: MemoryStore) -> None:
        """A meeting: leaves travel with the names of their ancestors, as in any replication."""
        for change in other.changes():
            lacking = self.missing({change.doc_id: [leaf.rev for leaf in change.leaves]})
            wanted = lacking[change.doc_id].revs if lacking else ()
            self.graft([leaf for leaf in other.leaves(change.doc_id) if leaf.rev in wanted])

    def compact(self) -> None:
        """Forget the bodies of revisions that are no leaves."""
        leaves = {(doc_id, leaf.rev) for doc_id, tree in self._trees.items() for leaf in tree.leaves}
        self._kept = {key: document for key, document in self._kept.items() if key in leaves}
