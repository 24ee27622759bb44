"""Work that would block the hub of a gevent worker, done in a native thread instead.

SQLite, argon2, compression and image work go through `offload`. Outside a gevent worker it is a plain call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import ParamSpec, TypeVar

from gevent import get_hub, monkey

P = ParamSpec("P")
T = TypeVar("T")

PIECE = 200
"""How many items of an iterator one visit to the native thread reads."""


def offload(fn: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `fn` returns or raises, computed in a native thread while other requests go on.

    `fn` must not use the request, nor anything of gevent.
    """
    if not monkey.is_module_patched("socket"):
        return fn(*args, **kwargs)
    result, error = get_hub().threadpool.apply(_settled, (fn, args, kwargs))
    if error is not None:
        try:
            raise error
        finally:
            del error  # else it holds this frame, which holds it: a circle, and those are searched for seldom
    return result  # type: ignore[no-any-return]


def offload_each(items: Iterable[T], piece: int = PIECE) -> Iterator[T]:
    """The items of an iterable whose reading blocks, read in native threads, a piece at a time."""
    iterator = iter(items)
    while chunk := offload(_take, iterator, piece):
        yield from chunk


def _take(iterator: Iterator[T], count: int) -> list[T]:
    return list(islice(iterator, count))


def _settled(
    fn: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]
) -> tuple[T | None, BaseException | None]:
    """The outcome as a value: a pool that sees an exception prints it, and it may hold answers."""
    try:
        return fn(*args, **kwargs), None
    except Exception as error:
        return None, error
