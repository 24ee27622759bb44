"""A form of 500 questions, as long surveys are: sections behind a question, scores, totals, rows.

Everything is asked on one page. A section is hidden by answering 2 to its first question; its score counts the
questions answered 1; the scores make a total, the total a level, and the level decides what the last section asks.
"""

from __future__ import annotations

from typing import Any

SECTIONS = 9
ASKED = 50
"""Questions of a section, its group left out."""


def definition() -> dict[str, Any]:
    """The definition, in JSON."""
    questions = [_place(), *(_section(number) for number in range(1, SECTIONS + 1)), _people(), _end()]
    return {
        "form": "long",
        "version": 1,
        "kind": "record",
        "title": _words("长问卷", "Long survey"),
        "questions": questions,
        "choices": {
            "answer": [
                {"name": str(code), "label": _words(zh, en)}
                for code, (zh, en) in enumerate((("是", "Yes"), ("否", "No"), ("不清楚", "Unknown")), 1)
            ],
            "county": [{"name": str(n), "label": _words(f"{n}区", f"County {n}")} for n in range(1, 13)],
            "village": [
                {"name": f"{n}-{m}", "label": _words(f"{n}区{m}村", f"Village {n}-{m}"), "county": str(n)}
                for n in range(1, 13)
                for m in range(1, 41)
            ],
        },
    }


def _words(zh: str, en: str) -> dict[str, str]:
    return {"zh-CN": zh, "en": en}


def _question(name: str, kind: str, zh: str, en: str, **columns: object) -> dict[str, Any]:
    return {"name": name, "type": kind, "label": _words(zh, en), **columns}


def _place() -> dict[str, Any]:
    """Where: a select out of hundreds, filtered by another."""
    questions = [
        _question("county", "select_one", "所在区", "County", choices="county", required=True),
        _question(
            "village",
            "select_one",
            "所在村",
            "Village",
            choices="village",
            choice_filter="county = ${county}",
        ),
        _question("visited_on", "date", "访问日期", "Date", default="today()", constraint=". <= today()"),
        _question("head", "text", "受访人", "Respondent", required=True),
        _question("phone", "phone", "受访人电话", "Phone", relevant="${head} != ''"),
        _question("age", "integer", "年龄", "Age", constraint=". >= 0 and . < 130"),
        {"name": "is_old", "type": "calculate", "calculation": "if(${age} >= 60, 1, 0)"},
    ]
    return {"name": "place", "type": "group", "label": _words("地点", "Place"), "questions": questions}


def _section(number: int) -> dict[str, Any]:
    """A question that opens the rest, then all types, many of them asked by what stands above them."""
    s = f"s{number}"
    questions = [
        _question(
            f"{s}_any", "select_one", f"第{number}部分有情况吗", f"Anything of {number}?", choices="answer"
        )
    ]
    gate = f"${{{s}_any}} != '2'"
    select = []
    for n in range(1, ASKED - 1):
        name, label = f"{s}_q{n}", (f"第{number}部分第{n}题", f"Part {number}, question {n}")
        if n % 8 == 3:
            questions.append(
                _question(name, "integer", *label, relevant=gate, constraint=". >= 0", warn=". > 40",
                          warn_message=_words("这么多吗", "So many?"))
            )  # fmt: skip
        elif n % 8 == 5:
            questions.append(
                _question(name, "text", *label, relevant=f"{gate} and ${{is_old}} = 1 or {n} < 30")
            )
        elif n % 8 == 7:
            questions.append(_question(name, "select_multiple", *label, choices="answer", relevant=gate))
        else:
            after = f" and ${{{select[-1]}}} != '2'" if select and n % 4 == 0 else ""
            required = f"${{{s}_any}} = '1'" if n % 4 == 1 else False
            questions.append(
                _question(
                    name, "select_one", *label, choices="answer", relevant=gate + after, required=required
                )
            )
            select.append(name)
    score = " + ".join(f"if(${{{name}}} = '1', 1, 0)" for name in select)
    questions.append({"name": f"{s}_score", "type": "calculate", "calculation": score})
    title = _words(f"第{number}部分", f"Part {number}")
    return {"name": s, "type": "group", "label": title, "questions": questions}


def _people() -> dict[str, Any]:
    """Rows, as many as the form counts."""
    questions = [
        _question("name", "text", "姓名", "Name", required=True),
        _question("years", "integer", "年龄", "Age", constraint=". >= 0 and . < 130"),
        _question("works", "select_one", "在业", "Works", choices="answer", relevant="${years} > 15"),
        {"name": "nth", "type": "calculate", "calculation": "position(..)"},
    ]
    count = "if(${s1_q3} > 8, 8, ${s1_q3})"
    title = _words("家庭成员", "Members")
    return {"name": "people", "type": "repeat", "label": title, "repeat_count": count, "questions": questions}


def _end() -> dict[str, Any]:
    """What follows from all of it."""
    total = " + ".join(f"${{s{number}_score}}" for number in range(1, SECTIONS + 1))
    level = "if(${total} > 100, 'high', if(${total} > 30, 'middle', 'low'))"
    questions = [
        {"name": "total", "type": "calculate", "calculation": total},
        {"name": "level", "type": "calculate", "calculation": level},
        {"name": "oldest", "type": "calculate", "calculation": "max(${years})"},
        *(
            _question(
                f"follow_{n}", "select_one", f"后续{n}", f"Follow-up {n}", choices="answer",
                relevant=f"${{level}} != 'low' or ${{oldest}} > {60 + n}",
            )
            for n in range(1, 37)
        ),
    ]  # fmt: skip
    return {"name": "end", "type": "group", "label": _words("后续", "Follow-up"), "questions": questions}
