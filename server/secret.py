"""The server's own secret, with which it signs: a file that only its user reads."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path


def read_or_make(path: Path, new_secret: Callable[[], str]) -> bytes:
    """The secret, made at first use (mode 0600). Of several that make one at once, all read the first."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
        with open(
            os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
        ) as file:
            file.write(new_secret())
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return path.read_bytes()
