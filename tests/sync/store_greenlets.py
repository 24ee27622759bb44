"""A process as the web process is: monkey-patched by gevent, with the verbs of the store in native threads.

python -m tests.sync.store_greenlets FOLDER      says "ok" on standard output
"""

from gevent import monkey

monkey.patch_all()

import queue  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import gevent  # noqa: E402
from gevent.threadpool import ThreadPool  # noqa: E402

from sync.documents import Document  # noqa: E402
from sync.sqlite import SqliteStores, native  # noqa: E402


def main(folder: Path) -> None:
    assert native.SimpleQueue is not queue.SimpleQueue, (
        "gevent did not patch the queue it was expected to patch"
    )
    assert native.SimpleQueue.__module__ == "_queue"
    stores = SqliteStores(folder, open_files=1)
    for name in ("grid-a", "grid-b"):
        stores.create(name)

    def write(writer: int) -> None:
        for number in range(20):
            for name in ("grid-a", "grid-b"):
                document = Document.of(f"{writer}:{number}", [f"1-{number:032x}"], {})
                stores.open(name).graft([document])
                assert stores.open(name).get(document.doc_id).rev == document.rev
                stores.update_seqs()

    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while True:
            gevent.sleep(0.001)
            ticks += 1

    ticking = gevent.spawn(tick)
    pool = ThreadPool(8)
    for done in [pool.spawn(write, writer) for writer in range(8)]:
        done.get()
    ticking.kill()
    assert ticks > 5, "the hub stood still while native threads wrote"
    assert stores.update_seqs() == {"grid-a": "160", "grid-b": "160"}
    for name in ("grid-a", "grid-b"):
        assert stores.open(name).info().doc_count == 160
        assert stores.open(name).verify() == []
    print("ok")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
