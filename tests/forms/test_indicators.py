"""Every shipped indicator over one invented November, against figures worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from forms.catalogue import FOLDER, indicators, read, shipped
from forms.completeness import completeness
from forms.indicator_table import IndicatorsInvalid
from forms.indicator_table import indicators as checked
from forms.indicators import Figure
from tests.forms.field import CONSENT, GRID, HERE, Field, form_of, photo, rows

NOVEMBER = ("2026-11-01", "2026-12-01")

FIGURES: dict[str, float] = {
    "files_complete": 1 / 5, "files_fresh": 1 / 3, "visit_coverage": 1 / 2, "elder_monthly": 1 / 2,
    "visits": 3, "not_met": 1 / 3, "declined": 1 / 3, "shops_visited": 1 / 2, "shops_taking_part": 1,
    "alerts": 3, "alerts_false": 1 / 2, "alert_response": 60, "alert_in_time": 1 / 2,
    "appeals": 5, "appeals_registered": 4 / 5, "appeals_done": 3 / 5, "appeals_on_time": 2 / 3,
    "appeals_satisfied": 1 / 2, "appeals_unrated": 1, "appeals_redone": 1 / 3, "appeal_time": 168, "petition_cases": 1,
    "settled_in_compound": 1 / 3, "settled_in_community": 2 / 3, "mediation_success": 2 / 3,
    "mediation_revisited": 1 / 2, "mediation_repeated": 1 / 4,
    "hazards": 4, "hazards_mended": 1 / 2, "hazards_late": 1, "hazards_major": 1, "hazard_fund_gap": 90_000,
    "vehicles_removed": 1,
    "wishes": 2, "wishes_claimed": 1, "wishes_fulfilled": 1, "wish_claim_time": 36,
    "aid_paid": 200_000, "aid_people": 3, "donations": 3, "donors": 1, "donated": 150_000, "donation_balance": 120_000,
    "needs_listed": 2, "services_listed": 1, "projects_listed": 1, "needs_matched": 1 / 2,
    "meetings": 2, "meeting_matters": 2, "meeting_matters_passed": 1, "meetings_published": 1 / 2,
    "meetings_satisfied": 9 / 10,
    "members_reported": 1, "duty_services": 2, "duty_hours": 3.5,
    "activities": 1, "volunteers": 2, "beneficiaries": 24, "volunteer_hours": 5.5,
    "public_income": 240_000, "revenue_published": 1 / 3, "stars": 1,
    "old_and_young": 4 / 5, "resettled": 2, "villages_of_origin": 1, "buildings_with_head": 1 / 2,
    "compounds_with_branch": 1,
}  # fmt: skip


def day(number: int, hour: int = 1) -> str:
    return f"2026-11-{number:02}T{hour:02}:00:00Z"


@pytest.fixture(scope="module")
def field() -> Field:
    """One November."""
    made = Field()
    homes(made)
    visits(made)
    alerts(made)
    matters(made)
    disputes(made)
    hazards(made)
    help_given(made)
    together(made)
    books(made)
    return made


def home(field: Field, room: str, cycle: str, people: dict[str, str], **more: Any) -> str:
    """A dwelling with a household of these people (name to birth date, head first)."""
    at = "2026-01-10T01:00:00Z"
    door = field.file(
        "dwelling",
        room,
        at,
        building="3",
        unit="2",
        room_no=room,
        address_full=room,
        use="01",
        reside="1",
        is_let=False,
    )
    persons = [f"person:{field.ulid('person', name)}" for name in people]
    members = rows(
        *(
            {"person_id": one, "relation": "02" if n == 0 else "99", "lives_here": True}
            for n, one in enumerate(persons)
        )
    )
    household = field.file(
        "household", room, at, door, dwelling_id=door, rhyz="01", members=members, head_person_id=persons[0],
        contact_phone="13800138000", move_in_date="2020-05-01", needs=["01"], visit_cycle_days=cycle, **more,
    )  # fmt: skip
    for name, born in people.items():
        young = (
            {"guardian": {"guardian_person_id": persons[0], "guardian_phone": "13800138000"}}
            if born > "2012"
            else {}
        )
        field.file(
            "person",
            name,
            at,
            household,
            name=name,
            sex="1",
            birth_date=born,
            pop_type="01",
            status="1",
            **young,
        )
    return household


def homes(field: Field) -> None:
    complete = {"contact_time": ["4"], "needs_note": "想有个助餐点", "ebikes": 0}
    home(field, "501", "30", {"陈德福": "1948-03-08"}, **complete)
    home(
        field,
        "502",
        "30",
        {"林金水": "1950-01-01", "林小朋": "2017-06-01"},
        more={"resettle_kind": "2", "origin_place": "上村"},
    )
    home(field, "503", "180", {"黄国栋": "1985-05-05", "黄阿婆": "1949-01-01"})
    field.file(
        "person", "走的人", "2026-01-10T01:00:00Z", field.id("household", "503"), name="郑走", sex="1",
        birth_date="1950-01-01",
        pop_type="01", status="3", status_date="2026-01-05",
    )  # fmt: skip
    for name, tag, until in (
        ("陈德福", "01", "2027-06-01"),
        ("林金水", "03", "2026-11-15"),
        ("黄阿婆", "02", "2027-06-01"),
    ):
        care = {"tag": tag, "basis": "本人讲述", "from": "2026-06-02", "review_by": until}
        field.change(field.id("person", name), care_tags=rows(care), consent=CONSENT)
    field.file(
        "dwelling", "504", "2026-01-10T01:00:00Z", building="3", room_no="504", address_full="504", use="01",
        reside="5",
        is_let=False,
    )  # fmt: skip
    for name in ("S1", "S2"):
        field.file(
            "dwelling", name, "2026-01-10T01:00:00Z", building="街", room_no=name, address_full=name, use="03",
            reside="2",
            is_let=True,
        )  # fmt: skip
    for name, level in (("22栋", "60"), ("23栋", "60")):
        head = {
            "post": "07",
            "holder": "陈建真",
            "from": "2025-01-01",
            **({"to": "2026-01-31"} if name == "23栋" else {}),
        }
        field.file(
            "grid_unit", name, "2026-01-10T01:00:00Z", level=level, name=name, floors=6, unit_count=2, posts=rows(head),
            more={"valid_from": "2020-01-01"},
        )  # fmt: skip
    field.file(
        "grid_unit", "聚福小区", "2026-01-10T01:00:00Z", level="50", name="聚福小区", compound_kind="01",
        property_status="0",
        committee_status="0", branch_name="聚福小区党支部", more={"valid_from": "2020-01-01"},
    )  # fmt: skip


def visit(field: Field, room: str, at: str, result: str = "1", **answers: Any) -> str:
    met = (
        {"met_person_id": None, "met_other": "户主", "topics": ["04"], "summary": "一切正常"}
        if result == "1"
        else {}
    )
    return field.record(
        "visit", at, "chen", field.id("household", room), result=result, visited_at=at, geo=HERE,
        **{**met, **answers},
    )  # fmt: skip


def visits(field: Field) -> None:
    confirmed = {"topics": ["01"], "file_confirmed": True}
    visit(field, "501", "2026-10-20T01:00:00Z")
    visit(
        field, "502", "2026-10-15T01:00:00Z", **confirmed
    )  # confirmed 46 days before the end, in a cycle of 30
    visit(field, "503", "2026-09-01T01:00:00Z")
    elder = field.id("person", "陈德福")
    visit(field, "501", day(18), visit_type="04", met_person_id=elder, met_other=None, **confirmed)
    visit(field, "502", day(14), "2", retry_at=day(16))
    visit(field, "503", day(20), "3")
    shop = {
        "trade": "02",
        "owner_name": "李阿香",
        "owner_phone": "13900139002",
        "geo": HERE,
        "visited_at": day(5),
    }
    checks = {"lives_in": False, "chk_fire": "1", "chk_power": "1", "chk_front": "1", "chk_parking": "1"}
    field.record(
        "merchant_visit", day(5), "chen", field.id("dwelling", "S1"), shop_name="一号", result="1", participates=True,
        checks=checks, **shop,
    )  # fmt: skip
    field.record(
        "merchant_visit", day(5), "chen", field.id("dwelling", "S2"), shop_name="二号", result="2", **shop
    )


def alerts(field: Field) -> None:
    for number, minutes, outcome in ((5, 30, "2"), (6, 90, "6")):
        raised = day(number)
        alert = field.record(
            "meter_alert", raised, "home", field.id("household", "501"), vendor="水务", alert_id=f"A{number}",
            alert_type="1", raised_at=raised, meter_no="W1",
        )  # fmt: skip
        there = f"2026-11-{number:02}T{1 + minutes // 60:02}:{minutes % 60:02}:00Z"
        field.act(alert, "assign", "home", raised, assignee="chen")
        field.act(alert, "acknowledge", "chen", raised)
        field.act(alert, "arrive", "chen", there, arrived_at=there, entry_forced=False)
        actions = {"actions": ["1"]} if outcome == "6" else {}
        field.act(
            alert, "handle", "chen", day(number, 5), outcome=outcome, report_text="已处置完毕", **actions
        )
    battery = field.record(
        "meter_alert",
        day(7),
        "home",
        None,
        vendor="水务",
        alert_id="B1",
        alert_type="5",
        raised_at=day(7),
        meter_no="W2",
    )
    field.act(battery, "maintain", "home", day(7))


def matters(field: Field) -> None:
    def told(at: str, category: str) -> str:
        return field.record(
            "appeal", at, "chen", field.id("household", "501"), title="楼道灯坏了", area=category[0], category=category,
            content="一到三楼都不亮", anonymous=True,
        )  # fmt: skip

    def dispatched(record: str, number: int, until: str) -> None:
        field.act(record, "register", "lin", day(number, 2))
        field.act(record, "dispatch", "lin", day(number, 3), assignee_org="物业", deadline=until)
        field.act(record, "take", "guo", day(number, 4))

    answer = {"result": "1", "result_text": "换好了"}
    good, bad = told(day(2), "A03"), told(day(3), "A03")
    dispatched(good, 2, "2026-11-09")
    field.act(good, "finish", "guo", day(6), **answer)
    field.act(good, "rate", "lin", day(7), rating="5")
    field.act(good, "close", "lin", day(8))
    dispatched(bad, 3, "2026-11-10")
    field.act(bad, "finish", "guo", day(12), **answer)
    field.act(bad, "rate", "lin", day(12, 5), rating="1")
    field.act(bad, "reopen", "gao", day(13), reason="又不亮了", assignee_org="物业", deadline="2026-11-20")
    solved = told(day(4), "C03")
    field.act(solved, "solve", "chen", day(4, 2), **answer)
    field.act(solved, "verify", "lin", day(5))
    field.act(solved, "close_unrated", "home", day(12))
    told(day(25), "A03")
    counted = told(day(10), "C02")
    field.act(counted, "register", "lin", day(10, 2), is_petition_matter=True)


def disputes(field: Field) -> None:
    def dispute(at: str, level: str, source: str | None = None) -> str:
        return field.record(
            "mediation_case", at, "zhao", title="楼道堆物", dispute_type="15", level=level, willing=True,
            may_escalate=False, brief="为公共楼道放柜子争吵不休", source_ref=source,
            parties=rows({"side": "1", "name": "陈建真"}, {"side": "2", "name": "林国强"}),
        )  # fmt: skip

    helper = rows({"post": "07", "name": "赵楼长"})
    agreed = {"agreement_text": "柜子移入户内，楼道共用", "perform_by": "2026-11-20"}
    first = dispute(day(2), "1")
    field.act(first, "mediate", "zhao", day(2, 2), mediators=helper)
    field.act(first, "conclude", "zhao", day(3), result="2", **agreed)
    higher = dispute(day(4), "2")
    field.act(higher, "mediate", "zhao", day(4, 2), mediators=helper)
    field.act(higher, "escalate", "zhao", day(6), summary="谈不拢")
    field.act(higher, "receive", "lin", day(6, 2), mediators=helper)
    field.act(higher, "conclude", "lin", day(8), result="1", agreement_file=photo(), **agreed)
    field.act(higher, "revisit", "lin", day(25), performed="1", revisit_text="都搬了")
    failed = dispute(day(10), "2")
    field.act(failed, "mediate", "zhao", day(10, 2), mediators=helper)
    field.act(failed, "conclude", "zhao", day(12), result="4")
    dispute(day(28), "1", first)


def hazards(field: Field) -> None:
    def hazard(at: str, category: str, **answers: Any) -> str:
        return field.record(
            "safety_hazard", at, "zhao", category=category, place_kind="3", description="长期堆放在楼道",
            photos_before=photo(),
            geo=HERE, **{"level": "1", **answers},
        )  # fmt: skip

    duty = {"duty_org": "物业", "duty_person": "林师傅", "deadline": "2026-11-10"}
    car = hazard(day(2), "10", vehicle_plate="无牌")
    field.act(car, "classify", "lin", day(2, 2), grade="1")
    field.act(car, "assign", "lin", day(2, 3), fund_need=100_000, **duty)
    paid = rows({"source": "1", "amount": 60_000})
    field.act(car, "rectify", "guo", day(9), measures="已拖离清洗", photos_after=photo(), funding=paid)
    hazard(day(3), "06", level="2", temp_control="拉警戒线绕行")
    fixed = hazard(day(4), "03", level="0", measures="当场劝离推走", photos_after=photo())
    field.act(fixed, "confirm_fixed", "lin", day(4, 2))
    late = hazard(day(5), "04")
    field.act(late, "classify", "lin", day(5, 2), grade="1")
    field.act(late, "assign", "lin", day(5, 3), fund_need=50_000, **duty)


def help_given(field: Field) -> None:
    household, person = field.id("household", "501"), field.id("person", "陈德福")
    wished = {
        "wisher_kind": "3",
        "person_id": person,
        "category": "01",
        "wish_text": "一副三百度老花镜",
        "consent": CONSENT,
    }
    wish = field.record("micro_wish", day(1), "chen", household, **wished)
    field.record("micro_wish", day(1), "chen", household, **wished)
    field.act(wish, "verify", "chen", day(1, 2), verify_visit=wish)
    field.act(wish, "publish", "lin", day(2), public_text="一副老花镜", no_personal_data=True)
    field.act(wish, "claim", "xu", day(3, 13), claimer_kind="1")
    field.act(wish, "fulfil", "xu", day(8), fulfil_text="已送上门")
    field.act(wish, "confirm", "chen", day(9), confirm_by="2")
    case = field.record(
        "aid_case", day(2), "chen", household, programme="4", person_id=person, reason=["03"],
        situation="孙子上大学，学费有困难", request_amount=300_000, consent=CONSENT,
    )  # fmt: skip
    field.act(case, "verify", "zhang", day(3), verify_text="情况属实", second_verifier="黄大伯")
    field.act(case, "review", "lin", day(4), second_reviewer="许老师")
    field.act(case, "approve", "lin", day(5), approve_amount=200_000, fund_source="2")
    sums = rows(
        {"kind": "1", "amount": 200_000, "beneficiaries": 2},
        {"kind": "2", "goods": "书包", "beneficiaries": 1},
    )
    field.act(case, "pay", "gao", day(6), payments=sums)
    received = {"receive_on": "2026-11-05", "publish_name": True}
    money = {"kind": "1", "donor_kind": "2", "donor_name": "福兴超市", "witness": "林阿姨", **received}
    gift = field.record("donation", day(5), "lin", None, amount=100_000, receipt_no="1", **money)
    field.record("donation", day(6), "lin", None, amount=50_000, receipt_no="2", **money)
    rice = rows({"name": "大米", "quantity": 5, "unit": "袋"})
    field.record(
        "donation", day(5), "lin", None, kind="2", donor_kind="1", donor_name="陈建真", items=rice, **received
    )
    field.act(gift, "book", "mei", day(6))
    field.act(gift, "spend", "lin", day(7), used_for="慰问", used_amount=30_000)


def together(field: Field) -> None:
    listed = {"need": "01", "place": "聚福小区"}
    need = field.record("service_list_item", day(2), "ke", None, list_kind="1", title="助餐", **listed)
    other = field.record("service_list_item", day(2), "ke", None, list_kind="1", title="理发", **listed)
    field.record(
        "service_list_item", day(2), "ke", None, list_kind="2", title="上门理发", provider_org="阿香",
        capacity="每周一次",
        valid_to="2027-06-30", provider_contact="阿香", **listed,
    )  # fmt: skip
    field.record(
        "service_list_item", day(2), "ke", None, list_kind="3", title="食堂", lead_org="社区", need_titles="助餐",
        provider_contact="王志强", plan_from="2026-12-01", plan_to="2027-03-01", **listed,
    )  # fmt: skip
    for one in (need, other):
        field.act(one, "confirm", "ke", day(3))
    field.act(need, "match", "ke", day(4), project="食堂")
    for number, passed in ((10, True), (17, False)):
        meeting = field.record(
            "council_meeting", day(number), "ke", None, meeting_type="09", title="议事", planned_at=day(number, 11),
            chair="王志强", agenda=rows({"topic": "建车棚"}),
        )  # fmt: skip
        field.act(meeting, "call", "ke", day(number, 2))
        came = rows(*({"role": "15", "name": name} for name in ("林阿姨", "黄大伯", "许老师")))
        field.act(
            meeting,
            "hold",
            "ke",
            day(number, 13),
            held_at=day(number, 11),
            attendees=came,
            attend_count=10,
            minutes="都说了话",
        )
        decided = rows({"topic": "建车棚", "votes_for": 9 if passed else 1, "passed": passed})
        field.act(meeting, "resolve", "ke", day(number, 14), decisions=decided)
        if passed:
            public = {"publish_text": "议定建车棚", "no_personal_data": True, "publish_place": ["1"]}
            field.act(meeting, "publish", "ke", day(number, 15), **public)
            field.act(meeting, "assess", "ke", day(25), assess_for=9, assess_against=1)
    member = field.record(
        "party_duty_report", day(2), "ke", None, kind="2", org="区税务局", member_name="许明辉",
        member_phone="13800138003",
        member_status="1", target="聚福小区", posts=["03"], pledge="每月至少一次", identity_public=True,
    )  # fmt: skip
    field.act(member, "accept", "lin", day(3))
    field.act(member, "activate", "lin", day(3, 2))
    for number, hours in ((7, 2), (14, 1.5)):
        field.act(
            member, "serve", "lin", day(number), served_on=f"2026-11-{number:02}", text="值守", hours=hours
        )
    activity = field.record(
        "volunteer_activity", day(2), "lin", None, kind="01", title="换灯", org="电力公司", start_at=day(7),
        end_at=day(7, 4),
        place="3栋", team_kind="07",
    )  # fmt: skip
    field.act(activity, "publish", "lin", day(3))
    field.act(activity, "start", "chen", day(7))
    there = {"in_at": day(7), "out_at": day(7, 4)}
    hours = rows({"name": "郑伟杰", "hours": 3, **there}, {"name": "许明辉", "hours": 2.5, **there})
    field.act(
        activity,
        "end",
        "chen",
        day(7, 5),
        volunteer_count=2,
        beneficiary_count=24,
        volunteers=hours,
        summary="都亮了",
    )


def books(field: Field) -> None:
    for number, (kind, amount) in enumerate((("3", 240_000), ("4", 30_000), ("3", 100_000))):
        purpose = {"purpose": "买灯"} if kind == "4" else {"source": "03"}
        entry = field.record(
            "public_revenue_entry", day(2 + number), "ke", None, entry_kind=kind, place="聚福小区",
            counterparty="车位租户",
            amount=amount, on_date="2026-11-01", voucher=photo(), **purpose,
        )  # fmt: skip
        field.act(entry, "verify", "lin", day(6))
        if number == 0:
            field.act(entry, "publish", "lin", day(7))
        if number == 2:
            field.act(entry, "reverse", "lin", day(8), reason="录错了", reverse_entry="2026-11-008")
    assessed = field.record(
        "branch_assessment", day(2), "ke", None, template="评星 2026", target="聚福小区党支部",
        self_scores=rows({"item_no": "1", "most": 5, "score": 4.5}),
    )  # fmt: skip
    field.act(assessed, "review", "lin", day(3), review_total=4.5)
    field.act(assessed, "rate", "gao", day(4), stars="4")


def test_every_shipped_indicator_has_a_figure_here() -> None:
    assert set(FIGURES) == set(indicators())


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_a_figure_is_what_was_worked_out_by_hand(field: Field, name: str) -> None:
    assert field.value(name, *NOVEMBER) == pytest.approx(FIGURES[name])


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_before_anything_happened_there_is_nothing(field: Field, name: str) -> None:
    """Shares and medians of nothing are not zero."""
    found = field.figure(name, "2025-01-01", "2025-02-01")
    share = indicators()[name]["unit"] in ("share", "hours", "minutes")
    assert (found.value, found.documents) == (None if share else 0, ())


@pytest.mark.parametrize(
    ("name", "fact", "found"),
    [
        ("appeals", "category", {"A03": 3, "C02": 1, "C03": 1}),
        ("appeal_time", "category", {"A03": 144, "C03": 192}),
        ("visits", "result", {"1": 1, "2": 1, "3": 1}),
        ("stars", "stars", {"4": 1}),
    ],
)
def test_a_figure_is_broken_down_by_a_fact(
    field: Field, name: str, fact: str, found: dict[str, float]
) -> None:
    assert field.by(name, *NOVEMBER, fact) == found
    assert indicators()[name]["by"] == fact


def test_a_period_ends_before_its_end(field: Field) -> None:
    assert field.value("appeals", "2026-11-02", "2026-11-03") == 1
    assert field.value("appeals", "2026-11-03", "2026-11-05") == 2


def test_a_file_stays_fresh_for_its_own_cycle_however_short_the_period(field: Field) -> None:
    assert (
        field.value("files_fresh", "2026-11-24", "2026-12-01") == 1 / 3
    )  # confirmed on the 18th, a cycle of 30 days
    assert field.value("files_fresh", "2026-12-18", "2026-12-25") == 0


def test_what_happens_after_the_end_is_not_known_yet(field: Field) -> None:
    assert field.value("appeals_done", "2026-11-01", "2026-11-06") == 1 / 3
    assert field.value("hazards_late", "2026-11-01", "2026-11-10") == 0


def test_a_figure_leads_to_the_documents_behind_it(field: Field) -> None:
    found = field.figure("wishes_fulfilled", *NOVEMBER)
    assert [field.bodies[doc_id]["form"] for doc_id in found.documents] == ["micro_wish"]


@pytest.mark.parametrize(
    ("of", "per", "small"),
    [(0, None, False), (1, None, True), (4, None, True), (5, None, False), (5, 4, True), (7, 9, False)],
)
def test_a_handful_of_people_is_small(of: float, per: float | None, small: bool) -> None:
    assert Figure(None, of, per, ()).is_small == small


def test_what_was_removed_or_merged_is_not_counted(field: Field) -> None:
    other = Field(dict(field.bodies), dict(field.steps))
    doc_id = other.id("household", "503")
    for link in ({"removed": True}, {"same_as": other.id("household", "501")}):
        body = field.bodies[doc_id]
        other.bodies[doc_id] = {**body, "answers": {**body["answers"], **link}}
        assert other.figure("files_fresh", *NOVEMBER).per == 2


def test_completeness_counts_what_is_asked_without_opening_more() -> None:
    household = form_of("household")
    answers = {
        "hh_type": "2",
        "members": rows({"person_id": "x"}),
        "contact_phone": "13800138000",
        "more": {"cars": 1},
    }
    assert completeness(household, answers, {}) == 100 * 3 // 11
    assert completeness(form_of("person"), {}, {}) < 20


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_an_indicator_reads_forms_and_acts_that_are_there_and_speaks_two_languages(name: str) -> None:
    known = {definition.form: definition for definition in shipped()}

    def look(measure: dict[str, Any]) -> None:
        acts = {
            row["act"] for form in measure["forms"] for row in (known[form].workflow or {"acts": []})["acts"]
        }
        spans = [*measure.get("median", []), measure.get("in", "")]
        named = {*measure.get("moves", []), *measure.get("did", [])}
        named |= {act for one in spans if isinstance(one, dict) for act in one["acts"]}
        assert named <= acts
        for related in measure.get("has", []):
            look(related)

    indicator = indicators()[name]
    assert set(indicator["label"]) == {"zh-CN", "en"}
    for part in ("of", "less", "per"):
        if part in indicator:
            look(indicator[part])


def test_no_name_of_an_indicator_is_there_twice() -> None:
    listed = [one["indicator"] for path in (FOLDER / "indicators").glob("*.json") for one in read(path)]
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"of": {}}, "Missing data"),
        ({"of": {"forms": ["visit"], "colour": 1}}, "Unknown field"),
        ({"of": {"forms": ["visit"], "where": {"result": "1"}}}, "A condition is"),
        ({"of": {"forms": ["visit"], "where": [{"result": {"about": 3}}]}}, "A condition is"),
        ({"of": {"forms": ["visit"], "in": 5}}, "Either a name"),
        ({"unit": "colour"}, "Must be one of"),
    ],
)
def test_an_indicator_that_is_not_sound_says_why(change: dict[str, Any], said: str) -> None:
    sound = {"indicator": "x", "label": {"en": "x"}, "unit": "count", "of": {"forms": ["visit"]}}
    assert checked([sound]) == [sound]
    with pytest.raises(IndicatorsInvalid, match=said):
        checked([{**sound, **change}])


def test_everything_lies_in_the_grid(field: Field) -> None:
    assert {row.grid_path for row in field.rows(NOVEMBER[1])} == {GRID}
