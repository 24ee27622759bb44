"""`jinlin serve`: the followers in this process and the web in a child of it, which live and die together.

The child is forked when all code is loaded, so that it, its workers and the followers share the pages of it.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.process import BaseProcess

from server.process import end_with_parent

STOP_S = 20.0
"""How long the web may take to stop before it is killed."""


def run_together(web: Callable[[], None], work: Callable[[threading.Event], None]) -> int:
    """Run both until one ends or a signal comes; the exit code.

    `work` returns when the event is set, and at a signal: that is no failure. If the web ends by itself, its exit code
    is ours; where signal n has killed it, 128 + n, as in a shell.
    """
    stop = threading.Event()
    process = get_context("fork").Process(target=_run, args=(web,), name="web")
    process.start()
    threading.Thread(target=_watch, args=(process, stop), daemon=True).start()
    try:
        work(stop)
        code = process.exitcode or 0
    finally:
        _end(process)
    return code if code >= 0 else 128 - code


def _run(web: Callable[[], None]) -> None:
    end_with_parent()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    web()


def _watch(process: BaseProcess, stop: threading.Event) -> None:
    process.join()
    stop.set()


def _end(process: BaseProcess) -> None:
    process.terminate()
    process.join(STOP_S)
    if process.is_alive():
        process.kill()
        process.join()
