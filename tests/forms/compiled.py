"""What the phone's tests need and only Python can make: syntax trees and published forms of the vectors.

`python -m tests.forms.compiled` writes `forms/vectors/compiled.json`; a test fails when it is out of date.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from forms.catalogue import shipped, workflows
from forms.definition import load
from forms.expressions import parse
from forms.linking import Linker
from forms.publish import published
from forms.scope import Resolver
from forms.succession import succeed

VECTORS = Path(__file__).parents[2] / "forms" / "vectors"
COMPILED = VECTORS / "compiled.json"
FILES = ("expressions", "check", "workflow", "due", "migration")


def vectors(name: str) -> dict[str, Any]:
    """One file of vectors."""
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache
def compiled() -> dict[str, Any]:
    """Counts, trees by place and source, published forms by name, workflow tables."""
    files = {name: vectors(name) for name in FILES}
    expressions = files["expressions"]
    linker = Linker(expressions["form"], {}, {}, ())
    trees: dict[str, dict[str, Any]] = {}
    for case in expressions["cases"]:
        at = case.get("at", "z")
        tree = Resolver(linker.scope, at).resolve(parse(case["expr"]))
        trees.setdefault(at, {})[case["expr"]] = tree
    forms = {definition.form: published(definition) for definition in shipped()}
    for name, definition in files["check"]["forms"].items():
        forms[name] = published(load(definition, {}, workflows()))
    return {
        "counts": {name: len(file["cases"]) for name, file in files.items()},
        "kit": published(load(expressions["form"])),
        "trees": trees,
        "forms": forms,
        "workflows": workflows(),
        "successions": {name: succession(versions) for name, versions in files["migration"]["forms"].items()},
    }


def succession(versions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The published versions of one form, each made to follow those before it."""
    made: list[dict[str, Any]] = []
    for definition in versions:
        made.append(succeed(load(definition, {}, {}, ("zh-CN",)), made))
    return made


def text_of(value: Any) -> str:
    """The file's text: one line for each part, so that a change is small to read."""
    parts = []
    for key, inner in value.items():
        if key in ("trees", "forms", "successions"):
            lines = [f"    {json.dumps(name)}: {_flat(one)}" for name, one in inner.items()]
            parts.append(f"  {json.dumps(key)}: {{\n" + ",\n".join(lines) + "\n  }")
        else:
            parts.append(f"  {json.dumps(key)}: {_flat(inner)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _flat(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    COMPILED.write_text(text_of(compiled()), encoding="utf-8")
