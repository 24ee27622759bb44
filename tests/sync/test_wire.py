"""CouchDB's JSON to documents and back."""

from __future__ import annotations

import json
from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import wire
from sync.documents import Document
from sync.errors import Malformed
from sync.revisions import is_usual, parse
from sync.wire import BadDocument, Broken, Extras

LIMIT = 10_000
names = st.text(min_size=1, max_size=8).filter(lambda name: name[0] != "_")
values = (
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.lists(st.text(), max_size=3)
)
bodies = st.dictionaries(names, values, max_size=6)
digests = st.text("0123456789abcdef", min_size=32, max_size=32)


@given(bodies, st.lists(digests, min_size=1, max_size=5), st.integers(0, 50), st.booleans())
def test_what_is_written_is_read_again(
    body: dict[str, object], ids: list[str], older: int, deleted: bool
) -> None:
    start = len(ids) + older
    path = tuple(f"{start - age}-{digest}" for age, digest in enumerate(ids))
    document = Document.of("a/网", path, body, deleted=deleted)
    text = wire.write_document(document, Extras(revisions=True))
    assert wire.read_document(orjson.loads(text), bytes_max=LIMIT) == document
    assert json.loads(text) == {
        "_id": "a/网", "_rev": path[0], "_revisions": {"start": start, "ids": ids}, **body,
        **({"_deleted": True} if deleted else {}),
    }  # fmt: skip


@given(bodies)
def test_a_spliced_body_is_byte_for_byte_the_stored_one(body: dict[str, object]) -> None:
    document = Document.of("a", ("1-a",), body)
    assert wire.write_document(document).endswith(document.body[1:])


def test_an_empty_body_is_spliced_without_a_comma() -> None:
    assert wire.write_document(Document("a", ("1-a",), b"{ }")) == b'{"_id":"a","_rev":"1-a"}'


def test_a_revision_has_one_spelling() -> None:
    document = wire.read_document({"_id": "a", "_rev": "1-" + "AB" * 16}, bytes_max=LIMIT)
    assert document.rev == "1-" + "ab" * 16


def test_a_history_longer_than_the_limit_is_cut() -> None:
    ids = [f"{number:032x}" for number in range(wire.PATH_MAX + 5)]
    document = wire.read_document({"_id": "a", "_revisions": {"start": 20_000, "ids": ids}}, bytes_max=LIMIT)
    assert (len(document.path), document.rev) == (wire.PATH_MAX, f"20000-{ids[0]}")


@pytest.mark.parametrize(
    "history",
    [[], {}, {"start": 0, "ids": []}, {"start": 1, "ids": []}, {"start": 1, "ids": ["a", "b"]},
     {"start": True, "ids": ["a"]}, {"start": "1", "ids": ["a"]}, {"start": 1, "ids": [1]}, {"start": 1, "ids": [""]}],
)  # fmt: skip
def test_a_broken_history_is_no_document(history: object) -> None:
    with pytest.raises(BadDocument):
        wire.read_document({"_id": "a", "_revisions": history}, bytes_max=LIMIT)


@pytest.mark.parametrize("doc_id", [None, 1, "", "_x", "_local/x", "x" * 7169, "网" * 2390])
def test_a_broken_id_is_no_document(doc_id: object) -> None:
    with pytest.raises(BadDocument) as caught:
        wire.read_document({"_id": doc_id, "_rev": "1-a"}, bytes_max=LIMIT)
    assert caught.value.slug == "illegal_docid"


def test_special_members_that_a_client_sends_back_are_left_out() -> None:
    member = {"_id": "a", "_rev": "1-a", "_conflicts": [], "_revs_info": [], "_local_seq": 1, "v": 1}
    assert wire.read_document(member, bytes_max=LIMIT).body == b'{"v":1}'


def test_one_document_that_does_not_parse_leaves_the_others_whole() -> None:
    batch = wire.read_batch(
        b'{"docs":[{"_id":"a"},{"_id":"b","_rev":"1-b","x":"\\ud800"}],"new_edits":false}'
    )
    assert batch.members[0] == {"_id": "a"}
    assert isinstance(batch.members[1], Broken)
    assert (batch.members[1].doc_id, batch.members[1].rev, batch.new_edits) == ("b", "1-b", False)


def test_an_attachment_keeps_its_bytes_and_its_digest() -> None:
    member = {"_id": "a", "_rev": "3-a", "_attachments": {"t": {"data": "aGVsbG8=", "revpos": 2}}}
    (part,) = wire.read_document(member, bytes_max=LIMIT).attachments.values()
    assert (part.data, part.revpos, part.digest) == (b"hello", 2, "md5-XUFAKrxLKna5cZ2REBfFkg==")


@given(st.binary(max_size=80))
def test_no_bytes_bring_the_reading_of_a_batch_down(text: bytes) -> None:
    for body in (text, b'{"docs":[' + text + b"]}"):
        try:
            batch = wire.read_batch(body)
        except Malformed:
            continue
        for member in batch.members:
            if not isinstance(member, Broken):
                with suppress(BadDocument):
                    wire.read_document(member, bytes_max=LIMIT)


@pytest.mark.parametrize("value", [1e2, -0.0, 2**63, 10**25, "名字", [{"row": "01"}, None], {"_inner": True}])
def test_what_was_parsed_is_what_the_body_says(value: object) -> None:
    text = json.dumps({"_id": "a", "_rev": "1-" + "a" * 32, "_conflicts": [], "v": value})
    document = wire.read_document(wire.load(text.encode()), bytes_max=1000)
    assert (
        repr(document.fields)
        == repr(orjson.loads(document.body))
        == repr({"v": orjson.loads(json.dumps(value))})
    )


@pytest.mark.parametrize(
    "rev", ["1-" + "A" * 32, "01-" + "a" * 32, "1-" + "a" * 32 + "\n", "12345678901-" + "a" * 32]
)
def test_only_a_usual_revision_id_is_taken_as_it_is(rev: str) -> None:
    assert not is_usual(rev)


def test_a_usual_revision_id_is_what_parse_makes_of_it() -> None:
    rev = "1234567890-" + "0123456789abcdef" * 2
    assert is_usual(rev)
    assert "{}-{}".format(*parse(rev)) == rev
