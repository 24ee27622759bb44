"""`jinlin form`: workbooks in and out from the terminal, never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.cli_forms import form
from tests.support.workbooks import SURVEY, workbook

GOOD = workbook(survey=[SURVEY, ("text", "a", "甲")], settings=[("form_id", "version"), ("door", 2)])
LEFT_OUT = workbook(survey=[SURVEY, ("text", "a", "甲"), ("osm", "b", "乙")])
BROKEN = workbook(survey=[(*SURVEY, "relevant"), ("text", "a", "甲", "${b} = 1")])


def run(*words: object) -> Result:
    return CliRunner().invoke(form, [str(word) for word in words])


def write(folder: Path, name: str, data: bytes) -> Path:
    file = folder / name
    file.write_bytes(data)
    return file


def test_a_workbook_becomes_a_definition_in_a_folder(tmp_path: Path) -> None:
    done = run("import", write(tmp_path, "book.xlsx", GOOD), "--out", tmp_path / "new")
    made = tmp_path / "new" / "door.json"
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{made}\ndoor version 2 loads (1 questions at the top)\n"
    assert json.loads(made.read_text(encoding="utf-8"))["questions"][0]["label"] == {"zh-CN": "甲"}
    assert run("check", made).exit_code == 0


def test_what_is_left_out_is_told_and_the_rest_imported(tmp_path: Path) -> None:
    done = run("import", write(tmp_path, "book.xlsx", LEFT_OUT), "--out", tmp_path)
    assert done.exit_code == 0
    assert done.stdout.startswith(
        "book.xlsx survey!A3 未导入 left out: 不采集 OSM 要素；请改用 geopoint。 "
        "OpenStreetMap features are not collected; use geopoint\n"
    )
    assert (tmp_path / "book.json").exists()


def test_a_broken_form_writes_nothing_and_exits_1(tmp_path: Path) -> None:
    file = write(tmp_path, "book.xlsx", BROKEN)
    for command in (("import", file, "--out", tmp_path / "new"), ("check", file)):
        done = run(*command)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith(
            "book.xlsx survey!D2 错误 error: ${b}：没有这个名称的题；请核对写法。 "
            "${b}: there is no question of that name.\n"
        )
    assert not (tmp_path / "new").exists()


def test_a_table_beside_the_workbook_is_found_and_none_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write(tmp_path, "places.csv", b"name,label\n1,One\n")
    rows = [
        SURVEY,
        ("select_one_from_file places.csv", "a", "A"),
        ("select_one_from_file ../places.csv", "b", "B"),
    ]
    run("import", write(tmp_path, "book.xlsx", workbook(survey=rows)), "--out", tmp_path)
    made = json.loads((tmp_path / "book.json").read_text(encoding="utf-8"))
    assert made["choices"] == {
        "places": [{"name": "1", "label": {"und": "One"}}],
        "../places": {"file": "../places.csv"},
    }


@pytest.mark.parametrize("command", ["import", "check", "export"])
@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("nothing.xlsx", None, "没有这个文件。 There is no such file."),
        ("empty.xlsx", b"", "文件是空的。 The file is empty."),
        ("text.xlsx", b"type,name", "这不是 Excel 工作簿"),
        ("torn.xlsx", GOOD[:2000], "工作簿已损坏"),
        (
            "locked.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "加了密码",
        ),
        ("folder.xlsx", "folder", "这是文件夹，不是文件。 This is a folder, not a file."),
    ],
)
def test_what_is_no_workbook_is_one_clear_sentence(
    tmp_path: Path, command: str, name: str, data: bytes | str | None, said: str
) -> None:
    file = tmp_path / name
    if data == "folder":
        file.mkdir()
    elif isinstance(data, bytes):
        file.write_bytes(data)
    done = run(command, file)
    assert done.exit_code == 1
    assert not isinstance(done.exception, Exception)
    if command != "export" or data is None or data == "folder":
        assert said in done.stderr
    assert "Traceback" not in done.output


def test_a_shipped_form_is_exported_by_its_name_and_comes_back(tmp_path: Path) -> None:
    done = run("export", "visit", "--out", tmp_path)
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / 'visit.xlsx'}\n")
    again = run("import", tmp_path / "visit.xlsx", "--out", tmp_path)
    assert (again.exit_code, again.stderr) == (0, "")
    assert run("export", tmp_path / "visit.json", "--out", tmp_path / "new").exit_code == 0


def test_a_definition_that_no_workbook_holds_is_told(tmp_path: Path) -> None:
    definition = {
        "form": "f",
        "version": 1,
        "kind": "record",
        "title": {"en": "F"},
        "questions": [{"name": "a", "type": "text", "label": {"en": "x" * 40_000}}],
    }
    file = write(tmp_path, "f.json", json.dumps(definition).encode())
    done = run("export", file, "--out", tmp_path)
    assert done.exit_code == 1
    assert "A text is too long for a cell" in done.stderr


def test_where_nothing_can_be_written_it_is_told(tmp_path: Path) -> None:
    taken = write(tmp_path, "taken", b"")
    for command in (("import", write(tmp_path, "book.xlsx", GOOD)), ("export", "visit")):
        done = run(*command, "--out", taken)
        assert done.exit_code == 1
        assert "cannot write" in done.stderr
