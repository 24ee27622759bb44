"""`jinlin form`: workbooks in and out, and forms published, from the terminal; never a traceback."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from server.accounts import Accounts
from server.commands.forms import form
from server.publishing import published_versions
from sync.sqlite import SqliteStores
from tests.support.town import settle_town
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


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a server that was started once."""
    folder = tmp_path / "data"
    settle_town(folder, {"fang": ("author", "")})
    monkeypatch.setenv("JINLIN_DATA", str(folder))
    return folder


def definition(version: int = 1, **question: object) -> bytes:
    asked = {"name": "wish", "type": "text", "label": {"zh-CN": "愿望"}, **question}
    head = {"form": "garden", "version": version, "kind": "record", "title": {"zh-CN": "花园"}}
    return json.dumps({**head, "questions": [asked]}, ensure_ascii=False, indent=1).encode()


def versions(data: Path) -> list[int]:
    stores = SqliteStores(data / "stores")
    found = sorted(published_versions(stores.open("forms"), "garden"))
    stores.close()
    return found


def trail(data: Path) -> list[tuple[str, str, str]]:
    return [(row.who, row.what, row.detail) for row in Accounts(data / "accounts.sqlite").notes()]


def test_a_definition_is_published_once_and_the_audit_trail_says_by_whom(data: Path) -> None:
    file = write(data.parent, "garden.json", definition())
    first = run("publish", file)
    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout == (
        f"{file}: garden 1 新表单，已发布，手机下次同步时收到。 "
        "It is a new form, published; phones get it when they next synchronise.\n"
    )
    who = f"terminal:{getpass.getuser()}"
    assert trail(data) == [(who, "publish_form", "form:garden:1")]
    again = run("publish", file)
    assert again.exit_code == 0
    assert "已发布过，内容相同，没有改动" in again.stdout
    assert versions(data) == [1]
    assert len(trail(data)) == 1


def test_a_new_version_says_which_it_follows_and_a_dry_run_writes_nothing(data: Path) -> None:
    run("publish", write(data.parent, "garden.json", definition()))
    file = write(data.parent, "garden.json", definition(2))
    dry = run("publish", file, "--dry-run")
    assert dry.exit_code == 0
    assert "garden 2 第 1 版之后的新版本，可以发布" in dry.stdout
    assert (versions(data), len(trail(data))) == ([1], 1)
    assert "a new version after 1, published" in run("publish", file).stdout
    assert versions(data) == [1, 2]


def test_a_workbook_is_published_and_what_is_wrong_with_its_next_version_is_told_by_cell(data: Path) -> None:
    def book(version: int, kind: str) -> Path:
        rows = [SURVEY, (kind, "wish", "愿望")]
        head = [("form_id", "version"), ("garden", version)]
        return write(data.parent, "book.xlsx", workbook(survey=rows, settings=head))

    assert run("publish", book(1, "text")).exit_code == 0
    done = run("publish", book(2, "integer"))
    assert done.exit_code == 1
    assert done.stderr == (
        "book.xlsx survey!A2 错误 error: 'wish' 在第 1 版里是 'text'；请换一个名称，或写明答案怎么搬（migration）。 "
        "'wish' is 'text' in version 1: take another name, or declare a migration.\n"
        "什么都没有发布。 Nothing was published.\n"
    )
    assert versions(data) == [1]


def test_if_anything_is_wrong_with_one_of_several_files_none_is_published(data: Path) -> None:
    good = write(data.parent, "good.json", definition())
    for wrong in (
        write(data.parent, "broken.json", definition(type="essay")),
        data.parent / "nowhere.json",
        write(data.parent, "shipped.json", definition().replace(b"garden", b"visit")),
    ):
        done = run("publish", good, wrong)
        assert (done.exit_code, done.stdout) == (1, "")
        assert str(wrong) in done.stderr
        assert done.stderr.endswith("Nothing was published.\n")
    assert versions(data) == []


def test_a_published_version_that_differs_is_told_with_the_number_to_take(data: Path) -> None:
    run("publish", write(data.parent, "garden.json", definition()))
    file = write(data.parent, "garden.json", definition(label={"zh-CN": "心愿"}))
    done = run("publish", file)
    assert done.exit_code == 1
    assert f"{file}:3: version: garden 第 1 版已发布，内容不同" in done.stderr
    assert "take version 2." in done.stderr


def test_where_no_server_has_its_data_nothing_is_made_and_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, "garden.json", definition())
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder in (tmp_path / "nowhere", file, empty):
        monkeypatch.setenv("JINLIN_DATA", str(folder))
        done = run("publish", file)
        assert done.exit_code == 1
        assert f"{folder} 里没有近邻的数据" in done.output
    assert not (tmp_path / "nowhere").exists()
    assert list(empty.iterdir()) == []


def test_who_may_not_write_the_data_folder_is_told_so(data: Path) -> None:
    file = write(data.parent, "garden.json", definition())
    accounts = data / "accounts.sqlite"
    accounts.unlink()
    accounts.mkdir()  # nobody can open it: as for a user without rights, whom a test that runs as root cannot be
    done = run("publish", file)
    assert done.exit_code == 1
    assert "读写不了" in done.output
    assert versions(data) == []
