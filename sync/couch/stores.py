"""All databases of a CouchDB-compatible server (`StoreSet`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from sync.couch.answers import durable, json_of, reading
from sync.couch.digests import Digests
from sync.couch.store import CouchStore
from sync.errors import AccessRefused, DatabaseExists, Malformed, NotACouch, NotFound
from sync.patience import SENDING, Patience
from sync.peer import Address, address, connect
from sync.sqlite.names import check_name, is_name

_AT_ONCE = 100
"""Databases in one `_dbs_info`: CouchDB takes no more."""


class CouchStores:
    """All databases of one server (`StoreSet`). Threads may share it.

    `spool` is the folder for what cannot be read there in pieces; None: the system's own.
    """

    def __init__(self, at: Address, patience: Patience = SENDING, spool: Path | None = None) -> None:
        self.at = at
        self._spool = spool
        self._line = connect(at, patience)
        self._digests = Digests()

    def check(self) -> None:
        """Ask who is there: `AccessRefused`, `NotACouch`, or `StoreUnavailable` where nobody answers."""
        try:
            with reading(self.at.url):
                welcome = json_of(self._line.service.get_server_information())
        except (NotFound, Malformed) as error:
            raise NotACouch("what answers there is not a CouchDB-compatible server") from error
        if not isinstance(welcome, dict) or not (welcome.keys() & {"couchdb", "express-pouchdb"}):
            raise NotACouch("what answers there is not a CouchDB-compatible server")
        with reading(self.at.url):
            self._line.service.get_session_information()

    def names(self) -> list[str]:
        """Database names, sorted, without those that belong to the server itself."""
        with reading(self.at.url):
            return sorted(name for name in json_of(self._line.service.get_all_dbs()) if is_name(name))

    def open(self, name: str) -> CouchStore:
        """The database of that name; `NotFound` if there is none."""
        if not is_name(name):
            raise NotFound(name)
        with reading(name):
            self._line.service.head_database(name)
        return self._store(name)

    def create(self, name: str) -> CouchStore:
        """A new database; `DatabaseExists` if there is one, `Malformed` for a name CouchDB would not take.

        It has one shard, and only its members may read it: us and administrators. One that is there already is
        closed to others too, as who made it may have died before.
        """
        check_name(name)
        try:
            with reading(name), self._line.once():
                durable(self._line.service.put_database(name, q=1))
        except DatabaseExists:
            self._close_to_others(name)
            raise
        except AccessRefused as error:
            raise AccessRefused(
                "the server does not let this account make another database (Cloudant: 200 by default)"
            ) from error
        self._close_to_others(name)
        return self._store(name)

    def _close_to_others(self, name: str) -> None:
        """Leave a database to its members. Cloudant's own permissions are private from the start and stay."""
        with reading(name):
            service = self._line.service
            try:
                held = json_of(service.get_security(name))
            except (NotFound, Malformed):  # a server that has no such thing
                return
            members = held.get("members") or {}
            if held.get("cloudant") is not None or members.get("roles") or members.get("names"):
                return
            ours = {"names": [self.at.name] if self.at.name else [], "roles": ["_admin"]}
            durable(service.put_security(name, admins={"names": [], "roles": ["_admin"]}, members=ours))

    def delete(self, name: str) -> None:
        """Remove a database and all it holds; `NotFound` if there is none."""
        if not is_name(name):
            raise NotFound(name)
        with reading(name), self._line.once():
            durable(self._line.service.delete_database(name))

    def update_seqs(self, names: Iterable[str] | None = None) -> dict[str, str]:
        """The update sequence of each database, a hundred in one request."""
        remaining = iter(self.names() if names is None else [name for name in names if is_name(name)])
        seqs: dict[str, str] = {}
        while chunk := list(islice(remaining, _AT_ONCE)):
            seqs.update(self._seqs(chunk))
        return seqs

    def _seqs(self, names: Sequence[str]) -> dict[str, str]:
        try:
            with reading(self.at.url):
                rows = json_of(self._line.service.post_dbs_info(list(names)))
                return {row["key"]: str(row["info"]["update_seq"]) for row in rows if row.get("info")}
        except (NotFound, Malformed, AccessRefused):  # pouchdb-server has none; a plain account may not ask
            return dict(self._seqs_one_by_one(names))

    def _seqs_one_by_one(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        for name in names:
            try:
                yield name, self._store(name).info().update_seq
            except NotFound:
                continue

    def _store(self, name: str) -> CouchStore:
        return CouchStore(name, self._line, self.at.url, self._digests, self._spool)

    def close(self) -> None:
        """Close this thread's connection; the others are closed with their threads."""
        self._line.service.get_http_client().close()


def open_url(url: str, key: str = "", patience: Patience = SENDING, spool: Path | None = None) -> CouchStores:
    """The databases behind a URL; `Malformed` if it is none. Nothing is asked of the server yet."""
    return CouchStores(address(url, key), patience, spool)
