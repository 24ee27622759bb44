"""Long attachments to and from a server that answers as it is told."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from typing import Any

import pytest

from sync import wire
from sync.couchdb import CouchStore, CouchStores
from sync.documents import Document
from sync.errors import AccessRefused, BatchTooLarge, Malformed, MissingStub, NotACouch, StoreUnavailable
from sync.patience import Patience
from sync.peer import address
from tests.support.couchlike import Asked, Couchlike, Told, couchlike
from tests.support.lengthy import MIB, Elsewhere, Lengthy, digest_of

HASTY = Patience(connect_s=2, read_s=2, attempts=3, first_pause_s=0.001, longest_pause_s=0.01)
FILM = Lengthy(seed=1, length_mib=3)
REV = "1-" + "a" * 32
OK = {"ok": True, "id": "film", "rev": REV}


@dataclass
class Keeper:
    """A server that has one film, or takes one; `ranges` says whether it gives parts of it."""

    ranges: bool = True
    told: Told | None = None
    """What it answers instead of the bytes."""

    def __call__(self, asked: Asked) -> Told:
        path = asked.path.partition("?")[0]
        if path == "/db":
            return Told(body={})
        if path == "/db/film":
            stub = wire.write_document(
                Document("film", (REV,), attachments={"f": replace(FILM.attached(), data=None)})
            )
            return Told(body=stub)
        if asked.method == "HEAD":
            return Told(body=b"", headers={"Accept-Ranges": "bytes" if self.ranges else "none"})
        return self.told or self.bytes_asked(asked)

    def bytes_asked(self, asked: Asked) -> Told:
        if not self.ranges:
            packed = gzip.compress(FILM.attached().whole(), 1)
            return Told(body=packed, headers={"Content-Encoding": "gzip"})
        start, stop = asked.headers["Range"].removeprefix("bytes=").split("-")
        return Told(206, b"".join(FILM.pieces(int(start), int(stop) + 1)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def store_at(server: Couchlike, folder: Path | None = None) -> CouchStore:
    return CouchStores(address(server.url), HASTY, folder).open("db")


def spooled(folder: Path) -> list[str]:
    """The files without a name that this process has open in a folder."""
    links = (os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink())
    return [link for link in links if link.startswith(str(folder))]


def test_a_range_is_asked_for_as_it_is_read_and_nothing_before(folder: Path) -> None:
    with couchlike(Keeper()) as server:
        part = store_at(server, folder).attachment("film", "f")
        before = len(server.asked)
        pieces = part.pieces(5, 2 * MIB)
        assert len(server.asked) == before
        assert next(pieces) == b"".join(FILM.pieces(5, MIB + 5))
        assert len(server.asked) == before + 1
        assert next(pieces) == b"".join(FILM.pieces(MIB + 5, 2 * MIB))
        assert digest_of(part.pieces()) == FILM.digest
    assert spooled(folder) == []


def test_what_gives_no_ranges_is_spooled_until_nobody_reads_it_any_more(folder: Path) -> None:
    with couchlike(Keeper(ranges=False)) as server:
        part = store_at(server, folder).attachment("film", "f")
        asked = len(server.asked)
        assert (part.digest, len(spooled(folder))) == (FILM.digest, 1)
        assert digest_of(part.pieces()) == digest_of(part.pieces()) == FILM.digest
        assert len(server.asked) == asked
        del part
        assert spooled(folder) == []


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize(
    ("told", "error"),
    [
        (Told(206, b"x" * MIB, breaks_off=True), StoreUnavailable),
        (Told(200, b"short"), NotACouch),
        (Told(500, {"error": "broken"}), StoreUnavailable),
        (Told(401, {"error": "unauthorized"}), AccessRefused),
    ],
)
def test_bytes_that_do_not_come_whole_are_an_error(
    folder: Path, ranges: bool, told: Told, error: type[Exception]
) -> None:
    with couchlike(Keeper(ranges, told)) as server, pytest.raises(error):
        store_at(server, folder).attachment("film", "f").whole()
    assert spooled(folder) == []


# --- sending ---------------------------------------------------------------------------------------------------


@dataclass
class Taker:
    """A server that answers a document with each of these in turn, and a batch with the last."""

    answers: list[Told]
    batch: Told

    def __call__(self, asked: Asked) -> Told:
        if asked.path == "/db/_bulk_docs":
            return self.batch
        if asked.method == "PUT":
            return self.answers.pop(0)
        return Told(body=[])


def long_document() -> Document:
    part = replace(FILM.attached(), content_type='video/mp4; title="\r\n"')
    return Document("film", (REV,), b'{"n":1}', attachments={"影/f": part, "g": Elsewhere(b"").attached()})


def push(folder: Path, *answers: Told, batch: Told = Told(201, [])) -> tuple[list[Any], Couchlike]:  # noqa: B008  # frozen, so one is as good as many
    with couchlike(Taker(list(answers), batch)) as server:
        refusals = store_at(server, folder).push([long_document()])
    return [(one.doc_id, one.rev, one.reason) for one in refusals], server


def parts_of(asked: Asked) -> list[bytes]:
    """The parts of a multipart body, taken apart by the standard library."""
    head = f"Content-Type: {asked.headers['Content-Type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + asked.body)
    return [part.get_payload(decode=True) for part in message.get_payload()]  # type: ignore[misc]  # of a multipart it is a list


def test_a_long_document_goes_with_its_exact_length_and_again_from_the_beginning(folder: Path) -> None:
    busy = Told(503, {"error": "busy"})
    refusals, server = push(folder, busy, busy, Told(201, OK))
    puts = [asked for asked in server.asked if asked.method == "PUT"]
    assert (refusals, len(puts), len({asked.body for asked in puts})) == ([], 3, 1)
    assert puts[0].headers["Content-Length"] == str(len(puts[0].body))
    assert puts[0].path == "/db/film?new_edits=false"
    document, film, nothing = parts_of(puts[0])
    assert (digest_of([film]), nothing) == (FILM.digest, b"")
    stubs = wire.load_object(document)["_attachments"]
    assert [(name, stub["follows"], stub["length"]) for name, stub in stubs.items()] == [
        ("影/f", True, 3 * MIB),
        ("g", True, 0),
    ]


def test_a_long_document_that_is_not_taken_is_refused_alone(folder: Path) -> None:
    refusals, _ = push(folder, Told(403, {"error": "forbidden", "reason": "no films"}))
    assert refusals == [("film", REV, "no films")]


def test_a_server_that_lets_us_write_nothing_is_no_refusal_of_a_document(folder: Path) -> None:
    forbidden = Told(403, {"error": "forbidden", "reason": "not a member"})
    with pytest.raises(AccessRefused):
        push(folder, forbidden, batch=forbidden)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (Told(413, {"error": "too_large"}), BatchTooLarge),
        (Told(412, {"error": "missing_stub"}), MissingStub),
        (Told(202, OK), StoreUnavailable),
        (Told(200, b"<html>It works!</html>"), NotACouch),
    ],
)
def test_a_long_document_that_did_not_land_is_an_error(
    folder: Path, told: Told, error: type[Exception]
) -> None:
    with pytest.raises(error):
        push(folder, told)


class Breaking:
    """A source that breaks off (`Content`)."""

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        yield from FILM.pieces(0, MIB)
        raise StoreUnavailable("the source is away")


@pytest.mark.parametrize(
    ("part", "error"),
    [
        (replace(FILM.attached(), data=Breaking()), StoreUnavailable),
        (replace(FILM.attached(), digest=digest_of([b"another"])), Malformed),
        (replace(FILM.attached(), data=Lengthy(seed=2, length_mib=3)), Malformed),
    ],
)
def test_a_source_that_is_not_as_promised_breaks_the_request_off(
    folder: Path, part: Any, error: type[Exception]
) -> None:
    with couchlike(Taker([Told(201, OK)], Told(201, []))) as server:
        with pytest.raises(error):
            store_at(server, folder).push([Document("film", (REV,), attachments={"f": part})])
        assert [path for path in server.paths() if path.startswith("PUT")] == []
