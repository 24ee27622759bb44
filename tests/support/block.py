"""One block of flats for the desk's tests: doors, households, people and visits, written as phones write them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from server.authoring import Place, Stamp, first_revision, stable_ulid
from server.review.index import IndexFollower
from server.review.library import Library, shipped_forms
from server.services import Services
from sync import causal
from sync.documents import Document
from sync.revisions import next_rev
from sync.store import DocStore
from tests.support.town import COMMUNITY, GRID_1, grid_path

VERSIONS = dict(shipped_forms().keys())
AT = "2026-11-20T02:00:00Z"
THUMB = "data:image/webp;base64,UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="


@dataclass(frozen=True)
class Phone:
    """Somebody's phone: the name and device that its documents carry."""

    name: str
    device: str

    def stamp(self, at: str = AT) -> Stamp:
        """What a document written now carries."""
        return Stamp(self.device, self.name, at)


CHEN = Phone("chen", "dev-chenchench")
ZHANG = Phone("zhang", "dev-zhangzhang")


@dataclass
class Block:
    """A grid's documents and the follower that indexes them; `now` is the server's clock."""

    services: Services
    database: str = GRID_1
    code: str = f"{COMMUNITY}001"
    now: str = "2026-11-22T00:00:00Z"
    place: Place = field(init=False)
    follower: IndexFollower = field(init=False)

    def __post_init__(self) -> None:
        self.place = Place(self.database, grid_path(self.code), VERSIONS)
        self.follower = IndexFollower(
            self.services.index, self.services.stores, Library(self.services.stores), lambda: self.now
        )
        self.follow("directory")

    @property
    def store(self) -> DocStore:
        """The grid's database."""
        return self.services.stores.open(self.database)

    def follow(self, database: str | None = None) -> None:
        """Let the follower see every change of a database (the grid's) from its beginning."""
        store = self.services.stores.open(database or self.database)
        self.follower.handle(store, list(store.changes()))

    def write(
        self,
        doc_id: str,
        form: str,
        subject: str | None,
        answers: Mapping[str, Any],
        phone: Phone = CHEN,
        at: str = AT,
    ) -> str:
        """Keep a first revision; gives its id."""
        self.store.graft([first_revision(doc_id, form, subject, answers, self.place, phone.stamp(at))])
        return doc_id

    def household(self, room: str = "502", name: str = "陈建真", phone: str = "13800138000") -> str:
        """A door with a household of one person; gives the household's id."""
        dwelling, household, person = (
            f"{kind}:{stable_ulid(kind, room)}" for kind in ("dwelling", "household", "person")
        )
        self.write(dwelling, "dwelling", None, {
            "building": "22", "unit": "1", "room_no": room, "use": "01", "reside": "1", "is_let": False,
            "geo": "25.117500 118.915900 0 10",
        })  # fmt: skip
        self.write(household, "household", dwelling, {
            "dwelling_id": dwelling, "hh_type": "1", "rhyz": "01", "head_person_id": person, "contact_phone": phone,
            "members": [{"row": stable_ulid("row", room), "person_id": person, "relation": "02", "lives_here": True}],
            "move_in_date": "2020-05-01", "needs": ["01"], "visit_cycle_days": "30",
        })  # fmt: skip
        self.write(person, "person", household, {
            "name": name, "sex": "1", "birth_date": "1950-01-01", "phone": phone, "pop_type": "01", "status": "1",
        })  # fmt: skip
        return household

    def visit(self, no: int = 1, room: str = "502", phone: Phone = CHEN, at: str = AT, **answers: Any) -> str:
        """A visit without any finding, unless the answers given make one; gives its id."""
        given = {
            "visit_type": "01", "mode": "1", "result": "1", "visited_at": at,
            "met_person_id": f"person:{stable_ulid('person', room)}", "topics": ["04"],
            "summary": "家中情况良好。", "geo": "25.117600 118.915900 0 12",
        }  # fmt: skip
        household = f"household:{stable_ulid('household', room)}"
        return self.write(
            f"record:{stable_ulid('visit', str(no))}", "visit", household, {**given, **answers}, phone, at
        )

    def edit(self, doc_id: str, changes: Mapping[str, Any], phone: Phone = CHEN, at: str = AT) -> str:
        """An ordinary edit of the winner on a phone; gives the new revision."""
        winner = self.store.get(doc_id)
        return self.store.put(
            doc_id, causal.edit(winner.fields, phone.device, changes, at, phone.name), winner.rev
        )

    def edit_unseen(self, doc_id: str, *edits: tuple[Phone, Mapping[str, Any], str]) -> None:
        """Several phones edit the same revision without having seen each other."""
        base = self.store.get(doc_id)
        for phone, changes, at in edits:
            body = causal.edit(base.fields, phone.device, changes, at, phone.name)
            self.store.graft([Document.of(doc_id, (next_rev(base.rev, body), *base.path), body)])

    def steps(self, record: str) -> list[dict[str, Any]]:
        """The bodies of the steps about a record, with their ids."""
        ulid = record.partition(":")[2]
        ids = [step_id for step_id, _ in self.store.all_ids(f"step:{ulid}:", f"step:{ulid};")]
        return [{"id": step_id, **self.store.get(step_id).fields} for step_id in ids]

    def step(
        self, record: str, act: str, phone: Phone, role: str = "worker", no: int = 1, **fields: Any
    ) -> str:
        """A step written on a phone that has seen everything; gives its id."""
        step_id = f"step:{record.partition(':')[2]}:{phone.device}-{stable_ulid('step', str(no))}"
        self.store.put(step_id, {
            "record": record, "act": act, "at": AT, "by": phone.name, "role": role, "device": phone.device,
            "after": [step["id"] for step in self.steps(record)],
            "seen": self.store.get(record).fields["causal"]["context"], "fields": fields,
        })  # fmt: skip
        return step_id
