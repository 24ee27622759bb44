"""Feeds over HTTP, read in pages, so that a feed of any length is never in memory.

Each page may be read in another thread, so the client is taken from the line page by page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from sync.couch.answers import json_of, reading
from sync.couch.judged import rank
from sync.documents import Change, Document, Json, Leaf
from sync.errors import BatchTooLarge, Malformed
from sync.peer import Line

PAGE = 1000
"""Rows in one request."""

Revisions = Callable[[Mapping[str, Sequence[str]]], Iterable[Document]]


def changes(
    name: str, line: Line, revisions: Revisions, since: str, limit: int | None, *, descending: bool
) -> Iterator[Change]:
    """Changes as they stand when the reading begins: what is written meanwhile comes with the next reading."""
    if descending:
        if limit != 0:
            yield from _read(_page(name, line, since=None, limit=limit, descending=True), revisions)
        return
    several_pages = limit is None or limit > PAGE
    end = _head(name, line) if several_pages else None
    while limit is None or limit > 0:
        size = PAGE if limit is None else min(PAGE, limit)
        rows = _page(name, line, since=since, limit=size)[:size]
        within = [row for row in rows if end is None or _number(row["seq"]) <= end]
        yield from _read(within, revisions)
        if len(within) < size:
            return
        since = str(rows[-1]["seq"])
        limit = None if limit is None else limit - size


def changes_of(
    name: str, line: Line, revisions: Revisions, doc_ids: Sequence[str], since: str
) -> list[Change]:
    """See `FindsChanges.changes_of`. Up to a hundred documents a CouchDB finds by their ids."""
    if not doc_ids:
        return []
    asked = list(dict.fromkeys(doc_ids))
    return list(_read(_page(name, line, since=since, limit=None, doc_ids=asked), revisions))


def _page(
    name: str,
    line: Line,
    *,
    since: str | None,
    limit: int | None,
    descending: bool = False,
    doc_ids: list[str] | None = None,
) -> list[dict[str, Json]]:
    asked: dict[str, Json] = {
        "style": "all_docs",
        "since": since,
        "limit": limit,
        "descending": descending or None,
        "doc_ids": doc_ids,
        "filter": "_doc_ids" if doc_ids else None,
    }
    given = {option: value for option, value in asked.items() if value is not None}
    with _since_understood(), reading(name):
        rows = json_of(line.service.post_changes_as_stream(name, **given))["results"]
        return [{"seq": row["seq"], "id": row["id"], "changes": [c["rev"] for c in row["changes"]],
                 "deleted": bool(row.get("deleted"))} for row in rows]  # fmt: skip


@contextmanager
def _since_understood() -> Iterator[None]:
    """A page has nothing else that a server might not understand. The words are CouchDB's."""
    try:
        yield
    except BatchTooLarge:
        raise
    except Malformed as error:
        raise Malformed("Malformed sequence supplied in 'since' parameter.") from error


def _head(name: str, line: Line) -> int | None:
    """The number of the latest change; None where a database of several shards has no order of numbers."""
    with reading(name):
        told = json_of(line.service.get_database_information(name))
        return _number(told["update_seq"]) if told.get("cluster", {}).get("q", 1) == 1 else None


def _number(seq: Json) -> int:
    """What a sequence counts: `12-g1AA…` of a CouchDB, `12` of others."""
    return int(str(seq).partition("-")[0])


def _read(rows: Sequence[Mapping[str, Json]], revisions: Revisions) -> Iterator[Change]:
    """Rows as changes. Which of several leaves are deleted the feed does not say, so those are looked up."""
    several = {row["id"]: row["changes"] for row in rows if len(row["changes"]) > 1}
    deleted = {(d.doc_id, d.rev) for d in revisions(several) if d.deleted}
    for row in rows:
        if row["id"] in several:
            leaves = [Leaf(rev, (row["id"], rev) in deleted) for rev in several[row["id"]]]
        else:
            leaves = [Leaf(row["changes"][0], row["deleted"])]
        yield Change(str(row["seq"]), row["id"], tuple(sorted(leaves, key=rank, reverse=True)))


def ids(
    name: str,
    line: Line,
    start: str | None,
    end: str | None,
    limit: int | None,
    skip: int,
    *,
    descending: bool,
) -> Iterator[tuple[str, str]]:
    """(id, winning rev) of live documents in order."""
    while limit is None or limit > 0:
        size = PAGE if limit is None else min(PAGE, limit)
        asked = {"start_key": start, "end_key": end, "skip": skip, "limit": size, "descending": descending}
        given = {option: value for option, value in asked.items() if value is not None}
        with reading(name):
            told = json_of(line.service.post_all_docs_as_stream(name, **given))["rows"]
            rows = [(str(row["id"]), str(row["value"]["rev"])) for row in told]
        yield from rows
        if len(rows) < size:
            return
        start, skip = rows[-1][0], 1
        limit = None if limit is None else limit - size
