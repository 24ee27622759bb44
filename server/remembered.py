"""A small memory of answers with an end date, bounded in size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Answers by key until a time in seconds; the oldest go when there are more than `size`."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()

    def expired(self, key: Hashable, now_s: float) -> bool:
        """Whether there is no answer that still counts."""
        found = self._answers.get(key)
        return found is None or now_s >= found[0]

    def get(self, key: Hashable, now_s: float) -> T | None:
        """The answer, if it still counts."""
        found = self._answers.get(key)
        return None if found is None or now_s >= found[0] else found[1]

    def put(self, key: Hashable, answer: T, until_s: float) -> None:
        """Remember an answer until then."""
        self._answers.pop(key, None)
        self._answers[key] = (until_s, answer)
        while len(self._answers) > self._size:
            self._answers.popitem(last=False)

    def drop(self, key: Hashable) -> None:
        """Forget an answer."""
        self._answers.pop(key, None)
