"""Who may write what, rule by rule: the table is the text of "Who may write what"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from server.access import Actor, Grant
from server.admission import GENERATIONS_MAX, Admitted, Quarantined, Refused, Verdict, admit
from sync import causal
from sync.documents import Attachment, Document
from sync.revisions import next_rev

GRID = "350505001999001"
PATH = ["350505", "350505001", "350505001999", GRID]
RECORD = "record:01JD0000000000000000000001"
HOUSEHOLD = "household:01JD0000000000000000000002"
STEP = "step:01JD0000000000000000000001:dev-chen000001-01JD0000000000000000000003"
AT = "2026-11-22T01:00:00Z"

CHEN = Actor("chen", "陈", "dev-chen000001", (Grant("worker", GRID),))
ZHANG = Actor("zhang", "张", "dev-zhang00001", (Grant("worker", GRID),))
LIN = Actor("lin", "林", "dev-lin0000001", (Grant("community", GRID[:12]),))
BARE = replace(CHEN, device=None)
SERVER = Actor("peer", "peer", None, (Grant("server", ""),))


def body(actor: Actor, answers: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    dot = f"{actor.device}:1"
    return {
        "form": "visit",
        "form_version": 1,
        "subject": None,
        "grid_path": PATH,
        "captured_at": AT,
        "captured_by": actor.name,
        "device": actor.device,
        "home": {"grid": "grid-aaaaaaaaaaa2", "move": 0},
        "answers": dict(answers),
        "causal": causal.create(dict(answers), dot, AT, actor.name),
        **members,
    }


def first(doc_id: str, fields: Mapping[str, Any], **more: Any) -> Document:
    return Document.of(doc_id, [next_rev(None, fields)], fields, **more)


def child(parent: Document, fields: Mapping[str, Any]) -> Document:
    return Document.of(parent.doc_id, [next_rev(parent.rev, fields), *parent.path], fields)


def edited(actor: Actor, held: Document, changes: Mapping[str, Any]) -> Document:
    return child(held, causal.edit(held.fields, str(actor.device), changes, AT, actor.name))


def slug(verdict: Verdict) -> str:
    return "admitted" if isinstance(verdict, Admitted) else verdict.slug


def step(actor: Actor, **members: Any) -> dict[str, Any]:
    made = {
        "record": RECORD,
        "act": "resubmit",
        "at": AT,
        "by": actor.name,
        "role": "worker",
        "device": actor.device,
    }
    return {**made, "after": [], "seen": {}, "fields": {}, **members}


VISIT = first(RECORD, body(CHEN, {"summary": "门口有积水", "result": "1"}))
HOME = first(HOUSEHOLD, body(CHEN, {"phone": "13800000001", "address": "1幢"}))


CREATIONS: list[tuple[str, Actor, Document, type, str]] = [
    ("a record of his own", CHEN, VISIT, Admitted, "admitted"),
    ("a file of his own", CHEN, HOME, Admitted, "admitted"),
    ("a record in another's name", ZHANG, VISIT, Quarantined, "foreign_author"),
    (
        "a record that leaves out its author",
        CHEN,
        first(RECORD, body(CHEN, {}, captured_by=None)),
        Admitted,
        "admitted",
    ),
    (
        "a record from another's device",
        CHEN,
        first(RECORD, body(CHEN, {}, device=ZHANG.device)),
        Quarantined,
        "foreign_device",
    ),
    (
        "a record of a grid that is not his",
        CHEN,
        first(RECORD, body(CHEN, {}, grid_path=[*PATH[:3], "350505001999002"])),
        Quarantined,
        "foreign_grid",
    ),
    (
        "a record with a broken path",
        CHEN,
        first(RECORD, body(CHEN, {}, grid_path="350505001999001")),
        Quarantined,
        "foreign_grid",
    ),
    (
        "a record that says it was moved",
        CHEN,
        first(RECORD, body(CHEN, {}, home={"grid": "grid-x", "move": 3})),
        Quarantined,
        "move",
    ),
    (
        "a record without causal, by password",
        BARE,
        first(RECORD, {"form": "visit", "captured_by": "chen", "answers": {"a": 1}}),
        Admitted,
        "admitted",
    ),
    (
        "a record with a device's edits, by password",
        BARE,
        first(RECORD, body(CHEN, {"a": 1}, device=None)),
        Quarantined,
        "foreign_edit",
    ),
    ("nothing at all", CHEN, first(RECORD, {}), Admitted, "admitted"),
    ("a grid unit", CHEN, first("grid_unit:01JD0000000000000000000001", {}), Admitted, "admitted"),
    ("an unknown kind", CHEN, first("cat:01JD0000000000000000000001", {}), Refused, "unknown_kind"),
    ("an id that is no ULID", CHEN, first("record:1", {}), Refused, "unknown_kind"),
    ("an id with something behind it", CHEN, first(RECORD + "\n", {}), Refused, "unknown_kind"),
    ("a design document", CHEN, first("_design/app", {"language": "javascript"}), Refused, "unknown_kind"),
    ("a deletion", CHEN, first(RECORD, {}, deleted=True), Refused, "deletion"),
    ("a megabyte and more", CHEN, first(RECORD, body(CHEN, {"summary": "x" * 2**20})), Refused, "too_large"),
    ("somebody without a role here", CHEN.within("350505001999002"), VISIT, Refused, "not_staff"),
    (
        "a street dispatcher",
        Actor("gao", "高", None, (Grant("street", "350505001"),)),
        VISIT,
        Refused,
        "not_staff",
    ),
    ("a server's document in another's name", SERVER, VISIT, Admitted, "admitted"),
    ("a server's deletion", SERVER, first(RECORD, {}, deleted=True), Admitted, "admitted"),
]


@pytest.mark.parametrize(
    ("actor", "document", "kind", "why"), [row[1:] for row in CREATIONS], ids=[r[0] for r in CREATIONS]
)
def test_a_new_document(actor: Actor, document: Document, kind: type, why: str) -> None:
    verdict = admit(actor, document, [])
    assert (type(verdict), slug(verdict)) == (kind, why)


def with_causal(document: Document, **members: Any) -> dict[str, Any]:
    return {**document.fields, "causal": {**document.fields["causal"], **members}}


CLAIM = {"dev-chen000001:1": [AT, "chen"]}

NAMES: list[tuple[str, dict[str, Any], str]] = [
    (
        "an edit of another device in its context",
        {"context": {"dev-chen000001": 1, "dev-zhang00001": 1}},
        "foreign_edit",
    ),
    ("a stamp of another device", {"stamps": {"summary": "dev-zhang00001:1"}}, "malformed_causal"),
    (
        "a stamp of another device, and its context",
        {"stamps": {"summary": "dev-zhang00001:1"}, "context": {"dev-chen000001": 1, "dev-zhang00001": 1}},
        "foreign_edit",
    ),
    (
        "another's sibling",
        {
            "siblings": {"summary": [["dev-zhang00001:1", "x"]]},
            "context": {"dev-chen000001": 1, "dev-zhang00001": 1},
        },
        "foreign_edit",
    ),
    (
        "being born of another device",
        {"born": "dev-zhang00001:1", "context": {"dev-zhang00001": 1}},
        "foreign_edit",
    ),
    ("another author of its own edit", {"dots": {"dev-chen000001:1": [AT, "zhang"]}}, "foreign_edit"),
    ("no author of its own edit", {"dots": {}}, "admitted"),
    ("a claim that is no claim", {"dots": {"dev-chen000001:1": "zhang"}}, "malformed_causal"),
    ("a counter of 2^31", {"context": {"dev-chen000001": 2**31}}, "malformed_causal"),
    ("a counter just below", {"context": {"dev-chen000001": 2**31 - 1}}, "admitted"),
    ("a counter that is true", {"context": {"dev-chen000001": True}}, "malformed_causal"),
    ("a context that is a list", {"context": []}, "malformed_causal"),
    ("a stamp that is no dot", {"stamps": {"summary": "yesterday"}}, "malformed_causal"),
    ("a stamp that is a list", {"stamps": {"summary": ["dev-chen000001:1"]}}, "malformed_causal"),
    ("siblings that are no pairs", {"siblings": {"summary": [3]}}, "malformed_causal"),
    ("a dot beyond its context", {"stamps": {"summary": "dev-chen000001:2"}}, "malformed_causal"),
]


@pytest.mark.parametrize(("members", "why"), [row[1:] for row in NAMES], ids=[r[0] for r in NAMES])
def test_what_a_new_document_says_of_its_edits(members: dict[str, Any], why: str) -> None:
    assert slug(admit(CHEN, first(RECORD, with_causal(VISIT, **members)), [])) == why


STEPS: list[tuple[str, Actor, str, dict[str, Any], type, str]] = [
    ("an act of his own", CHEN, STEP, step(CHEN), Admitted, "admitted"),
    (
        "an act about a file",
        CHEN,
        STEP,
        step(CHEN, record="person:01JD0000000000000000000001"),
        Admitted,
        "admitted",
    ),
    ("an act in another's name", CHEN, STEP, step(ZHANG, device=CHEN.device), Quarantined, "foreign_author"),
    ("an act in nobody's name", CHEN, STEP, step(CHEN, by=None), Quarantined, "foreign_author"),
    ("an act in a role he has not", CHEN, STEP, step(CHEN, role="community"), Quarantined, "foreign_role"),
    (
        "an act in a role that is no text",
        CHEN,
        STEP,
        step(CHEN, role=["worker"]),
        Quarantined,
        "foreign_role",
    ),
    ("an id of another's device", ZHANG, STEP, step(ZHANG), Quarantined, "foreign_device"),
    (
        "a device that is another's",
        CHEN,
        STEP,
        step(CHEN, device=ZHANG.device),
        Quarantined,
        "foreign_device",
    ),
    (
        "another record than its id says",
        CHEN,
        STEP,
        step(CHEN, record=RECORD[:-1] + "9"),
        Quarantined,
        "foreign_record",
    ),
    ("a step about a step", CHEN, STEP, step(CHEN, record=STEP), Quarantined, "foreign_record"),
    ("a ruling", CHEN, "step:01JD0000000000000000000001:ruling-" + "a" * 32, step(CHEN), Refused, "ruling"),
    (
        "a ruling that looks like a device",
        CHEN,
        "step:01JD0000000000000000000001:ruling-01JD0000000000000000000003",
        step(CHEN),
        Refused,
        "ruling",
    ),
    (
        "a step without a device",
        CHEN,
        "step:01JD0000000000000000000001:x",
        step(CHEN),
        Refused,
        "unknown_kind",
    ),
    ("an act by password", BARE, STEP, step(CHEN), Admitted, "admitted"),
]


@pytest.mark.parametrize(
    ("actor", "doc_id", "fields", "kind", "why"), [row[1:] for row in STEPS], ids=[r[0] for r in STEPS]
)
def test_a_step(actor: Actor, doc_id: str, fields: dict[str, Any], kind: type, why: str) -> None:
    verdict = admit(actor, first(doc_id, fields), [])
    assert (type(verdict), slug(verdict)) == (kind, why)


def test_a_step_has_one_revision_ever() -> None:
    made = first(STEP, step(CHEN))
    assert slug(admit(CHEN, child(made, step(CHEN, act="return")), [made])) == "step_changed"
    assert slug(admit(CHEN, first(STEP, step(CHEN, act="return")), [made])) == "step_changed"
    assert slug(admit(CHEN, child(made, step(CHEN)), [])) == "step_changed"


def test_what_is_known_already_is_admitted_whoever_brings_it() -> None:
    later = edited(CHEN, VISIT, {"summary": "已清理"})
    assert admit(ZHANG, VISIT, [later]) == Admitted()
    assert admit(ZHANG, later, [later]) == Admitted()


def test_an_attachment_is_refused() -> None:
    photo = Attachment("image/jpeg", "md5-x", 1, 1, b"x")
    assert slug(admit(CHEN, replace(VISIT, attachments={"a.jpg": photo}), [])) == "attachment"


EDITS: list[tuple[str, Actor, Document, Sequence[Document], str]] = [
    ("the author's own", CHEN, edited(CHEN, VISIT, {"summary": "已清理"}), [VISIT], "admitted"),
    (
        "a colleague's of a record",
        ZHANG,
        edited(ZHANG, VISIT, {"summary": "没事"}),
        [VISIT],
        "foreign_record",
    ),
    ("community staff's of a record", LIN, edited(LIN, VISIT, {"summary": "已核实"}), [VISIT], "admitted"),
    ("a colleague's of a file", ZHANG, edited(ZHANG, HOME, {"phone": "13900000002"}), [HOME], "admitted"),
    (
        "one with another captured_at",
        CHEN,
        child(VISIT, {**edited(CHEN, VISIT, {"result": "2"}).fields, "captured_at": "2020-01-01T00:00:00Z"}),
        [VISIT],
        "envelope",
    ),
    (
        "one with another author",
        ZHANG,
        child(HOME, {**edited(ZHANG, HOME, {"phone": "1"}).fields, "captured_by": "zhang"}),
        [HOME],
        "envelope",
    ),
    (
        "one that leaves a member out",
        CHEN,
        child(VISIT, {k: v for k, v in VISIT.fields.items() if k != "subject"}),
        [VISIT],
        "envelope",
    ),
    (
        "a move",
        CHEN,
        child(VISIT, {**edited(CHEN, VISIT, {"result": "2"}).fields, "home": {"grid": "grid-b", "move": 1}}),
        [VISIT],
        "move",
    ),
    (
        "one without causal",
        BARE,
        child(HOME, {k: v for k, v in HOME.fields.items() if k != "causal"} | {"answers": {"phone": "2"}}),
        [HOME],
        "admitted",
    ),
    (
        "one of a removed document",
        CHEN,
        edited(CHEN, VISIT, {"result": "2"}),
        [replace(child(VISIT, {}), deleted=True)],
        "gone",
    ),
    (
        "one that a device's edit is in, by password",
        BARE,
        edited(CHEN, HOME, {"phone": "2"}),
        [HOME],
        "foreign_edit",
    ),
]


@pytest.mark.parametrize(
    ("actor", "document", "current", "why"), [row[1:] for row in EDITS], ids=[r[0] for r in EDITS]
)
def test_an_edit(actor: Actor, document: Document, current: Sequence[Document], why: str) -> None:
    assert slug(admit(actor, document, current)) == why


def test_a_generation_may_be_a_thousand_ahead_and_no_more() -> None:
    def at(generation: int) -> Document:
        return Document.of(RECORD, [f"{generation}-{'a' * 32}"], VISIT.fields)

    assert slug(admit(CHEN, at(1 + GENERATIONS_MAX), [])) == "admitted"
    assert slug(admit(CHEN, at(2 + GENERATIONS_MAX), [])) == "generation"
    held = Document.of(RECORD, [f"500-{'b' * 32}"], VISIT.fields)
    assert slug(admit(CHEN, at(500 + GENERATIONS_MAX), [held])) == "admitted"
    assert slug(admit(CHEN, at(501 + GENERATIONS_MAX), [held])) == "generation"


class TestForging:
    """chen and zhang share a household; zhang's phone is in it under his own edit."""

    held = edited(ZHANG, HOME, {"phone": "13900000002"})

    def forged(self, **members: Any) -> str:
        fields = self.held.fields
        changed = {**fields, **{k: v for k, v in members.items() if k != "causal"}}
        changed["causal"] = {**fields["causal"], **members.get("causal", {})}
        return slug(admit(CHEN, child(self.held, changed), [self.held]))

    def test_the_same_again_under_a_new_revision_is_no_forgery(self) -> None:
        assert self.forged() == "admitted"

    def test_another_value_under_zhangs_edit(self) -> None:
        assert self.forged(answers={"phone": "110", "address": "1幢"}) == "cloned_device"

    def test_an_answer_that_zhangs_edit_never_gave(self) -> None:
        stamps = {"phone": "dev-zhang00001:1", "address": "dev-zhang00001:1"}
        assert self.forged(causal={"stamps": stamps}) == "foreign_edit"

    def test_a_new_answer_put_under_the_birth_of_the_document(self) -> None:
        assert (
            self.forged(answers={"phone": "13900000002", "address": "1幢", "tags": ["x"]}) == "foreign_edit"
        )

    def test_zhangs_answer_dropped(self) -> None:
        assert self.forged(answers={"address": "1幢"}, causal={"stamps": {}}) == "dropped_answer"

    def test_zhangs_answer_replaced_by_the_old_one(self) -> None:
        assert self.forged(answers=HOME.fields["answers"], causal={"stamps": {}}) == "foreign_edit"

    def test_another_time_for_zhangs_edit(self) -> None:
        dots = {**self.held.fields["causal"]["dots"], "dev-zhang00001:1": ["2030-01-01T00:00:00Z", "zhang"]}
        assert self.forged(causal={"dots": dots}) == "cloned_device"

    def test_an_edit_of_zhang_that_is_not_here(self) -> None:
        assert self.forged(causal={"context": {"dev-chen000001": 1, "dev-zhang00001": 2}}) == "foreign_edit"

    def test_a_revision_that_replaces_what_it_has_not_seen(self) -> None:
        stale = edited(CHEN, HOME, {"address": "2幢"})
        assert slug(admit(CHEN, child(self.held, stale.fields), [self.held])) == "context_behind"

    def test_zhangs_answer_under_another_value_that_equals_it_in_python(self) -> None:
        home = first(HOUSEHOLD, body(CHEN, {"is_let": True}))
        changed = {**home.fields, "answers": {"is_let": 1}}
        assert slug(admit(CHEN, child(home, changed), [home])) == "cloned_device"


class TestAgreement:
    """What honest phones push is admitted, in whatever order it arrives."""

    def test_two_edits_made_unseen(self) -> None:
        a, b = edited(CHEN, HOME, {"phone": "1"}), edited(ZHANG, HOME, {"phone": "2"})
        assert slug(admit(ZHANG, b, [a])) == "admitted"
        assert slug(admit(CHEN, a, [b])) == "admitted"

    def test_an_edit_made_on_an_old_revision_whose_answers_were_replaced_since(self) -> None:
        newer = edited(ZHANG, HOME, {"phone": "2", "address": "3幢"})
        assert slug(admit(CHEN, edited(CHEN, HOME, {"tags": ["x"]}), [newer])) == "admitted"

    def test_many_edits_made_offline_before_the_first_push(self) -> None:
        document = VISIT
        for n in range(20):
            document = edited(CHEN, document, {"summary": f"第{n}次"})
        assert slug(admit(CHEN, document, [])) == "admitted"

    def test_the_join_of_two_leaves(self) -> None:
        a, b = edited(CHEN, HOME, {"phone": "1"}), edited(ZHANG, HOME, {"phone": "2"})
        joined = causal.edit(causal.join(a.fields, b.fields), str(CHEN.device), {"phone": "3"}, AT, "chen")
        assert slug(admit(CHEN, child(a, joined), [b, a])) == "admitted"

    def test_a_device_that_comes_twice_with_another_value(self) -> None:
        a, b = edited(CHEN, HOME, {"phone": "1"}), edited(CHEN, HOME, {"phone": "2"})
        assert slug(admit(CHEN, b, [a])) == "cloned_device"

    def test_a_device_that_comes_twice_with_another_answer(self) -> None:
        a, b = edited(CHEN, HOME, {"phone": "1"}), edited(CHEN, HOME, {"address": "9幢"})
        assert slug(admit(CHEN, b, [a])) in ("cloned_device", "foreign_edit")

    def test_a_cleared_answer(self) -> None:
        held = edited(ZHANG, HOME, {"phone": "2"})
        assert slug(admit(CHEN, edited(CHEN, held, {"phone": None}), [held])) == "admitted"
