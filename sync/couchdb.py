"""The store promise over HTTP: a CouchDB 3, a Cloudant, a pouchdb-server, or another Jinlin."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import orjson
import requests
from ibm_cloud_sdk_core import DetailedResponse
from ibmcloudant import CloudantV1

from sync import wire
from sync.documents import Attachment, Change, Document, Json, Leaf
from sync.edits import Edit, revise
from sync.errors import (
    AccessRefused,
    Conflict,
    Malformed,
    MissingStub,
    NotACouch,
    NotFound,
    StoreUnavailable,
)
from sync.peer import Address, Line, address, translated
from sync.revisions import parse
from sync.revtree import check_path
from sync.sqlite.names import check_name, is_name
from sync.store import Info, Judge, Missing, Outcome

PAGE = 1000
"""Rows of a feed in one request."""

_IDS = 100
"""Documents in one look-up: up to here CouchDB finds them by id instead of reading its whole feed."""

_ANY_SIZE = 2**62
_JSON = "application/json"
_QUICKLY = 1
"""Compression level: bodies shrink to a quarter at ten times the pace of the client's own."""


class CouchStores:
    """All databases of one server (`StoreSet`). Threads may share it."""

    def __init__(self, at: Address) -> None:
        self.at = at
        self._line = Line(at)

    @property
    def _service(self) -> CloudantV1:
        return self._line.service

    def check(self) -> None:
        """Ask who is there: `AccessRefused`, `NotACouch`, or `StoreUnavailable` where nobody answers."""
        try:
            with translated(self.at.url):
                welcome = _json(self._service.get_server_information())
        except (NotFound, Malformed) as error:
            raise NotACouch("what answers there is not a CouchDB-compatible server") from error
        if not isinstance(welcome, dict) or not (welcome.keys() & {"couchdb", "express-pouchdb"}):
            raise NotACouch("what answers there is not a CouchDB-compatible server")
        with translated(self.at.url):
            self._service.get_session_information()

    def names(self) -> list[str]:
        """Database names, sorted, without those that belong to the server itself."""
        with translated(self.at.url):
            names: list[str] = _json(self._service.get_all_dbs())
        return sorted(name for name in names if is_name(name))

    def open(self, name: str) -> CouchStore:
        """The database of that name; `NotFound` if there is none."""
        if not is_name(name):
            raise NotFound(name)
        with translated(name):
            self._service.head_database(name)
        return CouchStore(name, self._line, self.at.url)

    def create(self, name: str) -> CouchStore:
        """A new database; `DatabaseExists` if there is one, `Malformed` for a name CouchDB would not take."""
        check_name(name)
        with translated(name):
            self._service.put_database(name)
        return CouchStore(name, self._line, self.at.url)

    def delete(self, name: str) -> None:
        """Remove a database and all it holds; `NotFound` if there is none."""
        if not is_name(name):
            raise NotFound(name)
        with translated(name):
            self._service.delete_database(name)

    def update_seqs(self, names: Iterable[str] | None = None) -> dict[str, str]:
        """The update sequence of each database, a hundred in one request."""
        remaining = iter(self.names() if names is None else [name for name in names if is_name(name)])
        seqs: dict[str, str] = {}
        while chunk := list(islice(remaining, _IDS)):
            seqs.update(self._seqs(chunk))
        return seqs

    def _seqs(self, names: Sequence[str]) -> dict[str, str]:
        try:
            with translated(self.at.url):
                rows = _json(self._service.post_dbs_info(list(names)))
        except (NotFound, Malformed, AccessRefused):  # pouchdb-server has none; a plain account may not ask
            return dict(self._seqs_one_by_one(names))
        return {row["key"]: str(row["info"]["update_seq"]) for row in rows if row.get("info")}

    def _seqs_one_by_one(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        for name in names:
            try:
                yield name, CouchStore(name, self._line, self.at.url).info().update_seq
            except NotFound:
                continue

    def close(self) -> None:
        """Close this thread's connection; the others are closed with their threads."""
        self._service.get_http_client().close()


def open_url(url: str) -> CouchStores:
    """The databases behind a URL; `Malformed` if it is none. Nothing is asked of the server yet."""
    return CouchStores(address(url))


@dataclass(frozen=True)
class Refusal:
    """A revision that the peer would not take, and its word for why."""

    doc_id: str
    rev: str
    reason: str


class CouchStore:
    """One database behind HTTP (`DocStore`). Costs nothing to hold."""

    def __init__(self, name: str, line: Line, url: str) -> None:
        self._name = name
        self._line = line
        self._url = url

    @property
    def _service(self) -> CloudantV1:
        return self._line.service

    @property
    def name(self) -> str:
        return self._name

    @property
    def identity(self) -> str:
        """What names this database in a replication: where it is."""
        return f"{self._url}/{self._name}"

    def info(self) -> Info:
        with translated(self._name):
            told = _json(self._service.get_database_information(self._name))
        born = f"{self.identity}/{told.get('instance_start_time', '')}"
        return Info(
            self._name,
            str(told.get("uuid") or born),
            str(told["update_seq"]),
            int(told.get("doc_count", 0)),
            int(told.get("doc_del_count", 0)),
            int(told.get("sizes", {}).get("file", 0)),
            int(told.get("epoch", 0)),
        )

    # --- documents ---------------------------------------------------------------------------------------------

    def get(self, doc_id: str, rev: str | None = None) -> Document:
        if rev is not None:
            for document in self.revisions({doc_id: [rev]}):
                return document
            raise NotFound(doc_id)
        if doc_id in ("", ".", "..") or doc_id.startswith("_"):  # what no path of a URL can spell
            return self._winner(doc_id)
        with translated(doc_id):
            return _document(_json(self._service.get_document_as_stream(self._name, doc_id, revs=True)))

    def _winner(self, doc_id: str) -> Document:
        leaves = self.leaves(doc_id)
        if not leaves or leaves[0].deleted:
            raise NotFound(doc_id, "deleted" if leaves else "missing")
        return leaves[0]

    def leaves(self, doc_id: str) -> list[Document]:
        return self.leaves_many([doc_id]).get(doc_id, [])

    def leaves_many(self, doc_ids: Sequence[str]) -> dict[str, list[Document]]:
        found: dict[str, list[Document]] = {}
        remaining = iter(dict.fromkeys(doc_ids))
        while chunk := list(islice(remaining, _IDS)):
            rows = self._changes({"filter": "_doc_ids", "style": "all_docs"}, chunk)
            named = {row["id"]: [change["rev"] for change in row["changes"]] for row in rows}
            for document in self.revisions(named):
                found.setdefault(document.doc_id, []).append(document)
        return {doc_id: sorted(leaves, key=_rank, reverse=True) for doc_id, leaves in found.items()}

    def revisions(self, wanted: Mapping[str, Sequence[str]]) -> Iterator[Document]:
        """Those of the named revisions whose bodies are there, with their ancestry, attachments as stubs."""
        asked = [{"id": doc_id, "rev": rev} for doc_id, revs in wanted.items() for rev in revs]
        if not asked:
            return
        with translated(self._name):
            results = _json(self._service.post_bulk_get_as_stream(self._name, asked, revs=True))["results"]
        for result in results:
            for row in result["docs"]:
                if "ok" in row:
                    yield _document(row["ok"])

    def attachment(self, doc_id: str, name: str, rev: str | None = None) -> Attachment:
        document = self.get(doc_id, rev)
        if name not in document.attachments:
            raise NotFound(f"{doc_id}/{name}")
        with translated(f"{doc_id}/{name}"):
            answer = self._service.get_attachment(self._name, doc_id, name, rev=document.rev).get_result()
        data: bytes = answer.content if answer is not None else b""
        kind = document.attachments[name].content_type
        return replace(wire.attachment(name, kind, data), revpos=document.attachments[name].revpos)

    def put(
        self,
        doc_id: str,
        fields: Mapping[str, Json],
        parent: str | None = None,
        *,
        deleted: bool = False,
        attachments: Mapping[str, Attachment] | None = None,
    ) -> str:
        check_digests(attachments or {})
        edit = Edit(doc_id, parent, orjson.dumps(dict(fields)), deleted, attachments or {})
        document = revise(edit, self.leaves(doc_id))
        head = wire.write_document(replace(document, path=(parent or "",)))
        member = orjson.loads(head)
        if parent is None:
            del member["_rev"]
        [row] = self._bulk({"docs": [member]})
        if row.get("error") == "conflict":
            raise Conflict(doc_id)
        if "rev" not in row:
            raise Malformed(f"the server answers {row.get('error')}")
        return str(row["rev"])

    def graft(self, documents: Sequence[Document], judge: Judge | None = None) -> list[Outcome]:
        """As promised, but a judge is asked before the request, not inside it: a CouchDB has no such moment."""
        lacking = self.missing(_by_id((document.doc_id, document.rev) for document in documents))
        new = {(doc_id, rev) for doc_id, row in lacking.items() for rev in row.revs}
        held = self.leaves_many([doc_id for doc_id, _ in new]) if judge else {}
        outcomes: list[Outcome] = []
        for document in documents:
            fresh = (document.doc_id, document.rev) in new
            new.discard((document.doc_id, document.rev))
            if fresh and judge and not judge(document, held.get(document.doc_id, [])):
                outcomes.append("refused")
            else:
                outcomes.append("stored" if fresh else "known")
        told = list(zip(documents, outcomes, strict=True))
        refusals = self.push([document for document, outcome in told if outcome != "refused"])
        refused = {(refusal.doc_id, refusal.rev) for refusal in refusals}
        return ["refused" if o == "stored" and (d.doc_id, d.rev) in refused else o for d, o in told]

    def push(self, documents: Sequence[Document]) -> list[Refusal]:
        """Graft without asking what is known already; the documents that the peer would not take.

        `MissingStub` for an attachment without bytes that the peer lacks; other documents may have been stored then.
        """
        if not documents:
            return []
        texts = [wire.write_document(_sound(document), wire.Extras(revisions=True)) for document in documents]
        rows = self._bulk(b'{"new_edits":false,"docs":[' + b",".join(texts) + b"]}")
        errors = {(row.get("id"), row.get("rev")): row for row in rows if row.get("error")}
        refusals: list[Refusal] = []
        for document in documents:
            row = errors.get((document.doc_id, document.rev)) or errors.get((document.doc_id, None))
            if row:
                refusals.append(
                    Refusal(document.doc_id, document.rev, str(row.get("reason") or row["error"]))
                )
                if "missing_stub" in (row["error"], refusals[-1].reason.partition(":")[0]):
                    raise MissingStub(document.doc_id, "")
        return refusals

    def missing(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Missing]:
        if not revs:
            return {}
        with translated(self._name):
            rows = self._service.post_revs_diff(
                self._name, {k: list(v) for k, v in revs.items()}
            ).get_result()
        return {
            doc_id: Missing(tuple(row["missing"]), tuple(row.get("possible_ancestors", ())))
            for doc_id, row in (rows or {}).items()
            if row.get("missing")
        }

    # --- feeds -------------------------------------------------------------------------------------------------

    def changes(
        self, since: str = "0", *, limit: int | None = None, descending: bool = False
    ) -> Iterator[Change]:
        """As promised, in pages: a document that changes while they are read may come once more."""
        if descending and limit != 0:
            yield from self._read(self._changes({"style": "all_docs", "descending": True, "limit": limit}))
        while not descending and (limit is None or limit > 0):
            size = PAGE if limit is None else min(PAGE, limit)
            rows = self._changes({"style": "all_docs", "since": since, "limit": size})
            yield from self._read(rows[:size])
            if len(rows) < size:
                return
            since = str(rows[-1]["seq"])
            limit = None if limit is None else limit - size

    def _changes(
        self, options: Mapping[str, Json], doc_ids: list[str] | None = None
    ) -> list[dict[str, Json]]:
        given = {name: value for name, value in options.items() if value is not None}
        with translated(self._name):
            told = _json(self._service.post_changes_as_stream(self._name, doc_ids=doc_ids, **given))
        rows: list[dict[str, Json]] = told["results"]
        return rows

    def _read(self, rows: Sequence[Mapping[str, Json]]) -> Iterator[Change]:
        """Rows as changes. Which of several leaves are deleted the feed does not say, so those are looked up."""
        several = {row["id"]: [c["rev"] for c in row["changes"]] for row in rows if len(row["changes"]) > 1}
        deleted = {(d.doc_id, d.rev) for d in self.revisions(several) if d.deleted}
        for row in rows:
            if row["id"] in several:
                leaves = [Leaf(rev, (row["id"], rev) in deleted) for rev in several[row["id"]]]
            else:
                leaves = [Leaf(row["changes"][0]["rev"], bool(row.get("deleted")))]
            yield Change(str(row["seq"]), row["id"], tuple(sorted(leaves, key=_rank, reverse=True)))

    def pending(self, since: str) -> int:
        with translated(self._name):
            told = _json(self._service.post_changes_as_stream(self._name, since=since, limit=1))
        rest = told.get("pending")
        if rest is None:  # pouchdb-server does not tell
            return sum(1 for _ in self.changes(since))
        return int(rest) + len(told["results"])

    def all_ids(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        limit: int | None = None,
        skip: int = 0,
        descending: bool = False,
    ) -> Iterator[tuple[str, str]]:
        while limit is None or limit > 0:
            size = PAGE if limit is None else min(PAGE, limit)
            given = {
                "start_key": start,
                "end_key": end,
                "skip": skip,
                "limit": size,
                "descending": descending,
            }
            with translated(self._name):
                told = {name: value for name, value in given.items() if value is not None}
                rows = _json(self._service.post_all_docs_as_stream(self._name, **told))["rows"]
            yield from ((row["id"], row["value"]["rev"]) for row in rows)
            if len(rows) < size:
                return
            start, skip = rows[-1]["id"], 1
            limit = None if limit is None else limit - size

    # --- local documents and upkeep ----------------------------------------------------------------------------

    def get_local(self, local_id: str) -> tuple[str, dict[str, Json]]:
        with translated(f"_local/{local_id}"):
            found = _json(self._service.get_local_document(self._name, local_id))
        return str(found["_rev"]), {name: value for name, value in found.items() if name[:1] != "_"}

    def put_local(self, local_id: str, fields: Mapping[str, Json]) -> str:
        """The revision of the stored one is named, as older servers compare it; somebody else's is overwritten."""
        for _ in range(5):
            member = {**fields, **self._local_rev(local_id)}
            try:
                with translated(f"_local/{local_id}"):
                    text = orjson.dumps(member)
                    stored = _json(
                        self._service.put_local_document(self._name, local_id, text, content_type=_JSON)
                    )
                return str(stored["rev"])
            except Conflict:
                continue
        raise StoreUnavailable("a local document is being written by others all the time")

    def _local_rev(self, local_id: str) -> dict[str, str]:
        try:
            return {"_rev": self.get_local(local_id)[0]}
        except NotFound:
            return {}

    def delete_local(self, local_id: str) -> None:
        self.get_local(local_id)
        with translated(f"_local/{local_id}"):
            self._service.delete_local_document(self._name, local_id)

    def compact(self) -> None:
        path = "/{}/_compact".format(*self._service.encode_path_vars(self._name))
        headers = {"Content-Type": _JSON}
        with translated(self._name):
            self._service.send(self._service.prepare_request("POST", path, headers=headers, data="{}"))

    def _bulk(self, batch: bytes | Mapping[str, Json]) -> list[dict[str, Json]]:
        text = batch if isinstance(batch, bytes) else orjson.dumps(batch)
        with translated(self._name):
            packed = gzip.compress(text, _QUICKLY)  # bytes, not a stream: a retry could not rewind it
            answer = self._service.post_bulk_docs(self._name, packed, headers={"content-encoding": "gzip"})
        if answer.get_status_code() == 202:
            raise StoreUnavailable("the cluster had no quorum: what it took is not durable yet")
        rows: list[dict[str, Json]] = _json(answer) or []
        return rows


def _json(answer: DetailedResponse) -> Json:
    """The parsed body of an answer, whatever the server calls its type; `Malformed` where it is no JSON."""
    result = answer.get_result()
    if not isinstance(result, requests.Response):
        return result
    try:
        return orjson.loads(result.content)
    except orjson.JSONDecodeError as error:
        raise Malformed("the server's answer is not JSON") from error


def _document(member: Json) -> Document:
    try:
        return wire.read_document(member, bytes_max=_ANY_SIZE)
    except wire.BadDocument as error:
        raise Malformed(str(error)) from error


def _sound(document: Document) -> Document:
    """The document, if its path and the digests of its attachments are what they say; `Malformed` otherwise."""
    check_path(document.path)
    check_digests(document.attachments)
    return document


def check_digests(attachments: Mapping[str, Attachment]) -> None:
    """Raises `Malformed` where bytes are not what their digest says."""
    for name, part in attachments.items():
        if part.data is not None and wire.digest_of(part.data) != part.digest:
            raise Malformed(f"the attachment {name} is not what its digest says")


def _by_id(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for doc_id, rev in pairs:
        grouped.setdefault(doc_id, []).append(rev)
    return grouped


def _rank(leaf: Document | Leaf) -> tuple[bool, int, str]:
    """Greater wins: not deleted, then generation, then digest."""
    return not leaf.deleted, *parse(leaf.rev)
