"""Digests of attachments that a CouchDB keeps gzipped."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from sync.couchdb import open_url
from tests.contract.promises.attachments import attached, stub
from tests.support.couchlike import Asked, Told, couchlike

TEXT = b"words " * 50
ANCESTRY: dict[str, Any] = {"start": 1, "ids": ["a" * 32]}
OF_GZIP = "md5-AAAAAAAAAAAAAAAAAAAAAA=="


def document(doc_id: str, **part: Any) -> dict[str, Any]:
    """A document with a text, as a CouchDB tells of it."""
    told = {
        "content_type": "text/plain",
        "revpos": 1,
        "digest": OF_GZIP,
        "length": len(TEXT),
        "stub": True,
        **part,
    }
    return {"_id": doc_id, "_rev": "1-" + "a" * 32, "_revisions": ANCESTRY, "_attachments": {"note": told}}


def couch(asked: Asked) -> Told:
    """One document as itself and two by their revisions, each with the same text, kept gzipped."""
    kept = {"encoding": "gzip", "encoded_length": 30} if "att_encoding_info=true" in asked.path else {}
    if "/note" in asked.path:
        return (
            Told(body=TEXT)
            if "/gone/" not in asked.path
            else Told(404, {"error": "not_found", "reason": "missing"})
        )
    if "_bulk_get" in asked.path:
        docs = [{"id": doc_id, "docs": [{"ok": document(doc_id, **kept)}]} for doc_id in ("a", "b")]
        return Told(body={"results": docs})
    return Told(body=document("gone" if "/gone" in asked.path else "a", **kept))


def test_the_digest_is_that_of_the_bytes_which_are_read_once() -> None:
    with couchlike(couch) as server, closing(open_url(server.url)) as stores:
        store = stores.open("grid")
        found = [store.get("a"), *store.revisions({"a": ["1-" + "a" * 32], "b": ["1-" + "a" * 32]})]
    wanted = stub(TEXT)
    assert [leaf.attachments["note"].digest for leaf in found] == [wanted.digest] * 3
    assert [path for path in server.paths() if "note" in path] == ["GET /grid/a/note?rev=1-" + "a" * 32]


def test_an_attachment_that_is_gone_meanwhile_keeps_the_digest_it_was_told_with() -> None:
    with couchlike(couch) as server, closing(open_url(server.url)) as stores:
        assert stores.open("grid").get("gone").attachments["note"].digest == OF_GZIP


def test_what_is_kept_as_it_is_is_not_read() -> None:
    plain = document("a", digest=attached(TEXT).digest)
    with couchlike(lambda _: Told(body=plain)) as server, closing(open_url(server.url)) as stores:
        assert stores.open("grid").get("a").attachments["note"].digest == attached(TEXT).digest
    assert not any("note" in path for path in server.paths())
