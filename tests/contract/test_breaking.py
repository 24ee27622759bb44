"""The sweep that breaks what is behind a store, under every verb, at each of its requests, in every way.

Each verb raises `StoreUnavailable` and leaves the state it promises: what it had stored is there, what it was about to
store is there whole or not at all, and when all goes well again the same call succeeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from uuid import uuid4

import pytest

from sync.couchdb import CouchStores
from sync.documents import Document
from sync.errors import Conflict, DatabaseExists, NotFound, StoreUnavailable
from sync.patience import Patience
from sync.peer import Address, address
from sync.store import DocStore, StoreSet
from tests.contract.promises.attachments import attached
from tests.contract.promises.making import doc, rev
from tests.support.behind import WHOLE_KEEPERS
from tests.support.breaking import FAULTS, Breaking, Fault, breaking
from tests.support.lengthy import Lengthy, digest_of

PATIENT = Patience(connect_s=5, read_s=30, attempts=1, first_pause_s=0.001, longest_pause_s=0.01)
HASTY = replace(PATIENT, read_s=0.5)
"""For a server that says nothing at all; where a busy machine answers late, it is no fault."""
NEW = doc("new", "ba")
LONG = {"film": Lengthy(seed=1, length_mib=2).attached(2)}
Verb = Callable[[StoreSet, DocStore], object]

READS: dict[str, Verb] = {
    "names": lambda stores, store: stores.names(),
    "open": lambda stores, store: stores.open(store.name).info(),
    "update_seqs": lambda stores, store: stores.update_seqs([store.name]),
    "update_seqs of all": lambda stores, store: stores.update_seqs(),
    "info": lambda stores, store: store.info(),
    "get": lambda stores, store: store.get("a"),
    "get of a revision": lambda stores, store: store.get("a", rev(1, "a")),
    "leaves": lambda stores, store: store.leaves("a"),
    "leaves_many": lambda stores, store: store.leaves_many(["a", "b"]),
    "missing": lambda stores, store: store.missing({"a": [rev(2, "f")]}),
    "changes": lambda stores, store: list(store.changes()),
    "changes backwards": lambda stores, store: list(store.changes(descending=True)),
    "pending": lambda stores, store: store.pending("0"),
    "all_ids": lambda stores, store: list(store.all_ids()),
    "attachment": lambda stores, store: store.attachment("photo", "p"),
    "long attachment": lambda stores, store: store.attachment("photo", "film").whole(),
    "revs_limit": lambda stores, store: store.revs_limit(),
    "get_local": lambda stores, store: store.get_local("kept"),
}
WRITES: dict[str, Verb] = {
    "create": lambda stores, store: stores.create(f"{store.name}-x"),
    "delete": lambda stores, store: stores.delete(f"{store.name}-y"),
    "put": lambda stores, store: store.put("new", {"floor": 3}),
    "put again": lambda stores, store: store.put("a", {"floor": 3}, rev(1, "a")),
    "graft": lambda stores, store: store.graft([NEW, doc("new2", "a")]),
    "graft with a judge": lambda stores, store: store.graft([NEW, doc("new2", "a")], lambda *_: True),
    "put of a long attachment": lambda stores, store: store.put("new", {"floor": 3}, attachments=LONG),
    "graft of a long attachment": lambda stores, store: store.graft([replace(NEW, attachments=LONG)]),
    "put_local": lambda stores, store: store.put_local("c", {"n": 1}),
    "delete_local": lambda stores, store: store.delete_local("kept"),
    "purge again": lambda stores, store: store.purge({"b": [rev(2, "b")]}),
    "set_revs_limit": lambda stores, store: store.set_revs_limit(500),
    "compact": lambda stores, store: store.compact(),
}
MOST_REQUESTS = 6

pytestmark = pytest.mark.parametrize("keeper_url", WHOLE_KEEPERS, indirect=True, scope="module")


@pytest.fixture(scope="module")
def door(keeper_url: str) -> Iterator[Breaking]:
    with breaking(address(keeper_url).url) as door:
        yield door


@pytest.fixture(scope="module")
def through(door: Breaking, keeper_url: str) -> Address:
    """The server behind, through the door."""
    return replace(address(keeper_url), url=door.url)


@pytest.fixture(scope="module")
def stores(through: Address) -> Iterator[CouchStores]:
    with closing(CouchStores(through, PATIENT)) as stores:
        yield stores


def under(fault: Fault, through: Address, store: DocStore) -> tuple[CouchStores, DocStore]:
    """The stores and the store through the door, as patient as the fault allows."""
    stores = CouchStores(through, HASTY if fault == "says nothing" else PATIENT)
    return stores, stores.open(store.name)


@pytest.fixture(scope="module")
def steady(stores: CouchStores) -> Iterator[DocStore]:
    """A database that is only read."""
    store = filled(stores)
    yield store
    removed(stores, store.name)


@pytest.fixture
def store(stores: CouchStores) -> Iterator[DocStore]:
    """A database for one test."""
    store = filled(stores)
    yield store
    removed(stores, store.name)


def removed(stores: CouchStores, name: str) -> None:
    for made in stores.names():
        if made.startswith(name):
            stores.delete(made)


def filled(stores: CouchStores) -> DocStore:
    store = stores.create(f"broken-{uuid4().hex}")
    stores.create(f"{store.name}-y")
    store.graft([doc("a", "a"), doc("b", "ba"), doc("b", "ca")])
    store.put("photo", {}, attachments={"p": attached(b"light"), **LONG})
    store.put_local("kept", {"n": 1})
    return store


def shown(store: DocStore) -> list[Document]:
    return [leaf for doc_id in ("a", "b", "photo") for leaf in store.leaves(doc_id)]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", READS)
def test_a_read_that_breaks_is_unavailable_and_then_as_before(
    stores: CouchStores, steady: DocStore, door: Breaking, through: Address, verb: str, fault: Fault
) -> None:
    store = steady
    expected = READS[verb](stores, store)
    hasty = under(fault, through, store)
    broken = 0
    for after in range(MOST_REQUESTS):
        door.breaks_after(after, fault)
        try:
            found = READS[verb](*hasty)
        except StoreUnavailable:
            broken += 1
            continue
        finally:
            door.mend()
        assert found == expected
        break
    hasty[0].close()
    assert 1 <= broken < MOST_REQUESTS
    assert READS[verb](stores, store) == expected


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", WRITES)
def test_a_write_that_breaks_is_unavailable_and_is_there_whole_or_not_at_all(
    stores: CouchStores, store: DocStore, door: Breaking, through: Address, verb: str, fault: Fault
) -> None:
    kept = shown(store)
    hasty = under(fault, through, store)
    broken = 0
    for after in range(MOST_REQUESTS):
        door.breaks_after(after, fault)
        try:
            WRITES[verb](*hasty)
            break
        except StoreUnavailable:
            broken += 1
        except (Conflict, DatabaseExists, NotFound):  # an earlier attempt of this loop had its effect
            break
        finally:
            door.mend()
        if "again" not in verb:
            assert shown(store) == kept
        assert all(leaf.fields in ({"floor": 3}, {"is": "b"}) for leaf in store.leaves("new"))
    hasty[0].close()
    assert 1 <= broken < MOST_REQUESTS
    _finish(verb, stores, store)


def _finish(verb: str, stores: CouchStores, store: DocStore) -> None:
    """All goes well again: the same call succeeds, or says that its effect is there."""
    try:
        WRITES[verb](stores, store)
    except (Conflict, DatabaseExists, NotFound):
        assert verb in ("create", "delete", "put", "put again", "put of a long attachment", "delete_local")
    names = stores.names()
    assert (f"{store.name}-x" in names) == (verb == "create")
    assert (f"{store.name}-y" in names) == (verb != "delete")
    if verb in ("graft", "graft with a judge"):
        assert store.leaves("new") == [NEW]
        assert store.get("new2").rev == rev(1, "a")
    if "long" in verb:
        assert digest_of(store.attachment("new", "film").pieces()) == LONG["film"].digest
    if verb.startswith("put") and verb != "put_local":
        [leaf] = store.leaves("a" if verb == "put again" else "new")
        assert leaf.fields == {"floor": 3}
    if verb == "put_local":
        assert store.get_local("c")[1] == {"n": 1}
    if verb == "delete_local":
        with pytest.raises(NotFound):
            store.get_local("kept")
