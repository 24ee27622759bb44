"""Circles: found where there are some, however large the rest is."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from forms.circles import MAX_CIRCLES, circles


def test_the_shortest_way_back_is_told_from_each_name_on_it() -> None:
    needs = {"a": ["b"], "b": ["c", "d"], "c": ["b"], "d": ["e"], "e": ["b"], "s": ["s"], "x": ["a", "gone"]}
    assert circles(needs) == [
        ["b", "c", "b"],
        ["c", "b", "c"],
        ["d", "e", "b", "d"],
        ["e", "b", "d", "e"],
        ["s", "s"],
    ]


def test_what_lies_between_two_circles_is_on_none() -> None:
    assert circles({"a": ["a", "m"], "m": ["z"], "z": ["z"]}) == [["a", "a"], ["z", "z"]]


def test_every_name_that_can_reach_itself_is_told_and_no_other() -> None:
    chance = Random(7)
    for _ in range(300):
        names = [str(number) for number in range(chance.randint(1, 8))]
        needs = {name: chance.sample(names, chance.randint(0, min(3, len(names)))) for name in names}
        reached = {name: set(needs[name]) for name in names}
        for _ in names:
            for name in names:
                reached[name].update(*(reached[other] for other in list(reached[name])))
        ways = circles(needs)
        assert [way[0] for way in ways] == [name for name in names if name in reached[name]]
        assert all(after in needs[name] for way in ways for name, after in pairwise(way))


def test_a_knot_of_thousands_is_told_in_part() -> None:
    count = 20_000
    needs = {str(number): [str((number + 1) % count), "0"] for number in range(count)}
    assert len(circles(needs)) == MAX_CIRCLES
