"""Honest phones are never doubted: whatever they edit, whenever they meet the server, all they push is admitted."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from server.access import Actor, Grant
from server.admission import Admitted, admit
from sync import causal
from sync.documents import Document
from sync.revisions import generation, next_rev

GRID = "350505001999001"
HOUSEHOLD = "household:01JD0000000000000000000002"
PATHS = ("phone", "address", "members.01JD0000000000000000000009.relation", "tags")
PEOPLE = tuple(
    Actor(name, name, f"dev-{name}", (Grant("worker", GRID),)) for name in ("chen", "zhang", "wang")
)

VALUES = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["a", "b"]), st.just(["x", "y"]))
EDIT = st.tuples(
    st.just("edit"),
    st.sampled_from(PEOPLE),
    st.dictionaries(st.sampled_from(PATHS), VALUES, min_size=1, max_size=2),
)
MEET = st.tuples(st.sampled_from(["push", "pull", "settle"]), st.sampled_from(PEOPLE), st.none())


class Replica:
    """The leaves of one document, as a phone or the server holds them."""

    def __init__(self) -> None:
        self.leaves: dict[str, Document] = {}

    def graft(self, document: Document) -> None:
        if any(document.rev in leaf.path for leaf in self.leaves.values()):
            return
        self.leaves = {rev: leaf for rev, leaf in self.leaves.items() if rev not in document.path}
        self.leaves[document.rev] = document

    def winner_first(self) -> list[Document]:
        return sorted(
            self.leaves.values(),
            key=lambda leaf: (not leaf.deleted, generation(leaf.rev), leaf.rev),
            reverse=True,
        )

    def joined(self) -> dict[str, Any]:
        return causal.join_all([leaf.fields for leaf in self.winner_first() if not leaf.deleted])

    def write(self, fields: dict[str, Any]) -> None:
        winner = self.winner_first()[0]
        self.graft(Document.of(HOUSEHOLD, [next_rev(winner.rev, fields), *winner.path], fields))

    def settle(self) -> None:
        live = [leaf for leaf in self.winner_first() if not leaf.deleted]
        if len(live) < 2:
            return
        self.write(self.joined())
        for leaf in live[1:]:
            tombstone = [next_rev(leaf.rev, {}, deleted=True), *leaf.path]
            self.graft(Document.of(HOUSEHOLD, tombstone, {}, deleted=True))


def born() -> Document:
    answers = {"phone": "0", "address": "1幢"}
    fields = {
        "captured_by": "chen",
        "answers": answers,
        "causal": causal.create(answers, "dev-chen:1", "2026-01-01T00:00:00Z", "chen"),
    }
    return Document.of(HOUSEHOLD, [next_rev(None, fields)], fields)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(EDIT, MEET), max_size=40))
def test_whatever_honest_phones_push_is_admitted(schedule: list[tuple[str, Actor, Any]]) -> None:
    server, phones = Replica(), {actor.name: Replica() for actor in PEOPLE}
    for replica in (server, *phones.values()):
        replica.graft(born())
    for minute, (act, actor, changes) in enumerate(schedule):
        phone = phones[actor.name]
        if act == "edit":
            at = f"2026-01-01T00:{minute:02}:00Z"
            phone.write(causal.edit(phone.joined(), str(actor.device), changes, at, actor.name))
        elif act == "settle":
            server.settle()
        elif act == "pull":
            for leaf in server.winner_first():
                phone.graft(leaf)
        else:
            for leaf in phone.winner_first():
                assert admit(actor, leaf, server.winner_first()) == Admitted()
                server.graft(leaf)
