"""`jinlin serve`: the web and the followers as two processes that live and die together."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from types import FrameType

STOP_S = 20.0
"""How long a process may take to stop before it is killed."""


def run_together(commands: Sequence[Sequence[str]], env: Mapping[str, str]) -> int:
    """Run `jinlin` commands side by side until one ends or a signal comes; the exit code of the first that ended.

    One that was killed by signal n counts as 128 + n, as in a shell. A signal to us is passed on and is no failure.
    """
    over = threading.Event()
    signalled = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        signalled.set()
        over.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    processes = [
        subprocess.Popen([sys.executable, "-m", "server.cli", *command], env=env) for command in commands
    ]
    for process in processes:
        threading.Thread(target=_watch, args=(process, over), daemon=True).start()
    over.wait()
    ended = [process.poll() for process in processes]
    _stop(processes)
    if signalled.is_set():
        return 0
    code = next((code for code in ended if code is not None), 1)
    return code if code >= 0 else 128 - code


def _watch(process: subprocess.Popen[bytes], over: threading.Event) -> None:
    process.wait()
    over.set()


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
