"""Random definitions that load, made from a seed: every type and column, deep and with names used twice."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Any

from forms.definition import DefinitionInvalid, load
from forms.form import Published
from forms.kinds import KINDS, SELECTS, SILENT
from forms.publish import published
from tests.forms import chance as made

LANGUAGES = (("zh-CN",), ("zh-CN", "en"), ("en", "fr", "zh-CN"), ("und",), ("sw", "x-dioula"))
WORDS = (
    "请填写",
    "How many?",
    "a",
    "= 5",
    "0012",
    "“引号”",
    "it's",
    "x <b>y</b>",
    "100 %",
    "两\n行",
    "TRUE",
    "1.0",
)
LOOKS = ("minimal", "field-list", "w1 multiline", "yes-no", "phone")
PLAIN = sorted(set(KINDS) - {"group", "repeat", "audit", "calculate"} - SELECTS)


class Maker:
    """Makes one definition."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.languages = chance.choice(LANGUAGES)
        self.number = 0
        self.known: list[str] = []
        self.tops: set[str] = set()
        self.in_rows: list[str] = []
        """Questions of repeats: selects may offer their answers."""

    def definition(self) -> dict[str, Any]:
        """The definition, in JSON."""
        chance = self.chance
        lists = {name: self.choices() for name in ("yes_no", "places")}
        lists |= {"away": {"file": "away.csv"}} if chance.random() < 0.3 else {}
        found: dict[str, Any] = {
            "form": chance.choice(("visit", "a-b", "_x9")),
            "version": chance.randint(1, 99),
            "kind": chance.choice(("record", "file")),
            "title": self.text(plain=True),
            "questions": [{"name": "begun", "type": "start"}, *self.questions(lists, 0, "")],
            "choices": lists,
        }
        more: dict[str, Any] = {
            "subject": ["household"],
            "purpose": self.text(plain=True),
            "retention": "P3Y",
            "style": "pages",
            "default_language": self.languages[0],
            "instance_name": self.expression(),
            "legal_basis": ["2", "3"],
        }
        return found | {key: value for key, value in more.items() if chance.random() < 0.3}

    def choices(self) -> list[dict[str, Any]]:
        """A choice list with columns of its own."""
        names = self.chance.sample(
            ("1", "2", "yes", "no", "红", "a-b", "10", "x.y"), self.chance.randint(1, 5)
        )
        return [
            {"name": name, "label": self.text(plain=True), "town": f"t{at % 2}"}
            | ({"media": {"image": "a.png"}} if self.chance.random() < 0.2 else {})
            | ({"order": str(at)} if self.chance.random() < 0.5 else {})
            for at, name in enumerate(names)
        ]

    def questions(self, lists: dict[str, Any], depth: int, parent: str) -> list[dict[str, Any]]:
        """Some questions; those at the top can be referred to by those that follow."""
        return [self.question(lists, depth, parent, set()) for _ in range(self.chance.randint(1, 5))]

    def question(self, lists: dict[str, Any], depth: int, parent: str, taken: set[str]) -> dict[str, Any]:
        chance = self.chance
        kind = chance.choice(
            (*PLAIN, *sorted(SELECTS), "group", "repeat", "group", "calculate") if depth < 3 else PLAIN
        )
        question: dict[str, Any] = {"name": self.name(depth), "type": kind}
        if kind not in SILENT or chance.random() < 0.1:
            question["label"] = self.text()
        self.columns(question)
        if kind in SELECTS:
            self.select(question, lists)
        if kind in ("group", "repeat"):
            if kind == "repeat" and chance.random() < 0.3:
                question["repeat_count"] = self.expression()
            question["questions"] = self.questions(lists, depth + 1, question["name"])
            if kind == "repeat" and depth == 0:
                inner = (
                    one for one in question["questions"] if one["type"] not in ("group", "repeat", "note")
                )
                self.in_rows += [one["name"] for one in inner]
        if kind == "calculate":
            question["calculation"] = self.expression()
        if "calculation" in question and self.known and chance.random() < 0.3:
            question["trigger"] = f"${{{chance.choice(self.known)}}}"
        if depth == 0 and kind not in ("group", "repeat", "note"):
            self.known.append(question["name"])
        return question

    def name(self, depth: int) -> str:
        """A name of its own; inside groups sometimes one that is used elsewhere too."""
        self.number += 1
        if depth and self.chance.random() < 0.2 and self.tops:
            name = self.chance.choice(sorted(self.tops))
            self.tops.discard(name)
            return name
        name = f"{self.chance.choice(('q', 'Big', '_u', 'a-'))}{self.number}"
        if not depth:
            self.tops.add(name)
        return name

    def columns(self, question: dict[str, Any]) -> None:
        chance = self.chance
        more: dict[str, Any] = {
            "hint": self.text(),
            "guidance_hint": self.text(),
            "required": chance.choice((True, self.expression())),
            "required_message": self.text(),
            "relevant": self.expression(),
            "constraint": self.expression(own=True),
            "constraint_message": self.text(),
            "readonly": chance.choice((True, self.expression())),
            "default": chance.choice(
                ("'a b'", "today()", "'2026-01-01'", '"it\'s"', "'today()'", "'+'", "'-2'")
            ),
            "appearance": chance.choice(LOOKS),
            "merge": chance.choice(("ask", "union", "latest")),
            "sensitivity": chance.choice(("P0", "P4")),
            "indicator": "I-1",
            "media": chance.choice(({"image": "a.png"}, {"audio": self.files()})),
            "calculation": self.expression(),
            "rows": chance.randint(1, 9),
            "parameters": self.parameters(question["type"]),
        }
        question |= {key: value for key, value in more.items() if value and chance.random() < 0.12}
        if chance.random() < 0.1:
            question |= {"warn": self.expression(own=True), "warn_message": self.text()}
        if question["type"] in ("group", "repeat", "note"):
            for key in ("default", "calculation", "required", "constraint", "rows", "readonly"):
                question.pop(key, None)

    def files(self) -> str | dict[str, str]:
        """One file, or one for each language that has a name."""
        return "b.mp3" if self.languages == ("und",) else dict.fromkeys(self.languages, "b.mp3")

    def parameters(self, kind: str) -> dict[str, Any]:
        if kind == "range":
            return {"start": 1, "end": 10, "step": self.chance.choice((1, 0.5))}
        if kind == "image":
            return {"max-pixels": 1024, "max": 3}
        if kind in ("text", "integer", "repeat"):
            return {"max": 3, "odd": "x y"}
        return {"kind": "person"} if kind == "ref" else {}

    def select(self, question: dict[str, Any], lists: dict[str, Any]) -> None:
        chance = self.chance
        if question["type"] == "select_one" and self.in_rows and chance.random() < 0.4:
            question["choices"] = f"${{{chance.choice(self.in_rows)}}}"
            if chance.random() < 0.5:
                question["choice_filter"] = f"${{{chance.choice(self.in_rows)}}} != '' or {self.expression()}"
            return
        question["choices"] = chance.choice(
            sorted(lists if question["type"] != "rank" else ("yes_no", "places"))
        )
        if chance.random() < 0.3:
            question["choice_filter"] = f"town = 't1' or {self.expression()}"
        if chance.random() < 0.3:
            question["parameters"] = (
                {"or_other": True} if chance.random() < 0.5 else {"randomize": True, "seed": 4}
            )

    def expression(self, own: bool = False) -> str:
        """An expression over what is known, or a constant one."""
        if not self.known:
            return "1 = 1 and not('x' = today())"
        found = made.expression(self.chance, self.known, 2)
        return found if own else found.replace("(. ", "('' ").replace(" .)", " '')").replace("(.)", "('')")

    def text(self, plain: bool = False) -> dict[str, str]:
        """A text in every language; with a reference now and then."""
        chance = self.chance
        more = ""
        if not plain and chance.random() < 0.2:
            more = f" ${{{chance.choice([*self.known, 'subject.phone', 'last.visit.summary'])}}}"
        return {language: chance.choice(WORDS) + more for language in self.languages}


def definition(chance: Random) -> dict[str, Any]:
    """One random definition."""
    return Maker(chance).definition()


def forms(chance: Random, count: int) -> dict[str, Published]:
    """So many random definitions that load, published."""
    found: dict[str, Published] = {}
    while len(found) < count:
        with suppress(DefinitionInvalid):
            found[f"made{len(found)}"] = published(load(definition(chance)))
    return found
