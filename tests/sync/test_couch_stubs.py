"""Attachments without bytes on their way to a CouchDB."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import closing

from sync.couch.stubs import filled
from sync.couchdb import open_url
from sync.documents import Document
from tests.contract.promises.attachments import PHOTO, attached, stub
from tests.contract.promises.making import line, rev
from tests.support.couchlike import Asked, Told, couchlike


def test_a_stub_is_sent_with_the_bytes_that_its_ancestor_brings_in_the_same_batch() -> None:
    def empty(asked: Asked) -> Told:
        if "_revs_diff" in asked.path:
            return Told(body={"a": {"missing": [rev(1, "a"), rev(2, "b")]}})
        return Told(201, []) if "_bulk_docs" in asked.path else Told(body={"results": []})

    batch = [
        Document("a", line("a"), attachments={"photo": attached(PHOTO)}),
        Document("a", line("ba"), attachments={"photo": stub(PHOTO)}),
    ]
    with couchlike(empty) as server, closing(open_url(server.url)) as stores:
        stores.open("grid").graft(batch)
    [sent] = [json.loads(asked.body)["docs"] for asked in server.asked if "_bulk_docs" in asked.path]
    assert [doc["_attachments"]["photo"]["data"] for doc in sent] == [b64encode(PHOTO).decode()] * 2


def test_a_stub_is_filled_from_its_own_line_and_by_its_own_name_only() -> None:
    parents = [
        Document("a", line("a"), attachments={"photo": attached(b"mine", 1), "sign": attached(b"sign", 1)}),
        Document("a", line("c"), attachments={"photo": attached(b"another line's", 1)}),
        Document("b", line("a"), attachments={"plan": attached(b"another document's", 1)}),
    ]
    child = Document("a", line("dba"), attachments={
        "photo": stub(b"mine", 1), "plan": stub(b"another document's", 1), "sign": stub(b"changed", 2),
    })  # fmt: skip
    [*_, made] = filled([*parents, child])
    assert dict(made.attachments) == {**child.attachments, "photo": attached(b"mine", 1)}
