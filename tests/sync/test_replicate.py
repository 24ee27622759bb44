"""Replication between two stores: everything arrives, nothing twice, however the last run ended."""

import base64
import hashlib
from dataclasses import replace

import pytest

from sync import checkpoints
from sync.carrying import HELD_BYTES_MAX, with_bytes
from sync.documents import Attachment, Document
from sync.errors import StoreUnavailable
from sync.replicate import Progress, replicate
from sync.sqlite import SqliteStores
from tests.support.lengthy import Lengthy
from tests.sync.documents import after, body, edited, first


@pytest.fixture
def stores(tmp_path):
    stores = SqliteStores(tmp_path)
    yield stores
    stores.close()


@pytest.fixture
def source(stores):
    return stores.create("grid-aaaaaaaaaaaa")


@pytest.fixture
def target(stores):
    return stores.create("grid-bbbbbbbbbbbb")


class Counting:
    """A store that counts what it is given, and breaks off where it is told to."""

    def __init__(self, store, breaks_after=None):
        self._store = store
        self._left = breaks_after
        self.received = []

    def __getattr__(self, name):
        return getattr(self._store, name)

    def graft(self, documents, judge=None):
        if self._left is not None:
            if self._left < len(documents):
                self._store.graft(documents[: self._left])
                self.received += [(d.doc_id, d.rev) for d in documents[: self._left]]
                raise StoreUnavailable("cut off in the middle of a batch")
            self._left -= len(documents)
        self.received += [(d.doc_id, d.rev) for d in documents]
        return self._store.graft(documents, judge)


def fill(store, count):
    store.graft([first({"n": n}, f"record:{n:026}") for n in range(count)])


def everything(store):
    found = store.leaves_many([change.doc_id for change in store.changes()])
    return {doc_id: [(d.path, d.body, d.deleted) for d in leaves] for doc_id, leaves in found.items()}


def test_every_leaf_arrives_with_its_history(source, target):
    root = first(body({"phone": "1"}))
    source.graft([root])
    source.graft([edited(root, "dev-chen", {"phone": "2"}), edited(root, "dev-zhang", {"phone": "3"})])
    source.graft([after(first({"n": 1}, "record:1"), {}, deleted=True)])
    result = replicate(source, target, session="s")
    assert (result.checked, result.written, result.refused, result.finished) == (2, 3, (), True)
    assert everything(target) == everything(source)


def test_a_second_run_sends_nothing_and_an_edit_sends_one(source, target):
    fill(source, 30)
    replicate(source, target, session="one")
    assert replicate(source, target, session="two").checked == 0
    source.put("record:new", {"n": 1})
    result = replicate(source, target, session="three")
    assert (result.checked, result.written) == (1, 1)


@pytest.mark.parametrize("broken_after", [0, 1, 37, 100, 137])
def test_a_run_that_was_cut_off_is_finished_by_the_next_without_sending_twice(source, target, broken_after):
    fill(source, 150)
    cut = Counting(target, broken_after)
    with pytest.raises(StoreUnavailable):
        replicate(source, cut, session="one", batch=20)
    whole = Counting(target)
    replicate(source, whole, session="two", batch=20)
    received = cut.received + whole.received
    assert len(received) == len(set(received)) == 150
    assert everything(target) == everything(source)


def test_a_run_goes_on_from_its_last_checkpoint(source, target):
    fill(source, 150)
    with pytest.raises(StoreUnavailable):
        replicate(source, Counting(target, 100), session="one", batch=20)
    assert replicate(source, target, session="two", batch=20).checked == 50


def test_a_run_that_is_told_to_stop_finishes_its_batch_and_can_go_on(source, target):
    fill(source, 100)
    stopped = replicate(source, target, session="one", batch=40, stopping=lambda: True)
    assert (stopped.checked, stopped.finished) == (40, False)
    rest = replicate(source, target, session="two", batch=40)
    assert (rest.checked, rest.finished) == (60, True)


def test_progress_is_told_from_nothing_to_everything(source, target):
    fill(source, 50)
    told = []
    replicate(source, target, session="one", batch=20, progress=told.append)
    assert told[0] == Progress(0, 50, 0, 0)
    assert told[-1] == Progress(50, 0, 50, 0)


def test_a_target_that_was_put_back_to_an_older_copy_gets_what_it_lost(stores, source, target):
    fill(source, 20)
    replicate(source, target, session="one")
    source.put("record:late", {})
    replicate(source, target, session="two")
    older = stores.create("grid-cccccccccccc")
    fill(older, 20)
    name = next(iter(source.get_local("jinlin-peers")[1]["replications"]))
    log = checkpoints.read(target, name)
    checkpoints.write(older, name, replace(log, history=log.history[1:]))
    assert checkpoints.common(checkpoints.read(source, name), checkpoints.read(older, name)).seq == "20"


def test_a_database_that_was_made_again_is_sent_from_the_beginning(stores, source, target):
    fill(source, 20)
    replicate(source, target, session="one")
    stores.delete(target.name)
    again = stores.create(target.name)
    assert replicate(source, again, session="two").written == 20


def test_both_directions_can_be_replicated_and_come_to_rest(source, target):
    fill(source, 10)
    target.put("record:theirs", {"n": 1})
    replicate(source, target, session="there")
    replicate(target, source, session="back")
    assert replicate(source, target, session="there again").written == 0
    assert replicate(target, source, session="back again").written == 0
    assert everything(source) == everything(target)


def photo(data, revpos=1):
    digest = "md5-" + base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    return Attachment("image/webp", digest, len(data), revpos, data)


def test_attachments_travel_and_an_unchanged_one_is_not_read_again(source, target):
    root = first(body({"phone": "1"}))
    source.graft([replace(root, attachments={"door.webp": photo(b"door")})])
    replicate(source, target, session="one")
    stub = replace(photo(b"door"), data=None)
    child = replace(
        edited(root, "dev-chen", {"phone": "2"}), attachments={"door.webp": stub, "b": photo(b"bell", 2)}
    )
    source.graft([child])
    read = []

    class Reading(Counting):
        def attachment(self, doc_id, name, rev=None):
            read.append(name)
            return source.attachment(doc_id, name, rev)

    replicate(Reading(source), target, session="two")
    assert read == ["b"]
    assert target.attachment(root.doc_id, "door.webp").data == b"door"
    assert target.attachment(root.doc_id, "b").data == b"bell"


def test_an_attachment_that_the_target_lost_is_sent_whole(source, target):
    root = first(body({"phone": "1"}))
    source.graft([replace(root, attachments={"door.webp": photo(b"door")})])
    child = edited(root, "dev-chen", {"phone": "2"})
    source.graft([replace(child, attachments={"door.webp": replace(photo(b"door"), data=None)})])
    target.graft([root])
    assert replicate(source, target, session="one").refused == ()
    assert target.attachment(root.doc_id, "door.webp").data == b"door"


def test_what_the_target_refuses_is_named_and_stops_nothing(source, target):
    fill(source, 10)

    class Strict(Counting):
        def graft(self, documents, judge=None):
            return self._store.graft(documents, lambda document, _: not document.doc_id.endswith("3"))

    result = replicate(source, Strict(target), session="one")
    assert ([r.doc_id[-1] for r in result.refused], result.written) == (["3"], 9)
    assert target.info().doc_count == 9


def test_receipts_learn_what_has_been_delivered(source, target):
    rev = source.put("record:1", {})
    other = source.put("record:2", {})
    assert checkpoints.delivered(source, {"record:1": rev}) == set()
    replicate(source, target, session="one")
    assert checkpoints.last_pushed_seq(source) == {target.info().uuid: "2"}
    newer = source.put("record:2", {"n": 2}, other)
    asked = {"record:1": rev, "record:2": newer, "record:3": "1-" + "a" * 32}
    assert checkpoints.delivered(source, asked) == {"record:1"}


def test_a_refused_revision_is_not_delivered_until_it_is_taken(source, target):
    rev = source.put("record:1", {})

    class Closed(Counting):
        def graft(self, documents, judge=None):
            return self._store.graft(documents, lambda *_: False)

    replicate(source, Closed(target), session="one")
    assert checkpoints.delivered(source, {"record:1": rev}) == set()
    newer = source.put("record:1", {"n": 2}, rev)
    replicate(source, target, session="two")
    assert checkpoints.delivered(source, {"record:1": newer}) == {"record:1"}


def test_design_documents_stay_where_they_are(source, target):
    source.graft([Document("_design/x", ("1-" + "a" * 32,)), first({}, "record:1")])
    replicate(source, target, session="one")
    assert [change.doc_id for change in target.changes()] == ["record:1"]


def test_a_checkpoint_that_is_not_ours_to_read_means_from_the_beginning(source, target):
    fill(source, 5)
    replicate(source, target, session="one")
    name = next(iter(source.get_local("jinlin-peers")[1]["replications"]))
    target.put_local(name, {"history": "nonsense", "refused": 7})
    result = replicate(source, target, session="two")
    assert (result.checked, result.written) == (5, 0)


def test_long_attachments_and_many_short_ones_are_never_in_memory_together(source, target):
    film = Lengthy(seed=1, length_mib=3)
    many = {f"{n:02}": photo(bytes([n]) * HELD_BYTES_MAX) for n in range(4)} | {"short": photo(b"short")}
    root = first({}, "record:1")
    source.graft([replace(root, attachments=many), first({}, "record:2")])
    source.put("record:film", {}, attachments={"f": film.attached(), "s": photo(b"still")})
    carried = with_bytes(source, source.get("record:1"))
    assert sum(len(part.data) for part in carried.attachments.values() if not part.is_long) <= HELD_BYTES_MAX
    assert carried.is_long
    result = replicate(source, target, session="one")
    assert (result.checked, result.written, result.refused) == (3, 3, ())
    assert everything(target) == everything(source)
    assert target.attachment("record:film", "f").whole() == film.attached().whole()
    for name, part in many.items():
        assert target.attachment("record:1", name).whole() == part.data
    film_rev = source.get("record:film").rev
    source.put("record:film", {"n": 2}, film_rev, attachments=source.get("record:film").attachments)
    assert replicate(source, target, session="two").written == 1
    assert target.attachment("record:film", "f").digest == film.digest
    assert target.verify() == []
