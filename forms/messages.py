"""What a finding says to people, in Chinese and English. The form's own message comes first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Text = dict[str, str]
"""A text people read, by language tag: zh-CN and en."""

OWN = {"required": "required_message", "constraint": "constraint_message", "warn": "warn_message"}

GENERAL: dict[str, tuple[str, str]] = {
    "required": ("请填写“{zh}”", "Please fill in “{en}”"),
    "constraint": ("“{zh}”不符合要求，请核对", "“{en}” is not as it should be; please check"),
    "warn": ("请再核对一下“{zh}”", "Please look at “{en}” again"),
    "choice": ("“{zh}”请从选项中选择", "“{en}”: please pick from the list"),
    "range": ("“{zh}”超出允许的范围", "“{en}” is out of range"),
    "type": ("“{zh}”格式不对，请重新填写", "“{en}” is not in the right form; please enter it again"),
}
BY_TYPE: dict[str, tuple[str, str]] = {
    "integer": ("“{zh}”请填整数", "“{en}” takes a whole number"),
    "decimal": ("“{zh}”请填数字", "“{en}” takes a number"),
    "money": ("“{zh}”请填金额", "“{en}” takes an amount of money"),
    "range": ("“{zh}”请填数字", "“{en}” takes a number"),
    "date": ("“{zh}”请填日期，如 2026-11-22", "“{en}” takes a date such as 2026-11-22"),
    "time": ("“{zh}”请填时间，如 09:30", "“{en}” takes a time such as 09:30"),
    "datetime": ("“{zh}”请填日期和时间", "“{en}” takes a date and time"),
    "phone": (
        "“{zh}”不是有效号码：手机 11 位，座机带区号",
        "“{en}” is not a valid number: 11 digits, or a landline with its area code",
    ),
    "id_card": (
        "“{zh}”不是有效的身份证号，请核对 18 位号码",
        "“{en}” is not a valid ID number; check the 18 characters",
    ),
    "credit_code": ("“{zh}”不是有效的统一社会信用代码", "“{en}” is not a valid unified social credit code"),
    "geopoint": ("“{zh}”不是有效的位置，请重新定位", "“{en}” is not a position; please locate again"),
    "image": ("“{zh}”照片有问题，请重新拍摄", "“{en}”: please take the photo again"),
    "ref": ("“{zh}”请重新选择", "“{en}”: please choose again"),
}


def in_language(text: Mapping[str, Any], locale: str) -> str:
    """A text in the language that is read, else in Chinese, else in whichever there is; '' where there is none."""
    found = text.get(locale) or text.get("zh-CN") or next(filter(None, text.values()), "")
    return found if isinstance(found, str) else ""


def message(code: str, question: Mapping[str, Any]) -> Text:
    """The text of a finding about a question."""
    own = question.get(OWN.get(code, ""))
    if own:
        return dict(own)
    chinese, english = BY_TYPE.get(question["type"], GENERAL["type"]) if code == "type" else GENERAL[code]
    label = question.get("label") or {}
    zh = in_language(label, "zh-CN") or question["name"]
    en = in_language(label, "en") or question["name"]
    return {"zh-CN": chinese.replace("{zh}", zh), "en": english.replace("{en}", en)}
