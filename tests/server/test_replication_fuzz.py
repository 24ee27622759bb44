"""Malformed requests of every endpoint below `/db/`: never a 500, never a hang, and what is refused changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.documents import Document
from sync.store import DocStore
from tests.support.site import Site, close_site, open_site

REV = "1-" + "a" * 32
SEGMENTS = [
    "a",
    "att",
    "none",
    "_x",
    "_design%2Fd",
    "%00",
    "%FF%FE",
    "..",
    "%ED%A0%80",
    "a%2Fb",
    "网",
    "x" * 600,
    "_local",
    "t.txt",
    "%22",
]
VALUES = [
    "", "true", "false", "0", "-1", "1e9", "9" * 30, "null", '"a"', "[", "[]", "{}", '["1-a"]', "[1]", '[null]',
    '["zz"]',
    "now", "all", REV, "zz", "1-", "-1-a", "\x00", "\ud7ff", "a/b", "_doc_ids", "_selector", "_design", "_view",
    "eventsource", "continuous", "longpoll", "all_docs", '{"a":1}',
]  # fmt: skip
NAMES = [
    "rev", "revs", "open_revs", "latest", "attachments", "atts_since", "conflicts", "meta", "revs_info", "new_edits",
    "since",
    "limit", "skip", "feed", "filter", "view", "doc_ids", "style", "include_docs", "descending", "heartbeat", "timeout",
    "seq_interval", "key", "keys", "startkey", "endkey", "inclusive_end", "update_seq", "count", "batch",
]  # fmt: skip
MEMBERS = [
    "_id", "_rev", "_revisions", "_attachments", "_deleted", "docs", "new_edits", "keys", "selector", "sort", "fields",
    "limit",
    "bookmark", "index", "ddoc", "name", "doc_ids", "a", "admins", "members", "start", "ids", "stub", "follows", "data",
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
RELATED = b'--B\r\n\r\n{"_attachments":{"t.txt":{"follows":true}}}\r\n--B\r\n\r\nbytes\r\n--B--'
BODIES = (
    OBJECTS.map(lambda value: json.dumps(value).encode())
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=60)
    | st.integers(0, len(RELATED)).map(lambda at: RELATED[:at])
    | st.sampled_from(
        [b"[" * 2_000, b'{"docs":[{"_id":"\\ud800"}]}', b'{"a":NaN}', b'{"docs":[{"_id":"a"},{"_id"']
    )
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Content-Type": st.sampled_from(
            [
                "application/json",
                "text/plain",
                "",
                "multipart/related",
                'multipart/related; boundary="B"',
                "a/b; c",
            ]
        ),
        "Accept": st.sampled_from(["application/json", "multipart/mixed", "multipart/related", "*/*", "x"]),
        "Content-Encoding": st.sampled_from(["gzip", "br", "identity"]),
        "If-Match": st.sampled_from(['"1-a"', "zz", REV]),
        "If-None-Match": st.sampled_from(['"1-a"', "*", "zz"]),
        "Range": st.sampled_from(["bytes=0-1", "bytes=9-1", "bytes=-1", "bytes=999-", "items=1"]),
        "Destination": st.sampled_from(["b", "_x", "a?rev=zz", "%FF", ""]),
        "Last-Event-ID": st.sampled_from(["0", "zz", '"1"']),
    },
)
QUERIES = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES), max_size=4)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose feeds do not wait, with a database that holds a little of everything."""
    site = open_site(tmp_path_factory.mktemp("fuzz") / "data", longpoll_s_max=0, held_request_s_max=0)
    admin = site.client("admin")
    admin.put("/db/fuzz")
    admin.put("/db/fuzz/a", json={"v": 1})
    admin.put("/db/fuzz/_design/d", json={"filters": {"f": "x"}, "views": {"v": {"map": "x"}}})
    admin.put(
        "/db/fuzz/att", json={"_attachments": {"t.txt": {"content_type": "text/plain", "data": "aGVsbG8="}}}
    )
    yield site
    close_site(site)


def state(store: DocStore) -> tuple[str, dict[str, list[Document]]]:
    return store.info().update_seq, store.leaves_many([change.doc_id for change in store.changes()])


def requests_of(site: Site) -> list[tuple[str, str]]:
    """Method and rule of everything below a database, but its making and its removal."""
    return sorted(
        (method, rule.rule)
        for rule in site.app.url_map.iter_rules()
        if rule.rule.startswith("/db/<segment:name>")
        for method in rule.methods or ()
        if (method, rule.rule) != ("DELETE", "/db/<segment:name>")
    )


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_request_breaks_the_server_or_changes_what_it_refuses(fuzzed: Site, data: st.DataObject) -> None:
    method, rule = data.draw(st.sampled_from(requests_of(fuzzed)))
    url = rule.replace("<segment:name>", "fuzz")
    while "<" in url:
        before, _, rest = url.partition("<")
        url = before + data.draw(st.sampled_from(SEGMENTS)) + rest.partition(">")[2]
    store = fuzzed.services.stores.open("fuzz")
    was = state(store)
    asked: dict[str, Any] = {"headers": data.draw(HEADERS), "query_string": data.draw(QUERIES)}
    if method in ("PUT", "POST"):
        asked["data"] = data.draw(BODIES)
    reply = fuzzed.client("admin").open(url, method=method, **asked)
    reply.get_data()
    assert reply.status_code < 500 or reply.status_code == 501, (reply.status_code, method, url, asked)
    if reply.status_code >= 400:
        assert state(store) == was
        assert method == "HEAD" or {"error", "reason"} <= set(reply.json or {})


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["", "_session", "_uuids", "_all_dbs", "_dbs_info", "_nope", "%2F", "Bad"]),
    data=st.data(),
)
def test_no_request_to_the_root_breaks_it(fuzzed: Site, path: str, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(["GET", "POST", "HEAD"]))
    asked: dict[str, Any] = {"headers": data.draw(HEADERS), "query_string": data.draw(QUERIES)}
    if method == "POST":
        asked["data"] = data.draw(BODIES)
    reply = fuzzed.client("admin").open(f"/db/{path}", method=method, **asked)
    assert reply.status_code < 500 or reply.status_code == 501, (reply.status_code, method, path, asked)
