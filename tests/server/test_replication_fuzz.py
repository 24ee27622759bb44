"""Malformed requests of every endpoint: never a 500, never a hang, and what is refused or only read changes nothing."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import apsw
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.support.pages import desk_of
from tests.support.records import as_json, batch_of, visit
from tests.support.site import Site, close_site, open_site
from tests.support.town import GRID_1

REV = "1-" + "a" * 32
RECORD = visit(1)
SEGMENTS = [
    "a", "att", "none", "_x", "_design%2Fd", "%00", "%FF%FE", "..", "%ED%A0%80", "a%2Fb", "网", "x" * 600, "_local",
    "t.txt", "%22", "d", "v", "0", "-1", "9" * 30, RECORD.doc_id, GRID_1, "0" * 64, "visit", "%0A", "%25", "fuzz",
    "1-a",
]  # fmt: skip
VALUES = [
    "", "true", "false", "0", "-1", "1e9", "9" * 30, "null", '"a"', "[", "[]", "{}", '["1-a"]', "[1]", '[null]',
    '["zz"]', '["a","att","none"]', "now", "all", REV, "zz", "1-", "-1-a", "\x00", "\ud7ff", "a/b", "_doc_ids",
    "_selector", "_design", "_view", "eventsource", "continuous", "longpoll", "all_docs", '{"a":1}', "1-0", "9-9", "²",
    "1-²", "d/v", "d/f",
]  # fmt: skip
NAMES = [
    "rev", "revs", "open_revs", "latest", "attachments", "atts_since", "conflicts", "meta", "revs_info", "new_edits",
    "since", "limit", "skip", "feed", "filter", "view", "doc_ids", "style", "include_docs", "descending", "heartbeat",
    "timeout", "seq_interval", "key", "keys", "startkey", "endkey", "inclusive_end", "update_seq", "count", "batch",
    "deleted_conflicts", "grid", "state", "page", "q", "sort", "uuid", "epoch",
]  # fmt: skip
MEMBERS = [
    "_id", "_rev", "_revisions", "_attachments", "_deleted", "_local/x", "docs", "new_edits", "keys", "selector",
    "sort", "fields", "limit", "skip", "bookmark", "index", "ddoc", "name", "doc_ids", "a", "admins", "members",
    "names", "start", "ids", "stub", "follows", "data", "digest", "content_type", "id", "rev", "$and", "$or", "$not",
    "$regex", "$in", "$mod", "$elemMatch", "$type", "use_index", "partial_filter_selector", "password", "device",
    "refresh_token", "username",
    "answers", "causal", "form", "type", "subject", "home", "revs", RECORD.doc_id, "t.txt",
]  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers(-2, 2**70) | st.floats(allow_nan=False) | st.sampled_from(VALUES)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=5)
SPOILT = OBJECTS.map(lambda members: {**json.loads(as_json(RECORD)), **members})
"""A record as a phone sends it, with members that are not a phone's."""
RELATED = b'--B\r\n\r\n{"_attachments":{"t.txt":{"follows":true}}}\r\n--B\r\n\r\nbytes\r\n--B--'
NESTED = b"[" * 2_000
BODIES = (
    (OBJECTS | JSON | SPOILT).map(lambda value: json.dumps(value).encode())
    | st.lists(SPOILT | JSON, max_size=3).map(
        lambda docs: json.dumps({"docs": docs, "new_edits": False}).encode()
    )
    | st.binary(max_size=60)
    | st.integers(0, len(RELATED)).map(lambda at: RELATED[:at])
    | st.sampled_from(
        [
            NESTED, b'{"docs":[' + NESTED, b'{"selector":' + b'{"$not":' * 600 + b"{}" + b"}" * 601, b'{"a":NaN}',
            b'{"docs":[{"_id":"\\ud800"}]}', b'{"docs":[{"_id":"a"},{"_id"', batch_of(RECORD), gzip.compress(b"{}"),
            gzip.compress(b"{}")[:-4], b"name=chen&password=x", b"name=%FF&password=%00", b"csrf=&act=approve",
        ]
    )
)  # fmt: skip
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(
            [
                "application/json", "text/plain", "", "multipart/related", 'multipart/related; boundary="B"', "a/b; c",
                "application/x-www-form-urlencoded", "multipart/form-data", "image/jpeg", "网",
            ]
        ),
        "Accept": st.sampled_from(["application/json", "multipart/mixed", "multipart/related", "*/*", "x"]),
        "Content-Encoding": st.sampled_from(["gzip", "br", "identity"]),
        "If-Match": st.sampled_from(['"1-a"', "zz", REV]),
        "If-None-Match": st.sampled_from(['"1-a"', "*", "zz"]),
        "Range": st.sampled_from(["bytes=0-1", "bytes=9-1", "bytes=-1", "bytes=999-", "items=1"]),
        "Destination": st.sampled_from(["b", "_x", "a?rev=zz", "%FF", ""]),
        "Last-Event-ID": st.sampled_from(["0", "zz", '"1"']),
        "X-HTTP-Method-Override": st.sampled_from(["DELETE", "x"]),
        "X-Couch-Full-Commit": st.sampled_from(["true", "x"]),
    },
)  # fmt: skip
QUERIES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=4)
CREDENTIALS = st.text(max_size=20) | st.sampled_from(
    [
        "Basic",
        "Basic eDp5",
        "Basic ///",
        "Basic \xff",
        "Bearer",
        "Bearer a.b",
        "Digest x",
        "basic " + "A" * 9_000,
    ]
)
READS = ("GET", "HEAD", "OPTIONS")
READ_BY_POST = ("_bulk_get", "_revs_diff", "_missing_revs", "_changes", "_all_docs", "_find", "_explain")
FULL = 60
"""So many documents are enough to run into; beyond, the database is made anew."""

by_many = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True)
class Fuzzed:
    """A site whose feeds do not wait, and its databases as they lie on the disk."""

    site: Site
    lin: FlaskClient
    """A supervisor who has signed in at the desk."""

    def fill(self) -> None:
        """Make the database `fuzz` with a little of everything, if it is not there or too full."""
        admin = self.site.client("admin")
        info = admin.get("/db/fuzz")
        if info.status_code == 200 and sum(info.json[c] for c in ("doc_count", "doc_del_count")) < FULL:
            return
        admin.delete("/db/fuzz")
        admin.put("/db/fuzz")
        part = {"content_type": "text/plain", "data": "aGVsbG8="}
        docs: list[Mapping[str, object]] = [
            {"_id": "a", "v": 1},
            {"_id": "_design/d", "filters": {"f": "x"}, "views": {"v": {"map": "x"}}},
            {"_id": "att", "_attachments": {"t.txt": part}},
        ]
        assert admin.post("/db/fuzz/_bulk_docs", json={"docs": docs}).status_code == 201

    def contents(self) -> dict[str, str]:
        """A digest of every row of every database."""
        return {
            path.stem: _digest(str(path))
            for path in sorted((self.site.data / "stores").glob("*.sqlite"))
            if path.stem != "_changed"
        }


def _digest(path: str) -> str:
    found = hashlib.sha256()
    with closing(apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)) as db:
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
            for row in db.execute(f"SELECT * FROM {table}"):
                found.update(repr((table, row)).encode())
    return found.hexdigest()


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    site = open_site(tmp_path_factory.mktemp("fuzz") / "data", longpoll_s_max=0, held_request_s_max=0)
    assert site.client("chen", "dev-aaaaaaaaaa").post(
        f"/db/{GRID_1}/_bulk_docs", data=batch_of(RECORD), content_type="application/json"
    ).json == []  # fmt: skip
    yield Fuzzed(site, desk_of(site, "lin").client)
    close_site(site)


def routes(site: Site, below: str, *but: tuple[str, str]) -> list[tuple[str, str]]:
    """Method and rule of everything below a path, and of each rule a method that it does not have."""
    found = {
        (method, rule.rule)
        for rule in site.app.url_map.iter_rules()
        if re.match(below, rule.rule)
        for method in {*(rule.methods or ()), "PATCH"}
    }
    return sorted(found - set(but))


def filled(data: st.DataObject, rule: str, database: str) -> str:
    """A path of a rule, with something in each of its places."""
    url = rule.replace("<segment:name>", database)
    while "<" in url:
        before, _, rest = url.partition("<")
        url = before + data.draw(st.sampled_from(SEGMENTS)) + rest.partition(">")[2]
    return url


def ask(
    fuzzed: Fuzzed, data: st.DataObject, client: FlaskClient, method: str, url: str, reads: bool = False
) -> TestResponse:
    """Send something of that kind. What is refused, and what is a reading, has changed no byte."""
    was = fuzzed.contents()
    asked: dict[str, Any] = {"headers": data.draw(HEADERS), "query_string": data.draw(QUERIES)}
    if method not in READS:
        asked["data"] = data.draw(BODIES)
    reply: TestResponse = client.open(url, method=method, **asked)
    reply.get_data()
    assert reply.status_code < 500 or reply.status_code == 501, (reply.status_code, method, url, asked)
    if reply.status_code >= 400 or reads or method in READS:
        assert fuzzed.contents() == was, (reply.status_code, method, url, asked)
    return reply


@settings(by_many, max_examples=400)
@given(data=st.data())
def test_no_request_to_a_database_breaks_the_server_or_changes_what_it_refuses(
    fuzzed: Fuzzed, data: st.DataObject
) -> None:
    fuzzed.fill()
    gone = ("DELETE", "/db/<segment:name>")
    method, rule = data.draw(st.sampled_from(routes(fuzzed.site, "/db/<segment:name>", gone)))
    database, client = data.draw(
        st.sampled_from(
            [("fuzz", fuzzed.site.client("admin")), (GRID_1, fuzzed.site.client("chen", "dev-aaaaaaaaaa"))]
        )
    )
    url = filled(data, rule, database)
    reads = method == "POST" and rule.endswith(READ_BY_POST)
    reply = ask(fuzzed, data, client, method, url, reads)
    if reply.status_code >= 400 and method != "HEAD":
        assert {"error", "reason"} <= set(reply.json or {})


@by_many
@given(data=st.data())
def test_no_request_to_the_root_breaks_it(fuzzed: Fuzzed, data: st.DataObject) -> None:
    rules = [
        "/db/",
        "/db",
        *(f"/db/{name}" for name in ("_session", "_uuids", "_all_dbs", "_dbs_info", "_nope", "Bad")),
    ]
    url = data.draw(st.sampled_from(rules) | st.sampled_from(SEGMENTS).map(lambda name: f"/db/{name}"))
    method = data.draw(st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "COPY", "PATCH"]))
    who = data.draw(st.sampled_from(["admin", "chen", None]))
    ask(fuzzed, data, fuzzed.site.client(who), method, url, reads=url in rules and method != "PUT")


@by_many
@given(data=st.data())
def test_no_request_of_a_phone_a_form_author_or_nobody_breaks_the_rest(
    fuzzed: Fuzzed, data: st.DataObject
) -> None:
    method, rule = data.draw(st.sampled_from(routes(fuzzed.site, "/(api/|healthz|<)")))
    name = data.draw(st.sampled_from([None, "chen", "fang"]))
    client = fuzzed.site.client(name, name and f"dev-{name}00000a")
    ask(fuzzed, data, client, method, filled(data, rule, GRID_1), reads=name != "fang")


@by_many
@given(data=st.data())
def test_no_request_at_the_desk_breaks_it(fuzzed: Fuzzed, data: st.DataObject) -> None:
    method, rule = data.draw(
        st.sampled_from(routes(fuzzed.site, "/desk/", ("POST", "/desk/sign-in"), ("POST", "/desk/sign-out")))
    )
    ask(fuzzed, data, fuzzed.lin, method, filled(data, rule, GRID_1), reads=True)


@by_many
@given(data=st.data(), credentials=CREDENTIALS, cookie=st.text(max_size=20))
def test_no_credentials_break_it_or_open_anything(
    fuzzed: Fuzzed, data: st.DataObject, credentials: str, cookie: str
) -> None:
    fuzzed.fill()
    method, rule = data.draw(st.sampled_from(routes(fuzzed.site, "/(db/<segment:name>|api/grids)")))
    client = fuzzed.site.client()
    client.set_cookie("AuthSession", cookie, path="/db")
    client.environ_base["HTTP_AUTHORIZATION"] = credentials.encode().decode("latin-1")
    reply = ask(fuzzed, data, client, method, filled(data, rule, "fuzz"), reads=True)
    assert reply.status_code in (401, 404, 405, 429) or method == "OPTIONS"


def test_a_body_of_any_depth_is_read_or_refused(fuzzed: Fuzzed) -> None:
    fuzzed.fill()
    admin = fuzzed.site.client("admin")
    for depth in (100, 1_000, 100_000):
        for text in (b"[" * depth + b"]" * depth, b'{"a":' * depth + b"1" + b"}" * depth):
            for path in ("_bulk_docs", "_find", "_bulk_get", "_revs_diff", "_changes?filter=_selector", "x"):
                for body in (text, b'{"docs":[%b],"selector":%b}' % (text, text)):
                    method = "PUT" if path == "x" else "POST"
                    reply = admin.open(
                        f"/db/fuzz/{path}", method=method, data=body, content_type="application/json"
                    )
                    assert reply.status_code < 500, (path, depth)
    assert admin.post("/db/_session", data=b"[" * 100_000, content_type="application/json").status_code == 400
