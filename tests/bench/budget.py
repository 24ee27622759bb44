"""`python -m tests.bench.budget`: where the microseconds of a bulk write go, per document of 1 kB in batches of 500.

Each stage is run by itself on the same batches, in one thread, without a server; the whole request goes through the
app's own test client. CPU is of the thread, so that a busy machine shows mainly in the other column.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from server.access import Actor, Grant
from server.admission import admit
from server.garbage import collect_seldom
from sync import wire
from sync.documents import Document
from sync.sqlite import SqliteStores
from sync.sqlite.staging import Staging
from sync.sqlite.writing import Batch
from tests.bench.documents import BATCH, DEVICE, batches
from tests.bench.harness import machine
from tests.bench.sides import BY
from tests.support.site import close_site, open_site
from tests.support.town import COMMUNITY, GRIDS

BATCHES = 40


class Stage:
    """Times of one stage, a pair for each batch."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._cpu_s: list[float] = []
        self._wall_s: list[float] = []

    def timed(self, work: Callable[[], Any]) -> Any:
        """What `work` gives, its time noted."""
        cpu_s, wall_s = time.thread_time(), time.perf_counter()
        result = work()
        self._wall_s.append(time.perf_counter() - wall_s)
        self._cpu_s.append(time.thread_time() - cpu_s)
        return result

    def line(self) -> str:
        cpu, wall = (statistics.median(each) / BATCH * 1e6 for each in (self._cpu_s, self._wall_s))
        return f"| {self.name} | {cpu:.1f} | {wall:.1f} |"


def main() -> None:
    """Measure every stage and print the budget."""
    code, database = next(iter(GRIDS.items()))
    bodies = batches(0, BATCHES * BATCH, code, database, BY)
    collect_seldom()
    with tempfile.TemporaryDirectory(prefix="jinlin-budget-") as folder:
        stages = [*_reading(bodies), *_writing(_documents(bodies), Path(folder))]
        stages.append(_whole(bodies, database, Path(folder)))
    print("\n".join(machine()), end="\n\n")
    print("| Stage | CPU µs | wall µs |\n|---|---|---|")
    print("\n".join(stage.line() for stage in stages))


def _documents(bodies: Sequence[bytes]) -> list[list[Document]]:
    return [
        [wire.read_document(each, bytes_max=2**20) for each in wire.read_batch(b).members] for b in bodies
    ]


def _reading(bodies: Sequence[bytes]) -> list[Stage]:
    parse, read, take = Stage("parse the batch"), Stage("documents of it"), Stage("admission")
    actor = Actor(BY, "", DEVICE, (Grant("community", COMMUNITY),))
    for body in bodies:
        members = parse.timed(lambda b=body: orjson.loads(b))["docs"]
        documents = read.timed(lambda m=members: [wire.read_document(each, bytes_max=2**20) for each in m])
        take.timed(lambda d=documents: [admit(actor, each, ()) for each in d])
    return [parse, read, take]


def _writing(batches_read: Sequence[Sequence[Document]], folder: Path) -> list[Stage]:
    find, tree, insert, commit = map(Stage, ("look up ids", "trees and rows", "insert", "commit to the disk"))
    stores = SqliteStores(folder / "alone")
    stores.create("budget")
    file = stores._file("budget")
    staging = Staging(lambda: file)
    for documents in batches_read:
        writing = file.writing()
        db, state = writing.__enter__()
        doc_ids = [each.doc_id for each in documents]
        batch = find.timed(lambda ids=doc_ids, db=db, s=state: Batch(db, s, ids, staging))
        tree.timed(lambda d=documents, b=batch: [b.add(each) for each in d])
        insert.timed(batch.finish)
        commit.timed(lambda w=writing: w.__exit__(None, None, None))
    stores.close()
    return [find, tree, insert, commit]


def _whole(bodies: Sequence[bytes], database: str, folder: Path) -> Stage:
    site, whole = open_site(folder / "site"), Stage("the whole request")
    client = site.client(BY, DEVICE)
    for body in bodies:
        reply = whole.timed(
            lambda b=body: client.post(f"/db/{database}/_bulk_docs", data=b, content_type="application/json")
        )
        if reply.data.strip() != b"[]":
            raise AssertionError(reply.data[:300])
    close_site(site)
    return whole


if __name__ == "__main__":
    main()
