"""Multipart bodies in and out, without a server."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import wire
from sync.documents import Document
from sync.errors import Malformed
from sync.wire import AttachmentTooLarge, BadDocument, Extras, Received, Spool
from sync.wire.related import related_bytes, write_related

LIMIT = 100_000


def read(chunks: Iterator[bytes], boundary: str = "B", limit: int = LIMIT) -> Any:
    """The document, its attachments as they were received in a spool of that limit."""
    return wire.read_related(chunks, boundary, Spool(None, limit), bytes_max=LIMIT)


def pieces(text: bytes, size: int) -> Iterator[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))


def written(parts: dict[str, bytes], boundary: str = "edge") -> bytes:
    stubs = {name: wire.attachment(name, "a/b", data) for name, data in parts.items()}
    document = Document("a", ("1-a",), b'{"v":1}', attachments=stubs)

    text = wire.write_document(document, Extras(following=list(parts)))
    body = b"".join(write_related(text, stubs.items(), boundary))
    assert len(body) == related_bytes(text, stubs.items(), boundary)
    return body


NAMES = st.text(st.characters(exclude_categories=["C"]), min_size=1).filter(lambda name: name[0] != "_")


@given(st.dictionaries(NAMES, st.binary(max_size=300), max_size=4), st.integers(1, 400))
def test_what_is_written_is_read_again_whatever_the_names_bytes_and_pieces(
    parts: dict[str, bytes], size: int
) -> None:
    member = read(pieces(written(parts), size), "edge")
    document = wire.read_document(member, bytes_max=LIMIT)
    assert {name: part.data for name, part in document.attachments.items()} == parts
    assert (document.doc_id, document.rev, document.body) == ("a", "1-a", b'{"v":1}')


@given(st.integers(0, 400), st.integers(1, 50))
def test_a_body_that_ends_in_the_middle_is_malformed(cut: int, size: int) -> None:
    whole = written({"x": b"\r\n--edg" * 20, "y": b""})
    with pytest.raises(Malformed):
        read(pieces(whole[: min(cut, len(whole) - 1)], size), "edge")


def body(part: bytes, headers: str = "", **stub: object) -> bytes:
    member = {"_id": "a", "_attachments": {"x": {"follows": True, "content_type": "a/b", **stub}}}
    head = f"--B\r\nContent-Type: application/json\r\n\r\n{json.dumps(member)}\r\n--B\r\n{headers}\r\n"
    return head.encode() + part + b"\r\n--B--"


def data(text: bytes, limit: int = LIMIT) -> bytes:
    received: Received = read(iter([text]), limit=limit)["_attachments"]["x"]["data"]
    assert isinstance(received.data, bytes)
    return received.data


def test_a_gzipped_part_is_unpacked_and_its_digest_is_that_of_either_form() -> None:
    packed = gzip.compress(b"hello " * 50)
    header = "Content-Encoding: gzip\r\n"
    for digest in (wire.digest_of(packed), wire.digest_of(b"hello " * 50)):
        assert data(body(packed, header, digest=digest)) == b"hello " * 50
    with pytest.raises(BadDocument, match="digest"):
        data(body(packed, header, digest=wire.digest_of(b"other")))


def test_a_gzipped_part_is_bounded_after_unpacking() -> None:
    with pytest.raises(AttachmentTooLarge):
        data(body(gzip.compress(b"0" * 50_000), "Content-Encoding: gzip\r\n"), limit=10_000)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"--B--",
        b"--B\r\n\r\n{}\r\n--B\r\n\r\nmore than was named\r\n--B--",
        b'--B\r\n\r\n{"_attachments":{"x":{"follows":true}}}\r\n--B--',
        b"--B\r\nno colon\r\n\r\n{}\r\n--B--",
        b"--Bjunk\r\n\r\n{}\r\n--B--",
        b"--B\r\n\r\nnot json\r\n--B--",
        b"--B\r\n" + b"".join(b"a%d: b\r\n" % n for n in range(40)) + b"\r\n{}\r\n--B--",
        body(b"xx", "Content-Encoding: br\r\n"),
        body(b"xx", "Content-Encoding: gzip\r\n"),
    ],
)
def test_what_is_not_as_promised_is_malformed(text: bytes) -> None:
    with pytest.raises(Malformed):
        read(iter([text]))


@pytest.mark.parametrize("boundary", ["", "b" * 201])
def test_a_boundary_is_needed(boundary: str) -> None:
    with pytest.raises(Malformed):
        read(iter([b"--\r\n\r\n{}\r\n----"]), boundary)


def test_parts_without_names_come_in_the_order_of_the_document() -> None:
    member = b'{"_attachments":{"x":{"follows":true},"s":{"stub":true},"y":{"follows":true}}}'
    text = b"--B\r\n\r\n" + member + b"\r\n--B\r\n\r\nfirst\r\n--B\r\n\r\nsecond\r\n--B--"
    parts = read(iter([text]))["_attachments"]
    assert (parts["x"]["data"].data, parts["y"]["data"].data) == (b"first", b"second")
