"""Connections to other servers: how we sign in, what is tried again and what never is, what is said."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import jwt
import pytest

from sync.couchdb import CouchStores
from sync.documents import Document
from sync.errors import (
    AccessRefused,
    BatchTooLarge,
    Conflict,
    DatabaseExists,
    Malformed,
    NotACouch,
    NotFound,
    StoreUnavailable,
)
from sync.patience import Patience
from sync.peer import Address, address
from sync.store import Missing
from tests.contract.promises.attachments import attached
from tests.support.couchlike import Asked, Couchlike, Told, couchlike

HASTY = Patience(connect_s=2, read_s=2, attempts=3, first_pause_s=0.001, longest_pause_s=0.01)
INFO: dict[str, Any] = {"update_seq": "7-g1AAAA", "doc_count": 1, "instance_start_time": "0"}
TOKEN = jwt.encode({"iat": 1_700_000_000, "exp": 4_000_000_000}, "k" * 32, "HS256")
DOC = Document.of("a", ["1-" + "a" * 32], {})


@contextmanager
def stores_at(server: Couchlike, prefix: str = "", **given: str) -> Iterator[CouchStores]:
    url = server.url.replace("http://", f"http://{given.pop('who', '')}")
    with closing(CouchStores(address(prefix + url, **given), HASTY)) as stores:
        yield stores


def always(told: Told) -> Any:
    return lambda _: told


# --- signing in ------------------------------------------------------------------------------------------------


def test_a_name_and_password_go_as_basic() -> None:
    with couchlike(always(Told(body=[]))) as server, stores_at(server, who="jin:a%40b@") as stores:
        stores.names()
    kind, _, pair = server.asked[0].headers["Authorization"].partition(" ")
    assert (kind, b64decode(pair)) == ("Basic", b"jin:a@b")


@pytest.mark.parametrize("given", [{"who": ":tok-en@"}, {"key": "tok-en"}])
def test_a_token_goes_as_bearer(given: dict[str, str]) -> None:
    with couchlike(always(Told(body=[]))) as server, stores_at(server, **given) as stores:
        stores.names()
    assert server.asked[0].headers["Authorization"] == "Bearer tok-en"


class Sessions:
    """A CouchDB that gives cookies, and forgets them when told to."""

    def __init__(self) -> None:
        self.made = 0
        self.password = "secret"

    def __call__(self, asked: Asked) -> Told:
        if asked.path == "/_session":
            if self.password.encode() not in asked.body:
                return Told(401, {"error": "unauthorized", "reason": "Name or password is incorrect."})
            self.made += 1
            return Told(
                body={"ok": True}, headers={"Set-Cookie": f"AuthSession=n{self.made}; Path=/; HttpOnly"}
            )
        if f"AuthSession=n{self.made}" not in asked.headers.get("Cookie", ""):
            return Told(401, {"error": "unauthorized", "reason": "no"})
        return Told(body=["a"])


def test_a_cookie_session_is_made_once_and_no_password_goes_with_requests() -> None:
    with couchlike(Sessions()) as server, stores_at(server, "session+", who="jin:secret@") as stores:
        assert [stores.names(), stores.names()] == [["a"], ["a"]]
    assert server.paths() == ["POST /_session", "GET /_all_dbs", "GET /_all_dbs"]
    assert "Authorization" not in server.asked[1].headers


def test_a_session_that_the_server_forgot_is_made_again() -> None:
    sessions = Sessions()
    with couchlike(sessions) as server, stores_at(server, "session+", who="jin:secret@") as stores:
        stores.names()
        sessions.made += 1

        assert stores.names() == ["a"]
    assert server.paths()[2:] == ["GET /_all_dbs", "POST /_session", "GET /_all_dbs"]


def test_a_wrong_password_for_a_session_is_refused_and_not_repeated() -> None:
    with (
        couchlike(Sessions()) as server,
        stores_at(server, "session+", who="jin:wrong@") as stores,
        pytest.raises(AccessRefused) as caught,
    ):
        stores.names()
    assert server.paths() == ["POST /_session"]
    assert "wrong" not in repr(caught.value)


def test_an_api_key_is_changed_for_a_token_at_iam_once() -> None:
    def iam(asked: Asked) -> Told:
        if asked.path == "/identity/token":
            ok = b"apikey=the-key" in asked.body
            token = {
                "access_token": TOKEN,
                "expires_in": 3600,
                "expiration": 4_000_000_000,
                "refresh_token": "r",
            }
            return Told(body=token) if ok else Told(400, {"errorCode": "BXNIM0415E"})
        return Told(body=[], status=200 if asked.headers.get("Authorization") == f"Bearer {TOKEN}" else 401)

    with couchlike(iam) as server:
        at = replace(address(f"iam+{server.url}", "the-key"), iam_url=server.url)
        with closing(CouchStores(at, HASTY)) as stores:
            assert [stores.names(), stores.names()] == [[], []]
        assert server.paths() == ["POST /identity/token", "GET /_all_dbs", "GET /_all_dbs"]
        old = CouchStores(replace(at, secret="old-key"), HASTY)
        with closing(old), pytest.raises(AccessRefused) as caught:
            old.names()
    assert "old-key" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_an_address_never_shows_a_secret() -> None:
    at = address("session+https://jin:pa%3Ass@couch.example:6984/x/")
    assert at == Address("https://couch.example:6984/x", "jin", "pa:ss", "session")
    assert "pa:ss" not in f"{at} {at!r}"


@pytest.mark.parametrize(
    "url",
    ["", "couch", "ftp://x", "http://", "http://x/?q=1", "http://x:y/", "iam+http://x", "session+http://x"],
)
def test_what_is_no_address_is_malformed(url: str) -> None:
    with pytest.raises(Malformed):
        address(url)


# --- trying again ----------------------------------------------------------------------------------------------


class Failing:
    """Fails so many times, then answers."""

    def __init__(self, times: int, failure: Told, answer: Told) -> None:
        self.left, self.failure, self.answer = times, failure, answer

    def __call__(self, _: Asked) -> Told:
        self.left -= 1
        return self.failure if self.left >= 0 else self.answer


BUSY = {"error": "too_many_requests", "reason": "later"}


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_and_then_given_up(status: int) -> None:
    failure = Told(status, BUSY, {"Retry-After": "0"})
    with couchlike(Failing(3, failure, Told(body=["a"]))) as server, stores_at(server) as stores:
        assert stores.names() == ["a"]
    with couchlike(always(failure)) as server, stores_at(server) as stores, pytest.raises(StoreUnavailable):
        stores.names()
    assert len(server.asked) == 1 + HASTY.attempts


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, Malformed), (401, AccessRefused), (403, AccessRefused), (404, NotFound), (409, Conflict),
     (412, DatabaseExists), (413, BatchTooLarge), (415, Malformed)],
)  # fmt: skip
def test_a_refusal_is_an_answer_and_never_asked_for_again(status: int, error: type[Exception]) -> None:
    told = Told(status, {"error": "no", "reason": "no"}, {"Retry-After": "0"})
    with couchlike(always(told)) as server, stores_at(server) as stores, pytest.raises(error):
        stores.names()
    assert len(server.asked) == 1


def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    cut = Told(body=["a", "b", "c"], breaks_off=True)
    with couchlike(Failing(2, cut, Told(body=["a"]))) as server, stores_at(server) as stores:
        assert stores.names() == ["a"]
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_database_is_not_made_or_removed_twice(status: int) -> None:
    with (
        couchlike(always(Told(status, {"error": "internal", "reason": ""}))) as server,
        stores_at(server) as stores,
    ):
        for verb in (stores.create, stores.delete):
            with pytest.raises(StoreUnavailable):
                verb("grid")
    assert server.paths() == ["PUT /grid?q=1", "DELETE /grid"]


class Losing:
    """A database whose first edit is carried out and whose answer is lost."""

    def __init__(self, *, carried_out: bool) -> None:
        self.edits = 0
        self.held = False
        self.carried_out = carried_out

    def __call__(self, asked: Asked) -> Told:
        rev = "1-" + "b" * 32
        if "_changes" in asked.path:
            row = {"seq": "1", "id": "a", "changes": [{"rev": rev}]}
            return Told(body={"results": [row] if self.held else [], "last_seq": "1", "pending": 0})
        if "_bulk_get" in asked.path:
            doc = {"_id": "a", "_rev": rev, "_revisions": {"start": 1, "ids": ["b" * 32]}, "floor": 3}
            return Told(body={"results": [{"id": "a", "docs": [{"ok": doc}]}]})
        if "_bulk_docs" in asked.path:
            self.edits += 1
            first = self.edits == 1
            self.held = self.held or self.carried_out or not first
            return Told(500 if first else 201, [{"ok": True, "id": "a", "rev": rev}])
        return Told()


@pytest.mark.parametrize("carried_out", [True, False])
def test_an_edit_whose_answer_is_lost_is_made_once(carried_out: bool) -> None:
    losing = Losing(carried_out=carried_out)
    with couchlike(losing) as server, stores_at(server) as stores:
        assert stores.open("grid").put("a", {"floor": 3}) == "1-" + "b" * 32
    assert losing.edits == (1 if carried_out else 2)


@pytest.mark.parametrize(("told", "landed"), [(b"light", True), (b"other", False)])
def test_an_edit_with_text_whose_answer_is_lost_is_known_by_the_text(told: bytes, landed: bool) -> None:
    """A CouchDB stores text gzipped and tells of the digest of that."""
    gzipped = {
        "content_type": "text/plain", "digest": "md5-AAAAAAAAAAAAAAAAAAAAAA==", "length": 5, "revpos": 1,
        "encoding": "gzip", "encoded_length": 25,
    }  # fmt: skip

    def couch(asked: Asked) -> Told:
        if "_bulk_docs" in asked.path and b'"_rev"' not in asked.body and losing.edits:
            return Told(201, [{"id": "a", "error": "conflict", "reason": "Document update conflict."}])
        if "/a/note" in asked.path:
            return Told(body=told, headers={"Content-Type": "text/plain"})
        answer = losing(asked)
        if "_bulk_get" in asked.path:
            answer.body["results"][0]["docs"][0]["ok"]["_attachments"] = {"note": {**gzipped, "stub": True}}
        return answer

    losing = Losing(carried_out=True)
    note = {"note": attached(b"light", content_type="text/plain")}
    with couchlike(couch) as server, stores_at(server) as stores:
        store = stores.open("grid")
        if landed:
            assert store.put("a", {"floor": 3}, attachments=note) == "1-" + "b" * 32
        else:
            with pytest.raises(Conflict):
                store.put("a", {"floor": 3}, attachments=note)
    assert losing.edits == 1


def test_revisions_that_are_missing_are_told_in_the_order_of_the_question() -> None:
    told = {"b": {"missing": ["2-c", "1-d"]}, "a": {"missing": ["1-a"], "possible_ancestors": ["1-f"]}}
    with couchlike(always(Told(body=told))) as server, stores_at(server) as stores:
        missing = stores.open("grid").missing({"a": ["1-a"], "known": ["1-b"], "b": ["1-d", "1-e", "2-c"]})
    assert list(missing.items()) == [("a", Missing(("1-a",), ("1-f",))), ("b", Missing(("1-d", "2-c"), ()))]


def test_what_names_a_database_does_not_tell_where_it_is_kept() -> None:
    with couchlike(always(Told(body=INFO))) as server, stores_at(server) as stores:
        uuid = stores.open("grid").info().uuid
        assert (uuid, len(uuid)) == (stores.open("grid").info().uuid, 32)
        assert uuid != stores.open("other").info().uuid
    assert "127.0.0.1" not in uuid


# --- what is said ----------------------------------------------------------------------------------------------


def test_a_write_without_quorum_is_not_durable() -> None:
    def no_quorum(asked: Asked) -> Told:
        if "_changes" in asked.path:
            return Told(body={"results": [], "last_seq": "0", "pending": 0})
        if "_revs_diff" in asked.path:
            return Told(body={"a": {"missing": [DOC.rev]}})
        return Told(
            202 if asked.method in ("POST", "PUT", "DELETE") else 200, [{"ok": True, "id": "a", "rev": "1-b"}]
        )

    with couchlike(no_quorum) as server, stores_at(server) as stores:
        store = stores.open("grid")
        for verb in (
            lambda: store.put("a", {}),
            lambda: store.graft([DOC]),
            lambda: stores.create("other"),
            lambda: stores.delete("other"),
        ):
            with pytest.raises(StoreUnavailable, match="quorum"):
                verb()
    assert sum("_bulk_docs" in path for path in server.paths()) == 2


def test_what_is_too_large_is_said_with_the_limits_and_halves_a_batch_until_it_fits() -> None:
    def small(asked: Asked) -> Told:
        if "_revs_diff" in asked.path:
            return Told(body={"a": {"missing": [DOC.rev]}, "b": {"missing": [DOC.rev]}})
        if "_changes" in asked.path:
            return Told(body={"results": [], "last_seq": "0", "pending": 0})
        if "_bulk_docs" in asked.path and b'"_id":"b"' in asked.body:
            return Told(413, {"error": "document_too_large", "reason": "b"})
        return Told(201, [])

    batch = [DOC, replace(DOC, doc_id="b")]
    with couchlike(small) as server, stores_at(server) as stores:
        store = stores.open("grid")
        with pytest.raises(BatchTooLarge, match=r"1 MB a document, 10 MB an attachment"):
            store.graft(batch)
        assert store.graft(batch, lambda *_: True) == ["stored", "refused"]


def test_one_database_too_many_is_said_with_the_limit() -> None:
    told = Told(403, {"error": "forbidden", "reason": "limit"})
    limit = pytest.raises(AccessRefused, match="200 by default")
    with couchlike(always(told)) as server, stores_at(server) as stores, limit:
        stores.create("grid")


@pytest.mark.parametrize(
    ("held", "closes"),
    [({}, True), ({"members": {"names": [], "roles": []}}, True), ({"members": {"roles": ["_admin"]}}, False),
     ({"cloudant": {}}, False)],
)  # fmt: skip
def test_a_new_database_is_for_its_members_only(held: dict[str, Any], closes: bool) -> None:
    def couch(asked: Asked) -> Told:
        return Told(body=held if asked.method == "GET" else {"ok": True})

    with couchlike(couch) as server, stores_at(server, who="jin:x@") as stores:
        stores.create("grid")
    assert server.paths()[:2] == ["PUT /grid?q=1", "GET /grid/_security"]
    assert [b'"jin"' in asked.body for asked in server.asked[2:]] == [True] * closes


@pytest.mark.parametrize("garbage", [b"", b"<html>", b'{"hello": 1}', b"[1]", b'"text"', b"null"])
def test_an_answer_that_cannot_be_read_is_not_a_couch(garbage: bytes) -> None:
    with couchlike(always(Told(body=garbage))) as server, stores_at(server) as stores:
        for verb in (lambda: stores.open("grid").info(), lambda: list(stores.open("grid").changes())):
            with pytest.raises(StoreUnavailable):
                verb()
        with pytest.raises(NotACouch):
            stores.check()
