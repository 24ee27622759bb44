"""Settling a document: its live leaves become one revision that holds all of them (ADR 4).

A plan is a pure function of the leaves, and its revision ids follow from them, so that two servers that see the same
leaves write the same revisions, and a second run writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sync.causal import context, join_all
from sync.documents import Attachment, Change, Content, Document, Json
from sync.errors import NotFound
from sync.outsiders import normalise, stamp_of
from sync.paths import same
from sync.registers import has_causal, seen
from sync.revisions import generation, next_rev
from sync.store import DocStore

_LINEAGE = 50
"""How many edits in a row by programs that ignore `causal` are told apart."""


def settle(
    leaves: Sequence[Document], lineages: Mapping[str, Sequence[Document]] | None = None
) -> list[Document]:
    """What to graft so that one live leaf holds what all of them (winner first) say; nothing where one does.

    A leaf that already is the join stays, else the join is written as a child of the winner; every other live leaf
    gets a deleted child. Steps are never merged. `lineages` holds, by the revision of a leaf, its stored ancestors
    back to the nearest that has `causal`, oldest first: a leaf whose editor ignored it is first made mergeable.
    """
    live = [leaf for leaf in leaves if not leaf.deleted]
    if not live or live[0].doc_id.startswith("step:"):
        return []
    bodies = [_mergeable(leaf, (lineages or {}).get(leaf.rev, ())) for leaf in live]
    joined = bodies[0] if len(live) == 1 else join_all(bodies)
    attachments = _attachments(live)
    done = [leaf for leaf in live if not _unknown_origin(leaf, (lineages or {}).get(leaf.rev, ()))]
    for leaf in live:
        if same(leaf.fields, joined) and leaf.attachments.keys() == attachments.keys():
            return [_tombstone(other) for other in done if other is not leaf]
    return [
        _child(live[0], joined, attachments),
        *(_tombstone(other) for other in done if other is not live[0]),
    ]


class SettleFollower:
    """Settles every document of the grids whose leaves or last editor leave something to settle."""

    name = "settle"

    def handles(self, database: str) -> bool:
        """Grids only: what else a server keeps is not edited by two people at once."""
        return database.startswith("grid-")

    def handle(self, store: DocStore, changes: Sequence[Change]) -> None:
        """Settle these documents as they stand now; idempotent, and harmless wherever it runs."""
        ids = [c.doc_id for c in changes if not c.deleted and not c.doc_id.startswith(("step:", "_"))]
        plans: list[Document] = []
        read = store.leaves_many(ids)
        for leaves in read.values():
            plans += _with_bytes(
                store, leaves, settle(leaves, {leaf.rev: _lineage(store, leaf) for leaf in leaves})
            )
        if plans:
            store.graft(plans, lambda document, held: _holds(held, read[document.doc_id]))

    def sweep(self, store: DocStore) -> None:
        """Nothing is kept beside the documents."""


def _holds(held: Sequence[Document], read: Sequence[Document]) -> bool:
    """Whether all that a plan was made from is still there: what was purged meanwhile is not to come back with it."""
    known = {rev for leaf in held for rev in leaf.path}
    return all(leaf.rev in known for leaf in read)


def _mergeable(leaf: Document, lineage: Sequence[Document]) -> dict[str, Json]:
    """The leaf's body as a join may take it: with its parent in it, where its editor did not see to that."""
    if not lineage or _knows(leaf, lineage[-1]):
        return leaf.fields
    known = lineage[0].fields
    for document in (*lineage[1:], leaf):
        known = normalise(document.fields, known, stamp_of(document.rev))
    return known


def _unknown_origin(leaf: Document, lineage: Sequence[Document]) -> bool:
    """Whether what the leaf's editor changed cannot be told here: he ignored `causal`, and the parent is elsewhere.

    Such a leaf is joined and stays, until the server that has its parent makes it mergeable.
    """
    return not has_causal(leaf.fields) and leaf.parent is not None and not lineage


def _knows(leaf: Document, parent: Document) -> bool:
    """Whether the leaf is what a parent without `causal` was settled into."""
    return has_causal(leaf.fields) and seen(context(leaf.fields), stamp_of(parent.rev))


def _child(winner: Document, body: Mapping[str, Json], attachments: Mapping[str, Attachment]) -> Document:
    named = (
        {**body, "_attachments": {name: a.digest for name, a in attachments.items()}} if attachments else body
    )
    child = Document.of(winner.doc_id, (next_rev(winner.rev, named), *winner.path), body)
    return replace(child, attachments=attachments) if attachments else child


def _tombstone(leaf: Document) -> Document:
    return Document.of(leaf.doc_id, (next_rev(leaf.rev, {}, deleted=True), *leaf.path), {}, deleted=True)


def _attachments(live: Sequence[Document]) -> dict[str, Attachment]:
    """The attachments of all leaves; where two of one name differ, the later leaf's is named after its revision."""
    union = dict(live[0].attachments)
    for leaf in live[1:]:
        for name, attachment in leaf.attachments.items():
            if name in union and union[name].digest != attachment.digest:
                name = f"{name}~{leaf.rev}"
            union.setdefault(name, replace(attachment, revpos=generation(live[0].rev) + 1))
    return union


def _lineage(store: DocStore, leaf: Document) -> list[Document]:
    """The leaf's stored ancestors up to the nearest that has `causal`, oldest first; none for a deleted leaf."""
    found: list[Document] = []
    for rev in () if leaf.deleted else leaf.path[1 : 1 + _LINEAGE]:
        try:
            found.append(store.get(leaf.doc_id, rev))
        except NotFound:
            break
        if found[-1].deleted or has_causal(found[-1].fields):
            break
    return [ancestor for ancestor in reversed(found) if not ancestor.deleted]


def _with_bytes(store: DocStore, leaves: Sequence[Document], plan: list[Document]) -> list[Document]:
    """The plan with the bytes of each attachment that its parent does not have."""
    if not plan or not any(leaf.attachments for leaf in leaves):
        return plan
    origin = {a.digest: (leaf.rev, name) for leaf in leaves for name, a in leaf.attachments.items()}
    held = {leaf.rev: leaf.attachments for leaf in leaves}

    def filled(document: Document) -> dict[str, Attachment]:
        known = held.get(document.parent or "", {})
        return {
            name: a if name in known else replace(a, data=_bytes(store, document.doc_id, *origin[a.digest]))
            for name, a in document.attachments.items()
        }

    return [replace(document, attachments=filled(document)) for document in plan]


def _bytes(store: DocStore, doc_id: str, rev: str, name: str) -> bytes | Content | None:
    return store.attachment(doc_id, name, rev).data
