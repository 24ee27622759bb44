"""The phone's pure modules in one Node process, asked what they make of cases."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from forms.check import check, finalise, prefill
from forms.evaluate import evaluate
from forms.expressions import parse
from forms.filling import Filling
from forms.form import Form
from forms.linking import Linker
from forms.place import At
from forms.scope import Resolver
from forms.spot import Spot
from forms.values import Value
from tests.forms import chance as made
from tests.forms.compiled import compiled, vectors

ROOT = Path(__file__).parents[2]
CONTEXT = vectors("expressions")["context"]
KIT = Form(compiled()["kit"])


def bundle(
    folder: Path, source: Path = ROOT / "tests" / "forms" / "parity.ts", platform: str = "node"
) -> Path:
    """A TypeScript module as one script in a folder, with what it takes of the phone."""
    out = folder / f"{source.stem}.mjs"
    rolldown = ROOT / "forms" / "app" / "node_modules" / ".bin" / "rolldown"
    command = [str(rolldown), str(source), "--platform", platform, "--file", str(out), "--format", "esm"]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return out


def ask(script: Path, cases: list[dict[str, Any]], forms: Mapping[str, Any] | None = None) -> list[Any]:
    """What the phone says of each case, from one process; of the forms of the vectors, or of others."""
    known = compiled()
    shown = {**known["forms"], "kit": known["kit"]} if forms is None else forms
    sent = {"forms": shown, "tables": known["workflows"], "context": CONTEXT, "cases": cases}
    done = subprocess.run(
        ["node", str(script)], input=json.dumps(sent).encode(), capture_output=True, check=True
    )
    found: list[Any] = json.loads(done.stdout, parse_int=_number)
    return found


def _number(digits: str) -> int | float:
    """JavaScript writes a large number without its exponent; it is one that is not whole all the same."""
    return int(digits) if abs(int(digits)) < 2**53 else float(digits)


def compared(
    script: Path, forms: Mapping[str, Any], chance: Random, count: int
) -> tuple[list[tuple[Any, Any, Any]], int]:
    """Random answers to published forms on which desk and phone differ, and how many findings there were."""
    indexed = {name: Form(form) for name, form in forms.items()}
    cases, ours = [], []
    for number in range(count):
        name = sorted(indexed)[number % len(indexed)]
        answers = made.answers(chance, indexed[name])
        cases.append({"kind": "check", "form": name, "answers": answers})
        findings = [
            {"path": one.path, "code": one.code, "message": one.message, "severity": one.severity}
            for one in check(indexed[name], answers, CONTEXT)
        ]
        finished, begun = finalise(indexed[name], answers, CONTEXT), prefill(indexed[name], answers, CONTEXT)
        ours.append({"findings": findings, "finalised": finished, "prefilled": begun})
    theirs = ask(script, cases, forms)
    differing = [(case, o, t) for case, o, t in zip(cases, ours, theirs, strict=True) if o != t]
    return differing, sum(len(one["findings"]) for one in ours)


def expressions(chance: Random, count: int) -> list[dict[str, Any]]:
    """Random expressions of the vectors' form, each with answers and the place where it stands."""
    scope = Linker(vectors("expressions")["form"], {}, {}, ()).scope
    names = [
        path
        for path, node in KIT.nodes.items()
        if "." not in path and node.question["type"] not in ("group", "repeat")
    ]
    cases = []
    for number in range(count):
        called = made.CALLED[number // 2 % len(made.CALLED)]
        source = made.call(chance, called, names) if number % 2 else made.expression(chance, names)
        answers, at = made.answers(chance, KIT), chance.choice(names)
        tree = Resolver(scope, at).resolve(parse(source))
        cases.append({"kind": "expression", "form": "kit", "answers": answers, "at": at, "tree": tree})
    return cases


def value_here(case: Mapping[str, Any]) -> Any:
    """What the server makes of an expression."""
    filling = Filling(KIT, case["answers"], CONTEXT)
    return _plain(evaluate(case["tree"], At(filling, Spot(KIT.nodes[case["at"]]))))


def differing_expressions(script: Path, cases: list[dict[str, Any]]) -> list[tuple[dict[str, Any], Any, Any]]:
    """The expressions that give two things on desk and phone: the case, ours, theirs."""
    pairs = zip(cases, map(value_here, cases), ask(script, cases), strict=True)
    return [(case, ours, theirs) for case, ours, theirs in pairs if not _same(ours, theirs)]


def _plain(value: Value) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"is": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return value


def _same(one: Any, two: Any) -> bool:
    return bool(one == two) and isinstance(one, bool) == isinstance(two, bool)
