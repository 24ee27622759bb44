"""What a store has acknowledged stays, whatever happens to its process."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sync.documents import Document
from sync.sqlite import SqliteStores
from tests.sync.store_writer import BATCH, DATABASE

ROOT = Path(__file__).parents[2]
WRITER = [sys.executable, "-m", "tests.sync.store_writer"]

_WRITE = re.compile(r"pwrite64\((\d+)<[^>]*-wal>")
_SYNC = re.compile(r"(?:fdatasync|fsync)\((\d+)<[^>]*-wal>\)\s*=\s*0")
_REPLY = re.compile(r'write\(\d+<[^>]*>, "acknowledged')


def replies_before_the_sync(trace: list[str]) -> list[str]:
    """The replies in a trace of system calls that were sent while the write-ahead log held something unsynced.

    Also a reply with no write at all before it is named: nothing was stored then.
    """
    early, unsynced, written = [], set[str](), False
    for call in trace:
        if wrote := _WRITE.search(call):
            unsynced.add(wrote[1])
            written = True
        elif synced := _SYNC.search(call):
            unsynced.discard(synced[1])
        elif _REPLY.search(call):
            if unsynced or not written:
                early.append(call)
            written = False
    return early


def test_the_log_is_synced_before_the_reply(tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.fail(
            "strace is not installed (`apt-get install strace`): durability cannot be shown without it"
        )
    with closing(SqliteStores(tmp_path)) as stores:
        stores.create(DATABASE)
    trace = tmp_path / "trace"
    watched = [strace, "-f", "-y", "-e", "trace=pwrite64,write,fdatasync,fsync", "-o", str(trace)]
    subprocess.run(
        [*watched, *WRITER, "graft", str(tmp_path), "5", "a"], cwd=ROOT, check=True, capture_output=True
    )

    # The table of claims is a hint that needs no durability: only the database's own log counts.
    calls = [line for line in trace.read_text().splitlines() if "_changed.sqlite" not in line]
    assert sum(1 for call in calls if _REPLY.search(call)) == 5
    assert replies_before_the_sync(calls) == []


def test_the_judge_of_traces_sees_a_reply_that_came_too_early() -> None:
    write = '7 pwrite64(5</data/grid.sqlite-wal>, "…", 4096, 32) = 4096'
    sync = "7 fdatasync(5</data/grid.sqlite-wal>) = 0"
    reply = '7 write(1<pipe:[3]>, "acknowledged\\n", 13) = 13'

    assert replies_before_the_sync([write, sync, reply]) == []
    assert replies_before_the_sync([write, reply, sync]) == [reply]
    assert replies_before_the_sync([write, sync, write, reply]) == [reply]
    assert replies_before_the_sync([write, sync, reply, reply]) == [reply]
    assert replies_before_the_sync([write, sync.replace("= 0", "= -1 EIO"), reply]) == [reply]


@contextmanager
def nursery(folder: Path, work: str) -> Iterator[subprocess.Popen[str]]:
    """A process that forks writers and kills them to order."""
    command = [*WRITER, "nursery", str(folder), work]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def killed(process: subprocess.Popen[str], letter: str, chance: random.Random) -> int:
    """Let a writer work and kill it at a random point; how much it had acknowledged."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{letter} {chance.randrange(6)} {chance.randrange(4000)}\n")
    process.stdin.flush()
    return int(process.stdout.readline())


def test_kill_minus_nine_loses_nothing_acknowledged_and_leaves_no_half_document(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    with closing(SqliteStores(tmp_path)) as stores, nursery(tmp_path, "graft") as process:
        store = stores.create(DATABASE)
        store.graft([Document.of("shared", [f"1-{'0' * 32}"], {})])
        for round_number in range(50):
            letter = f"{round_number + 1:04d}"
            acknowledged = killed(process, letter, chance)
            present = [doc_id for doc_id, _ in store.all_ids(f"{letter}:", f"{letter}:z")]
            edits = [leaf for leaf in store.leaves("shared") if leaf.rev[2:18] == f"{letter:0>16}"]

            where = f"seed {seed}, round {round_number}"
            assert len(present) in (acknowledged * BATCH, (acknowledged + 1) * BATCH), where
            assert len(edits) == len(present) // BATCH, where
            assert stores.update_seqs()[DATABASE] == store.info().update_seq, where
        assert store.verify() == [], f"seed {seed}"
    with closing(SqliteStores(tmp_path)) as stores:
        assert stores.update_seqs() == {DATABASE: stores.open(DATABASE).info().update_seq}


def test_kill_minus_nine_leaves_no_half_database(tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    with closing(SqliteStores(tmp_path)) as stores, nursery(tmp_path, "databases") as process:
        for round_number in range(15):
            killed(process, f"{round_number:04d}", chance)
            told = stores.update_seqs()
            for name in stores.names():
                where = f"seed {seed}, round {round_number}, {name}"
                if name in told:
                    assert stores.open(name).verify() == [], where
                    assert told[name] == stores.open(name).info().update_seq, where
                    stores.delete(name)
                stores.create(name)
                assert stores.open(name).info().doc_count == 0, where
                stores.delete(name)
