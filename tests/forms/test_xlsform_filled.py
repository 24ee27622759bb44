"""A workbook of ours, imported and filled, is checked alike on desk and phone."""

from __future__ import annotations

from pathlib import Path
from random import Random

from forms.definition import load
from forms.publish import published
from forms.xlsform.exporting import write_workbook
from forms.xlsform.typecells import BY_ALIAS
from tests.forms.phone import compared
from tests.support.workbooks import imported, said

HEADER = (
    "type", "name", "label::English (en)", "label::中文 (zh-CN)", "required", "relevant", "constraint", "calculation",
    "default", "choice_filter", "repeat_count", "trigger", "parameters", "appearance",
)  # fmt: skip
ROWS = (
    ("start", "begun"),
    ("select_one province", "province", "Province", "省", "yes"),
    ("select_one city", "city", "City", "市", "yes", "", "", "", "", "province = ${province}"),
    (
        "select_multiple needs or_other",
        "needs",
        "Needs",
        "需求",
        "",
        "selected(${city}, 'qz') or ${province} = ''",
    ),
    (
        "rank needs",
        "order",
        "Order",
        "排序",
        "",
        "count-selected(${needs}) > 1",
        "",
        "",
        "",
        "",
        "",
        "",
        "randomize=true",
    ),
    ("integer", "age", "Age", "年龄", "${needs} != ''", "", ". >= 0 and . < 120", "", 30),
    ("range", "scale", "Scale", "打分", "", "", "", "", "", "", "", "", "start=1 end=5 step=0.5"),
    ("date", "seen", "Seen", "日期", "", "", ". <= today()", "", "today()"),
    ("tel", "phone", "Phone", "电话", "", "", "phone-valid(.)"),
    ("acknowledge", "agrees", "Agrees", "同意", "true()"),
    ("begin group", "home", "Home", "家", "", "${age} > 10"),
    ("decimal", "rent", "Rent", "租金", "", "", ". > 0"),
    ("begin repeat", "rooms", "Rooms", "房间", "", "", "", "", "", "", "if(${age} > 20, 2, 1)"),
    ("text", "use", "Use", "用途", "yes", "position(..) = 1 or ../../rent > 5"),
    ("calculate", "nth", "", "", "", "", "", "concat(position(..), ':', ${use})"),
    ("begin repeat", "beds", "Beds", "床"),
    ("integer", "width", "Width", "宽", "", "", ". > 50 and . < 250"),
    ("end repeat",),
    ("end repeat",),
    ("calculate", "widths", "", "", "", "", "", "sum(${width})"),
    ("end group",),
    ("calculate", "city_name", "", "", "", "", "", "jr:choice-name(${city}, '${city}')"),
    ("calculate", "zone", "", "", "", "", "", "instance('city')/root/item[name = ${city}]/zone"),
    ("calculate", "stamp", "", "", "", "", "", "now()", "", "", "", "${age}"),
    ("calculate", "luck", "", "", "", "", "", "if(random() < 0.5, 'a', 'b')"),
    ("note", "sum", "You are ${age} in ${city_name}", "你 ${age} 岁，在 ${city_name}", "", "${widths} > 300"),
    ("image", "photo", "Photo", "照片", "", "", "", "", "", "", "", "", "max-pixels=1024", "signature"),
)
CHOICES = (
    ("list_name", "name", "label::English (en)", "label::中文 (zh-CN)", "province", "zone"),
    ("province", "fj", "Fujian", "福建"),
    ("province", "zj", "Zhejiang", "浙江"),
    ("city", "qz", "Quanzhou", "泉州", "fj", 3),
    ("city", "xm", "Xiamen", "厦门", "fj", 7),
    ("city", "hz", "Hangzhou", "杭州", "zj", 3),
    ("needs", "meal", "Meals", "助餐"),
    ("needs", "repair", "Repairs", "维修"),
    ("needs", "none", "None", "没有"),
)  # fmt: skip


def test_a_filled_workbook_is_checked_alike_on_both_sides(phone: Path) -> None:
    made = imported(*ROWS, header=HEADER, choices=CHOICES)
    assert made.definition is not None, said(made)
    assert said(made, "error", "left out") == []
    forms = {"book": published(load(made.definition))}
    differing, findings = compared(phone, forms, Random(20260131), 600)
    assert differing == []
    assert findings > 600
    assert write_workbook(made.definition)


def test_every_type_has_a_name_that_means_it() -> None:
    assert {BY_ALIAS[name] for name in ("string", "int", "photo", "gps", "tel", "barcode", "audit")} == {
        "text", "integer", "image", "geopoint", "phone", "barcode", "audit",
    }  # fmt: skip
