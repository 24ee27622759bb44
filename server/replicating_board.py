"""What `jinlin replicate` shows: a bar for each database that is being sent, a line for each that was."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from server.replicating import Outcome
from sync.errors import NotFound, SyncError
from sync.replicate import Progress as Sent

_WORDS = {
    "AccessRefused": "账号或密码不对,或者没有权限",
    "NotACouch": "那里不是近邻,也不是 CouchDB",
    "StoreUnavailable": "连不上对方服务器",
    "NotFound": "没有这个数据库",
}


def explain(error: SyncError) -> str:
    """What went wrong, for an operator; never with a name, a password or an answer in it."""
    detail = f"no database {error.what}" if isinstance(error, NotFound) else str(error)
    return f"{_WORDS.get(type(error).__name__, '出错了')} {detail}"


@dataclass
class _Bar:
    task: TaskID
    total: int = 0


class Board:
    """Progress on a terminal: a bar for each database that is being sent, a line for each that was."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._bars: dict[str, _Bar] = {}
        self._lock = threading.Lock()
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
        )
        self._progress = Progress(*columns, console=console, transient=True)

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The bars are on the screen, where there is one."""
        if self._console.is_terminal and not self._quiet:
            with self._progress:
                yield
        else:
            yield

    def tell(self, line: str) -> None:
        """A line for whoever wants to know."""
        if not self._quiet:
            self.warn(line)

    def warn(self, line: str) -> None:
        """A line that is said even when quiet."""
        self._console.print(line, highlight=False, soft_wrap=True, markup=False)

    def begins(self, database: str) -> None:
        with self._lock:
            self._bars[database] = _Bar(self._progress.add_task(database, total=None, note=""))

    def advances(self, database: str, progress: Sent) -> None:
        with self._lock:
            bar = self._bars[database]
            total = progress.checked + progress.left
            self._progress.update(
                bar.task, completed=progress.checked, total=total, note=f"↑{progress.written}"
            )

    def ends(self, outcome: Outcome) -> None:
        with self._lock:
            self._progress.remove_task(self._bars.pop(outcome.database).task)
        if outcome.error:
            self.warn(f"{outcome.database}: {explain(outcome.error)}")
        elif outcome.result and (outcome.result.written or outcome.result.refused):
            refused = len(outcome.result.refused)
            tail = f",对方拒收 {refused} refused" if refused else ""
            self.tell(f"{outcome.database}: 已传 {outcome.result.written} sent{tail}")

    def sum_up(self, outcomes: Sequence[Outcome]) -> None:
        results = [outcome.result for outcome in outcomes if outcome.result]
        written, refused = sum(r.written for r in results), sum(len(r.refused) for r in results)
        failed = len(outcomes) - len(results)
        self.tell(
            f"{len(results)} 个数据库 databases, 已传 {written} sent, 拒收 {refused} refused, 失败 {failed} failed"
        )
        reasons = sorted({r.reason.partition(":")[0] for result in results for r in result.refused})
        if reasons:
            self.tell(f"拒收原因 refused because: {', '.join(reasons)}")
