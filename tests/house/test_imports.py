"""The direction of imports: server → forms, sync; forms and sync know neither each other nor server."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {"forms": {"sync", "server", "flask", "gevent"}, "sync": {"forms", "server", "flask", "gevent"}}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("package", sorted(FORBIDDEN))
def test_a_package_imports_only_what_it_may(package: str) -> None:
    broken = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in (ROOT / package).rglob("*.py")
        if "node_modules" not in path.parts
        for name in set(imported(path)) & FORBIDDEN[package]
    }
    assert broken == set()


def test_there_is_no_home_for_homeless_code() -> None:
    homeless = {"utils", "util", "helpers", "common", "base", "manager", "misc"}
    found = [
        str(path.relative_to(ROOT))
        for package in ("server", "forms", "sync")
        for path in (ROOT / package).rglob("*.py")
        if path.stem in homeless and "node_modules" not in path.parts
    ]
    assert found == []
