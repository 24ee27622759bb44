"""Waiting for a database to move."""

from __future__ import annotations

import gevent

from server.watching import Watch
from sync.errors import StoreUnavailable


class Stores:
    """Sequences that the test moves; it counts how often it is asked, and for what."""

    def __init__(self, **seqs: str) -> None:
        self.seqs = dict(seqs)
        self.asked: list[set[str]] = []
        self.broken = False

    def update_seqs(self, names: object) -> dict[str, str]:
        self.asked.append(set(names))  # type: ignore[call-overload]
        if self.broken:
            raise StoreUnavailable("disk")
        return self.seqs


def test_a_wait_ends_when_its_database_moves() -> None:
    stores = Stores(a="1", b="1")
    watch = Watch(stores.update_seqs, 0.005)
    waiting = gevent.spawn(watch.moved, "a", "1", 5)
    beside = gevent.spawn(watch.moved, "b", "1", 0.1)
    gevent.sleep(0.02)
    stores.seqs["a"] = "2"
    assert waiting.get(timeout=2) is True
    assert beside.get(timeout=2) is False


def test_a_sequence_that_has_moved_already_is_seen_at_once() -> None:
    assert Watch(Stores(a="2").update_seqs, 0.005).moved("a", "1", 5) is True


def test_a_database_that_is_gone_counts_as_moved() -> None:
    assert Watch(Stores().update_seqs, 0.005).moved("a", "1", 5) is True


def test_all_waiters_cost_one_question() -> None:
    stores = Stores(a="1", b="1")
    watch = Watch(stores.update_seqs, 0.02)
    waiting = [gevent.spawn(watch.moved, name, "1", 0.05) for name in "ab" * 100]
    gevent.joinall(waiting)
    assert len(stores.asked) <= 5
    assert stores.asked[0] == {"a", "b"}


def test_a_write_wakes_all_waiters_of_its_database_and_no_other() -> None:
    stores = Stores(a="1", b="1", c="1")
    watch = Watch(stores.update_seqs, 0.005)
    waiting = {name: [gevent.spawn(watch.moved, name, "1", 5) for _ in range(100)] for name in "abc"}
    gevent.sleep(0.02)
    stores.seqs["b"] = "2"
    gevent.joinall(waiting["b"], timeout=2)
    assert [sum(waiter.ready() for waiter in waiting[name]) for name in "abc"] == [0, 100, 0]
    watch.stop()
    gevent.joinall([*waiting["a"], *waiting["c"]], timeout=2)


def test_nobody_asks_while_nobody_waits() -> None:
    stores = Stores(a="1")
    watch = Watch(stores.update_seqs, 0.005)
    watch.moved("a", "1", 0.01)
    gevent.sleep(0.02)
    asked = len(stores.asked)
    gevent.sleep(0.03)
    assert len(stores.asked) == asked


def test_a_store_that_is_away_for_a_moment_is_asked_again() -> None:
    stores = Stores(a="1")
    stores.broken = True
    watch = Watch(stores.update_seqs, 0.005)
    waiting = gevent.spawn(watch.moved, "a", "0", 5)
    gevent.sleep(0.02)
    assert not waiting.ready()
    stores.broken = False
    assert waiting.get(timeout=2) is True


def test_a_stop_sends_everybody_home() -> None:
    watch = Watch(Stores(a="1").update_seqs, 0.005)
    waiting = gevent.spawn(watch.moved, "a", "1", 60)
    gevent.sleep(0.01)
    watch.stop()
    assert waiting.get(timeout=2) is False
    assert watch.moved("a", "0", 60) is False
