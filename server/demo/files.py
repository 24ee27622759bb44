"""The files of a demo grid: dwellings, households and persons, as a worker would have collected them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from forms.catalogue import shipped
from server.authoring import Place, Stamp, first_revision, row_ulid, stable_ulid
from server.demo.people import Person, Registry
from server.demo.town import DemoGrid
from sync.documents import Document, Json

NEEDS = ("01", "02", "04", "05", "06", "11", "12", "13", "16")
_ORIGIN = (25.1169, 118.9145)  # 山腰街道, WGS-84


@dataclass(frozen=True)
class Home:
    """One inhabited door: the ids of its files, and who lives there (head first)."""

    dwelling_id: str
    household_id: str
    persons: tuple[tuple[str, Person], ...]
    cycle_days: int
    position: tuple[float, float]


@dataclass(frozen=True)
class Head:
    """Who answers for the minors of a household."""

    person_id: str
    phone: str


def homes_of(grid: DemoGrid, today: date) -> tuple[list[Home], list[Document]]:
    """All homes of a grid with their documents, the same for the same grid and day."""
    chance = Random(f"jinlin {grid.code}")
    registry = Registry(chance, today, first_phone=int(grid.code[-3:]) * 2000)
    doors = list(grid.doors())
    vacant = set(chance.sample(range(len(doors)), len(doors) - grid.households))
    homes: list[Home] = []
    documents: list[Document] = []
    for number, (building, unit, room, floor) in enumerate(doors):
        maker = _Maker(grid, today, chance, (building, unit, room))
        if number in vacant:
            documents.append(maker.dwelling(floor, vacant=True, tenants=False))
            continue
        home, made = maker.home(registry.household(), floor, registry)
        homes.append(home)
        documents += made
    return homes, documents


class _Maker:
    """Makes the files behind one door."""

    def __init__(self, grid: DemoGrid, today: date, chance: Random, door: tuple[str, str, str]) -> None:
        self._grid, self._today, self._chance, self._door = grid, today, chance, door
        self._key = (grid.database, *door)
        self._place = place_of(grid)
        collected_on = today - timedelta(days=chance.randint(190, 400))
        self._stamp = Stamp("dev-demo000001", "chen", f"{collected_on}T02:{chance.randint(0, 59):02}:00Z")
        block = int(door[0]) - 1
        self._position = (
            round(_ORIGIN[0] + (block // 6) * 0.0006, 6),
            round(_ORIGIN[1] + (block % 6) * 0.0007, 6),
        )

    def dwelling(self, floor: int, *, vacant: bool, tenants: bool) -> Document:
        building, unit, room = self._door
        answers: dict[str, Json] = {
            "building": building,
            "unit": unit,
            "floor_no": floor,
            "room_no": room,
            "address_full": f"{self._grid.address}{building}栋{unit}单元{room}室",
            "use": "01",
            "reside": "5" if vacant else "2" if tenants else "1",
            "is_let": tenants,
            "geo": f"{self._position[0]} {self._position[1]} 0 8",
        }
        return first_revision(self._id("dwelling"), "dwelling", None, answers, self._place, self._stamp)

    def home(self, people: list[Person], floor: int, registry: Registry) -> tuple[Home, list[Document]]:
        household_id, dwelling_id = self._id("household"), self._id("dwelling")
        persons = tuple(
            ("person:" + stable_ulid(*self._key, "person", str(nth)), person)
            for nth, person in enumerate(people)
        )
        tenants = any(p.relation == "99" for p in people)
        elder_alone = len(people) == 1 and people[0].age(self._today) >= 60
        elders_only = all(p.age(self._today) >= 60 for p in people)
        cycle_days = 30 if elder_alone else 90 if elders_only else 180
        home = Home(dwelling_id, household_id, persons, cycle_days, self._position)
        contact_phone = next((p.phone for p in people if p.phone), None) or registry.phone()
        answers = {
            "dwelling_id": dwelling_id,
            "hh_type": "2" if tenants else "1",
            "rhyz": None if tenants else "01",
            "head_person_id": persons[0][0],
            "members": [
                {
                    "row": row_ulid(nth, person_id),
                    "person_id": person_id,
                    "relation": person.relation,
                    "lives_here": True,
                }
                for nth, (person_id, person) in enumerate(persons)
            ],
            "contact_phone": contact_phone,
            "move_in_date": str(self._today - timedelta(days=self._chance.randint(420, 4000))),
            **self._needs(elders_only),
            "ebikes": self._chance.choice((0, 0, 1, 1, 2)),
            "visit_cycle_days": str(cycle_days),
        }
        household = first_revision(household_id, "household", dwelling_id, answers, self._place, self._stamp)
        files = [self.dwelling(floor, vacant=False, tenants=tenants), household]
        head = Head(persons[0][0], contact_phone)
        files += [
            self._person(person_id, person, household_id, tenants, head) for person_id, person in persons
        ]
        return home, files

    def _needs(self, elders: bool) -> dict[str, Json]:
        if self._chance.random() < 0.55:
            return {"needs_none": True}
        wanted = {self._chance.choice(NEEDS) for _ in range(self._chance.choice((1, 1, 2)))} | (
            {"01"} if elders else set()
        )
        return {"needs": sorted(wanted)}

    def _person(
        self, person_id: str, person: Person, household_id: str, tenant: bool, head: Head
    ) -> Document:
        age = person.age(self._today)
        guardian = {"guardian_person_id": head.person_id, "guardian_phone": head.phone if age < 14 else None}
        answers: dict[str, Json] = {
            "name": person.name,
            "pop_type": "02" if tenant else "01",
            "id_type": "111" if person.id_no else None,
            "id_no": person.id_no,
            "sex": person.sex,
            "birth_date": str(person.born_on),
            "phone": person.phone,
            "status": "1",
            "guardian": {name: value for name, value in guardian.items() if value} if age < 18 else None,
        }
        return first_revision(person_id, "person", household_id, answers, self._place, self._stamp)

    def _id(self, kind: str) -> str:
        return f"{kind}:{stable_ulid(*self._key, kind)}"


def place_of(grid: DemoGrid) -> Place:
    """Where the documents of a demo grid go; its forms are those that are shipped."""
    return Place(grid.database, grid.path, shipped_versions())


@cache
def shipped_versions() -> Mapping[str, int]:
    """The version of each shipped form."""
    return {definition.form: definition.version for definition in shipped()}


def members_of(homes: list[Home]) -> Iterator[Person]:
    """Everybody who lives in these homes."""
    for home in homes:
        for _, person in home.persons:
            yield person
