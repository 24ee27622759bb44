"""Apache CouchDB's own replicator, with nothing of ours in it, carries databases into us and out again.

Everything is read as it is on the wire, and what a run has moved is counted at its target.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from sync.couchdb import open_url
from sync.documents import Document
from sync.peer import address
from tests.journeys.test_stock_features import attached, digests, nasty
from tests.support.behind import couchdb, empty, served
from tests.support.live import running
from tests.support.town import password_of, settle_town

pytestmark = [pytest.mark.foreign, pytest.mark.couchdb]
PATIENCE_S = 60.0
MEGABYTES = bytes(at * 7919 % 256 for at in range(1_000_003)) * 6


class Wire:
    """A server with a CouchDB's interface, as whoever its URL names."""

    def __init__(self, url: str) -> None:
        self._at = address(url)
        self.http = httpx.Client(
            base_url=self._at.url, auth=(self._at.name, self._at.secret), timeout=120, trust_env=False
        )

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """The answer, which is a good one."""
        answer = self.http.request(method, path, **options)
        assert answer.is_success, answer.text
        return answer.json()

    def to_replicators(self, name: str) -> Mapping[str, object]:
        """What a replicator is told of a database here."""
        who = {"username": self._at.name, "password": self._at.secret}
        return {"url": f"{self._at.url}/{name}", "auth": {"basic": who}}

    def seq(self, name: str) -> str:
        """The update sequence of a database."""
        return str(self.ask("GET", f"/{name}")["update_seq"])

    def changed(self, name: str, since: str) -> list[str]:
        """What has changed in a database."""
        return [row["id"] for row in self.ask("GET", f"/{name}/_changes", params={"since": since})["results"]]

    def everything(self, name: str) -> dict[tuple[str, str], Any]:
        """Every leaf of a database, deleted ones too, with its ancestry, body and attachments.

        Without the digests of these: a CouchDB's of text is that of its gzipped form.
        """
        feed = self.ask("GET", f"/{name}/_changes", params={"style": "all_docs"})["results"]
        options = {"revs": "true", "attachments": "true"}
        leaves = {}
        for doc_id, rev in [(row["id"], change["rev"]) for row in feed for change in row["changes"]]:
            asked = {"docs": [{"id": doc_id, "rev": rev}]}
            [result] = self.ask("POST", f"/{name}/_bulk_get", params=options, json=asked)["results"]
            leaf = leaves[doc_id, rev] = result["docs"][0]["ok"]
            for part in leaf.get("_attachments", {}).values():
                del part["digest"]
        return leaves


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with couchdb() as url:
        yield url


@contextmanager
def us(keeper: str, url: str, data: Path) -> Iterator[str]:
    """The URL of our own server, its documents with itself or with the CouchDB."""
    if keeper == "embedded":
        settle_town(data)
        serving = running(data)
    else:
        with closing(open_url(url)) as stores:
            empty(stores)
        serving = served(url, data, "web")
    with serving as server:
        yield server.db.replace("://", f"://peer:{password_of('peer')}@")


@pytest.fixture(scope="module", params=["embedded", "couchdb"])
def ours(
    request: pytest.FixtureRequest, url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Wire]:
    with us(request.param, url, tmp_path_factory.mktemp("ours") / "data") as own_url:
        wire = Wire(own_url)
        with wire.http:
            yield wire


@pytest.fixture(scope="module")
def theirs(url: str) -> Iterator[Wire]:
    wire = Wire(url)
    with wire.http:
        yield wire


@pytest.fixture
def names(theirs: Wire, ours: Wire) -> Iterator[tuple[str, str, str]]:
    """Of a database there, one here and a second one there; they are removed at the end."""
    tag = uuid4().hex
    there, here, back = (f"replicator-{tag}-{end}" for end in ("there", "here", "back"))
    yield there, here, back
    for wire, name in ((theirs, there), (ours, here), (theirs, back)):
        wire.http.delete(f"/{name}")


def fill(url: str, name: str) -> None:
    """Make a database with all that is nasty, and attachments of several megabytes."""
    large = attached(film=("video/mp4", MEGABYTES), table=("text/csv", b"350505,0,0\n" * 500_000))
    design = Document("_design/d", digests("a", 1), b'{"filters":{"f":"function () { return true }"}}')
    with closing(open_url(url)) as stores:
        stores.create(name).graft([*nasty(), design, Document("large", digests("a", 1), attachments=large)])


@pytest.mark.parametrize("use_bulk_get", [True, False])
def test_a_nasty_database_comes_back_byte_for_byte(
    url: str, theirs: Wire, ours: Wire, names: tuple[str, str, str], use_bulk_get: bool
) -> None:
    there, here, back = names
    fill(url, there)

    def replicate(source: Mapping[str, object], target: Mapping[str, object]) -> None:
        asked = {"source": source, "target": target, "create_target": True, "use_bulk_get": use_bulk_get}
        assert theirs.ask("POST", "/_replicate", json=asked)["ok"]

    def in_and_out() -> tuple[str, str]:
        replicate(theirs.to_replicators(there), ours.to_replicators(here))
        replicate(ours.to_replicators(here), theirs.to_replicators(back))
        return ours.seq(here), theirs.seq(back)

    first = in_and_out()
    everything = theirs.everything(there)
    assert ours.everything(here) == everything
    assert theirs.everything(back) == everything

    assert in_and_out() == first
    theirs.ask("PUT", f"/{there}/tombstone", json={"again": True})
    in_and_out()
    assert [ours.changed(here, first[0]), theirs.changed(back, first[1])] == [["tombstone"], ["tombstone"]]
    assert theirs.everything(back) == theirs.everything(there)


def eventually(asked: Callable[[], object], wanted: object) -> None:
    """Ask until the answer is the wanted one; the replicator brings it about."""
    deadline = time.monotonic() + PATIENCE_S
    while (answer := asked()) != wanted:
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)


@contextmanager
def replicator(theirs: Wire, source: Mapping[str, object], target: Mapping[str, object]) -> Iterator[None]:
    """A continuous replication, kept in the CouchDB's `_replicator`."""
    path = f"/_replicator/{uuid4().hex}"
    rev = theirs.ask("PUT", path, json={"source": source, "target": target, "continuous": True})["rev"]
    try:
        yield
    finally:
        theirs.ask("DELETE", path, params={"rev": rev})


def test_edits_travel_both_ways_while_replicators_run_and_then_all_is_quiet(
    url: str, theirs: Wire, ours: Wire, names: tuple[str, str, str]
) -> None:
    there, here, _ = names
    fill(url, there)
    ours.ask("PUT", f"/{here}")
    left, right = theirs.to_replicators(there), ours.to_replicators(here)
    with replicator(theirs, left, right), replicator(theirs, right, left):
        everything = theirs.everything(there)
        eventually(lambda: ours.everything(here), everything)
        before = theirs.seq(there), ours.seq(here)
        theirs.ask("PUT", f"/{there}/made-there", json={"floor": 3})
        ours.ask("PUT", f"/{here}/made-here", json={"floor": 4})
        both = {"made-here", "made-there"}
        eventually(lambda: set(theirs.changed(there, before[0])), both)
        eventually(lambda: set(ours.changed(here, before[1])), both)
        assert ours.everything(here) == theirs.everything(there)
        after = theirs.seq(there), ours.seq(here)
        theirs.ask("PUT", f"/{there}/made-there-later", json={})
        eventually(lambda: ours.changed(here, after[1]), ["made-there-later"])
    assert theirs.changed(there, after[0]) == ["made-there-later"]
