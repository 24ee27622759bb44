"""Processes that write into a store until somebody stops them (run by `test_durability.py`).

graft FOLDER ROUNDS LETTER   grafts batches and says "acknowledged" on standard output after each
nursery FOLDER WORK          forks for each line of standard input a writer that does WORK (graft or databases), and
                             kills it as the line says: `<letter> <after how many acknowledgements> <microseconds>`
"""

from __future__ import annotations

import os
import select
import signal
import sys
from itertools import count
from pathlib import Path

from sync.documents import Document
from sync.errors import SyncError
from sync.sqlite import SqliteStores

DATABASE = "grid-durable"
BATCH = 20


def batch(letter: str, number: int) -> list[Document]:
    """Documents of one batch: new ones, and one edit each of a document that every batch edits."""
    rev = f"1-{number:032x}"
    fresh = [
        Document.of(f"{letter}:{number:06d}:{n:02d}", [rev], {"batch": number, "pad": "x" * 900})
        for n in range(BATCH)
    ]
    return [
        *fresh,
        Document.of("shared", [f"2-{letter:0>16}{number:016x}", f"1-{'0' * 32}"], {"batch": number}),
    ]


def graft(folder: Path, letter: str, rounds: int | None, out: int) -> None:
    """Graft batch after batch; a line to `out` after each."""
    store = SqliteStores(folder).open(DATABASE)
    for number in range(rounds) if rounds is not None else count():
        store.graft(batch(letter, number))
        os.write(out, b"acknowledged\n")


def databases(folder: Path, letter: str, out: int) -> None:
    """Make, write and delete databases without end; a line to `out` after each step."""
    stores = SqliteStores(folder)
    for number in count():
        name = f"grid-{number % 3}"
        try:
            stores.create(name).graft(batch(letter, number))
            os.write(out, b"acknowledged\n")
            stores.delete(name)
        except SyncError:
            stores.delete(name)
        os.write(out, b"acknowledged\n")


def nursery(folder: Path, work: str) -> None:
    """Fork writers and kill them, one for each line of input; tell for each how much it had acknowledged."""
    for order in sys.stdin:
        letter, acknowledgements, microseconds = order.split()
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                if work == "graft":
                    graft(folder, letter, None, writing)
                else:
                    databases(folder, letter, writing)
            finally:
                os._exit(1)
        os.close(writing)
        heard = b""
        while heard.count(b"\n") < int(acknowledgements) and (piece := os.read(reading, 4096)):
            heard += piece
        select.select([], [], [], int(microseconds) / 1e6)
        os.kill(pid, signal.SIGKILL)
        was_killed = os.WIFSIGNALED(os.waitpid(pid, 0)[1])
        while piece := os.read(reading, 4096):
            heard += piece
        os.close(reading)
        print(heard.count(b"\n") if was_killed else "the writer failed", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "graft":
        graft(Path(sys.argv[2]), sys.argv[4], int(sys.argv[3]), 1)
    else:
        nursery(Path(sys.argv[2]), sys.argv[3])
