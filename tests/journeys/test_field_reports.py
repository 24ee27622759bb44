"""The fifteen field reports of the catalogue (3.10), told with the shipped forms and workflows.

Each is one test whose name is its sentence. What people fill in and do is held to the forms and tables
(`tests/forms/field.py`); where it matters that phones were apart, the documents lie in real stores.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from forms.calendar import Calendar
from forms.catalogue import indicators
from forms.days import instant_ms
from forms.due import next_due
from forms.duplicates import duplicates
from forms.indicator_rows import row_of
from forms.indicators import Period, figure
from forms.workflow import Step, fold
from server.authoring import Place, Stamp, first_revision, stable_ulid
from server.imports.households import documents_of, known_of
from server.imports.roster import read as read_roster
from sync.causal import edit
from sync.documents import Document
from sync.revisions import next_rev
from sync.settle import settle
from sync.sqlite import SqliteStores
from sync.store import DocStore, StoreSet
from tests.forms.field import CONSENT, GRID, HERE, RULES, Field, form_of, photo, rows

YEAR = ("2026-01-01", "2027-01-01")


@pytest.fixture
def field() -> Field:
    """A grid with one door, one household and the people in it."""
    made = Field()
    home(made, "501", "陈德福", "1948-03-08")
    return made


def home(field: Field, room: str, name: str, born: str, **more: object) -> tuple[str, str, str]:
    """A dwelling, a household and its head; gives their ids."""
    at = "2026-01-10T01:00:00Z"
    dwelling = field.file(
        "dwelling", room, at, building="3", unit="2", room_no=room, address_full=f"聚福小区3栋2单元{room}",
        use="01", reside="1", is_let=False,
    )  # fmt: skip
    household, person = (f"{kind}:{stable_ulid(kind, room)}" for kind in ("household", "person"))
    field.file(
        "household", room, at, dwelling, dwelling_id=dwelling, rhyz="01", head_person_id=person,
        members=rows({"person_id": person, "relation": "02", "lives_here": True}), contact_phone="13800138000",
        move_in_date="2020-05-01", needs=["01"], visit_cycle_days="30",
    )  # fmt: skip
    field.file(
        "person", room, at, household, name=name, sex="1", birth_date=born, pop_type="01", status="1", **more
    )
    return dwelling, household, person


def ids(room: str = "501") -> tuple[str, str, str]:
    """The dwelling, household and head behind a door."""
    dwelling, household, person = (
        f"{kind}:{stable_ulid(kind, room)}" for kind in ("dwelling", "household", "person")
    )
    return dwelling, household, person


def appeal(field: Field, at: str, by: str = "chen", subject: str | None = None, **answers: object) -> str:
    """A matter handed in by somebody who wants no answer, unless the answers say otherwise."""
    reporter = {"reporter_name": "陈建真", "reporter_rel": "1", "wants_answer": False}
    return field.record("appeal", at, by, subject, **{"reporter": reporter, **answers})


def test_1_a_son_tells_that_his_father_lives_alone_and_months_later_a_meter_calls_a_worker_to_the_door(
    field: Field,
) -> None:
    dwelling, household, elder = ids()
    care = {"tag": "01", "basis": "儿子讲述", "from": "2026-06-02", "review_by": "2027-06-01"}
    field.change(elder, living_alone=True, care_tags=rows(care), consent=CONSENT)
    told = appeal(
        field, "2026-06-02T02:00:00Z", "chen", household, title="父亲独居没人照应", kind="2", area="B", category="B01",
        need="01", content="父亲一个人住，儿子在外地，担心出事没人知道", subject_person_id=elder, for_child=False,
        reporter={"reporter_name": "陈志强", "reporter_rel": "2", "wants_answer": False},
    )  # fmt: skip
    field.act(told, "register", "lin", "2026-06-03T01:00:00Z")
    assert field.act(told, "to_council", "lin", "2026-06-03T02:00:00Z") == "in_council"
    meeting = council(field, "2026-06-10", "装智能水表", told)
    project = field.record(
        "service_list_item", "2026-06-11T01:00:00Z", "ke", list_kind="3", title="独居老人智能水表", need="01",
        place="聚福小区", lead_org="社区党委", provider_contact="王志强", need_titles="独居老人关爱",
        plan_from="2026-06-15", plan_to="2026-07-31", source_ref=meeting,
    )  # fmt: skip
    field.act(project, "approve", "gao", "2026-06-12T01:00:00Z")
    field.act(project, "start", "ke", "2026-06-15T01:00:00Z")
    field.act(project, "finish", "ke", "2026-07-20T01:00:00Z", beneficiaries=22, outcome="22 户装好")
    field.change(dwelling, more={"water_meter_no": "W-3-2-501", "smart_meter": True})
    done = field.steps[project][-1].at
    assert (instant_ms(done) or 0) - (instant_ms("2026-06-02T02:00:00Z") or 0) < 60 * 86_400_000

    alert = field.record(
        "meter_alert", "2026-11-20T22:00:00Z", "home", household, vendor="水务", alert_id="A-77", alert_type="1",
        raised_at="2026-11-20T22:00:00Z", meter_no="W-3-2-501", elder_id=elder, usage_note="18小时无用水",
    )  # fmt: skip
    assert field.due(alert) == {"arrive": "2026-11-20T23:00:00Z", "react": "2026-11-20T22:30:00Z"}
    field.act(alert, "assign", "home", "2026-11-20T22:00:30Z", assignee="chen")
    field.act(alert, "acknowledge", "chen", "2026-11-20T22:04:00Z")
    field.act(alert, "phone", "chen", "2026-11-20T22:08:00Z", call_elder="3", call_family="2")
    field.act(
        alert, "arrive", "chen", "2026-11-20T22:35:00Z", arrived_at="2026-11-20T22:35:00Z", entry_forced=True,
        companion="郑民警", entry_reason="敲门无人应，家属同意", entry_photos=photo(),
    )  # fmt: skip
    field.act(
        alert,
        "handle",
        "chen",
        "2026-11-20T23:10:00Z",
        outcome="6",
        actions=["1", "2"],
        report_text="跌倒，已送医",
    )
    assert field.due(alert)["visit"] == "2026-11-24T16:00:00Z"
    visit = field.record(
        "elder_care_visit", "2026-11-22T02:00:00Z", "chen", household, elder_id=elder, result="1",
        visited_at="2026-11-22T02:00:00Z", seen=True, abnormal=False, next_on="2026-12-20", geo=HERE, source_ref=alert,
        today={"mood": "2", "mobility": "3", "eating": "1", "carer_contact_7d": "1"},
        home={"env_gas": "1", "env_power": "1", "env_floor": "1"},
    )  # fmt: skip
    assert field.bodies[visit]["answers"]["month"] == "2026-11"
    assert field.value("alert_response", *YEAR) == 35
    assert field.value("alert_in_time", *YEAR) == 1
    assert field.value("alerts_false", *YEAR) == 0
    november = field.figure("elder_monthly", "2026-11-01", "2026-12-01")
    assert (november.value, november.is_small) == (1, True)


def council(field: Field, day: str, topic: str, source: str | None = None, votes: int = 12) -> str:
    """A council day on one matter, passed, published and assessed."""
    meeting = field.record(
        "council_meeting", f"{day}T01:00:00Z", "ke", meeting_type="08", title="小区议事日",
        planned_at=f"{day}T11:00:00Z",
        venue="议事亭", chair="王志强", agenda=rows({"topic": topic, "step": "1"}), source_ref=source,
    )  # fmt: skip
    field.act(meeting, "call", "ke", f"{day}T02:00:00Z")
    came = [
        {"role": role, "name": name} for role, name in (("02", "王志强"), ("15", "林阿姨"), ("15", "黄大伯"))
    ]
    field.act(
        meeting, "hold", "ke", f"{day}T13:00:00Z", held_at=f"{day}T11:00:00Z", attendees=rows(*came), attend_count=15,
        minutes="大家都同意",
    )  # fmt: skip
    decided = {"topic": topic, "votes_for": votes, "votes_against": 15 - votes, "abstain": 0, "passed": True}
    task = {"task": topic, "owner": "社区党委", "due": "2027-01-31"}
    field.act(meeting, "resolve", "ke", f"{day}T13:10:00Z", decisions=rows(decided), tasks=rows(task))
    field.act(
        meeting, "publish", "ke", f"{day}T14:00:00Z", publish_text=f"议定：{topic}", no_personal_data=True,
        publish_place=["1", "4"],
    )  # fmt: skip
    return meeting


def test_2_trucks_on_the_school_road_are_settled_between_school_council_and_an_outside_office(
    field: Field,
) -> None:
    told = appeal(
        field, "2026-03-02T02:00:00Z", "lin", title="大货车走学校门口", kind="3", area="A", category="A13",
        content="上学时间大货车从校门口过，孩子危险", photos_before=photo(), anonymous=True, more={"channel": "06"},
    )  # fmt: skip
    assert not any(field.bodies[told]["answers"]["reporter"].values())
    field.act(told, "register", "lin", "2026-03-02T03:00:00Z")
    field.act(told, "to_council", "lin", "2026-03-02T04:00:00Z")
    council(field, "2026-03-06", "申请开通直达便道", told)
    assert field.act(told, "dispatch", "lin", "2026-03-09T01:00:00Z", assignee_org="教育局") == "dispatched"
    assert field.facts(told)["deadline"] == "2026-03-30"  # fifteen working days as 21 days, from the list
    field.act(told, "take", "lin", "2026-03-09T02:00:00Z")
    field.act(
        told,
        "finish",
        "lin",
        "2026-03-27T02:00:00Z",
        result="1",
        result_text="便道已开通，货车绕行",
        photos_after=photo(),
    )
    field.act(told, "verify", "mei", "2026-03-30T02:00:00Z")
    field.act(told, "rate", "mei", "2026-03-31T02:00:00Z", rating="5", rating_solved=True)
    state = field.act(
        told,
        "close",
        "lin",
        "2026-04-01T02:00:00Z",
        publish=True,
        public_text="学校路货车已改道",
        no_personal_data=True,
    )
    assert state == "closed"
    assert field.value("appeals_on_time", *YEAR) == 1
    assert field.value("appeals_satisfied", *YEAR) == 1
    assert field.by("appeal_time", *YEAR, "category") == {"A13": 720.0}  # thirty days, in hours
    assert field.value("meeting_matters_passed", *YEAR) == 1


def test_3_stair_lights_without_a_property_company_are_mended_by_the_paired_unit(field: Field) -> None:
    report = field.record(
        "party_duty_report", "2026-01-20T01:00:00Z", "ke", kind="1", org="电力公司", unit_leader="郑伟杰",
        resources="电工两名", target="聚福小区",
    )  # fmt: skip
    field.act(report, "accept", "lin", "2026-01-21T01:00:00Z")
    told = appeal(
        field, "2026-02-02T02:00:00Z", "zhao", title="楼道灯坏了", area="A", category="A03",
        content="3 栋 2 单元一到六楼都不亮", place="3栋2单元",
    )  # fmt: skip
    field.act(told, "register", "lin", "2026-02-02T03:00:00Z")
    field.act(told, "dispatch", "lin", "2026-02-02T04:00:00Z", assignee_org="电力公司")
    field.act(told, "take", "xu", "2026-02-03T01:00:00Z")
    activity = field.record(
        "volunteer_activity", "2026-02-04T01:00:00Z", "lin", kind="01", title="换楼道灯", org="电力公司",
        start_at="2026-02-07T01:00:00Z", end_at="2026-02-07T04:00:00Z", place="3栋2单元", team_kind="07",
        source_ref=told,
    )  # fmt: skip
    field.act(activity, "publish", "lin", "2026-02-04T02:00:00Z")
    field.act(activity, "start", "chen", "2026-02-07T01:00:00Z")
    there = {"in_at": "2026-02-07T01:00:00Z", "out_at": "2026-02-07T04:00:00Z", "hours": 3}
    field.act(
        activity, "end", "chen", "2026-02-07T04:00:00Z", volunteer_count=2, beneficiary_count=24,
        volunteers=rows({"name": "郑伟杰", **there}, {"name": "许明辉", **there, "hours": 2.5}),
        goods=rows({"item": "楼道灯", "quantity": 12, "unit": "盏"}), summary="十二盏灯都亮了",
    )  # fmt: skip
    field.act(activity, "confirm_hours", "lin", "2026-02-08T01:00:00Z")
    field.act(told, "finish", "xu", "2026-02-07T05:00:00Z", result="1", result_text="换了 12 盏灯")
    assert field.act(told, "rate", "lin", "2026-02-09T01:00:00Z", rating="4") == "rated"
    assert field.value("volunteer_hours", *YEAR) == 5.5
    assert field.value("beneficiaries", *YEAR) == 24
    assert field.value("appeals_done", *YEAR) == 1


def test_4_the_branch_visits_the_shops_and_twelve_abandoned_vehicles_are_removed(field: Field) -> None:
    at = "2026-04-01T01:00:00Z"
    for number in range(10):
        shop = field.file(
            "dwelling", f"S{number}", "2026-01-10T01:00:00Z", building="沿街", room_no=f"{number + 1}",
            address_full=f"聚福路{number + 1}号", use="03", reside="2", is_let=True,
        )  # fmt: skip
        field.record(
            "merchant_visit", at, "chen", shop, shop_name=f"商铺{number}", result="1", visited_at=at, trade="02",
            owner_name="李阿香", owner_phone="13900139002", participates=number != 9, geo=HERE,
            rota_week="2026-W15" if number != 9 else None,
            checks={"lives_in": False, "chk_fire": "1", "chk_power": "1", "chk_front": "1", "chk_parking": "1"},
        )  # fmt: skip
    for number in range(12):
        car = field.record(
            "safety_hazard", at, "chen", category="10", level="1", place_kind="3", description="长期停放，轮胎已瘪",
            photos_before=photo(), vehicle_plate="无牌", notice_posted_on="2026-03-20", geo=HERE,
        )  # fmt: skip
        field.act(car, "classify", "lin", "2026-04-02T01:00:00Z", grade="1")
        field.act(
            car,
            "assign",
            "lin",
            "2026-04-02T02:00:00Z",
            duty_org="物业",
            duty_person="林师傅",
            deadline="2026-04-20",
        )
        field.act(
            car, "rectify", "guo", f"2026-04-{10 + number:02}T01:00:00Z", measures="已拖离并清洗", photos_after=photo(),
            rectified_quantity=1, rectified_unit="2",
        )  # fmt: skip
        assert field.act(car, "recheck", "chen", "2026-04-25T01:00:00Z") == "rechecked"
    assert field.value("shops_taking_part", *YEAR) == 0.9
    assert field.value("shops_visited", *YEAR) == 1
    assert field.value("vehicles_removed", *YEAR) == 12
    assert field.value("hazards_late", *YEAR) == 1  # the last was towed on the 21st
    assert field.value("vehicles_removed", "2026-04-01", "2026-04-15") == 5


def test_5_a_facade_falls_and_three_parties_pay_for_three_hundred_square_metres(field: Field) -> None:
    wall = field.record(
        "safety_hazard", "2026-05-06T01:00:00Z", "zhao", category="06", level="2", place_kind="3",
        description="外墙瓷砖成片脱落", photos_before=photo(2), temp_control="拉警戒线，绕行", geo=HERE,
    )  # fmt: skip
    assert field.due(wall) == {"report": "2026-05-06T01:00:00Z"}
    field.act(wall, "classify", "lin", "2026-05-06T02:00:00Z", grade="2")
    field.act(
        wall, "assign", "lin", "2026-05-06T03:00:00Z", duty_org="物业", duty_person="林师傅", deadline="2026-08-31",
        fund_need=9_000_000,
    )  # fmt: skip
    field.act(wall, "start", "guo", "2026-06-01T01:00:00Z")
    paid = (
        {"source": "1", "amount": 3_000_000},
        {"source": "2", "amount": 2_000_000},
        {"source": "3", "amount": 3_500_000},
    )
    field.act(
        wall, "rectify", "guo", "2026-07-20T01:00:00Z", measures="铲除重做并加固", photos_after=photo(2),
        rectified_quantity=300, rectified_unit="3", funding=rows(*paid),
    )  # fmt: skip
    with pytest.raises(AssertionError, match="zhao may not recheck"):
        field.act(wall, "recheck", "zhao", "2026-07-25T01:00:00Z")
    with pytest.raises(AssertionError, match="guo may not recheck"):
        field.act(wall, "recheck", "guo", "2026-07-25T01:00:00Z")
    field.act(wall, "recheck", "gao", "2026-07-25T01:00:00Z")
    assert field.act(wall, "close", "lin", "2026-07-26T01:00:00Z") == "closed"
    assert field.value("hazard_fund_gap", *YEAR) == 500_000  # fen
    assert field.value("hazards_major", *YEAR) == 1
    assert field.value("hazards_mended", *YEAR) == 1


def test_6_a_rain_shelter_is_decided_on_the_monthly_council_day(field: Field) -> None:
    meeting = council(field, "2026-05-15", "建遮雨棚", votes=14)
    field.act(meeting, "execute", "ke", "2026-05-23T01:00:00Z")
    field.act(meeting, "assess", "ke", "2026-07-01T01:00:00Z", assess_for=38, assess_against=2)
    assert field.act(meeting, "close", "lin", "2026-07-02T01:00:00Z") == "closed"
    assert field.facts(meeting)["tasks"][0]["owner"] == "社区党委"
    assert field.value("meetings", *YEAR) == 1
    assert field.value("meetings_published", *YEAR) == 1
    assert field.value("meetings_satisfied", *YEAR) == 0.95


def test_7_a_quarrel_goes_from_building_to_compound_to_community_and_stays_there(field: Field) -> None:
    quarrel = field.record(
        "mediation_case", "2026-05-04T01:00:00Z", "zhao", title="楼道堆物纠纷", dispute_type="15", level="1",
        parties=rows({"side": "1", "name": "陈建真"}, {"side": "2", "name": "林国强"}), willing=True,
        may_escalate=False,
        brief="两家为公共楼道放柜子争吵，影响通行",
    )  # fmt: skip
    assert field.due(quarrel)["mediate"] == "2026-05-07T16:00:00Z"
    field.act(
        quarrel, "mediate", "zhao", "2026-05-04T02:00:00Z", mediators=rows({"post": "07", "name": "赵楼长"})
    )
    field.act(quarrel, "escalate", "zhao", "2026-05-06T02:00:00Z", summary="谈了两次，谁也不让")
    assert field.due(quarrel)["receive"] == "2026-05-07T16:00:00Z"
    field.act(
        quarrel, "receive", "ke", "2026-05-07T02:00:00Z", mediators=rows({"post": "02", "name": "王志强"})
    )
    assert field.due(quarrel)["mediate"] == "2026-05-14T16:00:00Z"
    field.act(quarrel, "escalate", "ke", "2026-05-13T02:00:00Z", summary="要划线，物业不同意")
    helpers = (
        {"post": "16", "name": "郑民警"},
        {"post": "19", "name": "许律师"},
        {"post": "18", "name": "林调解"},
    )
    field.act(quarrel, "receive", "lin", "2026-05-14T02:00:00Z", mediators=rows(*helpers))
    field.act(quarrel, "session", "lin", "2026-05-18T02:00:00Z", session_text="划出公共区域，各放一半")
    field.act(
        quarrel, "conclude", "lin", "2026-05-18T04:00:00Z", result="1", agreement_text="柜子移入户内，楼道划线共用",
        agreement_file=photo(2), perform_by="2026-05-31",
    )  # fmt: skip
    assert field.due(quarrel) == {"revisit": "2026-06-17T16:00:00Z"}
    field.act(
        quarrel, "revisit", "lin", "2026-06-05T02:00:00Z", performed="1", revisit_text="都搬走了", rating="5"
    )
    assert field.act(quarrel, "close", "lin", "2026-06-06T02:00:00Z") == "closed"
    assert field.level(quarrel) == 3
    assert field.value("settled_in_compound", *YEAR) == 0
    assert field.value("settled_in_community", *YEAR) == 1
    assert field.value("mediation_success", *YEAR) == 1
    assert field.value("mediation_revisited", *YEAR) == 1


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[StoreSet]:
    made = SqliteStores(tmp_path)
    yield made
    made.close()


def place() -> Place:
    forms = ("household", "person", "dwelling", "visit", "micro_wish")
    return Place("grid-test", GRID, dict.fromkeys(forms, 1))


def carry(source: DocStore, target: DocStore) -> None:
    """Everything one phone holds, to the server, as it is."""
    for doc_id, _ in source.all_ids("", "\uffff"):
        target.graft(list(source.leaves(doc_id)))


def step_document(record: str, step: Step, device: str) -> Document:
    body = {
        "record": record, "act": step.act, "at": step.at, "by": step.by, "role": step.role, "device": device,
        "after": list(step.after), "seen": {}, "fields": dict(step.fields),
    }  # fmt: skip
    return Document.of(step.id, [next_rev(None, body)], body)


def steps_of(store: DocStore, record: str) -> list[Step]:
    ulid = record.partition(":")[2]
    ids = [doc_id for doc_id, _ in store.all_ids(f"step:{ulid}:", f"step:{ulid}:\uffff")]
    return [Step.read(doc_id, leaves[0].fields) for doc_id, leaves in store.leaves_many(ids).items()]


def test_8_a_wish_collected_at_a_visit_is_claimed_by_one_of_two_members_and_confirmed_by_phone(
    field: Field, stores: StoreSet
) -> None:
    _, household, person = ids()
    visit = field.record(
        "visit", "2026-06-01T02:00:00Z", "chen", household, result="1", visited_at="2026-06-01T02:00:00Z",
        met_person_id=person, topics=["03"], summary="老党员眼睛不好，看不清报纸", geo=HERE, needs_check="1",
    )  # fmt: skip
    wish = field.record(
        "micro_wish", "2026-06-01T02:30:00Z", "chen", household, wisher_kind="1", person_id=person, category="01",
        wish_text="一副三百度老花镜", est_amount=8000, expire_on="2026-07-31", consent=CONSENT, source_ref=visit,
    )  # fmt: skip
    field.act(wish, "verify", "chen", "2026-06-01T03:00:00Z", verify_visit=visit)
    field.act(wish, "publish", "lin", "2026-06-02T01:00:00Z", public_text="一副老花镜", no_personal_data=True)

    # Two members claim it, each on a phone that has not seen the other's claim.
    server, phones = stores.create("grid-test"), [stores.create(f"phone-{n}") for n in (1, 2)]
    answers = field.bodies[wish]["answers"]
    made = first_revision(
        wish, "micro_wish", household, answers, place(), Stamp("dev-chen", "chen", "2026-06-01T02:30:00Z")
    )
    for phone in (server, *phones):
        phone.graft([made, *(step_document(wish, step, "dev-chen") for step in field.steps[wish])])
    seen = tuple(step.id for step in field.steps[wish])
    for phone, by, role, device in (
        (phones[0], "xu", "volunteer", "dev-xu"),
        (phones[1], "zhao", "building_head", "dev-zhao"),
    ):
        claim = {"claimer_kind": "1", "due_on": "2026-06-20"}
        name = f"step:{wish[7:]}:{device}-{stable_ulid(device)}"
        phone.graft(
            [step_document(wish, Step(name, "claim", by, role, "2026-06-03T01:00:00Z", seen, claim), device)]
        )
        carry(phone, server)
    table = form_of("micro_wish").published["workflow"]
    found = fold(table, steps_of(server, wish), "chen")
    assert (found.state, len(found.competing)) == ("published", 2)
    winner, loser = found.competing
    ruling = Step(
        f"step:{wish[7:]}:ruling-1", "rule", "home", "server", "", found.competing, {"winner": winner}
    )
    server.graft([step_document(wish, ruling, "home")])
    found = fold(table, steps_of(server, wish), "chen")
    assert (found.state, found.superseded) == ("claimed", {loser: "overruled"})

    field.steps[wish] = steps_of(server, wish)
    claimer = found.moves[-1].by[0]
    field.act(wish, "start", claimer, "2026-06-04T01:00:00Z")
    field.act(wish, "fulfil", claimer, "2026-06-10T01:00:00Z", fulfil_text="已配好送上门", fulfil_value=7500)
    with pytest.raises(AssertionError, match="may not confirm"):
        field.act(wish, "confirm", claimer, "2026-06-11T01:00:00Z", confirm_by="2")
    field.act(wish, "confirm", "chen", "2026-06-11T01:00:00Z", confirm_by="2", rating="5")
    assert field.act(wish, "close", "lin", "2026-06-12T01:00:00Z") == "closed"
    assert [field.value(name, *YEAR) for name in ("wishes", "wishes_claimed", "wishes_fulfilled")] == [
        1,
        1,
        1,
    ]
    assert field.value("wish_claim_time", *YEAR) == 24


def test_9_a_grandfather_asks_for_tutoring_and_the_child_comes_to_the_four_oclock_class(field: Field) -> None:
    _, household, _ = ids()
    child = field.file(
        "person", "child", "2026-01-10T01:00:00Z", household, name="陈小朋", sex="1", birth_date="2017-06-01",
        pop_type="01", status="1", guardian={"guardian_person_id": ids()[2], "guardian_phone": "13800138000"},
    )  # fmt: skip
    told = appeal(
        field, "2026-03-02T02:00:00Z", "chen", household, title="孙子放学没人辅导", kind="2", area="B", category="B03",
        need="02", content="孩子父母在外地，我不识字，想参加四点钟学校", subject_person_id=child, for_child=True,
        guardian_consent=True, reporter={"reporter_name": "陈德福", "reporter_rel": "4", "wants_answer": False},
    )  # fmt: skip
    lesson = field.record(
        "volunteer_activity", "2026-03-05T01:00:00Z", "lin", kind="03", title="四点钟学校", org="社区",
        start_at="2026-03-09T08:00:00Z", end_at="2026-03-09T10:00:00Z", place="儿童之家", guides=["1", "4"],
        trainer="许老师", source_ref=told,
    )  # fmt: skip
    field.act(lesson, "publish", "lin", "2026-03-05T02:00:00Z")
    field.act(lesson, "start", "chen", "2026-03-09T08:00:00Z")
    kid = {
        "name": "陈小朋",
        "age_band": "2",
        "guardian_phone": "13800138000",
        "guardian_consent": True,
        "picked_up_by": "爷爷",
    }
    with pytest.raises(AssertionError, match="guardian_consent"):
        field.act(
            lesson,
            "attend",
            "chen",
            "2026-03-09T08:10:00Z",
            attendance=rows({**kid, "guardian_consent": None}),
        )
    field.act(lesson, "attend", "chen", "2026-03-09T08:10:00Z", attendance=rows(kid))
    field.act(
        lesson,
        "end",
        "chen",
        "2026-03-09T10:00:00Z",
        volunteer_count=1,
        beneficiary_count=8,
        summary="作业都写完了",
    )
    field.act(told, "register", "lin", "2026-03-02T03:00:00Z")
    field.act(told, "dispatch", "lin", "2026-03-02T04:00:00Z", assignee_org="四点钟学校")
    field.act(told, "take", "mei", "2026-03-02T05:00:00Z")
    assert (
        field.act(told, "finish", "mei", "2026-03-09T11:00:00Z", result="1", result_text="已入班")
        == "resolved"
    )
    assert field.by("activities", *YEAR, "kind") == {"03": 1}
    assert field.by("appeals", *YEAR, "category") == {"B03": 1}


def test_10_after_an_accident_relief_is_paid_within_a_day_and_verified_afterwards(field: Field) -> None:
    _, household, person = ids()
    case = field.record(
        "aid_case", "2026-09-10T01:00:00Z", "chen", household, programme="1", person_id=person, reason=["06"],
        situation="昨晚车祸住院，家里没有收入", request_amount=500_000, consent=CONSENT,
    )  # fmt: skip
    assert field.due(case) == {"emergency": "2026-09-11T01:00:00Z"}
    field.act(
        case,
        "approve_emergency",
        "lin",
        "2026-09-10T03:00:00Z",
        approve_amount=500_000,
        fund_source="1",
        reason="车祸急需",
    )
    with pytest.raises(AssertionError, match="payments"):
        field.act(
            case, "pay_emergency", "mei", "2026-09-10T08:00:00Z",
            payments=rows({"kind": "1", "amount": 600_000, "beneficiaries": 3}),
        )  # fmt: skip
    gift = field.record(
        "donation", "2026-09-10T05:00:00Z", "lin", kind="2", donor_kind="2", donor_name="福兴超市", publish_name=True,
        items=rows({"name": "大米", "quantity": 5, "unit": "袋", "est_value": 50_000}),
    )  # fmt: skip
    paid = rows(
        {"kind": "1", "amount": 500_000, "beneficiaries": 3, "payee_tail4": "8000"},
        {"kind": "2", "goods": "大米 5 袋", "beneficiaries": 3},
    )
    field.act(case, "pay_emergency", "mei", "2026-09-10T08:00:00Z", payments=paid)
    assert field.due(case) == {}
    with pytest.raises(AssertionError, match="mei may not verify_after"):
        field.act(case, "verify_after", "mei", "2026-09-12T01:00:00Z", verify_text="情况属实")
    assert (
        field.act(case, "verify_after", "zhang", "2026-09-12T01:00:00Z", verify_text="住院单属实") == "paid"
    )
    field.act(case, "follow_up", "chen", "2026-10-12T01:00:00Z", text="已出院，找到新工作")
    assert field.act(case, "close", "lin", "2026-10-13T01:00:00Z", close_reason="1") == "closed"
    field.act(gift, "book", "mei", "2026-09-11T01:00:00Z")
    field.act(
        gift, "spend", "lin", "2026-09-11T02:00:00Z", used_for="救急难", used_goods="大米 5 袋", used_in=case
    )
    assert field.value("aid_paid", *YEAR) == 500_000
    aided = field.figure("aid_people", *YEAR)
    assert (aided.value, aided.is_small) == (6, False)
    assert "emergency" not in next(row for row in field.rows(YEAR[1]) if row.doc_id == case).facts["late"]
    assert field.value("donors", *YEAR) == 1


def test_11_seventy_eight_households_get_their_keys_and_a_welcome_within_thirty_days(
    stores: StoreSet,
) -> None:
    heading = ["楼栋", "单元", "室号", "户主", "电话", "交房日期"]
    sheet = [
        [
            f"{building}栋",
            f"{unit}单元",
            f"{floor}0{room}",
            f"陈{'甲乙丙丁戊己'[floor - 1]}",
            "13800138000",
            "2026-11-20",
        ]
        for building in (1, 2)
        for unit in (1, 2, 3)
        for floor in (1, 2, 3, 4, 5, 6)
        for room in (1, 2, 3)
    ]
    from datetime import date

    roster = read_roster([heading, *sheet[:78]], date(2026, 11, 22), lambda _: True)
    assert roster.problems == ()
    store = stores.create("grid-test")
    stamp = Stamp("imp-1", "import", "2026-11-22T01:00:00Z")
    made = [
        d for h in roster.households for d in documents_of(h, known_of(store), "聚福小区", place(), stamp)
    ]
    store.graft(made)
    documents = {
        doc_id: leaves[0].fields for doc_id, leaves in store.leaves_many([d.doc_id for d in made]).items()
    }
    households = {doc_id: body for doc_id, body in documents.items() if doc_id.startswith("household:")}
    dwellings = [body["answers"] for doc_id, body in documents.items() if doc_id.startswith("dwelling:")]
    assert (len(dwellings), len(households)) == (78, 78)
    assert {answers["more"]["handover_date"] for answers in dwellings} == {"2026-11-20"}
    rule = RULES["household"]
    due = {next_due(rule, body["answers"], [], "2026-11-22").on for body in households.values()}
    assert due == {"2026-12-20"}
    welcome = {"visited_at": "2026-11-25T02:00:00Z", "result": "1", "visit_type": "12"}
    one = next(iter(households.values()))
    assert next_due(rule, one["answers"], [welcome], "2026-11-26").why == "cycle"
    end_ms = instant_ms("2027-01-01") or 0
    counted = [row_of(form_of(b["form"]), i, b, [], end_ms, Calendar()) for i, b in documents.items()]
    found = figure(
        indicators()["visit_coverage"],
        [row for row in counted if row],
        Period.of("2026-11-22", "2027-01-01"),
        RULES,
    )
    assert (found.of, found.per) == (0, 78)


def test_12_members_of_the_power_company_hear_of_trouble_in_a_group_and_go_to_the_homes(field: Field) -> None:
    _, household, person = ids()
    told = appeal(
        field, "2026-07-01T02:00:00Z", "lin", household, title="跳闸", area="A", category="A14",
        content="群里说 501 经常跳闸，老人不会弄", more={"channel": "03"},
    )  # fmt: skip
    visit = field.record(
        "visit", "2026-07-02T02:00:00Z", "zhao", household, visit_type="10", result="1",
        visited_at="2026-07-02T02:00:00Z", met_person_id=person, topics=["10"], summary="线路老化，插座发烫", geo=HERE,
        checks={"chk_electric": "2", "chk_ebike": "1"}, source_ref=told,
    )  # fmt: skip
    assert field.warnings(visit) == ["checks.chk_electric"]
    hazard = field.record(
        "safety_hazard", "2026-07-02T02:20:00Z", "zhao", household, category="04", level="1", place_kind="1",
        description="客厅插座发烫，线路老化", photos_before=photo(), source_ref=visit,
    )  # fmt: skip
    assert field.bodies[hazard]["answers"]["source_ref"] == visit
    assert field.by("hazards", *YEAR, "category") == {"04": 1}
    assert field.by("visits", *YEAR, "result") == {"1": 1}


def test_13_nobody_answers_the_meal_volunteer_so_the_elder_is_visited_and_the_family_called(
    field: Field,
) -> None:
    _, household, elder = ids()
    order = appeal(
        field, "2026-08-03T02:00:00Z", "lin", household, title="每天送午餐", kind="6", area="B", category="B02",
        need="01",
        six_aid=["1"], content="独居，腿脚不便，订一周午餐", subject_person_id=elder, for_child=False,
    )  # fmt: skip
    field.act(order, "register", "lin", "2026-08-03T02:10:00Z")
    field.act(order, "dispatch", "lin", "2026-08-03T02:20:00Z", assignee_org="助餐队", deadline="2026-08-07")
    field.act(order, "take", "xu", "2026-08-03T02:30:00Z")
    field.act(order, "log", "xu", "2026-08-04T04:00:00Z", text="敲门十分钟没人应，电话不接")
    nobody = field.record(
        "elder_care_visit", "2026-08-04T04:30:00Z", "chen", household, elder_id=elder, result="2",
        visited_at="2026-08-04T04:25:00Z", retry_at="2026-08-04T06:00:00Z", abnormal=True, action=["1", "5"],
        family_told_at="2026-08-04T04:28:00Z", next_on="2026-08-05", geo=HERE, source_ref=order,
    )  # fmt: skip
    assert field.due(nobody) == {"reach": "2026-08-04T08:30:00Z"}
    field.act(nobody, "escalate", "home", "2026-08-04T08:30:00Z")
    state = field.act(nobody, "follow_up", "lin", "2026-08-04T09:00:00Z", comment="女儿接走住院，平安")
    assert state == "approved"
    rule = RULES["household"]
    promised = field.bodies[nobody]["answers"]
    assert next_due(rule, field.bodies[household]["answers"], [promised], "2026-08-04").why == "retry"
    assert field.value("not_met", "2026-08-01", "2026-09-01") == 1


def test_14_two_workers_open_a_file_for_the_same_door_offline_and_both_visits_are_kept(
    stores: StoreSet,
) -> None:
    server, phones = stores.create("grid-test"), [stores.create(f"phone-{n}") for n in (1, 2)]
    door = first_revision(
        "dwelling:" + stable_ulid("door"), "dwelling", None, {"building": "3", "unit": "2", "room_no": "601"}, place(),
        Stamp("dev-desk", "lin", "2026-11-01T01:00:00Z"),
    )  # fmt: skip
    homes, visits = [], []
    for phone, by in zip(phones, ("chen", "zhang"), strict=True):
        stamp = Stamp(f"dev-{by}", by, "2026-11-20T02:00:00Z")
        household, visit = "household:" + stable_ulid(by, "home"), "record:" + stable_ulid(by, "visit")
        answers = {
            "dwelling_id": door.doc_id,
            "contact_phone": "13800138000",
            "members": [],
            "move_in_date": "2026-11-01",
        }
        summary = {"result": "1", "visited_at": "2026-11-20T02:00:00Z", "summary": f"{by}见到人了"}
        phone.graft([
            door,
            first_revision(household, "household", door.doc_id, answers, place(), stamp),
            first_revision(visit, "visit", household, summary, place(), stamp),
        ])  # fmt: skip
        homes.append(household)
        visits.append(visit)
        carry(phone, server)

    def files() -> list[tuple[str, str, dict[str, object]]]:
        ids = [doc_id for doc_id, _ in server.all_ids("", "\uffff")]
        found = {doc_id: leaves[0].fields for doc_id, leaves in server.leaves_many(ids).items()}
        return [(doc_id, body["form"], body["answers"]) for doc_id, body in found.items()]

    [pair] = duplicates(files())
    assert pair == tuple(sorted(homes))

    # Merged by a link, never by deleting; the other phone meanwhile edits the file that was merged.
    kept, merged = homes
    held = server.get(merged)
    linked = edit(held.fields, "dev-desk", {"same_as": kept}, "2026-11-21T01:00:00Z", "lin")
    server.graft([Document.of(merged, (next_rev(held.rev, linked), *held.path), linked)])
    noted = edit(held.fields, "dev-zhang", {"needs_note": "想装扶手"}, "2026-11-21T02:00:00Z", "zhang")
    phones[1].graft([Document.of(merged, (next_rev(held.rev, noted), *held.path), noted)])
    carry(phones[1], server)
    server.graft(settle(server.leaves(merged)))
    answers = server.get(merged).fields["answers"]
    assert (answers["same_as"], answers["needs_note"]) == (kept, "想装扶手")
    assert duplicates(files()) == []
    assert {server.get(visit).fields["answers"]["summary"] for visit in visits} == {
        "chen见到人了",
        "zhang见到人了",
    }


def test_15_a_compound_gets_a_property_company_after_five_years_without(field: Field) -> None:
    compound = field.file(
        "grid_unit", "聚福小区", "2021-05-01T01:00:00Z", level="50", name="聚福小区", compound_kind="05",
        property_status="0",
        property_since="2021-05-01", committee_status="0", more={"valid_from": "2020-01-01"},
    )  # fmt: skip
    without = {"status": "0", "from": "2021-05-01", "to": "2026-05-31"}
    field.change(
        compound, property_status="1", property_org="安居物业", property_since="2026-06-01",
        property_before=rows(without),
        committee_status="1", branch_name="聚福小区党支部",
    )  # fmt: skip
    [row] = [row for row in field.rows("2026-12-01") if row.form == "grid_unit"]
    begun, ended = row.values("property_before.from")[0], row.values("property_before.to")[0]
    years = ((instant_ms(ended) or 0) - (instant_ms(begun) or 0)) / 86_400_000 / 365.25
    assert round(years, 1) == 5.1
    assert row.values("property_status") == ["1"]
    assert field.value("compounds_with_branch", *YEAR) == 1
