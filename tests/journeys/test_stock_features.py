"""Every feature of a stock PouchDB that touches a remote, and a database that holds everything that is nasty."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from sync import wire
from sync.couchdb import CouchStore, open_url
from sync.documents import Attachment, Document
from sync.replicate import replicate
from sync.sqlite import SqliteStores
from sync.store import DocStore
from tests.support.behind import WHOLE_KEEPERS
from tests.support.foreign import run_node
from tests.support.live import Live
from tests.support.town import password_of

PHOTO = bytes(at * 7919 % 256 for at in range(200_000))


def test_everything_but_replication(live: Live) -> None:
    told = run_node("features.mjs", {"url": f"{live.db}/features", "token": live.token("admin")})
    names = ["binary.bin", "empty.txt", "large.txt", "名字 1.json"]
    assert told == {
        "made": 0, "same": dict.fromkeys(names, True), "inlined": True, "left": 3,
        "range": ["n10", "n11", "n12", "n13"], "keyed": ["n01", "not_found"],
        "index": "created", "indexes": ["_all_docs", "n"], "found": ["n39", "n37"], "explained": "features",
        "deleted": {"ok": True}, "conflict": {"status": 409, "name": "conflict"}, "bulk": [1, "not_found"],
        "diff": {"n02": {"missing": ["1-a"]}}, "chosen": ["n03"], "selected": ["n00", "n01"], "heard": "live",
        "gone": "not_found",
    }  # fmt: skip


def test_a_worker_pulls_the_forms_twice_and_the_second_time_reads_nothing(live: Live) -> None:
    told = run_node("pull_twice.mjs", {"url": f"{live.db}/forms", "token": live.token("chen")})
    assert told["first"] > 0
    assert (told["second"], told["failures"]) == (0, 0)


def digests(letter: str, count: int) -> tuple[str, ...]:
    """A path of so many revisions, newest first."""
    return tuple(f"{number}-{letter * 8}{number:024x}" for number in range(count, 0, -1))


def attached(**parts: tuple[str, bytes]) -> dict[str, Attachment]:
    return {name: wire.attachment(name, kind, data) for name, (kind, data) in parts.items()}


def nasty() -> Iterator[Document]:
    """Documents of every shape a revision tree and an attachment can have."""
    root = digests("a", 1)
    for letter, deleted in (("b", False), ("c", False), ("d", True)):
        yield Document("conflict", (f"2-{letter * 32}", *root), b'{"v":"%s"}' % letter.encode(), deleted)
    yield Document("tombstone", (f"2-{'b' * 32}", *root), b"{}", True)
    yield Document("deleted with a body", (f"3-{'c' * 32}", f"2-{'b' * 32}", *root), b'{"why":"moved"}', True)
    yield Document("long", digests("b", 1_000), b'{"generation":1000}')
    yield Document("stemmed", digests("c", 1_500)[:900], b'{"generation":1500}')
    yield Document("disjoint", digests("e", 5)[:2], b'{"root":"e"}')
    yield Document("disjoint", digests("f", 7)[:2], b'{"root":"f"}')
    for doc_id in (
        "网格/一 %2F",
        "a+b&c=d?e#f",
        "उदाहरण",
        "😀",
        "with space",
        "quote\"'",
        "\\back",
        ".",
        "..",
        "a/../b",
    ):
        yield Document(doc_id, root, b'{"id":true}')
    yield Document(
        "numbers", root, b'{"big":12345678901234567890,"e":1e-7,"f":0.1,"deep":[[[[{"a":null}]]]]}'
    )
    parts = attached(
        photo=("image/jpeg", PHOTO), empty=("text/plain", b""), large=("text/plain", b"words " * 50_000)
    )
    yield Document("attached", root, b'{"v":1}', attachments=parts)
    yield Document("attached", (f"2-{'9' * 32}", *root), b'{"v":2}', attachments={"photo": parts["photo"]})
    named = {"名字/1 %2F.json": wire.attachment("x", "application/json", b'{"a":1}' * 500)}
    yield Document("attached names", root, b"{}", attachments=named)
    yield Document(
        "attached and deleted", (f"2-{'b' * 32}", *root), b"{}", True, attachments=attached(p=("a/b", b"x"))
    )
    for letter in "bc":
        part = attached(**{f"of-{letter}": ("a/b", letter.encode() * 100)})
        yield Document("attached conflict", (f"2-{letter * 32}", *root), b'{"v":1}', attachments=part)


def everything(store: DocStore) -> dict[str, list[Document]]:
    """Every leaf of every document with its ancestry, body and attachment bytes."""
    ids = [change.doc_id for change in store.changes()]
    return {
        doc_id: [
            replace(leaf, attachments={n: store.attachment(doc_id, n, leaf.rev) for n in leaf.attachments})
            for leaf in leaves
        ]
        for doc_id, leaves in store.leaves_many(ids).items()
    }


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[SqliteStores]:
    made = SqliteStores(tmp_path)
    yield made
    made.close()


def remote(live: Live, name: str) -> CouchStore:
    scheme, _, rest = live.db.partition("://")
    found = open_url(f"{scheme}://admin:{password_of('admin')}@{rest}")
    return found.create(name)


@pytest.fixture
def there(keeper_url: str) -> Iterator[CouchStore]:
    """A database of another server."""
    with closing(open_url(keeper_url)) as others:
        made = others.create(f"nasty-{uuid4().hex}")
        yield made
        others.delete(made.name)


@pytest.mark.parametrize("keeper_url", WHOLE_KEEPERS, indirect=True, scope="module")
def test_a_nasty_database_goes_in_and_comes_out_the_same(there: CouchStore, stores: SqliteStores) -> None:
    """By our own replicator, which leaves design documents where they are: a CouchDB would run them."""
    source, back = stores.create("source"), stores.create("back")
    source.graft(list(nasty()))
    for a, b in ((source, there), (there, back)):
        assert replicate(a, b, session="1").refused == ()
        assert replicate(a, b, session="2").written == 0
    assert everything(back) == everything(source) == everything(there)
    source.put("tombstone", {"again": True})
    assert [replicate(a, b, session="3").written for a, b in ((source, there), (there, back))] == [1, 1]
    assert everything(back) == everything(source)


UNFIT = ("numbers", "attached and deleted")
"""What PouchDB itself changes: it reads numbers as JavaScript does, and drops the attachments of a deleted revision."""


def shown(store: DocStore) -> dict[str, list[object]]:
    """As `everything`, without `revpos`, which PouchDB counts its own way."""
    return {
        doc_id: [
            (
                leaf.path,
                leaf.body,
                leaf.deleted,
                {n: (p.content_type, p.data) for n, p in leaf.attachments.items()},
            )
            for leaf in leaves
        ]
        for doc_id, leaves in everything(store).items()
    }


def test_a_nasty_database_goes_through_a_stock_pouchdb_the_same(live: Live, stores: SqliteStores) -> None:
    one, other = remote(live, "through-a"), remote(live, "through-b")
    design = Document("_design/d", digests("a", 1), b'{"filters":{"f":"function () { return true }"}}')
    one.graft([design, *(document for document in nasty() if document.doc_id not in UNFIT)])
    count = len(everything(one))
    told = run_node(
        "through.mjs",
        {
            "from": f"{live.db}/through-a",
            "to": f"{live.db}/through-b",
            "token": live.token("admin"),
            "edit": "long",
        },
    )
    leaves = sum(len(found) for found in everything(one).values())
    assert count == 20
    assert told["first"] == {"pulled": leaves, "pushed": leaves, "denied": []}
    assert told["second"] == {"pulled": 0, "pushed": 0, "denied": []}
    assert told["third"] == {"pulled": 1, "pushed": 1, "denied": []}
    assert shown(other) == shown(one)
