"""Six months of visits in the first demo grid, with the steps that reviewed most of them, and a few hazards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from server.authoring import Stamp, first_revision, stable_ulid
from server.demo.files import Home, place_of
from server.demo.pictures import pictures
from server.demo.town import DemoGrid
from sync.documents import Document, Json
from sync.revisions import next_rev

_LOCAL = ZoneInfo("Asia/Shanghai")
_MONTHS_DAYS = 183
_DEVICES = {"chen": "dev-demo000001", "zhang": "dev-demo000002"}
_DESK = "dev-demodesk00"
_SUMMARIES = (
    "见到户主,家中情况良好,提醒电动车不要进楼道充电。",
    "老人精神不错,血压药按时在吃,希望社区有助餐点。",
    "核对了家庭成员信息,孩子已上小学,下午放学后由奶奶接送。",
    "住户反映楼道灯不亮,已记下,转物业处理。",
    "宣传了反诈和垃圾分类,住户表示支持。",
    "一家人刚搬来不久,介绍了社区服务电话和卫生站位置。",
    "询问了近期需求,暂时没有困难。",
    "反映楼上漏水,双方已沟通,下周再看。",
    "独居老人,检查了燃气和用电,一切正常。",
    "在家带孩子,咨询了幼儿园报名的时间。",
)
_COMMENTS = ("走访情况太简单,请写明核对了什么", "请写清楚楼道灯报给谁了")
_HAZARDS = (
    ("03", "2", "楼道内停放两辆电动车并拉线充电"),
    ("01", "2", "安全出口堆放旧家具,影响疏散"),
    ("06", "3", "外墙瓷砖空鼓,有脱落危险,下方是人行道"),
    ("04", "2", "公共照明电线裸露"),
    ("10", "3", "一辆面包车长期停放占用消防通道,车胎已瘪"),
    ("02", "4", "地下车库灭火器过期"),
)


@dataclass(frozen=True)
class _Visit:
    home: Home
    day: date
    minute: int
    worker: str

    @property
    def at(self) -> datetime:
        local = datetime.combine(self.day, time(9, 0), _LOCAL) + timedelta(minutes=self.minute)
        return local.astimezone(UTC)


def iso(moment: datetime) -> str:
    """ISO-8601 UTC with `Z`, in seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def records_of(grid: DemoGrid, homes: list[Home], today: date) -> Iterator[Document]:
    """All visits and hazards of the last six months with their steps, oldest first."""
    chance = Random(f"jinlin visits {grid.code}")
    returned = 0
    for visit in sorted(_plan(homes, today, chance), key=lambda v: v.at):
        record = _visit_record(grid, visit, chance)
        yield record
        age_days = (today - visit.day).days
        if age_days > 9 or (age_days > 5 and chance.random() < 0.6):
            yield _step(record, "approve", {}, visit.at + timedelta(days=1, hours=chance.randint(0, 7)))
        elif (
            returned < 2 and age_days > 1 and visit.worker == "chen" and "summary" in record.fields["answers"]
        ):
            comments = {"comments": {"summary": _COMMENTS[returned]}}
            yield _step(record, "return", comments, visit.at + timedelta(hours=20))
            returned += 1
    for number, (category, place_kind, description) in enumerate(_HAZARDS):
        yield _hazard(grid, chance.choice(homes), number, category, place_kind, description, today, chance)


def _plan(homes: list[Home], today: date, chance: Random) -> Iterator[_Visit]:
    """Most homes are seen once in their cycle; some are late, so that the list of due visits is never empty."""
    for home in homes:
        age = chance.randint(1, min(home.cycle_days + home.cycle_days // 8, _MONTHS_DAYS))
        while age <= _MONTHS_DAYS:
            day = today - timedelta(days=age)
            day -= timedelta(days=day.weekday() == 6)  # not on a Sunday
            worker = "zhang" if chance.random() < 0.35 else "chen"
            yield _Visit(home, day, chance.randint(0, 600), worker)
            age += home.cycle_days + chance.randint(-6, 8)


def _visit_record(grid: DemoGrid, visit: _Visit, chance: Random) -> Document:
    record_id = "record:" + stable_ulid(grid.database, visit.home.household_id, iso(visit.at))
    stamp = Stamp(_DEVICES[visit.worker], visit.worker, iso(visit.at + timedelta(minutes=12)))
    household = visit.home.household_id
    return first_revision(record_id, "visit", household, _answers(visit, chance), place_of(grid), stamp)


def _answers(visit: _Visit, chance: Random) -> dict[str, Json]:
    result = chance.choices(("1", "2", "3", "7"), (92, 4, 1, 3))[0]
    answers: dict[str, Json] = {
        "visit_type": "04" if visit.home.cycle_days == 30 else chance.choice(("01", "01", "01", "03", "05")),
        "mode": "2" if result == "7" else "1",
        "visited_at": iso(visit.at),
        "result": result,
    }
    if answers["mode"] == "1":
        answers["geo"] = _near(visit.home.position, chance)
    if result in ("1", "7"):
        adults = [person_id for person_id, person in visit.home.persons if person.age(visit.day) >= 18]
        answers |= {
            "met_person_id": chance.choice(adults or [visit.home.persons[0][0]]),
            "topics": sorted(
                chance.sample(("03", "04", "05", "07", "08", "09"), chance.choice((1, 2, 2, 3)))
            ),
            "summary": chance.choice(_SUMMARIES),
        }
        if chance.random() < 0.1:
            answers["photos"] = [_photo(visit.home.household_id, iso(visit.at), chance)]
    if result == "2":
        answers["retry_at"] = iso(visit.at + timedelta(days=chance.randint(1, 5)))
    return answers


def _photo(about: str, which: str, chance: Random) -> dict[str, Json]:
    return chance.choice(pictures()).row(stable_ulid(about, which, "photo"))


def _near(position: tuple[float, float], chance: Random) -> str:
    """A position within some 25 m, with the accuracy a phone claims."""
    north, east = (degrees + chance.uniform(-2, 2) * 1e-4 for degrees in position)
    return f"{north:.6f} {east:.6f} 0 {chance.randint(5, 30)}"


def _hazard(
    grid: DemoGrid, home: Home, number: int, category: str, place_kind: str, description: str, today: date,
    chance: Random,
) -> Document:  # fmt: skip
    at = _Visit(home, today - timedelta(days=2 + number * 3), chance.randint(0, 500), "chen").at
    answers: dict[str, Json] = {
        "category": category,
        "level": "1",
        "place_kind": place_kind,
        "description": description,
        "photos_before": [_photo(grid.code, str(number), chance)],
        "geo": f"{home.position[0]} {home.position[1]} 0 9",
    }
    record_id = "record:" + stable_ulid(grid.database, "hazard", str(number))
    stamp = Stamp(_DEVICES["chen"], "chen", iso(at))
    return first_revision(record_id, "safety_hazard", home.household_id, answers, place_of(grid), stamp)


def _step(record: Document, act: str, fields: dict[str, Json], at: datetime) -> Document:
    step_id = f"step:{record.doc_id.removeprefix('record:')}:{_DESK}-{stable_ulid(record.doc_id, act)}"
    body: dict[str, Json] = {
        "record": record.doc_id,
        "act": act,
        "at": iso(at),
        "by": "lin",
        "role": "community",
        "device": _DESK,
        "after": [],
        "seen": record.fields["causal"]["context"],
        "fields": fields,
    }
    return Document.of(step_id, [next_rev(None, body)], body)
