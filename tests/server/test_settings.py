"""Settings: flag over environment over file over default."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from server.cli import main
from server.settings import SETTINGS, BadSetting, load, resolve


def test_a_value_comes_from_the_nearest_place(tmp_path: Path) -> None:
    file = tmp_path / "jinlin.toml"
    file.write_text('port = 1\nhost = "file"\ndata = "from-file"\n')
    env = {"JINLIN_CONFIG": str(file), "JINLIN_PORT": "2", "JINLIN_DATA": "from-env"}
    chosen = resolve(env, {"data": "from-flag"})
    settings, origins = chosen.settings, chosen.origins
    assert (settings.host, settings.port, settings.data) == ("file", 2, Path("from-flag"))
    assert [origins[name] for name in ("host", "port", "data", "index")] == [
        "file",
        "environment",
        "flag",
        "default",
    ]


@pytest.mark.parametrize(
    ("env", "word"),
    [
        ({"JINLIN_PROT": "1"}, "prot"),
        ({"JINLIN_PORT": "many"}, "port"),
        ({"JINLIN_SECURE_COOKIES": "perhaps"}, "secure_cookies"),
        ({"JINLIN_CONFIG": "/no/such/file"}, "/no/such/file"),
    ],
)
def test_what_is_unknown_or_of_the_wrong_kind_is_named(env: dict[str, str], word: str) -> None:
    with pytest.raises(BadSetting, match=word):
        load(env)


@pytest.mark.parametrize("text", ["port = 1.5", "port = true", "prot = 1", "nonsense", "[port]\nx = 1"])
def test_a_broken_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "jinlin.toml"
    file.write_text(text)
    with pytest.raises(BadSetting):
        load({"JINLIN_CONFIG": str(file)})


def test_other_variables_are_nobodys_business() -> None:
    assert load({"PORT": "1", "HOME": "/"}).port == 8000


def test_the_command_shows_where_each_came_from_and_masks_secrets() -> None:
    env = {"JINLIN_DEMO_PASSWORD": "very-secret", "JINLIN_PORT": "8123"}
    shown = CliRunner().invoke(main, ["settings", "--host", "0.0.0.0"], env=env)
    assert shown.exit_code == 0
    assert "very-secret" not in shown.output
    assert all(row.name in shown.output for row in SETTINGS)
    lines = {line.split()[0]: line.split() for line in shown.output.splitlines() if line.strip()}
    assert lines["port"][1:3] == ["8123", "environment"]
    assert lines["host"][1:3] == ["0.0.0.0", "flag"]


def test_a_misspelt_setting_is_one_sentence() -> None:
    result = CliRunner().invoke(main, ["settings"], env={"JINLIN_PROT": "1"})
    assert (result.exit_code, result.output) == (
        1,
        "Error: no setting is called 'prot' (from the environment)\n",
    )


def test_a_password_in_a_url_is_masked() -> None:
    given = {"JINLIN_STORE": "https://admin:a-p@ssword@couch:5984", "JINLIN_INDEX": "sqlite:///x.sqlite"}
    shown = {name: value for name, value, _ in resolve(given).shown()}
    assert shown["store"] == "https://admin:••••@couch:5984"
    assert shown["index"] == "sqlite:///x.sqlite"
