"""The revision tree of one document, as a value: pure functions, no store, no body.

A tree is a forest of revisions: ordinarily one root, more where histories were stemmed or met by accident.
`graft` puts a path onto a tree and names what came of it instead of acting on it (ADR 4; CouchDB's
`couch_key_tree`, "merge" and "stem").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple
from urllib.parse import quote, unquote

from sync.documents import Leaf
from sync.errors import Malformed
from sync.revisions import generation, rank

REVS_LIMIT = 1000
"""Generations kept on each path unless a database says otherwise; older ancestors are forgotten ("stemmed")."""
REVS_LIMIT_MAX = 10_000
"""The most that a database may keep."""


class Node(NamedTuple):
    """One revision in a tree."""

    parent: str | None
    mark: int
    """The store's own number of the stored revision; 0 for an ancestor it has only heard of."""
    deleted: bool


@dataclass(frozen=True)
class Tree:
    """Revisions by id. Every parent that is named is in the tree."""

    nodes: Mapping[str, Node]

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """Every leaf, winner first: live before deleted, then by generation, then by digest, greatest first."""
        inner = {node.parent for node in self.nodes.values()}
        found = [Leaf(rev, node.deleted) for rev, node in self.nodes.items() if rev not in inner]
        if len(found) > 1:
            found.sort(key=lambda leaf: (not leaf.deleted, rank(leaf.rev)), reverse=True)
        return tuple(found)

    @property
    def winner(self) -> Leaf:
        return self.leaves[0]

    def path(self, rev: str) -> tuple[str, ...]:
        """This revision and its known ancestors, newest first."""
        found = []
        at: str | None = rev
        while at is not None:
            found.append(at)
            at = self.nodes[at].parent
        return tuple(found)

    def is_leaf(self, rev: str) -> bool:
        return any(leaf.rev == rev for leaf in self.leaves)

    def possible_ancestors(self, missing: Iterable[str]) -> tuple[str, ...]:
        """Leaves older than the youngest of these missing revisions: one of them may be its ancestor."""
        youngest = max(map(generation, missing))
        return tuple(leaf.rev for leaf in self.leaves if generation(leaf.rev) < youngest)


Outcome = Literal["known", "lengthened", "extended", "branched", "rooted"]
"""known: nothing changed; lengthened: a known revision whose stemmed ancestry became longer;
extended: a new leaf on a leaf; branched: a new leaf on an inner revision (a conflict);
rooted: a new leaf that shares no ancestor with what was there."""


@dataclass(frozen=True)
class Grafted:
    """What came of a graft."""

    tree: Tree
    outcome: Outcome
    stemmed: tuple[int, ...] = ()
    """Marks of stored revisions that fell off the end: their bodies are of no use any more."""

    @property
    def is_new(self) -> bool:
        """Whether the revision itself was not in the tree before."""
        return self.outcome in ("extended", "branched", "rooted")


def graft(
    tree: Tree, path: Sequence[str], mark: int, *, deleted: bool = False, limit: int = REVS_LIMIT
) -> Grafted:
    """The tree with this path on it, newest revision first; `mark` is given to that one if it is new.

    Where the path and the tree name different parents of one revision, the tree's stays.
    Raises `Malformed` if the generations of the path do not go down one by one.
    """
    check_path(path)
    nodes = dict(tree.nodes)
    newest = path[0]
    outcome = _outcome(tree, path)
    lengthened = _join(nodes, path)
    if outcome == "known":
        if not lengthened:
            return Grafted(tree, "known")
        outcome = "lengthened"
    else:
        nodes[newest] = Node(nodes[newest].parent, mark, deleted)
    grown = Tree(nodes)
    kept = stem(grown, limit)
    if kept is grown:
        return Grafted(grown, outcome)
    if outcome == "lengthened" and kept.nodes == tree.nodes:
        return Grafted(tree, "known")
    dropped = (node.mark for rev, node in nodes.items() if node.mark and rev not in kept.nodes)
    return Grafted(kept, outcome, tuple(dropped))


def _outcome(tree: Tree, path: Sequence[str]) -> Outcome:
    shared = next((rev for rev in path if rev in tree.nodes), None)
    if shared is None:
        return "rooted"
    if shared == path[0]:
        return "known"
    return "extended" if tree.is_leaf(shared) else "branched"


def _join(nodes: dict[str, Node], path: Sequence[str]) -> bool:
    """Add what the path knows of its ancestry to the nodes; whether anything was added."""
    added = False
    for rev, parent in zip(path, [*path[1:], None], strict=True):
        known = nodes.get(rev)
        if known is None:
            nodes[rev] = Node(parent, 0, False)
        elif parent is None or known.parent == parent:
            continue
        elif known.parent is None:
            nodes[rev] = known._replace(parent=parent)
        else:
            break
        added = True
    return added


@dataclass(frozen=True)
class Purged:
    """What is left of a tree without some leaves."""

    tree: Tree
    """It has no nodes where no leaf is left."""
    revs: tuple[str, ...]
    """The leaves that went."""
    marks: tuple[int, ...]
    """Marks of the stored revisions that went, ancestors too."""


def purge(tree: Tree, revs: Iterable[str]) -> Purged:
    """The tree without those of these revisions that are leaves, and without the ancestors that only hung on them."""
    leaves = {leaf.rev for leaf in tree.leaves}
    gone = tuple(rev for rev in dict.fromkeys(revs) if rev in leaves)
    kept = {rev for leaf in leaves.difference(gone) for rev in tree.path(leaf)}
    left = Tree({rev: node for rev, node in tree.nodes.items() if rev in kept})
    marks = (node.mark for rev, node in tree.nodes.items() if node.mark and rev not in kept)
    return Purged(left, gone, tuple(marks))


def stem(tree: Tree, limit: int = REVS_LIMIT) -> Tree:
    """The tree with only the newest `limit` generations of each leaf's path; the same object if none is longer."""
    if len(tree.nodes) <= limit:
        return tree
    kept: dict[str, Node] = {}
    cut = set()
    for leaf in tree.leaves:
        path = tree.path(leaf.rev)
        kept.update((rev, tree.nodes[rev]) for rev in path[:limit])
        if len(path) > limit:
            cut.add(path[limit - 1])
    for rev in cut:
        if kept[rev].parent not in kept:
            kept[rev] = kept[rev]._replace(parent=None)
    return tree if len(kept) == len(tree.nodes) else Tree(kept)


def check_limit(limit: int) -> None:
    """Raises `Malformed` for a number of generations that no database keeps."""
    if not 0 < limit <= REVS_LIMIT_MAX:
        raise Malformed(f"`_revs_limit` is a whole number from 1 to {REVS_LIMIT_MAX}.")


def check_path(path: Sequence[str]) -> int:
    """The generation of the newest revision; `Malformed` unless the path goes down one by one to 1 or more."""
    try:
        youngest = generation(path[0])
        sound = youngest >= len(path) and (
            len(path) == 1
            or all(rev.startswith(f"{youngest - back}-") for back, rev in enumerate(path[1:], 1))
        )
    except (IndexError, ValueError):
        sound = False
    if not sound:
        raise Malformed("generations of a revision path go down one by one")
    return youngest


# How a tree is written: one line for each leaf, winner first, from the leaf down to a root or to a revision of an
# earlier line: `3 <digest>:<mark>,<digest>:<mark>!,<digest>[ <revision it hangs on>]`. `!` is deleted; ancestors
# only heard of have no mark. Digests other than letters and digits are percent-encoded.


def encode(tree: Tree) -> str:
    """The tree as text, for a store to keep."""
    lines = []
    written: set[str] = set()
    for leaf in tree.leaves:
        marks = []
        at: str | None = leaf.rev
        while at is not None and at not in written:
            written.add(at)
            node = tree.nodes[at]
            marks.append(_node_text(at, node.mark, node.deleted))
            at = node.parent
        hook = "" if at is None else f" {generation(at)}-{_digest_text(at)}"
        lines.append(f"{generation(leaf.rev)} {','.join(marks)}{hook}")
    return "\n".join(lines)


def encode_path(path: Sequence[str], mark: int, deleted: bool, limit: int = REVS_LIMIT) -> str:
    """The tree of a document that is new here, as text: `encode` of `graft` onto nothing, without the detour."""
    youngest = check_path(path)
    first, *older = map(_digest_text, path[:limit])
    return f"{youngest} {','.join([f'{first}:{mark}!' if deleted else f'{first}:{mark}', *older])}"


def _digest_text(rev: str) -> str:
    digest = rev.partition("-")[2]
    return digest if digest.isalnum() else quote(digest, safe="")


def _node_text(rev: str, mark: int, deleted: bool) -> str:
    return f"{_digest_text(rev)}{f':{mark}' if mark else ''}{'!' if deleted else ''}"


def decode(text: str) -> Tree:
    """The tree that `encode` wrote."""
    nodes: dict[str, Node] = {}
    for line in text.split("\n"):
        number, chain, *hook = line.split(" ")
        parent = _unquoted(hook[0]) if hook else None
        chained = chain.split(",")
        of_oldest = int(number) - len(chained) + 1
        for gen, item in enumerate(reversed(chained), of_oldest):
            digest, _, mark = item.rstrip("!").partition(":")
            rev = f"{gen}-{_unquoted(digest)}"
            nodes[rev] = Node(parent, int(mark or 0), item.endswith("!"))
            parent = rev
    return Tree(nodes)


def _unquoted(text: str) -> str:
    return unquote(text) if "%" in text else text
