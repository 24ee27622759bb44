"""One database behind HTTP (`DocStore`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import orjson
from ibm_cloud_sdk_core import DetailedResponse
from ibmcloudant import CloudantV1

from sync import wire
from sync.couch import attachments, feeds, judged, queries
from sync.couch.answers import NoQuorum, document_of, durable, json_of, reading
from sync.couch.attachments import Place
from sync.couch.digests import Digests
from sync.couch.judged import rank
from sync.couch.locals import Locals
from sync.couch.pushing import Pushing, Refusal, check_digests, sound
from sync.couch.stubs import explained, filled
from sync.documents import Attachment, Change, Document, Json, written
from sync.edits import Edit, revise
from sync.errors import (
    AccessRefused,
    BatchTooLarge,
    Conflict,
    Malformed,
    NotFound,
    StoreUnavailable,
)
from sync.peer import Line
from sync.revtree import check_limit
from sync.store import Info, Judge, Missing, Outcome

_IDS = 100
"""Documents in one look-up: up to here CouchDB finds them by id instead of reading its whole feed."""

_JSON = "application/json"


class CouchStore:
    """One database behind HTTP (`DocStore`). Costs nothing to hold."""

    def __init__(self, name: str, line: Line, url: str, digests: Digests, spool: Path | None = None) -> None:
        self._name = name
        self._line = line
        self._url = url
        self._digests = digests
        self._spool = spool
        self._pushing = Pushing(name, line)
        self._locals = Locals(name, line)

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
        with reading(self._name):
            told = json_of(self._service.get_database_information(self._name))
            born = (
                f"{self.identity}/{told.get('instance_start_time', '')}"  # hashed: others see what names us
            )
            return Info(
                self._name,
                str(told.get("uuid") or hashlib.sha256(born.encode()).hexdigest()[:32]),
                str(told["update_seq"]),
                int(told.get("doc_count", 0)),
                int(told.get("doc_del_count", 0)),
                int(told.get("sizes", {}).get("file", 0)),
                int(told.get("epoch", 0)),
                str(told.get("purge_seq", 0)),
            )

    # --- documents ---------------------------------------------------------------------------------------------

    def get(self, doc_id: str, rev: str | None = None) -> Document:
        if rev is not None:
            for document in self.revisions({doc_id: [rev]}):
                return document
            raise NotFound(doc_id)
        if doc_id in ("", ".", "..") or doc_id.startswith("_"):  # what no path of a URL can spell
            return self._winner(doc_id)
        with reading(doc_id):
            options = {"revs": True, "att_encoding_info": True}
            return self._document(
                json_of(self._service.get_document_as_stream(self._name, doc_id, **options))
            )

    def _document(self, member: dict[str, Json]) -> Document:
        return document_of(self._digests.of_bytes(member, self._bytes))

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
            for document in self.revisions(self._leaf_revs(chunk)):
                found.setdefault(document.doc_id, []).append(document)
        return {doc_id: sorted(leaves, key=rank, reverse=True) for doc_id, leaves in found.items()}

    def _leaf_revs(self, doc_ids: list[str]) -> dict[str, list[str]]:
        with reading(self._name):
            options = {"filter": "_doc_ids", "style": "all_docs"}
            rows = json_of(self._service.post_changes_as_stream(self._name, doc_ids=doc_ids, **options))[
                "results"
            ]
            return {row["id"]: [change["rev"] for change in row["changes"]] for row in rows}

    def revisions(self, wanted: Mapping[str, Sequence[str]]) -> Iterator[Document]:
        """Those of the named revisions whose bodies are there, with their ancestry, attachments as stubs."""
        asked = [{"id": doc_id, "rev": rev} for doc_id, revs in wanted.items() for rev in revs]
        if not asked:
            return
        with reading(self._name):
            options = {"revs": True, "att_encoding_info": True}
            results = json_of(self._service.post_bulk_get_as_stream(self._name, asked, **options))["results"]
            found = [self._document(row["ok"]) for result in results for row in result["docs"] if "ok" in row]
        yield from found

    def attachment(self, doc_id: str, name: str, rev: str | None = None) -> Attachment:
        document = self.get(doc_id, rev)
        if name not in document.attachments:
            raise NotFound(f"{doc_id}/{name}")
        place = self._place(doc_id, name, document.rev)
        return attachments.fetch(place, document.attachments[name], self._spool)

    def _place(self, doc_id: str, name: str, rev: str) -> Place:
        path = "/{}/{}/{}".format(*self._service.encode_path_vars(self._name, doc_id, name))
        return Place(self._line, path, rev)

    def _bytes(self, doc_id: str, name: str, rev: str, length_bytes: int) -> Iterator[bytes]:
        return self._place(doc_id, name, rev).poured(length_bytes)

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
        edit = Edit(doc_id, parent, written(fields), deleted, attachments or {})
        document = revise(edit, self.leaves(doc_id))
        try:
            return self._edit(document, parent)
        except (NoQuorum, AccessRefused):
            raise
        except StoreUnavailable:  # carried out or not? A second time it may be only if it was not
            return self._landed(document) or self._edit_again(document, parent)

    def _edit(self, document: Document, parent: str | None) -> str:
        following = attachments.following(document)
        as_edit = replace(document, path=(parent or "",))
        member = orjson.loads(wire.write_document(as_edit, wire.Extras(following=following)))
        if parent is None:
            del member["_rev"]
        if following:
            with reading(document.doc_id), self._line.once():
                answer = attachments.send(self._line, self._name, document, orjson.dumps(member))
                return str(json_of(durable(answer))["rev"])
        with self._line.once():
            [row] = self._pushing.bulk({"docs": [member]})
        if row.get("error") == "conflict":
            raise Conflict(document.doc_id)
        if "rev" not in row:
            raise Malformed(f"the server answers {row.get('error')}: {row.get('reason')}")
        return str(row["rev"])

    def _edit_again(self, document: Document, parent: str | None) -> str:
        try:
            return self._edit(document, parent)
        except Conflict:
            landed = self._landed(document)
            if landed is None:
                raise
            return landed

    def _landed(self, document: Document) -> str | None:
        """The revision of an edit whose answer was lost, if it was carried out."""
        for leaf in self.leaves(document.doc_id):
            if leaf.path[1:2] == document.path[1:2] and _content(leaf) == _content(document):
                return leaf.rev
        return None

    def graft(self, documents: Sequence[Document], judge: Judge | None = None) -> list[Outcome]:
        """As promised, with a judge in the way of `sync/couch/judged.py`.

        With a judge, what the server behind does not take (too large, its own rules) is refused too; without one that
        is `Malformed`, and the others have been stored.
        """
        for document in documents:
            sound(document)
        lacking = self.missing(_by_id((document.doc_id, document.rev) for document in documents))
        new = {(doc_id, rev) for doc_id, row in lacking.items() for rev in row.revs}
        if judge is None:
            fresh = set(new)
            told: list[Outcome] = ["stored" if _taken(fresh, document) else "known" for document in documents]
            self._send(documents, new, must=True)
            return told
        before = self.leaves_many(sorted({doc_id for doc_id, _ in new}))
        said = judged.ask(documents, new, before, judge)
        kept = [d for d, outcome in zip(documents, said.outcomes, strict=True) if outcome != "refused"]
        out = {(refusal.doc_id, refusal.rev) for refusal in self._send(kept, new, must=False)}
        out |= {(document.doc_id, document.rev) for document in self._withdrawn(said, judge)}
        pairs = zip(documents, said.outcomes, strict=True)
        return ["refused" if o == "stored" and (d.doc_id, d.rev) in out else o for d, o in pairs]

    def _withdrawn(self, said: judged.Judged, judge: Judge) -> list[Document]:
        """What had to be taken back, because somebody else wrote between the question and the write."""
        doc_ids = sorted({document.doc_id for document in said.asked})
        now: dict[str, frozenset[str]] = {}
        for chunk in _chunks(doc_ids):
            now |= {doc_id: frozenset(revs) for doc_id, revs in self._leaf_revs(chunk).items()}
        moved = judged.disturbed(said, now)
        if not moved:
            return []
        refused = judged.ask_again(said, self.leaves_many(sorted(moved)), judge)
        self.push([judged.withdrawal(document) for document in refused])
        return refused

    def _send(self, documents: Sequence[Document], new: set[tuple[str, str]], *, must: bool) -> list[Refusal]:
        """Push in pieces that the server takes. `must`: what it does not take is `Malformed`."""
        explained([d for d in documents if (d.doc_id, d.rev) in new], self.revisions)
        documents = filled(documents)
        try:
            refusals = self.push(documents)
        except BatchTooLarge as error:
            if len(documents) > 1:
                half = len(documents) // 2
                first = self._send(documents[:half], set(), must=must)
                return first + self._send(documents[half:], set(), must=must)
            if must:
                raise
            return [Refusal(documents[0].doc_id, documents[0].rev, str(error))]
        if refusals and must:
            raise Malformed(f"the server does not take {refusals[0].doc_id}: {refusals[0].reason}")
        return refusals

    def push(self, documents: Sequence[Document]) -> list[Refusal]:
        """Graft without asking what is known already; see `Pushing.push`."""
        return self._pushing.push(documents)

    def missing(self, revs: Mapping[str, Sequence[str]]) -> dict[str, Missing]:
        if not revs:
            return {}
        with reading(self._name):
            asked = {doc_id: list(named) for doc_id, named in revs.items()}
            rows = self._service.post_revs_diff(self._name, asked).get_result()
            told = {
                doc_id: (set(row["missing"]), row.get("possible_ancestors", ()))
                for doc_id, row in rows.items()
            }
            return {
                doc_id: Missing(tuple(rev for rev in named if rev in told[doc_id][0]), tuple(told[doc_id][1]))
                for doc_id, named in revs.items()
                if doc_id in told and told[doc_id][0]
            }

    # --- feeds -------------------------------------------------------------------------------------------------

    def changes(
        self, since: str = "0", *, limit: int | None = None, descending: bool = False
    ) -> Iterator[Change]:
        return feeds.changes(self._name, self._line, self.revisions, since, limit, descending=descending)

    def changes_of(self, doc_ids: Sequence[str], since: str = "0") -> list[Change]:
        return feeds.changes_of(self._name, self._line, self.revisions, doc_ids, since)

    def pending(self, since: str) -> int:
        with reading(self._name):
            told = json_of(self._service.post_changes_as_stream(self._name, since=since, limit=1))
            if told.get("pending") is not None:
                return int(told["pending"]) + len(told["results"])
        return sum(1 for _ in self.changes(since))  # pouchdb-server does not tell

    def all_ids(
        self,
        start: str | None = None,
        end: str | None = None,
        *,
        limit: int | None = None,
        skip: int = 0,
        descending: bool = False,
    ) -> Iterator[tuple[str, str]]:
        return feeds.ids(self._name, self._line, start, end, limit, skip, descending=descending)

    def find(self, query: Mapping[str, Json]) -> Mapping[str, Json] | None:
        return queries.find(self._name, self._line, query)

    def explain(self, query: Mapping[str, Json]) -> Mapping[str, Json] | None:
        return queries.explain(self._name, self._line, query)

    # --- local documents and upkeep ----------------------------------------------------------------------------

    def get_local(self, local_id: str) -> tuple[str, dict[str, Json]]:
        return self._locals.get(local_id)

    def put_local(self, local_id: str, fields: Mapping[str, Json]) -> str:
        return self._locals.put(local_id, fields)

    def delete_local(self, local_id: str) -> None:
        self._locals.delete(local_id)

    def compact(self) -> None:
        with reading(self._name):
            self._ask("POST", "_compact", {})

    def purge(self, revs: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
        purged: dict[str, tuple[str, ...]] = {}
        for doc_ids in _chunks(revs):
            with reading(self._name):
                asked = {doc_id: list(revs[doc_id]) for doc_id in doc_ids}
                told = json_of(durable(self._ask("POST", "_purge", asked)))["purged"]
                purged |= {doc_id: _purged(told[doc_id]) for doc_id in doc_ids}
        return purged

    def revs_limit(self) -> int:
        with reading(self._name):
            return int(json_of(self._ask("GET", "_revs_limit")))

    def set_revs_limit(self, limit: int) -> None:
        check_limit(limit)
        with reading(self._name):
            durable(self._ask("PUT", "_revs_limit", limit))

    def _ask(self, method: str, part: str, given: Json = None) -> DetailedResponse:
        """What the client has no method for."""
        path = "/{}/{}".format(*self._service.encode_path_vars(self._name, part))
        data = None if given is None else orjson.dumps(given).decode()
        headers = {"Content-Type": _JSON}
        return self._service.send(self._service.prepare_request(method, path, headers=headers, data=data))


def _by_id(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for doc_id, rev in pairs:
        grouped.setdefault(doc_id, []).append(rev)
    return grouped


def _chunks(doc_ids: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(doc_ids)
    while chunk := list(islice(remaining, _IDS)):
        yield chunk


def _purged(told: Json) -> tuple[str, ...]:
    """The revisions of one document that were purged; `StoreUnavailable` where a node could not."""
    if not isinstance(told, list):
        raise StoreUnavailable("the server could not purge a document")
    return tuple(str(rev) for rev in told)


def _taken(fresh: set[tuple[str, str]], document: Document) -> bool:
    """Whether a revision is new, the first time that it is asked for."""
    key = (document.doc_id, document.rev)
    if key not in fresh:
        return False
    fresh.discard(key)
    return True


def _content(document: Document) -> tuple[Json, bool, dict[str, str]]:
    return document.fields, document.deleted, {n: part.digest for n, part in document.attachments.items()}
