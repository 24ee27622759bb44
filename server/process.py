"""What a long-running process asks of the system it runs on; where it has no such thing, nothing happens."""

from __future__ import annotations

import ctypes
import resource
import signal

_M_ARENA_MAX = -8
_PR_SET_PDEATHSIG = 1


def share_one_heap() -> None:
    """Let all threads allocate from one heap; to be called before there are any.

    glibc gives each thread a heap of its own, and what one has freed the others cannot use: a web process that had
    looked into 990 grids kept 20 MiB more. Our threads wait for the interpreter's lock, not for malloc's.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc has it
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def end_with_parent() -> None:
    """Be told to stop when the process that forked this one ends, however it ends."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)  # Linux has it
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def lift_file_limit() -> None:
    """Open as many files as the system allows, where a shell gives 1,024: a phone that waits is one."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
