"""The documents tell the truth about the code."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from click.testing import CliRunner

from server.cli import main
from server.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[2]


def test_the_commands_of_the_readme_exist() -> None:
    readme = (ROOT / "README.md").read_text()
    targets = set(re.findall(r"`?make ([a-z-]+)`?", readme))
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    assert targets - known == set()
    for words in re.findall(r"^    jinlin ([a-z ]+)", readme, re.M):
        command = [word for word in words.split("  ")[0].split() if word]
        result = CliRunner().invoke(main, [*command, "--help"])
        assert result.exit_code == 0, f"jinlin {' '.join(command)}: {result.output}"


def test_the_settings_page_lists_every_setting_with_its_default() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| \w+ \| (?:`(.*?)`|—) \|", page, re.M)
    assert rows == [(s.name, s.env, str(s.default)) for s in SETTINGS]


def test_every_route_is_in_the_protocol_page() -> None:
    from server.app import url_rules

    page = (ROOT / "docs" / "protocol.md").read_text()
    lacking = [
        rule
        for rule in url_rules()
        if rule.startswith(("/db", "/api", "/healthz")) and f"`{rule}`" not in page
    ]
    assert lacking == []


def test_nothing_tracked_names_a_registry_host_or_a_path_of_one_machine() -> None:
    hosts = ["registry." + "npmjs", "pypi" + ".org", "pythonhosted" + ".org", "/" + "work/main", "/" + "tmp/"]
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    found = []
    for name in filter(None, names.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in (".png", ".woff2", ".ico") or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        found += [f"{name}: {host}" for host in hosts if host in text]
    assert found == []
