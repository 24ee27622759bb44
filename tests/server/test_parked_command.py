"""`jinlin parked`: what the followers gave up on, and another attempt at it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from server.cli import main
from server.followers import PARKED_AFTER, Ledger
from sync.documents import Change, Leaf


def jinlin(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, ["--data", str(data), "parked", *words], env={"COLUMNS": "200"})


def fail(data: Path, doc_id: str, times: int) -> None:
    ledger = Ledger(data / "followers.sqlite")
    for _ in range(times):
        ledger.fail("index", "grid-a", Change("1", doc_id, (Leaf("1-a", False),)), "KeyError", 0)
    ledger.close()


def test_where_nothing_is_parked_it_says_so(tmp_path: Path) -> None:
    for words in ("list", "retry"):
        result = jinlin(tmp_path, words)
        assert (result.exit_code, "Nothing is parked" in result.output) == (0, True)
    assert not (tmp_path / "followers.sqlite").exists()


def test_the_list_names_each_change_and_its_state(tmp_path: Path) -> None:
    fail(tmp_path, "record:parked", PARKED_AFTER)
    fail(tmp_path, "record:waiting", 2)
    output = jinlin(tmp_path, "list").output

    [parked] = [line for line in output.splitlines() if "record:parked" in line]
    [waiting] = [line for line in output.splitlines() if "record:waiting" in line]
    assert parked.split()[:6] == ["index", "grid-a", "record:parked", "1-a", "KeyError", "5/5"]
    assert ("parked" in parked.split()[-1], waiting.split()[-1]) == (True, "waiting")


def test_a_retry_makes_what_is_parked_due_and_leaves_the_rest(tmp_path: Path) -> None:
    fail(tmp_path, "record:parked", PARKED_AFTER)
    fail(tmp_path, "record:waiting", 2)

    assert "tried again: 1" in jinlin(tmp_path, "retry").output
    ledger = Ledger(tmp_path / "followers.sqlite")
    assert [trouble.doc_id for trouble in ledger.due(0)] == ["record:parked"]
    assert [trouble.parked for trouble in ledger.troubles()] == [False, False]
    ledger.close()
    assert "Nothing is parked" in jinlin(tmp_path, "retry").output
