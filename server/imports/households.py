"""A roster as documents: a dwelling, a household and its persons for each row whose door has no household yet.

Ids come from the door and the name, so that the same row makes the same documents however often it is imported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.authoring import Place, Stamp, first_revision, row_ulid, stable_ulid
from server.imports.roster import Household, Member, door_of
from sync.documents import Document, Json
from sync.store import DocStore

_PIECE = 500

Door = tuple[str, str, str]


@dataclass(frozen=True)
class Known:
    """What a grid holds already: the dwelling of each door, and the doors that have a household."""

    dwellings: Mapping[Door, str]
    inhabited: frozenset[Door]


def known_of(store: DocStore) -> Known:
    """The doors that a grid database holds."""
    dwellings: dict[Door, str] = {}
    for doc_id, answers, _ in _files(store, "dwelling:"):
        door = door_of(*(str(answers.get(k) or "") for k in ("building", "unit", "room_no")))
        dwellings.setdefault(door, doc_id)
    doors = {doc_id: door for door, doc_id in dwellings.items()}
    inhabited = {
        doors[dwelling]
        for _, answers, subject in _files(store, "household:")
        if (dwelling := answers.get("dwelling_id") or subject) in doors
    }
    return Known(dwellings, frozenset(inhabited))


def _files(store: DocStore, prefix: str) -> Iterator[tuple[str, Mapping[str, Json], Json]]:
    ids = [doc_id for doc_id, _ in store.all_ids(prefix, prefix + "\uffff")]
    for start in range(0, len(ids), _PIECE):
        for doc_id, leaves in store.leaves_many(ids[start : start + _PIECE]).items():
            fields = leaves[0].fields
            answers = fields.get("answers") or {}
            if not leaves[0].deleted and not answers.get("removed"):
                yield doc_id, answers, fields.get("subject")


def documents_of(
    household: Household, known: Known, address: str, place: Place, stamp: Stamp
) -> list[Document]:
    """The documents of one row, none if a household lives at that door already; `address` begins its address."""
    door = household.door
    if door in known.inhabited:
        return []
    made: list[Document] = []
    key = (place.database, *door)
    dwelling_id = known.dwellings.get(door)
    if dwelling_id is None:
        dwelling_id = "dwelling:" + stable_ulid(*key, "dwelling")
        made.append(
            first_revision(dwelling_id, "dwelling", None, _dwelling_answers(household, address), place, stamp)
        )
    household_id = "household:" + stable_ulid(*key, "household")
    persons = list(_persons(household.members, key))
    answers: dict[str, Json] = {
        "dwelling_id": dwelling_id,
        "head_person_id": persons[0][0],
        "members": [
            {
                "row": row_ulid(nth, person_id),
                "person_id": person_id,
                "relation": m.relation,
                "lives_here": True,
            }
            for nth, (person_id, m) in enumerate(persons)
        ],
        "contact_phone": household.phone,
        "move_in_date": household.handover_on,
    }  # fmt: skip
    made.append(first_revision(household_id, "household", dwelling_id, answers, place, stamp))
    made += [
        first_revision(person_id, "person", household_id, _person_answers(m), place, stamp)
        for person_id, m in persons
    ]
    return made


def _persons(members: Iterable[Member], key: Sequence[str]) -> Iterator[tuple[str, Member]]:
    """Each member with an id; two of one name in a household are told apart by their order."""
    names: dict[str, int] = {}
    for member in members:
        names[member.name] = nth = names.get(member.name, 0) + 1
        yield "person:" + stable_ulid(*key, "person", member.name, str(nth)), member


def _dwelling_answers(household: Household, address: str) -> dict[str, Json]:
    building, unit, room = household.building, household.unit, household.room
    parts = (_with(building, "栋"), _with(unit, "单元"), _with(room, "室"))
    bare_room = door_of("", "", room)[2]
    floor = int(bare_room[:-2]) if bare_room.isdigit() and 3 <= len(bare_room) <= 4 else None
    return {
        "building": door_of(building, "", "")[0], "unit": door_of("", unit, "")[1], "room_no": bare_room,
        "floor_no": floor, "address_full": address + "".join(parts), "use": "01",
        "more": {"handover_date": household.handover_on} if household.handover_on else None,
    }  # fmt: skip


def _with(text: str, word: str) -> str:
    bare = door_of(text, "", "")[0]
    return f"{bare}{word}" if bare.isalnum() and bare.isascii() and bare else text


def _person_answers(member: Member) -> dict[str, Json]:
    id_type = "111" if member.id_no else None
    return {
        "name": member.name, "id_type": id_type, "id_no": member.id_no, "sex": member.sex,
        "birth_date": member.birth_date, "phone": member.phone, "status": "1",
    }  # fmt: skip
