"""Rows of the tables `docs` and `bodies`, and the values they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import apsw
import orjson

from sync import revtree
from sync.documents import Attachment, Document, Leaf
from sync.errors import DamagedDocument, SyncError
from sync.revtree import Node, Tree
from sync.sqlite import sums

_SIZES = (1, 8, 64, 512)
"""Numbers of `?` in an IN list: few, so that SQLite finds the statement prepared."""


class Body(NamedTuple):
    """One row of `bodies`."""

    body: bytes
    attachments: str | None


class Kept(NamedTuple):
    """Where the bytes of an attachment are: what a stub says, and the key of the blob."""

    stub: Attachment
    key: bytes


def look_up(db: apsw.Connection, sql: str, keys: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query that ends in `IN`, for all these keys; any number of them."""
    for start in range(0, len(keys), _SIZES[-1]):
        piece = list(keys[start : start + _SIZES[-1]])
        size = next(size for size in _SIZES if size >= len(piece))
        piece += piece[-1:] * (size - len(piece))
        yield from db.execute(f"{sql} ({','.join('?' * size)})", piece)


def trees(db: apsw.Connection, doc_ids: Sequence[str]) -> dict[str, str]:
    """The written trees of those documents that are here; `DamagedDocument` for one that is not what was written."""
    found = look_up(db, "SELECT seq, id, tree, sum FROM docs WHERE id IN", doc_ids)
    return {doc_id: checked(seq, doc_id, tree, summed) for seq, doc_id, tree, summed in found}


def checked(seq: int, doc_id: str, tree: str, summed: int) -> str:
    """The written tree; `DamagedDocument` if the row is not what was written."""
    if sums.of_document(seq, doc_id, tree) != summed:
        raise DamagedDocument(f"sequence {seq}: the document is not what was written")
    return tree


def bodies(db: apsw.Connection, marks: Sequence[int]) -> dict[int, Body]:
    """Bodies by mark, as far as they are kept; `DamagedDocument` for one that is not what was written."""
    found = {}
    for mark, body, text, checksum in look_up(
        db, "SELECT seq, body, attachments, sum FROM bodies WHERE seq IN", marks
    ):
        if sums.of_body(body, text) != checksum:
            raise DamagedDocument(f"sequence {mark}: the body is not what was written")
        found[mark] = Body(body, text)
    return found


def body(db: apsw.Connection, mark: int) -> Body:
    """The body of a leaf."""
    try:
        return bodies(db, [mark])[mark]
    except KeyError:
        raise DamagedDocument("a leaf without a body") from None


def decoded(text: str) -> Tree:
    """The tree that a row holds; `DamagedDocument` for a text that no tree was written as."""
    try:
        return revtree.decode(text)
    except (ValueError, KeyError, SyncError):
        raise DamagedDocument("a revision tree is not what was written") from None


def document(doc_id: str, tree: Tree, rev: str, body: Body) -> Document:
    """One revision as a value; its attachments are stubs."""
    stubs = {name: kept.stub for name, kept in attachments(body.attachments).items()}
    return Document(doc_id, tree.path(rev), body.body, tree.nodes[rev].deleted, stubs)


def attachments(text: str | None) -> dict[str, Kept]:
    """Read the column `attachments`."""
    if text is None:
        return {}
    return {
        name: Kept(Attachment(content_type, digest, length_bytes, revpos), bytes.fromhex(key))
        for name, (content_type, digest, length_bytes, revpos, key) in orjson.loads(text).items()
    }


def attachments_text(kept: Mapping[str, Kept]) -> str | None:
    """Write the column `attachments`."""
    if not kept:
        return None
    rows = {
        name: [stub.content_type, stub.digest, stub.length_bytes, stub.revpos, key.hex()]
        for name, (stub, key) in kept.items()
    }
    return orjson.dumps(rows).decode()


def leaves(rev: str, deleted: int, others: str | None) -> tuple[Leaf, ...]:
    """All leaves of a row of `docs`, winner first."""
    first = Leaf(rev, bool(deleted))
    if others is None:
        return (first,)
    if not isinstance(others, str):
        raise DamagedDocument("the leaves of a document are not what was written")
    return (first, *(Leaf(text.removeprefix("!"), text.startswith("!")) for text in others.split(" ")))


def others_text(found: Iterable[Leaf]) -> str | None:
    """Write the column `others`: the leaves but the winner."""
    _, *others = found
    return " ".join(f"!{leaf.rev}" if leaf.deleted else leaf.rev for leaf in others) or None


def stored_leaves(tree: Tree) -> list[tuple[str, Node]]:
    """The leaves of a tree with their nodes, winner first."""
    return [(leaf.rev, tree.nodes[leaf.rev]) for leaf in tree.leaves]
