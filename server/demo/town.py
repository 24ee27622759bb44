"""The invented part of the demo town: its places, its three grids, its accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from server.access import Role
from server.directory import Place

COUNTY, STREET, COMMUNITY = "350505", "350505001", "350505001999"

PLACES = (
    Place(COUNTY, {"zh-CN": "泉港区", "en": "Quangang District"}, "county"),
    Place(STREET, {"zh-CN": "山腰街道", "en": "Shanyao Subdistrict"}, "street"),
    Place(COMMUNITY, {"zh-CN": "聚福社区", "en": "Jufu Community"}, "community"),
)


@dataclass(frozen=True)
class DemoGrid:
    """One grid: `households` of its doors are inhabited."""

    code: str
    key: str
    name_zh: str
    name_en: str
    address: str
    buildings: int
    households: int

    @property
    def name(self) -> dict[str, str]:
        return {"zh-CN": self.name_zh, "en": self.name_en}

    @property
    def database(self) -> str:
        return f"grid-{self.key}"

    @property
    def path(self) -> tuple[str, ...]:
        return (COUNTY, STREET, COMMUNITY, self.code)

    def doors(self) -> Iterator[tuple[str, str, str, int]]:
        """(building, unit, room, floor) of every door: seven floors, two doors a floor."""
        for building in range(1, self.buildings + 1):
            for floor in range(1, 8):
                for door in (1, 2):
                    yield str(building), "1", f"{floor}{door:02}", floor


GRIDS = (
    DemoGrid(
        "350505001999001", "k7m2q9x4w3ta", "聚福小区网格", "Jufu Compound",
        "泉港区山腰街道聚福社区聚福路 8 号聚福小区", buildings=22, households=300,
    ),
    DemoGrid(
        "350505001999002", "p3d8v6n5c2re", "盐场新村网格", "Yanchang New Village",
        "泉港区山腰街道聚福社区盐场新村", buildings=4, households=48,
    ),
    DemoGrid(
        "350505001999003", "h5b4z7j2y6gs", "前街网格", "Qianjie Street",
        "泉港区山腰街道聚福社区前街", buildings=3, households=36,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class DemoAccount:
    """One account; `grants` are (role, scope)."""

    name: str
    display_name: str
    post: str
    grants: tuple[tuple[Role, str], ...]


ACCOUNTS = (
    DemoAccount("chen", "陈网格", "网格员,聚福小区", (("worker", "350505001999001"),)),
    DemoAccount("zhang", "张网格", "网格员,聚福小区", (("worker", "350505001999001"),)),
    DemoAccount("wu", "吴网格", "网格员,盐场新村", (("worker", "350505001999002"),)),
    DemoAccount("lin", "林主任", "社区督导", (("community", COMMUNITY),)),
    DemoAccount("gao", "高调度", "街道调度", (("street", STREET),)),
    DemoAccount("he", "何科", "区县", (("district", COUNTY),)),
    DemoAccount("fang", "方设计", "表单设计者", (("author", ""),)),
    DemoAccount("admin", "系统管理员", "系统管理员", (("admin", ""),)),
)
