"""The settle follower on a real store: many leaves become one, the same one everywhere, once."""

import base64
import hashlib
from dataclasses import replace

import pytest

from sync import causal
from sync.documents import Attachment, Document
from sync.replicate import replicate
from sync.settle import SettleFollower, settle
from sync.sqlite import SqliteStores
from tests.sync.documents import after, body, edited, first


@pytest.fixture
def store(tmp_path):
    stores = SqliteStores(tmp_path)
    yield stores.create("grid-aaaaaaaaaaaa")
    stores.close()


def live(store, doc_id):
    return [leaf for leaf in store.leaves(doc_id) if not leaf.deleted]


def without_causal(fields):
    return {key: value for key, value in fields.items() if key != "causal"}


def follow(store):
    """Everything settled, from the beginning."""
    SettleFollower().handle(store, list(store.changes()))


@pytest.fixture
def conflict():
    root = first(body({"phone": "1", "note": "狗"}))
    return (
        root,
        edited(root, "dev-chen", {"phone": "2"}, 1),
        edited(root, "dev-zhang", {"phone": "3", "note": "猫"}, 2),
    )


def test_two_edits_of_one_household_become_one_leaf_with_an_open_question(store, conflict):
    root, mine, theirs = conflict
    store.graft([mine, theirs])
    follow(store)
    (leaf,) = live(store, root.doc_id)
    assert leaf.fields["answers"] == {"phone": "3", "note": "猫"}
    assert [s.value for s in causal.open_questions(leaf.fields)["phone"]] == ["3", "2"]
    assert leaf.parent == max(mine.rev, theirs.rev)


def test_what_is_purged_while_it_is_being_settled_does_not_come_back(store, conflict):
    class Purging:
        """The store, where somebody purges between the follower's reading and his writing."""

        def __getattr__(self, name):
            return getattr(store, name)

        def leaves_many(self, doc_ids):
            found = store.leaves_many(doc_ids)
            store.purge({doc_id: [leaf.rev for leaf in leaves] for doc_id, leaves in found.items()})
            return found

    store.graft(conflict[1:])
    SettleFollower().handle(Purging(), list(store.changes()))
    assert store.leaves(conflict[0].doc_id) == []


def test_settling_again_changes_nothing(store, conflict):
    store.graft(conflict[1:])
    follow(store)
    seq = store.info().update_seq
    follow(store)
    assert store.info().update_seq == seq


def test_two_servers_that_see_the_same_leaves_write_the_same_revisions(tmp_path, conflict):
    stores = SqliteStores(tmp_path)
    home, second = stores.create("grid-aaaaaaaaaaaa"), stores.create("grid-bbbbbbbbbbbb")
    home.graft(conflict[1:])
    second.graft(list(reversed(conflict)))
    follow(home)
    follow(second)
    revs = [{leaf.rev for leaf in s.leaves(conflict[0].doc_id)} for s in (home, second)]
    assert revs[0] == revs[1]
    stores.close()


def test_a_leaf_that_already_is_the_join_stays(conflict):
    _, mine, theirs = conflict
    joined = after(mine, causal.join(mine.fields, theirs.fields))
    (tombstone,) = settle([joined, theirs])
    assert tombstone.deleted
    assert tombstone.parent == theirs.rev


def test_fifty_leaves_settle_into_one(store):
    root = first(body({"phone": "0"}))
    store.graft([edited(root, f"dev-{n:02}", {"phone": str(n)}) for n in range(50)])
    follow(store)
    (leaf,) = live(store, root.doc_id)
    assert len(causal.open_questions(leaf.fields)["phone"]) == 50


def test_a_deleted_leaf_takes_no_part(conflict):
    _, mine, theirs = conflict
    gone = after(theirs, {}, deleted=True)
    assert settle([mine, gone]) == []
    assert settle([gone]) == []


def test_steps_are_never_merged():
    step = first({"record": "record:1", "act": "approve"}, "step:01JD:dev-chen-1")
    other = first({"record": "record:1", "act": "return"}, "step:01JD:dev-chen-1")
    assert settle([step, other]) == []


def test_an_edit_that_drops_causal_is_joined_with_its_parent(store):
    root = edited(first(body({"phone": "1", "note": "狗"})), "dev-zhang", {"note": "猫"})
    stock = after(
        root,
        {**{k: v for k, v in root.fields.items() if k != "causal"}, "answers": {"phone": "9", "note": "猫"}},
    )
    store.graft([root])
    store.graft([stock])
    follow(store)
    (leaf,) = live(store, root.doc_id)
    assert leaf.parent == stock.rev
    assert {path: {s.value for s in q} for path, q in causal.open_questions(leaf.fields).items()} == {
        "phone": {"1", "9"}
    }
    assert causal.covers(leaf.fields, root.fields)


def test_an_edit_that_keeps_causal_but_changes_a_value_replaces_it(store):
    root = first(body({"phone": "1", "note": "狗"}))
    curl = after(root, {**root.fields, "answers": {"phone": "9", "note": "狗"}})
    store.graft([root])
    store.graft([curl])
    follow(store)
    (leaf,) = live(store, root.doc_id)
    assert leaf.fields["answers"] == {"phone": "9", "note": "狗"}
    assert causal.open_questions(leaf.fields) == {}
    assert causal.registers(leaf.fields)["phone"][0][0].startswith("srv-")
    late = edited(root, "dev-zhang", {"phone": "7"})
    assert {s.value for s in causal.open_questions(causal.join(leaf.fields, late.fields))["phone"]} == {
        "7",
        "9",
    }


def test_an_answer_that_a_stock_client_took_out_is_asked_about(store):
    root = edited(first(body({"phone": "1", "note": "狗"})), "dev-zhang", {"note": "猫"})
    stock = after(root, without_causal(root.fields) | {"answers": {"phone": "1"}})
    store.graft([root])
    store.graft([stock])
    follow(store)
    (leaf,) = live(store, root.doc_id)
    assert {s.value for s in causal.open_questions(leaf.fields)["note"]} == {None, "猫"}


def test_two_edits_in_a_row_that_drop_causal_are_settled_as_if_one_by_one(store):
    root = first(body({"phone": "1", "note": "狗"}))
    one = after(root, without_causal(root.fields) | {"answers": {"phone": "2", "note": "狗"}})
    two = after(one, without_causal(root.fields) | {"answers": {"phone": "2", "note": "猫"}})
    for document in (root, one, two):
        store.graft([document])
    follow(store)
    (leaf,) = live(store, root.doc_id)
    questions = causal.open_questions(leaf.fields)
    assert {path: {s.value for s in siblings} for path, siblings in questions.items()} == {
        "phone": {"1", "2"},
        "note": {"狗", "猫"},
    }
    assert causal.covers(leaf.fields, root.fields)
    assert not any(device.startswith("raw-") for device in causal.context(leaf.fields))


def test_what_a_stripped_edit_became_keeps_its_envelope(store):
    root = first(body({"phone": "1"}))
    store.graft([root])
    store.graft([after(root, {"answers": {"phone": "2"}})])
    follow(store)
    (leaf,) = live(store, root.doc_id)
    assert (leaf.fields["captured_by"], leaf.fields["form"]) == ("chen", "household")


def test_an_edit_that_drops_causal_is_kept_where_its_parent_is_not_stored(tmp_path):
    stores = SqliteStores(tmp_path)
    home, second = stores.create("grid-aaaaaaaaaaaa"), stores.create("grid-bbbbbbbbbbbb")
    root = first(body({"phone": "1"}))
    typed = edited(root, "dev-zhang", {"phone": "2"})
    stock = after(typed, without_causal(root.fields) | {"answers": {"phone": "9"}})
    other = edited(
        edited(edited(root, "dev-chen", {"note": "a"}), "dev-chen", {"note": "b"}), "dev-chen", {"note": "c"}
    )
    for document in (typed, stock):
        home.graft([document])
    second.graft([stock, other])
    follow(second)
    assert stock.rev in {leaf.rev for leaf in live(second, root.doc_id)}
    for number in range(3):
        replicate(second, home, session=f"there-{number}")
        follow(home)
        replicate(home, second, session=f"back-{number}")
        follow(second)
    ((mine,), (theirs,)) = live(home, root.doc_id), live(second, root.doc_id)
    assert mine.rev == theirs.rev
    assert {"2", "9"} <= {s.value for s in causal.open_questions(mine.fields)["phone"]}
    stores.close()


def test_normalising_is_settled_once(store):
    root = first(body({"phone": "1"}))
    store.graft([root])
    store.graft([after(root, {"answers": {"phone": "2"}})])
    follow(store)
    seq = store.info().update_seq
    follow(store)
    assert store.info().update_seq == seq


def test_attachments_of_every_leaf_are_kept(store):
    root = first(body({"phone": "1"}))
    photo, other = attachment(b"\x89PNG one"), attachment(b"\x89PNG two")
    mine = replace(edited(root, "dev-chen", {"phone": "2"}), attachments={"door.png": photo})
    theirs = replace(edited(root, "dev-zhang", {"phone": "3"}), attachments={"door.png": other})
    store.graft([mine, theirs])
    follow(store)
    (leaf,) = live(store, root.doc_id)
    kept = {store.attachment(root.doc_id, name, leaf.rev).data for name in leaf.attachments}
    assert kept == {b"\x89PNG one", b"\x89PNG two"}


def attachment(data):
    digest = "md5-" + base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
    return Attachment("image/png", digest, len(data), 2, data)


def test_documents_without_causality_are_joined_without_loss():
    one, two = first({"answers": {"a": 1}}), first({"answers": {"a": 2}})
    plan = settle(sorted([one, two], key=lambda d: d.rev, reverse=True))
    assert [d.deleted for d in plan] == [False, True]
    assert {s.value for s in causal.open_questions(plan[0].fields)["a"]} == {1, 2}


def test_the_follower_follows_grids_only():
    follower = SettleFollower()
    assert [follower.handles(name) for name in ("grid-aaaaaaaaaaaa", "forms", "directory", "quarantine")] == [
        True, False, False, False,
    ]  # fmt: skip


def test_a_settled_document_keeps_the_history_of_its_winner(conflict):
    _, mine, theirs = conflict
    winner, loser = sorted([mine, theirs], key=lambda d: d.rev, reverse=True)
    child, tombstone = settle([winner, loser])
    assert isinstance(child, Document)
    assert child.path[1:] == winner.path
    assert tombstone.path[1:] == loser.path
