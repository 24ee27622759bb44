"""Grafts with a judge over HTTP, where no transaction spans the question and the write.

1. Read the leaves, ask the judge, send what it lets through.
2. Read the leaves again. Where somebody else wrote meanwhile, what the judge saw was not what was written to: ask it
   again, about all leaves that are not ours.
3. What it refuses now is withdrawn: a deleted revision on top, whose id follows from the one below, so that withdrawing
   twice changes nothing. The outcome says `refused`, as if it had been refused at once, and the caller does with its
   words what it does with all that is refused.

Two writers who refuse each other's presence may both withdraw; then neither stands, and each is told so.
Between steps 1 and 3 a reader may see what is withdrawn, and a process that dies there leaves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sync.documents import Document, Leaf
from sync.revisions import next_rev, parse
from sync.store import Judge, Outcome

Leaves = Mapping[str, Sequence[Document]]
Revs = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Judged:
    """A batch after step 1: what is to be sent, what was said of each document, and what that was said about."""

    outcomes: Sequence[Outcome]
    asked: Sequence[Document]
    """The documents that the judge let through."""
    before: Leaves


def ask(
    documents: Sequence[Document], new: Iterable[tuple[str, str]], before: Leaves, judge: Judge
) -> Judged:
    """Step 1: each new revision is asked about once, in order, with the leaves from before the batch."""
    fresh = set(new)
    outcomes: list[Outcome] = []
    asked: list[Document] = []
    for document in documents:
        key = (document.doc_id, document.rev)
        if key not in fresh:
            outcomes.append("known")
        elif judge(document, before.get(document.doc_id, [])):
            outcomes.append("stored")
            asked.append(document)
        else:
            outcomes.append("refused")
        fresh.discard(key)
    return Judged(outcomes, asked, before)


def disturbed(judged: Judged, now: Revs) -> set[str]:
    """The documents that have a leaf now which was none before and is not ours: somebody else wrote."""
    ours = {(document.doc_id, rev) for document in judged.asked for rev in document.path}
    seen = {(doc_id, rev) for doc_id, leaves in judged.before.items() for leaf in leaves for rev in leaf.path}
    return {
        doc_id
        for doc_id in {document.doc_id for document in judged.asked}
        if any((doc_id, rev) not in ours and (doc_id, rev) not in seen for rev in now.get(doc_id, ()))
    }


def ask_again(judged: Judged, now: Leaves, judge: Judge) -> list[Document]:
    """The documents to withdraw: of those in `now` (all leaves after the write), what is refused beside the others."""
    ours = {(document.doc_id, document.rev) for document in judged.asked}
    refused = []
    for document in judged.asked:
        if document.doc_id in now:
            theirs = [leaf for leaf in now[document.doc_id] if (leaf.doc_id, leaf.rev) not in ours]
            if not judge(document, _without_ours(judged.before.get(document.doc_id, []), theirs)):
                refused.append(document)
    return refused


def _without_ours(before: Sequence[Document], theirs: Sequence[Document]) -> list[Document]:
    """The leaves there would be had we not written: theirs, and those from before that theirs do not extend."""
    extended = {rev for leaf in theirs for rev in leaf.path}
    leaves = [*theirs, *(leaf for leaf in before if leaf.rev not in extended)]
    return sorted(leaves, key=rank, reverse=True)


def rank(leaf: Document | Leaf) -> tuple[bool, int, str]:
    """Greater wins: not deleted, then generation, then digest."""
    return not leaf.deleted, *parse(leaf.rev)


def withdrawal(document: Document) -> Document:
    """The deleted revision that takes one back."""
    return Document.of(
        document.doc_id, [next_rev(document.rev, {}, deleted=True), *document.path], {}, deleted=True
    )
