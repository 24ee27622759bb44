"""Reading documents: one revision, all leaves, what is missing, one attachment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import apsw

from sync.documents import Document
from sync.errors import DamagedDocument, NotFound
from sync.revtree import Tree
from sync.sqlite import rows
from sync.sqlite.rows import Body, Kept
from sync.store import Missing


def get(db: apsw.Connection, doc_id: str, rev: str | None) -> Document:
    """See `DocStore.get`."""
    tree, found, body = _revision(db, doc_id, rev)
    return rows.document(doc_id, tree, found, body)


def kept(db: apsw.Connection, doc_id: str, name: str, rev: str | None) -> Kept:
    """What is kept of an attachment; `NotFound` as in `DocStore.attachment`."""
    _, _, body = _revision(db, doc_id, rev)
    found = rows.attachments(body.attachments).get(name)
    if found is None:
        raise NotFound(f"{doc_id}/{name}")
    return found


def _revision(db: apsw.Connection, doc_id: str, rev: str | None) -> tuple[Tree, str, Body]:
    text = rows.trees(db, [doc_id]).get(doc_id)
    if text is None:
        raise NotFound(doc_id)
    tree = rows.decoded(text)
    if rev is None:
        if tree.winner.deleted:
            raise NotFound(doc_id, "deleted")
        rev = tree.winner.rev
    node = tree.nodes.get(rev)
    body = rows.bodies(db, [node.mark]).get(node.mark) if node else None
    if body is None:
        raise NotFound(f"{doc_id}@{rev}")
    return tree, rev, body


def leaves_many(db: apsw.Connection, doc_ids: Sequence[str]) -> dict[str, list[Document]]:
    """See `DocStore.leaves_many`."""
    return leaves_in(db, rows.trees(db, doc_ids))


def leaves_in(db: apsw.Connection, written: Mapping[str, str]) -> dict[str, list[Document]]:
    """The leaves of written trees, winner first, by document."""
    trees = {doc_id: rows.decoded(text) for doc_id, text in written.items()}
    found = {doc_id: rows.stored_leaves(tree) for doc_id, tree in trees.items()}
    bodies = rows.bodies(db, [node.mark for nodes in found.values() for _, node in nodes])
    try:
        return {
            doc_id: [rows.document(doc_id, trees[doc_id], rev, bodies[node.mark]) for rev, node in nodes]
            for doc_id, nodes in found.items()
        }
    except KeyError:
        raise DamagedDocument("a leaf without a body") from None


def missing(db: apsw.Connection, revs: Mapping[str, Sequence[str]]) -> dict[str, Missing]:
    """See `DocStore.missing`."""
    texts = rows.trees(db, list(revs))
    answer = {}
    for doc_id, wanted in revs.items():
        if doc_id not in texts:
            if wanted:
                answer[doc_id] = Missing(tuple(wanted), ())
            continue
        tree = rows.decoded(texts[doc_id])
        lacking = tuple(rev for rev in wanted if rev not in tree.nodes)
        if lacking:
            answer[doc_id] = Missing(lacking, tree.possible_ancestors(lacking))
    return answer
